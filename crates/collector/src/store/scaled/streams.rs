//! The records of streams, and the loss report.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use tokio_postgres::types::ToSql;

use super::{
    failure::{Failure, Result},
    postgres::{Tx, execute, query, query_one},
};
use crate::{
    model::{
        stream_record::{Arrivals, Gone, StreamArrivals, StreamEvents, StreamRecord},
        usage::Span,
    },
    store::loss::{ImplausibleStream, LossReport, LossyStream, WORST},
};

/// Updates the records of streams.
pub(super) async fn write(tx: &Tx<'_>, arrivals: &Arrivals<'_>) -> Result<()> {
    // Ordered by id, so that two transactions cannot deadlock.
    let mut arrived: BTreeMap<&str, &StreamArrivals> = arrivals.streams().collect();
    if arrived.is_empty() {
        return Ok(());
    }
    // In a batch from many pages, most streams are new. Their rows are complete once inserted.
    for stream_id in insert(tx, &arrived).await? {
        arrived.remove(stream_id.as_str());
    }
    if arrived.is_empty() {
        return Ok(());
    }
    add(tx, &arrived).await
}

/// Inserts records for those streams that have none, and returns their ids.
async fn insert(tx: &Tx<'_>, arrived: &BTreeMap<&str, &StreamArrivals>) -> Result<Vec<String>> {
    let records = arrived.iter();
    let records: Vec<_> = records
        .filter_map(|(id, arrived)| Some((*id, StreamRecord::of(arrived)?)))
        .collect();
    let columns = Columns::of(records.iter().map(|(id, record)| (*id, record)));
    let sql = format!(
        "INSERT INTO streams ({COLUMNS}) SELECT * FROM {ROWS} AS n ({COLUMNS})
         ON CONFLICT DO NOTHING RETURNING stream_id"
    );
    let rows = query(tx, &sql, &columns.params()).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Adds arrivals to stored records, whoever inserted them.
async fn add(tx: &Tx<'_>, arrived: &BTreeMap<&str, &StreamArrivals>) -> Result<()> {
    let ids: Vec<&str> = arrived.keys().copied().collect();
    let mut records = find(tx, &ids).await?;
    for (stream_id, record) in &mut records {
        if let Some(arrived) = arrived.get(stream_id.as_str()) {
            record.add(arrived);
        }
    }
    update(tx, records).await
}

/// Removes erased events from the records of their streams. `left` has the events that are still
/// stored.
pub(super) async fn remove_events(
    tx: &Tx<'_>,
    erased: &BTreeMap<String, StreamEvents>,
    left: &BTreeMap<String, StreamEvents>,
    gone: Gone,
) -> Result<()> {
    let ids: Vec<&str> = erased.keys().map(String::as_str).collect();
    let mut records = find(tx, &ids).await?;
    let none = StreamEvents::default();
    for (stream_id, record) in &mut records {
        if let Some(erased) = erased.get(stream_id) {
            record.remove(erased, left.get(stream_id).unwrap_or(&none), gone);
        }
    }
    let (empty, records): (Vec<_>, Vec<_>) = records
        .into_iter()
        .partition(|(_, record)| record.is_empty());
    let empty: Vec<String> = empty.into_iter().map(|(stream_id, _)| stream_id).collect();
    let sql = "DELETE FROM streams WHERE stream_id = ANY($1)";
    execute(tx, sql, &[&empty]).await?;
    update(tx, records).await
}

/// The stored records of streams, locked until the end of the transaction.
async fn find(tx: &Tx<'_>, ids: &[&str]) -> Result<Vec<(String, StreamRecord)>> {
    let sql = "SELECT s.stream_id, s.first_at, s.seqs, s.duplicates, s.rejected_seqs, s.events
        FROM unnest($1::text[]) AS n (stream_id) JOIN streams s ON s.stream_id = n.stream_id
        ORDER BY s.stream_id FOR UPDATE OF s";
    let rows = query(tx, sql, &[&ids]).await?;
    rows.iter()
        .map(|row| {
            let record = StreamRecord {
                first_at: row.get(1),
                seqs: read(row.get(2))?,
                duplicates: row.get(3),
                rejected: read(row.get(4))?,
                events: row.get(5),
            };
            Ok((row.get(0), record))
        })
        .collect()
}

async fn update(tx: &Tx<'_>, records: Vec<(String, StreamRecord)>) -> Result<()> {
    let columns = Columns::of(records.iter().map(|(id, record)| (id.as_str(), record)));
    let sql = format!(
        "UPDATE streams s SET first_at = n.first_at, made = n.made, received = n.received,
            duplicates = n.duplicates, rejected = n.rejected, seqs = n.seqs,
            rejected_seqs = n.rejected_seqs, implausible = n.implausible, events = n.events
         FROM {ROWS} AS n ({COLUMNS}) WHERE s.stream_id = n.stream_id"
    );
    execute(tx, &sql, &columns.params()).await?;
    Ok(())
}

/// The columns of a record, in the order of [`Columns::params`].
const COLUMNS: &str =
    "stream_id, first_at, made, received, duplicates, rejected, seqs, rejected_seqs, implausible,
    events";

/// The rows that [`Columns::params`] makes.
const ROWS: &str = "unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
    $6::bigint[], $7::bytea[], $8::bytea[], $9::bigint[], $10::bigint[])";

/// Records, by column.
#[derive(Debug, Default)]
struct Columns<'a> {
    stream_id: Vec<&'a str>,
    first_at: Vec<i64>,
    made: Vec<i64>,
    received: Vec<i64>,
    duplicates: Vec<i64>,
    rejected: Vec<i64>,
    seqs: Vec<Vec<u8>>,
    rejected_seqs: Vec<Vec<u8>>,
    implausible: Vec<Option<i64>>,
    events: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of<'r>(records: impl Iterator<Item = (&'a str, &'r StreamRecord)>) -> Self {
        let mut columns = Columns::default();
        for (stream_id, record) in records {
            columns.stream_id.push(stream_id);
            columns.first_at.push(record.first_at);
            columns.made.push(record.made());
            columns.received.push(record.seqs.len() as i64);
            columns.duplicates.push(record.duplicates);
            columns.rejected.push(record.rejected.len() as i64);
            columns.seqs.push(written(&record.seqs));
            columns.rejected_seqs.push(written(&record.rejected));
            columns.implausible.push(record.implausible());
            columns.events.push(record.events);
        }
        columns
    }

    fn params(&self) -> [&(dyn ToSql + Sync); 10] {
        [
            &self.stream_id,
            &self.first_at,
            &self.made,
            &self.received,
            &self.duplicates,
            &self.rejected,
            &self.seqs,
            &self.rejected_seqs,
            &self.implausible,
            &self.events,
        ]
    }
}

fn read(blob: &[u8]) -> Result<RoaringBitmap> {
    RoaringBitmap::deserialize_from(blob)
        .map_err(|cause| Failure::Damaged(format!("the numbers of a stream: {cause}")))
}

fn written(seqs: &RoaringBitmap) -> Vec<u8> {
    let mut blob = Vec::with_capacity(seqs.serialized_size());
    seqs.serialize_into(&mut blob)
        .expect("writing to memory does not fail");
    blob
}

/// Reports lost events. A stream counts wholly in the span in which it began, so the reports of
/// adjacent spans add up.
pub(super) async fn loss(tx: &Tx<'_>, span: Span) -> Result<LossReport> {
    let (from, to, most) = (span.from, span.to, WORST as i64);
    let sql = "SELECT stream_id, made, made - received - rejected FROM streams
        WHERE first_at >= $1 AND first_at < $2 AND made > received + rejected
        ORDER BY made - received - rejected DESC, stream_id LIMIT $3";
    let worst = query(tx, sql, &[&from, &to, &most]).await?;
    let worst = worst.iter().map(|row| LossyStream {
        stream_id: row.get(0),
        made: row.get(1),
        missing: row.get(2),
    });
    let sql = "SELECT stream_id, implausible, received FROM streams
        WHERE implausible IS NOT NULL AND first_at >= $1 AND first_at < $2
        ORDER BY implausible DESC, stream_id LIMIT $3";
    let implausible = query(tx, sql, &[&from, &to, &most]).await?;
    let implausible = implausible.iter().map(|row| ImplausibleStream {
        stream_id: row.get(0),
        numbered: row.get(1),
        received: row.get(2),
    });
    let sql = "SELECT COUNT(*), coalesce(SUM(made), 0)::bigint, coalesce(SUM(received), 0)::bigint,
            coalesce(SUM(duplicates), 0)::bigint, coalesce(SUM(rejected), 0)::bigint,
            COUNT(implausible)
        FROM streams WHERE first_at >= $1 AND first_at < $2";
    let row = query_one(tx, sql, &[&from, &to]).await?;
    let (made, received, rejected): (i64, i64, i64) = (row.get(1), row.get(2), row.get(4));
    Ok(LossReport {
        streams: row.get(0),
        made,
        received,
        missing: made - received - rejected,
        rejected,
        duplicates: row.get(3),
        worst: worst.collect(),
        implausible: row.get(5),
        implausible_streams: implausible.collect(),
    })
}
