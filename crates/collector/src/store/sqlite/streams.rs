//! The records of streams.

use roaring::RoaringBitmap;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::model::stream_record::{Arrivals, MAX_MISSING, StreamArrivals, StreamRecord};

/// Updates the records of the streams.
pub(super) fn write(arrivals: &Arrivals<'_>, tx: &Transaction<'_>) -> rusqlite::Result<()> {
    for (stream_id, arrived) in arrivals.streams() {
        let mut record =
            find(tx, stream_id)?.unwrap_or_else(|| StreamRecord::starting_at(arrived.first_at));
        record.add(arrived);
        write_record(&record, tx, stream_id)?;
    }
    Ok(())
}

fn find(tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<Option<StreamRecord>> {
    tx.prepare_cached(
        "SELECT first_at, seqs, duplicates, rejected_seqs FROM streams WHERE stream_id = ?1",
    )?
    .query_row([stream_id], |row| {
        let rejected = row.get::<_, Option<Vec<u8>>>(3)?;
        Ok(StreamRecord {
            first_at: row.get(0)?,
            seqs: read(&row.get::<_, Vec<u8>>(1)?)?,
            duplicates: row.get(2)?,
            rejected: rejected.map_or(Ok(RoaringBitmap::new()), |blob| read(&blob))?,
        })
    })
    .optional()
}

fn write_record(
    record: &StreamRecord,
    tx: &Transaction<'_>,
    stream_id: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO streams (stream_id, first_at, made, received, duplicates, seqs,
             rejected, rejected_seqs, implausible)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (stream_id) DO UPDATE SET first_at = excluded.first_at,
             made = excluded.made, received = excluded.received,
             duplicates = excluded.duplicates, seqs = excluded.seqs,
             rejected = excluded.rejected, rejected_seqs = excluded.rejected_seqs,
             implausible = excluded.implausible",
    )?
    .execute(params![
        stream_id,
        record.first_at,
        record.made(),
        record.seqs.len() as i64,
        record.duplicates,
        written(&record.seqs),
        record.rejected.len() as i64,
        (!record.rejected.is_empty()).then(|| written(&record.rejected)),
        record.implausible(),
    ])?;
    Ok(())
}

/// Writes the columns that the first version of the table had.
fn write_first(
    record: &StreamRecord,
    tx: &Transaction<'_>,
    stream_id: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO streams (stream_id, first_at, made, received, duplicates, seqs)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        stream_id,
        record.first_at,
        record.made(),
        record.seqs.len() as i64,
        record.duplicates,
        written(&record.seqs),
    ])?;
    Ok(())
}

fn read(blob: &[u8]) -> rusqlite::Result<RoaringBitmap> {
    RoaringBitmap::deserialize_from(blob).map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, cause.into())
    })
}

fn written(seqs: &RoaringBitmap) -> Vec<u8> {
    let mut blob = Vec::with_capacity(seqs.serialized_size());
    seqs.serialize_into(&mut blob)
        .expect("writing to memory does not fail");
    blob
}

/// Computes the records from the events, for a file of a version that had none.
pub(super) fn fill(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(
        "SELECT stream_id, seq, created_at FROM events
         WHERE stream_id IS NOT NULL AND seq IS NOT NULL ORDER BY stream_id",
    )?;
    let mut rows = statement.query([])?;
    let mut current: Option<(String, StreamArrivals)> = None;
    let write = |stream_id: &str, arrived: &StreamArrivals| {
        write_first(&StreamRecord::of(arrived), tx, stream_id)
    };
    while let Some(row) = rows.next()? {
        let stream_id: String = row.get(0)?;
        let created_at = row.get(2)?;
        if current.as_ref().is_none_or(|(id, _)| *id != stream_id) {
            if let Some((id, arrived)) = current.take() {
                write(&id, &arrived)?;
            }
            current = Some((stream_id, StreamArrivals::starting_at(created_at)));
        }
        if let Some((_, arrived)) = &mut current {
            arrived.add(row.get(1).ok(), created_at);
        }
    }
    if let Some((id, arrived)) = current {
        write(&id, &arrived)?;
    }
    Ok(())
}

/// Finds the implausible streams in a file of a version that counted all or some of
/// their gaps as missing.
pub(super) fn mark_implausible(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let suspects = tx
        .prepare("SELECT stream_id FROM streams WHERE made - received - rejected > ?1")?
        .query_map([MAX_MISSING], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    for stream_id in suspects {
        if let Some(record) = find(tx, &stream_id)? {
            write_record(&record, tx, &stream_id)?;
        }
    }
    Ok(())
}
