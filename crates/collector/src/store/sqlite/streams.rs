//! The records of streams.

use roaring::RoaringBitmap;
use rusqlite::{OptionalExtension, Row, Statement, Transaction, params};

use crate::model::stream_record::{
    Arrivals, Gone, MAX_MISSING, StreamArrivals, StreamEvents, StreamRecord,
};

const FIND: &str = "
    SELECT first_at, seqs, duplicates, rejected_seqs, events FROM streams WHERE stream_id = ?1";

const WRITE: &str = "
    INSERT INTO streams (stream_id, first_at, made, received, duplicates, seqs, rejected,
        rejected_seqs, implausible, events)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (stream_id) DO UPDATE SET first_at = excluded.first_at,
        made = excluded.made, received = excluded.received,
        duplicates = excluded.duplicates, seqs = excluded.seqs,
        rejected = excluded.rejected, rejected_seqs = excluded.rejected_seqs,
        implausible = excluded.implausible, events = excluded.events";

/// Updates the records of streams.
pub(super) fn write(arrivals: &Arrivals<'_>, tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut streams: Vec<_> = arrivals.streams().collect();
    if streams.is_empty() {
        return Ok(());
    }
    // In the order of the index, so that neighbours find its pages in the caches of the
    // processor.
    streams.sort_unstable_by_key(|(stream_id, _)| *stream_id);
    let (mut find, mut write) = (tx.prepare_cached(FIND)?, tx.prepare_cached(WRITE)?);
    for (stream_id, arrived) in streams {
        let record = match find_by(&mut find, stream_id)? {
            Some(mut record) => {
                record.add(arrived);
                Some(record)
            }
            None => StreamRecord::of(arrived),
        };
        if let Some(record) = record {
            write_by(&mut write, &record, stream_id)?;
        }
    }
    Ok(())
}

/// Removes erased events from the record of their stream. `left` has the events that are still
/// stored.
pub(super) fn remove_events(
    tx: &Transaction<'_>,
    stream_id: &str,
    erased: &StreamEvents,
    left: &StreamEvents,
    gone: Gone,
) -> rusqlite::Result<()> {
    let Some(mut record) = find(tx, stream_id)? else {
        return Ok(());
    };
    record.remove(erased, left, gone);
    if record.is_empty() {
        return remove(tx, stream_id);
    }
    write_record(&record, tx, stream_id)
}

/// Removes the record of a stream.
pub(super) fn remove(tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM streams WHERE stream_id = ?1")?
        .execute([stream_id])?;
    Ok(())
}

/// The record of a stream; `None` when none of its events has a `seq`.
pub(super) fn find(
    tx: &Transaction<'_>,
    stream_id: &str,
) -> rusqlite::Result<Option<StreamRecord>> {
    find_by(&mut *tx.prepare_cached(FIND)?, stream_id)
}

fn find_by(find: &mut Statement<'_>, stream_id: &str) -> rusqlite::Result<Option<StreamRecord>> {
    find.query_row([stream_id], |row| {
        Ok(StreamRecord {
            events: row.get(4)?,
            ..read_record(row)?
        })
    })
    .optional()
}

/// Reads the columns except `events`, which a later version of the table added.
fn read_record(row: &Row<'_>) -> rusqlite::Result<StreamRecord> {
    let rejected = row.get::<_, Option<Vec<u8>>>(3)?;
    Ok(StreamRecord {
        first_at: row.get(0)?,
        seqs: read(&row.get::<_, Vec<u8>>(1)?)?,
        duplicates: row.get(2)?,
        rejected: rejected.map_or(Ok(RoaringBitmap::new()), |blob| read(&blob))?,
        events: 0,
    })
}

fn write_record(
    record: &StreamRecord,
    tx: &Transaction<'_>,
    stream_id: &str,
) -> rusqlite::Result<()> {
    write_by(&mut *tx.prepare_cached(WRITE)?, record, stream_id)
}

fn write_by(
    write: &mut Statement<'_>,
    record: &StreamRecord,
    stream_id: &str,
) -> rusqlite::Result<()> {
    write.execute(params![
        stream_id,
        record.first_at,
        record.made(),
        record.seqs.len() as i64,
        record.duplicates,
        written(&record.seqs),
        record.rejected.len() as i64,
        (!record.rejected.is_empty()).then(|| written(&record.rejected)),
        record.implausible(),
        record.events,
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

/// Computes the records from the events, for a file of a version without them.
pub(super) fn fill(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(
        "SELECT stream_id, seq, created_at FROM events
         WHERE stream_id IS NOT NULL AND seq IS NOT NULL ORDER BY stream_id",
    )?;
    let mut rows = statement.query([])?;
    let mut current: Option<(String, StreamArrivals)> = None;
    let write = |stream_id: &str, arrived: &StreamArrivals| match StreamRecord::of(arrived) {
        Some(record) => write_first(&record, tx, stream_id),
        None => Ok(()),
    };
    while let Some(row) = rows.next()? {
        let stream_id: String = row.get(0)?;
        if current.as_ref().is_none_or(|(id, _)| *id != stream_id) {
            if let Some((id, arrived)) = current.take() {
                write(&id, &arrived)?;
            }
            current = Some((stream_id, StreamArrivals::default()));
        }
        if let Some((_, arrived)) = &mut current
            && let Ok(seq) = row.get(1)
        {
            arrived.add(seq, row.get(2)?);
        }
    }
    if let Some((id, arrived)) = current {
        write(&id, &arrived)?;
    }
    Ok(())
}

/// Finds the implausible streams in a file of a version that counted some or all of their gaps as
/// missing.
pub(super) fn mark_implausible(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let suspects = tx
        .prepare(
            "SELECT first_at, seqs, duplicates, rejected_seqs, stream_id FROM streams
             WHERE made - received - rejected > ?1",
        )?
        .query_map([MAX_MISSING], |row| Ok((read_record(row)?, row.get(4)?)))?
        .collect::<rusqlite::Result<Vec<(StreamRecord, String)>>>()?;
    for (record, stream_id) in suspects {
        tx.execute(
            "UPDATE streams SET made = ?2, implausible = ?3 WHERE stream_id = ?1",
            params![stream_id, record.made(), record.implausible()],
        )?;
    }
    Ok(())
}
