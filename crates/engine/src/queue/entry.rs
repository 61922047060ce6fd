//! An event in the queue, and how far it is on its way.

use natero_event::Priority;

use crate::{RequestId, SegmentId, identity::Missing};

/// A recorded event on its way into the queue.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The event as a line of JSON.
    pub line: String,
    pub priority: Priority,
    pub missing: Missing,
}

/// Who made an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This page.
    Page,
    /// A page that is closed now, so the server may have the event already.
    Adopted,
}

/// How far an event is on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(tag = "type", content = "request", rename_all = "camelCase")
)]
pub enum Progress {
    /// It must be sent.
    Waiting,
    /// A request carries it.
    Carried(RequestId),
    /// A closed page left it. The server may have it already.
    Uncertain,
    /// A request asks whether the server has it already.
    Asked(RequestId),
}

/// An event that is kept for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub struct QueuedEvent<'a> {
    /// The event, a line of JSON.
    pub line: &'a str,
    /// How far it is on its way to the server.
    pub progress: Progress,
    /// It is not sent before the account is known.
    pub lacks_account: bool,
    /// It is not sent before the user is known.
    pub lacks_user: bool,
    /// It outlives the page.
    pub is_stored: bool,
}

/// An event in the queue.
#[derive(Debug)]
pub(super) struct Entry {
    /// How many events were queued before it.
    pub number: u32,
    /// This page recorded it.
    pub is_own: bool,
    pub draft: Draft,
    pub progress: Progress,
    /// The segment that holds it.
    pub segment: Option<SegmentId>,
    /// The segment that held it before, until the write of the new one is known to have
    /// succeeded.
    pub replaces: Option<SegmentId>,
}

impl Entry {
    pub fn is_ready(&self) -> bool {
        match self.progress {
            Progress::Waiting | Progress::Uncertain => !self.draft.missing.any(),
            Progress::Carried(_) | Progress::Asked(_) => false,
        }
    }

    /// Whether a request carries it or asks about it, or one could.
    pub fn is_sending(&self) -> bool {
        match self.progress {
            Progress::Waiting | Progress::Uncertain => !self.draft.missing.any(),
            Progress::Carried(_) | Progress::Asked(_) => true,
        }
    }

    /// Whether it can be sent now.
    pub fn is_next(&self) -> bool {
        self.progress == Progress::Waiting && !self.draft.missing.any()
    }

    pub fn inspect(&self) -> QueuedEvent<'_> {
        QueuedEvent {
            line: &self.draft.line,
            progress: self.progress,
            lacks_account: self.draft.missing.account,
            lacks_user: self.draft.missing.user,
            is_stored: self.segment.is_some(),
        }
    }

    /// Its size in memory and on the wire, in bytes, including the line end.
    pub fn bytes(&self) -> usize {
        self.draft.line.len() + 1
    }
}
