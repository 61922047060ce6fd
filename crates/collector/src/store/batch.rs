//! Batches of events, and what becomes of them.

use super::{keys::Source, new_event::NewEvent, refused_lines::RefusedLines};
use crate::model::{erasure::ErasureKind, nul::without_nul, stream_record::Arrivals};

/// A batch of events.
#[derive(Debug)]
pub struct Batch {
    /// Its events.
    pub events: Vec<NewEvent>,
    /// The lines from which they were read.
    pub lines: Vec<u8>,
    /// The rejected lines that name a stream and a `seq`.
    pub rejected: Vec<RejectedEvent>,
    /// The rejected lines, counted by reason and account.
    pub refused: RefusedLines,
    /// The source that sent it.
    pub source: Source,
    /// When it arrived, in ms since the Unix epoch.
    pub received_at: i64,
}

/// How many events of a batch were stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// New events, including those that were set aside.
    pub accepted: u64,
    /// Events that were received before.
    pub duplicates: u64,
    /// New events whose user belongs to another account.
    pub set_aside: u64,
    /// Events that contradict stored data, with the numbers of their lines.
    pub rejected: Vec<(usize, EventError)>,
}

/// Why a valid event is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The event names no account, and the user is unknown.
    #[error(
        "`account_id` is missing, and the user is unknown; send the account with the first event of a user"
    )]
    NoAccount,
    /// The event belongs to something that was erased.
    #[error("the {} of this event was erased; do not send it again", .0.name())]
    Erased(ErasureKind),
    /// The event was erased by its id.
    #[error("this event was erased; do not send it again")]
    ErasedEvent,
}

impl EventError {
    /// Stable name of the kind of error.
    fn code(self) -> &'static str {
        match self {
            EventError::NoAccount => "no_account",
            EventError::Erased(_) | EventError::ErasedEvent => "erased",
        }
    }

    /// Adds the rejected event to its stream, unless the stream or the event was taken back: what
    /// was forged must not hide a gap, nor give an erased stream a record again.
    pub(super) fn add_to<'a>(
        self,
        arrivals: &mut Arrivals<'a>,
        stream_id: &'a str,
        seq: u32,
        received_at: i64,
    ) {
        match self {
            EventError::NoAccount => arrivals.add_rejected(stream_id, seq, received_at),
            EventError::Erased(ErasureKind::User | ErasureKind::Account) => {
                arrivals.add_erased(stream_id, seq);
            }
            EventError::Erased(ErasureKind::Stream | ErasureKind::Event | ErasureKind::Source)
            | EventError::ErasedEvent => {}
        }
    }
}

impl BatchOutcome {
    /// Adds the outcome of a further part of the batch.
    pub fn add(&mut self, part: BatchOutcome) {
        self.accepted += part.accepted;
        self.duplicates += part.duplicates;
        self.set_aside += part.set_aside;
        self.rejected.extend(part.rejected);
    }

    /// Counts the lines that the store refused.
    pub fn count_refused(&self, refused: &mut RefusedLines) {
        for (_, error) in &self.rejected {
            refused.add(error.code(), &error.to_string(), None);
        }
    }
}

/// A rejected event whose line names its stream and `seq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedEvent {
    /// The stream.
    pub stream_id: String,
    /// The place of the event in the stream.
    pub seq: u32,
}

impl RejectedEvent {
    /// A rejected event with the stream and `seq` that its line names.
    pub fn new(stream_id: String, seq: u32) -> Self {
        RejectedEvent {
            stream_id: without_nul(stream_id),
            seq,
        }
    }
}
