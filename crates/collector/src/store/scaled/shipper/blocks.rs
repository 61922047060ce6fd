//! Blocks of events: recording them one after the other, and reading them for ClickHouse.

use std::sync::Arc;

use deadpool_postgres::Pool;
use hyper::body::Bytes;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Row};

use crate::store::scaled::{
    event_rows::{COLUMNS, ShippedEvent},
    failure::{Failure, Result},
    nodes::Nodes,
    retention,
    row_binary::RowBinary,
};

/// Maximum number of events of a block, and of blocks that are sent together. ClickHouse stores an
/// insert of this size as a single part.
const MOST_EVENTS: i64 = 100_000;

/// Maximum number of blocks that are sent together, to a node that was unreachable.
const MOST_BLOCKS: i64 = 1000;

/// Records the next block if at least `least` events have arrived and a node has the last block.
/// While all nodes are unreachable, events wait for one large block. Returns whether a block was
/// recorded.
pub(super) async fn record_next(client: &Client, nodes: &Nodes, least: i64) -> Result<bool> {
    let last = client
        .query_opt("SELECT no, to_tx FROM blocks ORDER BY no DESC LIMIT 1", &[])
        .await?;
    let (last, from_tx): (i64, i64) = last.map_or((0, 0), |row| (row.get(0), row.get(1)));
    let sql = "SELECT EXISTS (SELECT 1 FROM nodes WHERE name = ANY($1) AND shipped >= $2)";
    let row = client.query_one(sql, &[&nodes.names(), &last]).await?;
    if !row.get::<_, bool>(0) {
        return Ok(false);
    }
    // Rows of a running transaction are not visible yet, so the block ends before the oldest
    // running one.
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
        return Ok(false);
    }
    let to_tx = if events > MOST_EVENTS {
        part_end(client, from_tx, horizon).await?
    } else {
        horizon
    };
    client
        .execute(
            "INSERT INTO blocks (no, from_tx, to_tx, events)
             VALUES ($1, $2, $3, (SELECT COUNT(*) FROM events WHERE tx >= $2 AND tx < $3))",
            &[&(last + 1), &from_tx, &to_tx],
        )
        .await?;
    Ok(true)
}

/// The end of a block that would have too many events. A transaction is never split.
async fn part_end(client: &Client, from_tx: i64, horizon: i64) -> Result<i64> {
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
    Ok(if has_events.get(0) { to_tx } else { to_tx + 1 })
}

/// Blocks that are sent together.
#[derive(Debug)]
pub(super) struct Blocks {
    /// The block before the first one.
    after: i64,
    /// The last block.
    pub(super) to: i64,
    /// The rows by shard, in the format `RowBinary`.
    rows: Vec<Bytes>,
    /// Number of erasures at the time of reading.
    erasures: i64,
}

impl Blocks {
    /// The rows of a shard.
    pub(super) fn of_shard(&self, shard: usize) -> Bytes {
        self.rows.get(shard).cloned().unwrap_or_default()
    }
}

/// Reads blocks, once for all nodes that need the same ones.
#[derive(Debug)]
pub(super) struct Reader {
    pool: Pool,
    nodes: Nodes,
    last: Mutex<Option<Arc<Blocks>>>,
}

/// A recorded block.
#[derive(Debug, Clone, Copy)]
struct RecordedBlock {
    no: i64,
    from_tx: i64,
    to_tx: i64,
}

impl Reader {
    pub(super) fn new(pool: &Pool, nodes: &Nodes) -> Self {
        Reader {
            pool: pool.clone(),
            nodes: nodes.clone(),
            last: Mutex::default(),
        }
    }

    /// The nodes for which it reads.
    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The blocks after one, as many as are sent together; `None` when there are none.
    pub(super) async fn next(&self, after: i64) -> Result<Option<Arc<Blocks>>> {
        let mut last = self.last.lock().await;
        let client = self.pool.get().await?;
        let erasures = erasures(&client).await?;
        let is_same = |known: &&Arc<Blocks>| known.after == after && known.erasures == erasures;
        if let Some(known) = last.as_ref().filter(is_same) {
            return Ok(Some(Arc::clone(known)));
        }
        let recorded = recorded_blocks(&client, after).await?;
        if recorded.is_empty() {
            return Ok(None);
        }
        let read = Arc::new(self.read(&client, after, &recorded, erasures).await?);
        // Events that are dropped after this check have been read already, or concern a node that
        // lacks more than these blocks.
        if after < retention::dropped_up_to(&client).await? {
            return Err(Failure::Behind);
        }
        *last = Some(Arc::clone(&read));
        Ok(Some(read))
    }

    async fn read(
        &self,
        client: &Client,
        after: i64,
        recorded: &[RecordedBlock],
        erasures: i64,
    ) -> Result<Blocks> {
        let (from, to) = (recorded[0], recorded[recorded.len() - 1]);
        let range: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&from.from_tx, &to.to_tx];
        let sql = format!(
            "SELECT {COLUMNS}, e.tx FROM events e WHERE e.tx >= $1 AND e.tx < $2
             ORDER BY e.tx, e.no"
        );
        let events = client.query(&sql, &range).await?;
        let sql = format!(
            "SELECT {COLUMNS}, b.no, r.tx FROM releases r
                 JOIN releasable e ON e.day = r.day AND e.key = r.key
                 JOIN blocks b ON b.from_tx <= e.tx AND e.tx < b.to_tx
             WHERE r.tx >= $1 AND r.tx < $2 ORDER BY r.tx, e.no"
        );
        // Few blocks have a release. Checking this first avoids a join that may be planned for many
        // rows.
        let is_any = "SELECT EXISTS (SELECT 1 FROM releases WHERE tx >= $1 AND tx < $2)";
        let releases = if client.query_one(is_any, &range).await?.get(0) {
            client.query(&sql, &range).await?
        } else {
            Vec::new()
        };
        let block_of = |tx: i64| {
            let at = recorded.partition_point(|block| block.to_tx <= tx);
            recorded.get(at).map_or(0, |block| block.no)
        };
        let mut rows = Vec::new();
        rows.resize_with(self.nodes.shards(), RowBinary::default);
        for row in &events {
            self.write(row, [block_of(row.get(13)), 0], &mut rows);
        }
        for row in &releases {
            self.write(row, [row.get(13), block_of(row.get(14))], &mut rows);
        }
        Ok(Blocks {
            after,
            to: to.no,
            rows: rows.into_iter().map(|rows| rows.finish().into()).collect(),
            erasures,
        })
    }

    /// Writes an event into the rows of its shard, with the block that brought it and the block of
    /// its release.
    fn write(&self, row: &Row, blocks: [i64; 2], rows: &mut [RowBinary]) {
        let event = ShippedEvent::read(row);
        if let Some(rows) = rows.get_mut(self.nodes.shard_of(event.user_id())) {
            event.write(rows, event.was_set_aside());
            for block in blocks {
                rows.number(u64::try_from(block).unwrap_or_default());
            }
        }
    }
}

/// Number of erasures so far.
async fn erasures(client: &Client) -> Result<i64> {
    let sql = "SELECT erasures FROM inbox_state";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

/// The recorded blocks after one that are sent together.
async fn recorded_blocks(client: &Client, after: i64) -> Result<Vec<RecordedBlock>> {
    let sql = "SELECT no, from_tx, to_tx, events FROM blocks WHERE no > $1 ORDER BY no LIMIT $2";
    let mut recorded = Vec::new();
    let mut sum: i64 = 0;
    for row in client.query(sql, &[&after, &MOST_BLOCKS]).await? {
        sum += row.get::<_, i64>(3);
        if sum > MOST_EVENTS && !recorded.is_empty() {
            break;
        }
        recorded.push(RecordedBlock {
            no: row.get(0),
            from_tx: row.get(1),
            to_tx: row.get(2),
        });
    }
    Ok(recorded)
}
