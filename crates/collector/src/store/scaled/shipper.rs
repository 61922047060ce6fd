//! Ships the inbox to ClickHouse in blocks.
//!
//! **Invariant:** a block is a range of transactions that are all over, so it has the same
//! rows whenever it is read, and the next one begins where it ends. It is noted before it
//! is sent, and noted as shipped after ClickHouse has all of it: what lies in between is
//! sent again, by whichever collector ships then.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Object, Pool};
use tokio_postgres::Client;

use super::{
    clickhouse::Clickhouse,
    event_rows::{COLUMNS, Shipped},
    failure::{Failure, Result},
    postgres::Lock,
    row_binary::RowBinary,
};
use crate::{clock::now_ms, metrics::Metrics, store::error::StoreError};

/// Most events of a block. ClickHouse sorts so many at once without a second part.
const MOST_EVENTS: i64 = 100_000;

/// From so many events on, a block is made at once.
const ENOUGH_EVENTS: i64 = 10_000;

/// How long fewer events wait for others: the usual lag. Each block is a part, which
/// ClickHouse has to merge.
const PATIENCE: Duration = Duration::from_secs(2);

/// Time between two looks at the inbox.
const INTERVAL: Duration = Duration::from_millis(200);

/// Time between two attempts to become the one who ships, and after a failure.
const PAUSE: Duration = Duration::from_secs(2);

/// Time between two looks for days that have no partition yet.
const PARTITION_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Ships blocks while this collector is the one that does, until the task is aborted.
pub(super) async fn ship_forever(pool: Pool, node: Clickhouse) {
    loop {
        if let Err(cause) = ship_as_leader(&pool, &node).await {
            tracing::warn!(%cause, "events wait for ClickHouse");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Ships all that has arrived, if no other collector ships. Returns whether all of it is
/// shipped.
pub(super) async fn ship_now(
    pool: &Pool,
    node: &Clickhouse,
) -> std::result::Result<bool, StoreError> {
    // The lock belongs to the connection, and ends with it.
    let client = Object::take(pool.get().await.map_err(Failure::from)?);
    if !lead(&client).await? {
        return Ok(false);
    }
    while ship_next(&client, node, 1).await? {}
    release(&client).await?;
    Ok(true)
}

async fn ship_as_leader(pool: &Pool, node: &Clickhouse) -> Result<()> {
    // The lock belongs to the connection, and ends with it.
    let client = Object::take(pool.get().await?);
    if !lead(&client).await? {
        return Ok(());
    }
    ship_while_leading(&client, node).await
}

async fn ship_while_leading(client: &Client, node: &Clickhouse) -> Result<()> {
    super::event_rows::create_table(node).await?;
    let mut waited = Duration::ZERO;
    let mut until_partitions = Duration::ZERO;
    loop {
        if until_partitions.is_zero() {
            create_partitions(client, now_ms()).await?;
            until_partitions = PARTITION_INTERVAL;
        }
        let least = if waited < PATIENCE { ENOUGH_EVENTS } else { 1 };
        if ship_next(client, node, least).await? {
            waited = Duration::ZERO;
            continue;
        }
        if waited >= PATIENCE {
            waited = Duration::ZERO;
        }
        tokio::time::sleep(INTERVAL).await;
        waited += INTERVAL;
        until_partitions = until_partitions.saturating_sub(INTERVAL);
    }
}

/// Takes the lock of who ships, if nobody has it.
async fn lead(client: &Client) -> Result<bool> {
    let row = client
        .query_one(
            "SELECT pg_try_advisory_lock($1)",
            &[&Lock::Shipper.number()],
        )
        .await?;
    Ok(row.get(0))
}

async fn release(client: &Client) -> Result<()> {
    client
        .query_one("SELECT pg_advisory_unlock($1)", &[&Lock::Shipper.number()])
        .await?;
    Ok(())
}

/// A block that was noted.
#[derive(Debug, Clone, Copy)]
struct Block {
    no: i64,
    from_tx: i64,
    to_tx: i64,
}

/// Ships a block that may not be in ClickHouse, or one of at least so many events that
/// have arrived. Returns false when there is none.
async fn ship_next(client: &Client, node: &Clickhouse, least: i64) -> Result<bool> {
    let found = client
        .query_opt(
            "SELECT no, from_tx, to_tx FROM blocks WHERE shipped_at IS NULL ORDER BY no LIMIT 1",
            &[],
        )
        .await?;
    let block = match found {
        Some(row) => Some(Block {
            no: row.get(0),
            from_tx: row.get(1),
            to_tx: row.get(2),
        }),
        None => note_next(client, least).await?,
    };
    let Some(block) = block else {
        return Ok(false);
    };
    send(client, node, block).await?;
    client
        .execute(
            "UPDATE blocks SET shipped_at = $2 WHERE no = $1",
            &[&block.no, &now_ms()],
        )
        .await?;
    Ok(true)
}

/// Notes the next block, if enough has arrived.
async fn note_next(client: &Client, least: i64) -> Result<Option<Block>> {
    let last = client
        .query_opt("SELECT no, to_tx FROM blocks ORDER BY no DESC LIMIT 1", &[])
        .await?;
    let (last, from_tx): (i64, i64) = last.map_or((0, 0), |row| (row.get(0), row.get(1)));
    // What a running transaction writes is not seen yet: the block ends before the oldest.
    let row = client
        .query_one(
            "SELECT h.tx, (SELECT COUNT(*) FROM (SELECT 1 FROM events e
                     WHERE e.tx >= $1 AND e.tx < h.tx LIMIT $2) AS enough),
                 EXISTS (SELECT 1 FROM releases r WHERE r.tx >= $1 AND r.tx < h.tx)
             FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS tx) AS h",
            &[&from_tx, &(MOST_EVENTS + 1)],
        )
        .await?;
    let (horizon, events, has_releases): (i64, i64, bool) = (row.get(0), row.get(1), row.get(2));
    if events < least && !(has_releases && least <= 1) {
        return Ok(None);
    }
    let to_tx = if events > MOST_EVENTS {
        // A transaction is never divided.
        let row = client
            .query_one(
                "SELECT greatest(tx, $1 + 1) FROM events WHERE tx >= $1 AND tx < $2
                 ORDER BY tx OFFSET $3 LIMIT 1",
                &[&from_tx, &horizon, &MOST_EVENTS],
            )
            .await?;
        let to_tx: i64 = row.get(0);
        let has_events = client
            .query_one(
                "SELECT EXISTS (SELECT 1 FROM events WHERE tx >= $1 AND tx < $2)",
                &[&from_tx, &to_tx],
            )
            .await?;
        if has_events.get(0) { to_tx } else { to_tx + 1 }
    } else {
        horizon
    };
    let no = last + 1;
    client
        .execute(
            "INSERT INTO blocks (no, from_tx, to_tx) VALUES ($1, $2, $3)",
            &[&no, &from_tx, &to_tx],
        )
        .await?;
    Ok(Some(Block { no, from_tx, to_tx }))
}

/// Writes the rows of a block into ClickHouse.
async fn send(client: &Client, node: &Clickhouse, block: Block) -> Result<()> {
    let events = client
        .query(
            &format!(
                "SELECT {COLUMNS} FROM events e WHERE e.tx >= $1 AND e.tx < $2 ORDER BY e.tx, e.no"
            ),
            &[&block.from_tx, &block.to_tx],
        )
        .await?;
    let releases = client
        .query(
            &format!(
                "SELECT {COLUMNS}, b.no FROM releases r
                     JOIN events e ON e.day = r.day AND e.key = r.key
                     JOIN blocks b ON b.from_tx <= e.tx AND e.tx < b.to_tx
                 WHERE r.tx >= $1 AND r.tx < $2 ORDER BY e.no"
            ),
            &[&block.from_tx, &block.to_tx],
        )
        .await?;
    let no = u64::try_from(block.no).unwrap_or_default();
    let mut rows = RowBinary::default();
    for row in &events {
        let event = Shipped::read(row);
        event.write(&mut rows, event.was_set_aside());
        rows.number(no);
        rows.number(0);
    }
    for row in &releases {
        let event = Shipped::read(row);
        event.write(&mut rows, event.was_set_aside());
        rows.number(u64::try_from(row.get::<_, i64>(13)).unwrap_or_default());
        rows.number(no);
    }
    let rows = rows.finish();
    if rows.is_empty() {
        return Ok(());
    }
    node.insert("events", rows).await
}

/// Makes partitions for the days around now. A day that has events already, in the
/// partition of all other days, stays there.
async fn create_partitions(client: &Client, now: i64) -> Result<()> {
    const DAY_MS: i64 = 86_400_000;
    let today = now.div_euclid(DAY_MS);
    // Clients may be a day ahead.
    for day in today..today + 4 {
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS events_{day} PARTITION OF events
             FOR VALUES FROM ({day}) TO ({})",
            day + 1
        );
        if let Err(cause) = client.batch_execute(&sql).await
            && cause.as_db_error().is_none()
        {
            return Err(cause.into());
        }
    }
    Ok(())
}

/// Time between two looks at how far ClickHouse is behind.
const LAG_INTERVAL: Duration = Duration::from_secs(2);

/// Tells how far ClickHouse is behind, until the task is aborted.
pub(super) async fn watch_forever(pool: Pool, metrics: Arc<Metrics>) {
    loop {
        if let Ok(client) = pool.get().await
            && let Ok(Lag { events, age }) = lag(&client, now_ms()).await
        {
            metrics.unshipped_events.set(events);
            metrics.unshipped_age.set(age / 1000);
        }
        tokio::time::sleep(LAG_INTERVAL).await;
    }
}

/// How far ClickHouse is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lag {
    /// Number of events that are not shipped.
    pub(super) events: i64,
    /// Age of the oldest of them in ms.
    pub(super) age: i64,
}

/// Finds out how far ClickHouse is behind at `now`.
pub(super) async fn lag(client: &Client, now: i64) -> Result<Lag> {
    let row = client
        .query_one(
            "SELECT COUNT(*), MIN(received_at) FROM events WHERE tx >= coalesce(
                 (SELECT to_tx FROM blocks WHERE shipped_at IS NOT NULL ORDER BY no DESC LIMIT 1), 0)",
            &[],
        )
        .await?;
    let oldest: Option<i64> = row.get(1);
    Ok(Lag {
        events: row.get(0),
        age: oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0)),
    })
}
