//! The size limit of the PostgreSQL database.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::Pool;
use tokio::task::AbortHandle;
use tokio_postgres::Client;

use super::failure::Result;
use crate::store::error::StoreError;

/// Interval between two checks of the size. What arrives in between may exceed the limit.
const INTERVAL: Duration = Duration::from_secs(1);

/// Why events are refused.
const FULL: &str = "PostgreSQL's database has reached --max-db-bytes";

/// The limit, if there is one.
#[derive(Debug, Default)]
pub(super) struct Room {
    is_full: Arc<AtomicBool>,
    watching: Option<AbortHandle>,
}

impl Room {
    /// Limits the size of a database in bytes, and monitors the size from now on.
    pub(super) async fn bounded(pool: &Pool, most: u64) -> Result<Self> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let is_full = is_full(&*pool.get().await?, most).await?;
        let is_full = Arc::new(AtomicBool::new(is_full));
        let watching = watch_forever(pool.clone(), most, Arc::clone(&is_full));
        Ok(Room {
            is_full,
            watching: Some(tokio::spawn(watching).abort_handle()),
        })
    }

    /// Checks that there is room for events.
    ///
    /// # Errors
    /// Fails when the last check found the database full.
    pub(super) fn check(&self) -> std::result::Result<(), StoreError> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable(FULL.to_owned()));
        }
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(watching) = &self.watching {
            watching.abort();
        }
    }
}

/// Size of the database in bytes, without its write-ahead log.
pub(super) async fn size(client: &Client) -> Result<i64> {
    let sql = "SELECT pg_database_size(current_database())";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

async fn is_full(client: &Client, most: i64) -> Result<bool> {
    Ok(size(client).await? >= most)
}

/// Monitors the size until the task is aborted. While PostgreSQL is unreachable, the last result
/// stays: PostgreSQL takes no events then anyway.
async fn watch_forever(pool: Pool, most: i64, full: Arc<AtomicBool>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Ok(client) = pool.get().await else {
            continue;
        };
        if let Ok(is_full) = is_full(&client, most).await
            && full.swap(is_full, Ordering::Relaxed) != is_full
        {
            if is_full {
                tracing::warn!("{FULL}; events are answered with 503");
            } else {
                tracing::info!("PostgreSQL's database has room for events again");
            }
        }
    }
}
