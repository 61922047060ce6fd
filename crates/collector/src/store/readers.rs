use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{StoreError, configure};

/// Queries are bound by the processor, and two cores are common; two more keep
/// short queries from waiting behind long ones.
const CONNECTIONS: usize = 4;

/// Connections that only read, beside the writer.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
    /// For queries of microseconds, so that they never wait behind a report.
    quick: Arc<Mutex<Connection>>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let idle = (0..CONNECTIONS)
            .map(|_| open(path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Readers {
            idle: Arc::new(Mutex::new(idle)),
            free: Arc::new(Semaphore::new(CONNECTIONS)),
            quick: Arc::new(Mutex::new(open(path)?)),
        })
    }

    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let permit = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || {
            // Held until the connection is back, whoever stopped waiting.
            let _permit = permit;
            let Some(conn) = lock(&idle).pop() else {
                return Err(StoreError::Closed);
            };
            // One snapshot for all statements of a query: rows and totals agree.
            let answer = conn
                .unchecked_transaction()
                .and_then(|_snapshot| query(&conn));
            lock(&idle).push(conn);
            Ok(answer?)
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }

    pub(super) fn read_now<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        Ok(query(&lock(&self.quick))?)
    }
}

/// A panic while holding the lock leaves a list of connections behind that is
/// as good as before.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    configure(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    // 16 MiB: what is read again and again; the rest the system keeps in memory
    // once for all connections.
    conn.pragma_update(None, "cache_size", -16_384)?;
    Ok(conn)
}
