//! The partitions of the inbox.

use tokio_postgres::{Client, error::SqlState};

use crate::store::scaled::failure::Result;

const DAY_MS: i64 = 86_400_000;

/// Number of days after the current one that have a partition ready. The clocks of clients may be a
/// day ahead.
const DAYS_AHEAD: i64 = 3;

/// How long creating a partition waits for others to stop using the inbox. Whoever stores events
/// waits as long for the creation.
const LOCK_LIMIT: &str = "2s";

/// Creates the partitions of the current day and the next ones. A day whose events already lie in
/// the partition for other days stays there. Returns false when conflicts lasted too long, so that
/// it must be tried again.
pub(in crate::store::scaled) async fn create(client: &Client, now: i64) -> Result<bool> {
    let today = now.div_euclid(DAY_MS);
    let mut is_done = true;
    for day in today..=today + DAYS_AHEAD {
        is_done &= exists(client, day).await? || create_day(client, day).await?;
    }
    Ok(is_done)
}

async fn exists(client: &Client, day: i64) -> Result<bool> {
    let sql = "SELECT to_regclass($1) IS NOT NULL";
    let row = client.query_one(sql, &[&format!("events_{day}")]).await?;
    Ok(row.get(0))
}

/// Creates the partition of a day. It locks the table of all days first, as all readers and writers
/// do; otherwise both could wait for each other.
async fn create_day(client: &Client, day: i64) -> Result<bool> {
    let sql = format!(
        "BEGIN;
         SET LOCAL lock_timeout = '{LOCK_LIMIT}';
         LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
         CREATE TABLE IF NOT EXISTS events_{day} PARTITION OF events
             FOR VALUES FROM ({day}) TO ({});
         COMMIT",
        day + 1
    );
    let Err(cause) = client.batch_execute(&sql).await else {
        return Ok(true);
    };
    let Some(code) = cause.code().cloned() else {
        return Err(cause.into());
    };
    client.batch_execute("ROLLBACK").await?;
    Ok(![
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(&code))
}
