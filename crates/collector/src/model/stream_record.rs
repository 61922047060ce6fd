//! Streams: each page instance numbers its events, so that the collector can determine which
//! of them never arrived.

use roaring::RoaringBitmap;

use super::fast_map::FastMap;

/// Most events that a stream can plausibly have lost, in one gap between its numbers or in
/// several. A page that makes a hundred events per second would lose this many in a quarter
/// of an hour. If more are missing, the numbers were forged.
pub const MAX_MISSING: u32 = 100_000;

/// The events of each stream in one batch.
#[derive(Debug, Default)]
pub struct Arrivals<'a> {
    streams: FastMap<&'a str, StreamArrivals>,
}

/// The events of one stream in one batch.
#[derive(Debug, Default)]
pub struct StreamArrivals {
    /// `created_at` of its earliest event, in ms since the Unix epoch; `None` if all events
    /// had been received before or are erased. The time of a repeated event is ignored, because
    /// it may be forged.
    first_at: Option<i64>,
    seqs: Vec<u32>,
    duplicates: i64,
    rejected: Vec<u32>,
    erased: Vec<u32>,
}

impl<'a> Arrivals<'a> {
    /// Adds an event. `is_new` is false if it was received before.
    pub fn add(&mut self, stream_id: &'a str, seq: u32, created_at: i64, is_new: bool) {
        let arrived = self.streams.entry(stream_id).or_default();
        if is_new {
            arrived.add(seq, created_at);
        } else {
            arrived.duplicates += 1;
        }
    }

    /// Adds a rejected event. Its `created_at` may be the invalid field, so a stream that has
    /// only such events begins when the first arrived.
    pub fn add_rejected(&mut self, stream_id: &'a str, seq: u32, received_at: i64) {
        let arrived = self.streams.entry(stream_id).or_default();
        arrived.extend_to(received_at);
        arrived.rejected.push(seq);
    }

    /// Adds an event that was rejected because its user or account was erased. Its number is
    /// not missing in a stream with other events. By itself it makes no record of a stream, as
    /// the id of the stream may identify the user.
    pub fn add_erased(&mut self, stream_id: &'a str, seq: u32) {
        self.streams.entry(stream_id).or_default().erased.push(seq);
    }

    /// The streams, with the events that arrived of each.
    pub fn streams(&self) -> impl Iterator<Item = (&'a str, &StreamArrivals)> {
        self.streams
            .iter()
            .map(|(stream_id, arrived)| (*stream_id, arrived))
    }
}

impl StreamArrivals {
    /// Adds an event that was not received before.
    pub fn add(&mut self, seq: u32, created_at: i64) {
        self.extend_to(created_at);
        self.seqs.push(seq);
    }

    fn extend_to(&mut self, at: i64) {
        self.first_at = Some(self.first_at.map_or(at, |first_at| first_at.min(at)));
    }
}

/// Numbered events of a stored stream: those that are erased, or those that remain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamEvents {
    /// Number of the events.
    pub count: i64,
    /// Their sequence numbers.
    pub seqs: RoaringBitmap,
    /// `created_at` of the earliest, in ms since the Unix epoch; `None` without events.
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

/// Why events of a stream were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// They were forged. The record is changed as if they had never arrived.
    TakenBack,
    /// They belonged to an erased user or account. They are removed, but do not count as
    /// lost.
    Erased,
}

/// The stored record of a stream.
#[derive(Debug)]
pub struct StreamRecord {
    /// `created_at` of its earliest event, in ms since the Unix epoch.
    pub first_at: i64,
    /// The sequence numbers that were received.
    pub seqs: RoaringBitmap,
    /// Number of events that arrived with a sequence number that had been received before.
    pub duplicates: i64,
    /// Sequence numbers that arrived and are not stored: rejected and not accepted since, or
    /// erased.
    pub rejected: RoaringBitmap,
    /// Number of events that were accepted and not erased, including those that retention has
    /// deleted. Several events may have the same sequence number.
    pub events: i64,
}

impl StreamRecord {
    /// The record for a stream that has none yet; `None` if all of the arrived events were
    /// received before or are erased.
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

    /// Adds the events that arrived.
    pub fn add(&mut self, arrived: &StreamArrivals) {
        if let Some(first_at) = arrived.first_at {
            self.first_at = self.first_at.min(first_at);
        }
        self.duplicates += arrived.duplicates;
        self.events += arrived.seqs.len() as i64;
        for seq in &arrived.seqs {
            // The number was received with another event_id, so two pages use the same
            // stream, as a duplicated browser tab may.
            self.duplicates += i64::from(!self.seqs.insert(*seq));
        }
        self.rejected.extend(&arrived.rejected);
        self.rejected -= &self.seqs;
        self.reject(arrived.erased.iter().collect::<RoaringBitmap>() - &self.seqs);
        self.seqs.optimize();
        self.rejected.optimize();
    }

    /// Removes erased events. `left` are the events of the stream that are still stored. All
    /// other events of the stream were deleted by retention, and their numbers stay in the
    /// record.
    pub fn remove(&mut self, erased: &StreamEvents, left: &StreamEvents, gone: Gone) {
        let dropped = self.events - erased.count - left.count;
        self.events = (self.events - erased.count).max(left.count).max(0);
        if gone == Gone::Erased && left.count == 0 {
            // The events that retention deleted may also have belonged to the erased user or
            // account, and the id of the stream may identify them.
            self.events = 0;
        }
        let mut freed = &erased.seqs - &left.seqs;
        // Events that shared a sequence number counted as duplicates, except the first.
        let repeated = erased.count - freed.len() as i64;
        self.duplicates = (self.duplicates - repeated).max(0);
        // If retention deleted more events than there are numbers for them, some of these
        // shared a number with an erased event.
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

    /// Marks the numbers as arrived but not stored. If that would make the record
    /// implausible, those above all other numbers are dropped.
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

    /// Whether no event is left, neither stored nor deleted by retention. Also true once the
    /// last stored event was erased with a user or an account.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    fn last(&self) -> Option<u32> {
        self.seqs.max().max(self.rejected.max())
    }

    /// Number of events that the stream has made, according to its sequence numbers.
    fn numbered(&self) -> i64 {
        self.last().map_or(0, |last| i64::from(last) + 1)
    }

    fn arrived(&self) -> i64 {
        (self.seqs.len() + self.rejected.len()) as i64
    }

    /// Whether the sequence numbers, including those of rejected events, cannot be genuine.
    fn is_implausible(&self) -> bool {
        self.numbered() - self.arrived() > i64::from(MAX_MISSING)
    }

    /// Number of events that the stream has made. For an implausible stream, the number of
    /// those that have arrived.
    pub fn made(&self) -> i64 {
        if self.is_implausible() {
            self.arrived()
        } else {
            self.numbered()
        }
    }

    /// The number of events that the sequence numbers imply, if it is implausible.
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

    /// Returns the counts of made, received, duplicate and rejected events.
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
    fn a_late_erased_number_is_rejected_only_beside_other_events() {
        let mut arrivals = Arrivals::default();
        arrivals.add_erased("t", 1);
        arrivals.add_erased("t", 4_000_000_000);
        let (_, arrived) = arrivals.streams().next().expect("a stream");
        assert!(StreamRecord::of(arrived).is_none());
        let mut known = record(&[0, 2]);
        known.add(arrived);
        assert_eq!(counts(&known), (3, 2, 0, 1));
        arrivals.add("t", 2, 7, true);
        let (_, arrived) = arrivals.streams().next().expect("a stream");
        let new = StreamRecord::of(arrived).expect("another event");
        assert_eq!(counts(&new), (3, 1, 0, 1));
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
