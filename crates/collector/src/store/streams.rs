//! Streams: one per page instance that numbers its events, so that a receiver
//! can see what never came.

use std::{collections::HashMap, fmt};

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;

use crate::usage::Span;

/// Highest `seq` that is accounted for. A page that makes a hundred events a
/// second gets there after two days; beyond it a sender has made the number
/// up, and the record of a stream must not grow with it.
const MAX_SEQ: u32 = (1 << 24) - 1;

/// Streams that the report names one by one.
const WORST: usize = 20;

/// What of each stream a batch brought.
#[derive(Debug, Default)]
pub(super) struct Arrivals<'a> {
    streams: HashMap<&'a str, Arrived>,
}

#[derive(Debug)]
struct Arrived {
    first_at: i64,
    seqs: Vec<u32>,
    repeated: i64,
}

impl<'a> Arrivals<'a> {
    /// Notes an event. `is_new` is false where it had been received before.
    pub(super) fn add(&mut self, stream_id: &'a str, seq: u32, created_at: i64, is_new: bool) {
        if seq > MAX_SEQ {
            return;
        }
        let arrived = self.streams.entry(stream_id).or_insert_with(|| Arrived {
            first_at: created_at,
            seqs: Vec::new(),
            repeated: 0,
        });
        if is_new {
            arrived.first_at = arrived.first_at.min(created_at);
            arrived.seqs.push(seq);
        } else {
            arrived.repeated += 1;
        }
    }

    /// Brings the records of the streams up to date.
    pub(super) fn write(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for (stream_id, arrived) in &self.streams {
            arrived.write(tx, stream_id)?;
        }
        Ok(())
    }
}

impl Arrived {
    fn write(&self, tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
        let known = tx
            .prepare_cached("SELECT seqs, duplicates, first_at FROM streams WHERE stream_id = ?1")?
            .query_row([stream_id], |row| {
                let seqs: Vec<u8> = row.get(0)?;
                Ok((seqs, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })
            .optional()?;
        let (mut seqs, mut duplicates, mut first_at) = match known {
            Some((blob, duplicates, first_at)) => (read(&blob)?, duplicates, first_at),
            None => (RoaringBitmap::new(), 0, self.first_at),
        };
        duplicates += self.repeated;
        first_at = first_at.min(self.first_at);
        for seq in &self.seqs {
            // The same number under another event_id: two pages believe to be
            // one, as a duplicated tab may.
            duplicates += i64::from(!seqs.insert(*seq));
        }
        seqs.optimize();
        tx.prepare_cached(
            "INSERT INTO streams (stream_id, first_at, made, received, duplicates, seqs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (stream_id) DO UPDATE SET first_at = excluded.first_at,
                 made = excluded.made, received = excluded.received,
                 duplicates = excluded.duplicates, seqs = excluded.seqs",
        )?
        .execute(params![
            stream_id,
            first_at,
            seqs.max().map_or(0, |last| i64::from(last) + 1),
            seqs.len() as i64,
            duplicates,
            written(&seqs),
        ])?;
        Ok(())
    }
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

/// Makes the records from the events, for a file from before they were kept.
pub(super) fn fill(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(
        "SELECT stream_id, seq, created_at FROM events
         WHERE stream_id IS NOT NULL AND seq IS NOT NULL ORDER BY stream_id",
    )?;
    let mut rows = statement.query([])?;
    let mut current: Option<(String, Arrived)> = None;
    while let Some(row) = rows.next()? {
        let stream_id: String = row.get(0)?;
        let created_at = row.get(2)?;
        if current.as_ref().is_none_or(|(id, _)| *id != stream_id) {
            if let Some((id, arrived)) = current.take() {
                arrived.write(tx, &id)?;
            }
            current = Some((
                stream_id,
                Arrived {
                    first_at: created_at,
                    seqs: Vec::new(),
                    repeated: 0,
                },
            ));
        }
        if let Some((_, arrived)) = &mut current {
            arrived.first_at = arrived.first_at.min(created_at);
            arrived
                .seqs
                .extend(row.get::<_, u32>(1).ok().filter(|seq| *seq <= MAX_SEQ));
        }
    }
    if let Some((id, arrived)) = current {
        arrived.write(tx, &id)?;
    }
    Ok(())
}

/// What was lost on the way, over the streams that began in a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossReport {
    /// Streams that began in the span.
    pub streams: i64,
    /// Events that they made, as far as their numbers tell.
    pub made: i64,
    /// Events that arrived, each counted once.
    pub received: i64,
    /// Events that were made and have not arrived.
    pub missing: i64,
    /// Arrivals beyond the first.
    pub duplicates: i64,
    /// The streams that miss most.
    pub worst: Vec<LossyStream>,
}

/// A stream that misses events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossyStream {
    /// Its id.
    pub stream_id: String,
    /// Events that it made.
    pub made: i64,
    /// Events that have not arrived.
    pub missing: i64,
}

impl fmt::Display for LossReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "streams     {:>12}", self.streams)?;
        writeln!(f, "made        {:>12}", self.made)?;
        writeln!(f, "received    {:>12}", self.received)?;
        writeln!(f, "missing     {:>12}", self.missing)?;
        write!(f, "duplicates  {:>12}", self.duplicates)?;
        for stream in &self.worst {
            write!(
                f,
                "\n{} misses {} of {}",
                stream.stream_id, stream.missing, stream.made
            )?;
        }
        Ok(())
    }
}

/// Tells what was lost. A stream counts wholly in the span in which it began,
/// so that the reports of adjoining spans add up.
///
/// # Errors
/// Those of SQLite.
pub fn report(conn: &Connection, span: Span) -> rusqlite::Result<LossReport> {
    let worst = conn
        .prepare_cached(
            "SELECT stream_id, made, made - received FROM streams
             WHERE first_at >= ?1 AND first_at < ?2 AND made > received
             ORDER BY made - received DESC, stream_id LIMIT ?3",
        )?
        .query_map(params![span.from, span.to, WORST as i64], |row| {
            Ok(LossyStream {
                stream_id: row.get(0)?,
                made: row.get(1)?,
                missing: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    conn.prepare_cached(
        "SELECT COUNT(*), IFNULL(SUM(made), 0), IFNULL(SUM(received), 0),
                IFNULL(SUM(duplicates), 0)
         FROM streams WHERE first_at >= ?1 AND first_at < ?2",
    )?
    .query_row(params![span.from, span.to], |row| {
        let (made, received) = (row.get(1)?, row.get(2)?);
        Ok(LossReport {
            streams: row.get(0)?,
            made,
            received,
            missing: made - received,
            duplicates: row.get(3)?,
            worst,
        })
    })
}
