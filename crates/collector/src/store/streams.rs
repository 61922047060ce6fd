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
    refused: Vec<u32>,
}

/// The place of a line that arrived and was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stream that it names.
    pub stream_id: String,
    /// Its place in that.
    pub seq: u32,
}

impl<'a> Arrivals<'a> {
    /// Notes an event. `is_new` is false where it had been received before.
    pub(super) fn add(&mut self, stream_id: &'a str, seq: u32, created_at: i64, is_new: bool) {
        if seq > MAX_SEQ {
            return;
        }
        let arrived = self.stream(stream_id, created_at);
        if is_new {
            arrived.first_at = arrived.first_at.min(created_at);
            arrived.seqs.push(seq);
        } else {
            arrived.repeated += 1;
        }
    }

    /// Notes a line that was refused. When it was made may be what is wrong
    /// with it, so a stream of such lines begins when the first arrives.
    pub(super) fn add_refused(&mut self, refused: &'a Refused, received_at: i64) {
        if refused.seq <= MAX_SEQ {
            let arrived = self.stream(&refused.stream_id, received_at);
            arrived.refused.push(refused.seq);
        }
    }

    fn stream(&mut self, stream_id: &'a str, at: i64) -> &mut Arrived {
        self.streams
            .entry(stream_id)
            .or_insert_with(|| Arrived::at(at))
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
    fn at(first_at: i64) -> Self {
        Arrived {
            first_at,
            seqs: Vec::new(),
            repeated: 0,
            refused: Vec::new(),
        }
    }

    fn write(&self, tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
        let mut record = Record::find(tx, stream_id)?.unwrap_or_else(|| Record::at(self.first_at));
        record.add(self);
        record.write(tx, stream_id)
    }
}

/// What is known of a stream.
#[derive(Debug)]
struct Record {
    first_at: i64,
    seqs: RoaringBitmap,
    duplicates: i64,
    /// Refused, and not received since.
    refused: RoaringBitmap,
}

impl Record {
    fn at(first_at: i64) -> Self {
        Record {
            first_at,
            seqs: RoaringBitmap::new(),
            duplicates: 0,
            refused: RoaringBitmap::new(),
        }
    }

    fn find(tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<Option<Self>> {
        tx.prepare_cached(
            "SELECT first_at, seqs, duplicates, rejected_seqs FROM streams WHERE stream_id = ?1",
        )?
        .query_row([stream_id], |row| {
            let refused = row.get::<_, Option<Vec<u8>>>(3)?;
            Ok(Record {
                first_at: row.get(0)?,
                seqs: read(&row.get::<_, Vec<u8>>(1)?)?,
                duplicates: row.get(2)?,
                refused: refused.map_or(Ok(RoaringBitmap::new()), |blob| read(&blob))?,
            })
        })
        .optional()
    }

    fn add(&mut self, arrived: &Arrived) {
        self.first_at = self.first_at.min(arrived.first_at);
        self.duplicates += arrived.repeated;
        for seq in &arrived.seqs {
            // The same number under another event_id: two pages believe to be
            // one, as a duplicated tab may.
            self.duplicates += i64::from(!self.seqs.insert(*seq));
        }
        self.refused.extend(&arrived.refused);
        self.refused -= &self.seqs;
        self.seqs.optimize();
        self.refused.optimize();
    }

    fn made(&self) -> i64 {
        let last = self.seqs.max().max(self.refused.max());
        last.map_or(0, |last| i64::from(last) + 1)
    }

    fn write(&self, tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
        tx.prepare_cached(
            "INSERT INTO streams (stream_id, first_at, made, received, duplicates, seqs,
                 rejected, rejected_seqs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (stream_id) DO UPDATE SET first_at = excluded.first_at,
                 made = excluded.made, received = excluded.received,
                 duplicates = excluded.duplicates, seqs = excluded.seqs,
                 rejected = excluded.rejected, rejected_seqs = excluded.rejected_seqs",
        )?
        .execute(params![
            stream_id,
            self.first_at,
            self.made(),
            self.seqs.len() as i64,
            self.duplicates,
            written(&self.seqs),
            self.refused.len() as i64,
            (!self.refused.is_empty()).then(|| written(&self.refused)),
        ])?;
        Ok(())
    }

    /// As the first version that had this table wrote it.
    fn write_first(&self, tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
        tx.prepare_cached(
            "INSERT INTO streams (stream_id, first_at, made, received, duplicates, seqs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            stream_id,
            self.first_at,
            self.made(),
            self.seqs.len() as i64,
            self.duplicates,
            written(&self.seqs),
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
    let write = |stream_id: &str, arrived: &Arrived| {
        let mut record = Record::at(arrived.first_at);
        record.add(arrived);
        record.write_first(tx, stream_id)
    };
    while let Some(row) = rows.next()? {
        let stream_id: String = row.get(0)?;
        let created_at = row.get(2)?;
        if current.as_ref().is_none_or(|(id, _)| *id != stream_id) {
            if let Some((id, arrived)) = current.take() {
                write(&id, &arrived)?;
            }
            current = Some((stream_id, Arrived::at(created_at)));
        }
        if let Some((_, arrived)) = &mut current {
            arrived.first_at = arrived.first_at.min(created_at);
            arrived
                .seqs
                .extend(row.get::<_, u32>(1).ok().filter(|seq| *seq <= MAX_SEQ));
        }
    }
    if let Some((id, arrived)) = current {
        write(&id, &arrived)?;
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
    /// Events that arrived and were refused, each counted once.
    pub rejected: i64,
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
        writeln!(f, "rejected    {:>12}", self.rejected)?;
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
            "SELECT stream_id, made, made - received - rejected FROM streams
             WHERE first_at >= ?1 AND first_at < ?2 AND made > received + rejected
             ORDER BY made - received - rejected DESC, stream_id LIMIT ?3",
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
                IFNULL(SUM(duplicates), 0), IFNULL(SUM(rejected), 0)
         FROM streams WHERE first_at >= ?1 AND first_at < ?2",
    )?
    .query_row(params![span.from, span.to], |row| {
        let (made, received, rejected): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(4)?);
        Ok(LossReport {
            streams: row.get(0)?,
            made,
            received,
            missing: made - received - rejected,
            rejected,
            duplicates: row.get(3)?,
            worst,
        })
    })
}
