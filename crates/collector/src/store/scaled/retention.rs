//! Drops old events from the inbox. ClickHouse keeps their figures.
//!
//! **Invariant:** dropped events are on the disks of all nodes in use. A node that loses them has
//! to copy them from another replica.
//!
//! **Invariant:** the key of an event is known until the retention time has passed since the event
//! arrived, even if it was old then. A client may repeat it for as long.

use tokio_postgres::{Client, error::SqlState};

use super::{
    failure::{Failure, Result},
    nodes::Nodes,
    postgres::{Lock, Tx, execute, query, query_one, query_opt},
};
use crate::{
    model::quarter::{QUARTER_MS, quarter_at},
    store::removal::PruneOutcome,
};

const DAY_MS: i64 = 86_400_000;

/// Maximum number of events that a transaction deletes one by one.
const MOST: i64 = 2000;

/// How long dropping a day waits for others to stop using it. Whoever stores events waits as long
/// for the drop.
const LOCK_LIMIT: &str = "SET LOCAL lock_timeout = '2s'";

/// The time before which events may have been dropped, in ms since the Unix epoch; 0 for none.
pub(super) async fn dropped_before(tx: &Tx<'_>) -> Result<i64> {
    let sql = "SELECT dropped_before FROM inbox_state";
    Ok(query_one(tx, sql, &[]).await?.get(0))
}

/// The last block whose events may have been dropped; 0 for none.
pub(super) async fn dropped_up_to(client: &Client) -> Result<i64> {
    let sql = "SELECT dropped_up_to FROM inbox_state";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

/// What every node has stored on disk.
#[derive(Debug, Clone, Copy)]
struct StoredBlock {
    block: i64,
    /// The transaction with which the next block begins.
    to_tx: i64,
}

/// Drops some of the events from before a time; events of a whole day are dropped at once. A
/// dropped event counts in the quarter of an hour in which it was made.
pub(super) async fn prune(tx: &Tx<'_>, nodes: &Nodes, before: i64) -> Result<PruneOutcome> {
    let before = i64::from(quarter_at(before)) * QUARTER_MS;
    let none = PruneOutcome {
        events: 0,
        is_done: true,
    };
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    let is_alone = query_one(tx, sql, &[&Lock::Retention.number()]).await?;
    if !is_alone.get::<_, bool>(0) {
        return Ok(none);
    }
    let sql = "UPDATE inbox_state SET dropped_before = greatest(dropped_before, $1)";
    execute(tx, sql, &[&before]).await?;
    let sql = "DELETE FROM dropped_keys WHERE received_at < $1";
    execute(tx, sql, &[&before]).await?;
    let sql = "SELECT no, to_tx FROM blocks
        WHERE no = (SELECT MIN(flushed) FROM nodes WHERE name = ANY($1))";
    let Some(row) = query_opt(tx, sql, &[&nodes.names()]).await? else {
        return Ok(none);
    };
    let shipped = StoredBlock {
        block: row.get(0),
        to_tx: row.get(1),
    };
    let mut events = drop_day(tx, before, shipped).await?;
    if events == 0 {
        events = delete_some(tx, before, shipped).await?;
    }
    if events > 0 {
        let sql = "UPDATE inbox_state SET dropped_up_to = greatest(dropped_up_to, $1)";
        execute(tx, sql, &[&shipped.block]).await?;
    }
    Ok(PruneOutcome {
        events,
        is_done: events == 0,
    })
}

/// Drops the partition of the first day that ends before a time and has been shipped. Returns the
/// number of its events.
async fn drop_day(tx: &Tx<'_>, before: i64, shipped: StoredBlock) -> Result<usize> {
    let sql = "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass";
    let rows = query(tx, sql, &[]).await?;
    let names = rows.iter().map(|row| row.get::<_, &str>(0));
    let mut days: Vec<i64> = names
        .filter_map(|name| name.strip_prefix("events_")?.parse().ok())
        .filter(|day| (day + 1) * DAY_MS <= before)
        .collect();
    days.sort_unstable();
    tx.batch_execute(LOCK_LIMIT).await?;
    for day in days {
        // Events of the day that arrive meanwhile wait, and are then stored in the partition for
        // other days.
        tx.batch_execute(&format!("LOCK TABLE events_{day} IN EXCLUSIVE MODE"))
            .await?;
        let sql = format!("SELECT COUNT(*), coalesce(MAX(tx), 0) FROM events_{day}");
        let row = query_one(tx, &sql, &[]).await?;
        let (events, last): (i64, i64) = (row.get(0), row.get(1));
        if last >= shipped.to_tx {
            continue;
        }
        keep_aside(
            tx,
            &format!("SELECT day, key FROM events_{day}"),
            &[],
            shipped,
        )
        .await?;
        let sql = format!(
            "INSERT INTO dropped_keys (day, key, received_at)
             SELECT day, key, received_at FROM events_{day} WHERE received_at >= $1
             ON CONFLICT DO NOTHING"
        );
        execute(tx, &sql, &[&before]).await?;
        let sql = "DELETE FROM releases WHERE day = $1 AND tx < $2";
        let number = i32::try_from(day).unwrap_or(i32::MAX);
        execute(tx, sql, &[&number, &shipped.to_tx]).await?;
        tx.batch_execute(&format!("DROP TABLE events_{day}"))
            .await?;
        if events > 0 {
            return Ok(usize::try_from(events).unwrap_or(usize::MAX));
        }
    }
    Ok(0)
}

/// Deletes events one by one: those of days without a partition of their own, and those of the day
/// in which the time lies. Returns their number.
async fn delete_some(tx: &Tx<'_>, before: i64, shipped: StoredBlock) -> Result<usize> {
    let day = i32::try_from(before.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
    let sql = "SELECT day, key FROM events
        WHERE day <= $1 AND created_at < $2 AND tx < $3 ORDER BY day LIMIT $4 FOR UPDATE";
    let old = query(tx, sql, &[&day, &before, &shipped.to_tx, &MOST]).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let days: Vec<i32> = old.iter().map(|row| row.get(0)).collect();
    let keys: Vec<Vec<u8>> = old.iter().map(|row| row.get(1)).collect();
    let these = "SELECT * FROM unnest($2::integer[], $3::bytea[]) AS n (day, key)";
    keep_aside(tx, these, &[&days, &keys], shipped).await?;
    let sql = "INSERT INTO dropped_keys (day, key, received_at)
        SELECT e.day, e.key, e.received_at FROM unnest($1::integer[], $2::bytea[]) AS n (day, key)
            JOIN events e ON e.day = n.day AND e.key = n.key
        WHERE e.received_at >= $3 ON CONFLICT DO NOTHING";
    execute(tx, sql, &[&days, &keys, &before]).await?;
    for (table, tx_limit) in [("events", i64::MAX), ("releases", shipped.to_tx)] {
        let sql = format!(
            "DELETE FROM {table} t USING unnest($1::integer[], $2::bytea[]) AS n (day, key)
             WHERE t.day = n.day AND t.key = n.key AND t.tx < $3"
        );
        execute(tx, &sql, &[&days, &keys, &tx_limit]).await?;
    }
    Ok(old.len())
}

/// Before events are deleted, keeps the columns that a release needs: for events that are set
/// aside, or whose release has not been shipped to all nodes.
async fn keep_aside(
    tx: &Tx<'_>,
    these: &str,
    params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    shipped: StoredBlock,
) -> Result<()> {
    const COLUMNS: &str = "day, key, no, tx, account_id, user_id, session_id, created_at, product,
        module, feature, action, total, time_spent, active_duration, set_aside";
    let sql = format!(
        "INSERT INTO aside_events ({COLUMNS})
         SELECT {COLUMNS} FROM events e
         WHERE (day, key) IN ({these}) AND set_aside AND NOT EXISTS (
             SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key AND r.tx < $1)
         ON CONFLICT (day, key) DO UPDATE SET no = excluded.no, tx = excluded.tx"
    );
    let mut all: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = vec![&shipped.to_tx];
    all.extend_from_slice(params);
    execute(tx, &sql, &all).await?;
    Ok(())
}

/// Whether waiting for a day to become unused exceeded the limit.
pub(super) fn is_in_use(failure: &Failure) -> bool {
    let Failure::Postgres(error) = failure else {
        return false;
    };
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}
