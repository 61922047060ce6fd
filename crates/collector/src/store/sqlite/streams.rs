//! Streams: each page instance numbers its events, so that the collector can tell
//! which of them never arrived.

use std::collections::HashMap;

use roaring::RoaringBitmap;
use rusqlite::{OptionalExtension, Transaction, params};

/// Most events that a stream can have lost, in one gap between its numbers or in many. A
/// page that makes a hundred events a second loses as many in a quarter of an hour. Where
/// more are missing, somebody invented numbers.
pub(super) const MAX_MISSING: u32 = 100_000;

/// The events of each stream in one batch.
#[derive(Debug, Default)]
pub(super) struct Arrivals<'a> {
    streams: HashMap<&'a str, StreamArrivals>,
}

/// The events of one stream in one batch.
#[derive(Debug)]
struct StreamArrivals {
    first_at: i64,
    seqs: Vec<u32>,
    duplicates: i64,
    rejected: Vec<u32>,
}

impl<'a> Arrivals<'a> {
    /// Adds an event. `is_new` is false when it has been received before.
    pub(super) fn add(&mut self, stream_id: &'a str, seq: u32, created_at: i64, is_new: bool) {
        let arrived = self.stream(stream_id, created_at);
        if is_new {
            arrived.first_at = arrived.first_at.min(created_at);
            arrived.seqs.push(seq);
        } else {
            arrived.duplicates += 1;
        }
    }

    /// Adds a rejected event. Its `created_at` may be the invalid field, so a
    /// stream of such events begins with the arrival of the first.
    pub(super) fn add_rejected(&mut self, stream_id: &'a str, seq: u32, received_at: i64) {
        self.stream(stream_id, received_at).rejected.push(seq);
    }

    fn stream(&mut self, stream_id: &'a str, at: i64) -> &mut StreamArrivals {
        self.streams
            .entry(stream_id)
            .or_insert_with(|| StreamArrivals::starting_at(at))
    }

    /// Updates the records of the streams.
    pub(super) fn write(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for (stream_id, arrived) in &self.streams {
            arrived.write(tx, stream_id)?;
        }
        Ok(())
    }
}

impl StreamArrivals {
    fn starting_at(first_at: i64) -> Self {
        StreamArrivals {
            first_at,
            seqs: Vec::new(),
            duplicates: 0,
            rejected: Vec::new(),
        }
    }

    fn write(&self, tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
        let mut record = StreamRecord::find(tx, stream_id)?
            .unwrap_or_else(|| StreamRecord::starting_at(self.first_at));
        record.add(self);
        record.write(tx, stream_id)
    }
}

/// The stored record of a stream.
#[derive(Debug)]
struct StreamRecord {
    first_at: i64,
    seqs: RoaringBitmap,
    duplicates: i64,
    /// Rejected and not received since.
    rejected: RoaringBitmap,
}

impl StreamRecord {
    fn starting_at(first_at: i64) -> Self {
        StreamRecord {
            first_at,
            seqs: RoaringBitmap::new(),
            duplicates: 0,
            rejected: RoaringBitmap::new(),
        }
    }

    fn find(tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<Option<Self>> {
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

    fn add(&mut self, arrived: &StreamArrivals) {
        self.first_at = self.first_at.min(arrived.first_at);
        self.duplicates += arrived.duplicates;
        for seq in &arrived.seqs {
            // The number was received under another event_id: two pages use the
            // same stream, as a duplicated tab may.
            self.duplicates += i64::from(!self.seqs.insert(*seq));
        }
        self.rejected.extend(&arrived.rejected);
        self.rejected -= &self.seqs;
        self.seqs.optimize();
        self.rejected.optimize();
    }

    /// Number of events that the stream has made, according to its numbers.
    fn numbered(&self) -> i64 {
        let last = self.seqs.max().max(self.rejected.max());
        last.map_or(0, |last| i64::from(last) + 1)
    }

    fn arrived(&self) -> i64 {
        (self.seqs.len() + self.rejected.len()) as i64
    }

    /// Whether the numbers cannot all be true, those of rejected events included.
    fn is_implausible(&self) -> bool {
        self.numbered() - self.arrived() > i64::from(MAX_MISSING)
    }

    /// Number of events that the stream has made; of an implausible stream, those
    /// that have arrived.
    fn made(&self) -> i64 {
        if self.is_implausible() {
            self.arrived()
        } else {
            self.numbered()
        }
    }

    fn write(&self, tx: &Transaction<'_>, stream_id: &str) -> rusqlite::Result<()> {
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
            self.first_at,
            self.made(),
            self.seqs.len() as i64,
            self.duplicates,
            written(&self.seqs),
            self.rejected.len() as i64,
            (!self.rejected.is_empty()).then(|| written(&self.rejected)),
            self.is_implausible().then(|| self.numbered()),
        ])?;
        Ok(())
    }

    /// Writes the columns that the first version of the table had.
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

/// Computes the records from the events, for a file of a version that had none.
pub(super) fn fill(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(
        "SELECT stream_id, seq, created_at FROM events
         WHERE stream_id IS NOT NULL AND seq IS NOT NULL ORDER BY stream_id",
    )?;
    let mut rows = statement.query([])?;
    let mut current: Option<(String, StreamArrivals)> = None;
    let write = |stream_id: &str, arrived: &StreamArrivals| {
        let mut record = StreamRecord::starting_at(arrived.first_at);
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
            current = Some((stream_id, StreamArrivals::starting_at(created_at)));
        }
        if let Some((_, arrived)) = &mut current {
            arrived.first_at = arrived.first_at.min(created_at);
            arrived.seqs.extend(row.get::<_, u32>(1).ok());
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
        if let Some(record) = StreamRecord::find(tx, &stream_id)? {
            record.write(tx, &stream_id)?;
        }
    }
    Ok(())
}
