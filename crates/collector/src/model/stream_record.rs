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
    /// The others of its events are those that retention has dropped: their numbers stay.
    pub fn remove(&mut self, erased: &StreamEvents, left: &StreamEvents, gone: Gone) {
        let dropped = self.events - erased.count - left.count;
        self.events = (self.events - erased.count).max(left.count).max(0);
        if gone == Gone::Erased && left.count == 0 {
            // Those that were dropped may have been of whom is erased, too, and the id of the
            // stream may tell who that was.
            self.events = 0;
        }
        let mut freed = &erased.seqs - &left.seqs;
        // Each event after the first of a number was a duplicate.
        let repeated = erased.count - freed.len() as i64;
        self.duplicates = (self.duplicates - repeated).max(0);
        // Where more events were dropped than there are numbers for them, some of these had
        // a number of an erased event.
        let of_dropped = (&self.seqs - &left.seqs) - &erased.seqs;
        let shared = (dropped - of_dropped.len() as i64).clamp(0, self.duplicates);
        let kept: RoaringBitmap = freed.iter().take(shared as usize).collect();
        self.duplicates -= kept.len() as i64;
        freed -= kept;
        self.seqs -= &freed;
        if gone == Gone::Erased {
            self.reject(freed);
        }
        let others = &self.seqs - &left.seqs;
        if let Some(first_at) = left.first_at
            && others.is_empty()
            && erased.first_at.is_some_and(|at| at <= self.first_at)
        {
            self.first_at = first_at;
        }
    }

    /// Takes numbers for those of events that arrived and are not kept. Those after all
    /// others are left out where they could not all be true.
    fn reject(&mut self, mut numbers: RoaringBitmap) {
        let others = self.last();
        let rejected = self.rejected.clone();
        self.rejected |= &numbers;
        if self.is_implausible()
            && let Some(after) = others.and_then(|last| last.checked_add(1))
        {
            numbers.remove_range(after..=u32::MAX);
            self.rejected = rejected | numbers;
        }
    }

    /// Whether none of its events is left, be it stored or dropped by retention. Where the
    /// last that was stored went with a user or an account, none is.
    pub fn is_empty(&self) -> bool {
        self.events == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    fn events(seqs: &[u32]) -> StreamEvents {
        let mut events = StreamEvents::default();
        for seq in seqs {
            events.add(*seq, 7);
        }
        events
    }

    fn record(seqs: &[u32]) -> StreamRecord {
        let mut arrived = StreamArrivals::default();
        for seq in seqs {
            arrived.add(*seq, 7);
        }
        StreamRecord::of(&arrived).expect("something arrived")
    }

    /// Made, received, duplicates, rejected.
    fn counts(record: &StreamRecord) -> (i64, u64, i64, u64) {
        let StreamRecord { seqs, rejected, .. } = record;
        (record.made(), seqs.len(), record.duplicates, rejected.len())
    }

    #[test]
    fn numbers_of_events_that_retention_dropped_stay() {
        let dropped = [0, 1, 2, 4, 5];
        for (forged, left) in [(4, &[][..]), (9, &[]), (3, &[]), (4, &[6])] {
            let honest = [&dropped[..], left].concat();
            let mut with_forged = record(&[&honest[..], &[forged]].concat());
            with_forged.remove(&events(&[forged]), &events(left), Gone::TakenBack);
            assert_eq!(counts(&with_forged), counts(&record(&honest)), "{forged}");
            assert!(!with_forged.is_empty());
        }
    }

    #[test]
    fn one_of_several_dropped_events_of_a_number_keeps_it() {
        let mut record = record(&[0, 1, 1, 1, 2]);
        record.remove(&events(&[1, 1]), &events(&[2]), Gone::TakenBack);
        assert_eq!(counts(&record), (3, 3, 0, 0));
        record.remove(&events(&[2]), &StreamEvents::default(), Gone::TakenBack);
        assert_eq!(counts(&record), (2, 2, 0, 0));
    }

    #[test]
    fn erased_numbers_are_rejected_whatever_the_order() {
        for order in [[3, 4], [4, 3]] {
            let mut record = record(&[0, 3, 4]);
            for (at, seq) in order.into_iter().enumerate() {
                let left = [&[0], &order[at + 1..]].concat();
                record.remove(&events(&[seq]), &events(&left), Gone::Erased);
            }
            assert_eq!(counts(&record), (5, 1, 0, 2), "{order:?}");
        }
    }

    #[test]
    fn an_erased_number_that_cannot_be_true_makes_no_stream_implausible() {
        let mut record = record(&[0, 1, 4_000_000_000]);
        assert!(record.implausible().is_some());
        record.remove(&events(&[4_000_000_000]), &events(&[0, 1]), Gone::Erased);
        assert_eq!(counts(&record), (2, 2, 0, 0));
        assert!(record.implausible().is_none());
    }

    #[test]
    fn a_record_is_empty_with_its_last_event_though_others_were_rejected() {
        let mut record = record(&[0, 1]);
        record.remove(&events(&[0]), &events(&[1]), Gone::Erased);
        assert!(!record.is_empty());
        record.remove(&events(&[1]), &StreamEvents::default(), Gone::TakenBack);
        assert!(record.is_empty());
    }
}
