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
#[derive(Debug, Default)]
pub struct StreamArrivals {
    /// `created_at` of its earliest event, in ms since the Unix epoch; `None` where all that
    /// arrived had been received before. What a repetition says of its time is not looked
    /// at: it may be forged.
    first_at: Option<i64>,
    seqs: Vec<u32>,
    duplicates: i64,
    rejected: Vec<u32>,
}

impl<'a> Arrivals<'a> {
    /// Adds an event. `is_new` is false when it has been received before.
    pub fn add(&mut self, stream_id: &'a str, seq: u32, created_at: i64, is_new: bool) {
        let arrived = self.streams.entry(stream_id).or_default();
        if is_new {
            arrived.add(seq, created_at);
        } else {
            arrived.duplicates += 1;
        }
    }

    /// Adds a rejected event. Its `created_at` may be the invalid field, so a
    /// stream of such events begins with the arrival of the first.
    pub fn add_rejected(&mut self, stream_id: &'a str, seq: u32, received_at: i64) {
        let arrived = self.streams.entry(stream_id).or_default();
        arrived.note_time(received_at);
        arrived.rejected.push(seq);
    }

    /// The streams with what arrived of them.
    pub fn streams(&self) -> impl Iterator<Item = (&'a str, &StreamArrivals)> {
        self.streams
            .iter()
            .map(|(stream_id, arrived)| (*stream_id, arrived))
    }
}

impl StreamArrivals {
    /// Adds an event, which was not received before.
    pub fn add(&mut self, seq: u32, created_at: i64) {
        self.note_time(created_at);
        self.seqs.push(seq);
    }

    fn note_time(&mut self, at: i64) {
        self.first_at = Some(self.first_at.map_or(at, |first_at| first_at.min(at)));
    }
}

/// Numbered events of a stream that is stored: those that are erased, or those that are left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamEvents {
    /// How many they are.
    pub count: i64,
    /// Their numbers.
    pub seqs: RoaringBitmap,
    /// `created_at` of the earliest, in ms since the Unix epoch; `None` where there is none.
    pub first_at: Option<i64>,
}

impl StreamEvents {
    /// Adds an event.
    pub fn add(&mut self, seq: u32, created_at: i64) {
        self.count += 1;
        self.seqs.insert(seq);
        let first_at = self.first_at.unwrap_or(created_at);
        self.first_at = Some(first_at.min(created_at));
    }

    /// Adds more events.
    pub fn extend(&mut self, more: &StreamEvents) {
        self.count += more.count;
        self.seqs |= &more.seqs;
        self.first_at = self.first_at.into_iter().chain(more.first_at).min();
    }
}

/// Why events of a stream are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// They were forged: the record is as if they had never arrived.
    TakenBack,
    /// They were those of a user or an account that was erased: they are gone, but nobody
    /// lost them.
    Erased,
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
    /// Arrived and not kept: rejected and not received since, or erased.
    pub rejected: RoaringBitmap,
    /// Number of the events that were accepted and not erased, those included that retention
    /// has dropped. Many may have one number.
    pub events: i64,
}

impl StreamRecord {
    /// The record with what arrived of a stream that has none yet; `None` where nothing of
    /// that is new.
    pub fn of(arrived: &StreamArrivals) -> Option<Self> {
        let mut record = StreamRecord {
            first_at: arrived.first_at?,
            seqs: RoaringBitmap::new(),
            duplicates: 0,
            rejected: RoaringBitmap::new(),
            events: 0,
        };
        record.add(arrived);
        Some(record)
    }

    /// Adds what arrived.
    pub fn add(&mut self, arrived: &StreamArrivals) {
        if let Some(first_at) = arrived.first_at {
            self.first_at = self.first_at.min(first_at);
        }
        self.duplicates += arrived.duplicates;
        self.events += arrived.seqs.len() as i64;
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

    /// Takes out what is erased. `left` are the events of the stream that are still stored.
    pub fn remove(&mut self, erased: &StreamEvents, left: &StreamEvents, gone: Gone) {
        let mut freed = &erased.seqs - &left.seqs;
        self.events = (self.events - erased.count).max(0);
        // Each event after the first of a number was a duplicate.
        let repeated = erased.count - freed.len() as i64;
        self.duplicates = (self.duplicates - repeated).max(0);
        self.seqs -= &freed;
        if gone == Gone::Erased
            && let Some(last) = self.last()
        {
            if let Some(after) = last.checked_add(1) {
                freed.remove_range(after..=u32::MAX);
            }
            self.rejected |= freed;
        }
        let dropped = &self.seqs - &left.seqs;
        if let Some(first_at) = left.first_at
            && dropped.is_empty()
            && erased.first_at.is_some_and(|at| at <= self.first_at)
        {
            self.first_at = first_at;
        }
    }

    /// Whether nothing of the stream has arrived.
    pub fn is_empty(&self) -> bool {
        self.last().is_none()
    }

    fn last(&self) -> Option<u32> {
        self.seqs.max().max(self.rejected.max())
    }

    /// Number of events that the stream has made, according to its numbers.
    fn numbered(&self) -> i64 {
        self.last().map_or(0, |last| i64::from(last) + 1)
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
