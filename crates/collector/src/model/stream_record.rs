//! Streams: each page instance numbers its events, so that the collector can tell
//! which of them never arrived.

use std::collections::HashMap;

use roaring::RoaringBitmap;

/// Most events that a stream can have lost, in one gap between its numbers or in many. A
/// page that makes a hundred events a second loses as many in a quarter of an hour. Where
/// more are missing, somebody invented numbers.
pub const MAX_MISSING: u32 = 100_000;

/// The events of each stream in one batch.
#[derive(Debug, Default)]
pub struct Arrivals<'a> {
    streams: HashMap<&'a str, StreamArrivals>,
}

/// The events of one stream in one batch.
#[derive(Debug)]
pub struct StreamArrivals {
    /// `created_at` of its earliest event, in ms since the Unix epoch.
    pub first_at: i64,
    seqs: Vec<u32>,
    duplicates: i64,
    rejected: Vec<u32>,
}

impl<'a> Arrivals<'a> {
    /// Adds an event. `is_new` is false when it has been received before.
    pub fn add(&mut self, stream_id: &'a str, seq: u32, created_at: i64, is_new: bool) {
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
    pub fn add_rejected(&mut self, stream_id: &'a str, seq: u32, received_at: i64) {
        self.stream(stream_id, received_at).rejected.push(seq);
    }

    fn stream(&mut self, stream_id: &'a str, at: i64) -> &mut StreamArrivals {
        self.streams
            .entry(stream_id)
            .or_insert_with(|| StreamArrivals::starting_at(at))
    }

    /// The streams with what arrived of them.
    pub fn streams(&self) -> impl Iterator<Item = (&'a str, &StreamArrivals)> {
        self.streams
            .iter()
            .map(|(stream_id, arrived)| (*stream_id, arrived))
    }
}

impl StreamArrivals {
    /// Nothing yet, of a stream that began at `first_at`.
    pub fn starting_at(first_at: i64) -> Self {
        StreamArrivals {
            first_at,
            seqs: Vec::new(),
            duplicates: 0,
            rejected: Vec::new(),
        }
    }

    /// Adds an event, which was not received before.
    pub fn add(&mut self, seq: Option<u32>, created_at: i64) {
        self.first_at = self.first_at.min(created_at);
        self.seqs.extend(seq);
    }
}

/// The stored record of a stream.
#[derive(Debug)]
pub struct StreamRecord {
    /// `created_at` of its earliest event, in ms since the Unix epoch.
    pub first_at: i64,
    /// The numbers that were received.
    pub seqs: RoaringBitmap,
    /// Number of arrivals after the first of a number.
    pub duplicates: i64,
    /// Rejected and not received since.
    pub rejected: RoaringBitmap,
}

impl StreamRecord {
    /// Nothing yet, of a stream that began at `first_at`.
    pub fn starting_at(first_at: i64) -> Self {
        StreamRecord {
            first_at,
            seqs: RoaringBitmap::new(),
            duplicates: 0,
            rejected: RoaringBitmap::new(),
        }
    }

    /// The record with what arrived of a stream that has none yet.
    pub fn of(arrived: &StreamArrivals) -> Self {
        let mut record = StreamRecord::starting_at(arrived.first_at);
        record.add(arrived);
        record
    }

    /// Adds what arrived.
    pub fn add(&mut self, arrived: &StreamArrivals) {
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
    pub fn made(&self) -> i64 {
        if self.is_implausible() {
            self.arrived()
        } else {
            self.numbered()
        }
    }

    /// Number of events that the numbers say were made, where they cannot all be true.
    pub fn implausible(&self) -> Option<i64> {
        self.is_implausible().then(|| self.numbered())
    }
}
