//! What the engine asks its host to do.

use std::num::NonZeroU32;

use crate::{Announcement, FlushId, Reason, Seconds, SegmentId};

/// Something to do, in the order in which it is handed out.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(
        tag = "type",
        rename_all = "camelCase",
        rename_all_fields = "camelCase"
    )
)]
pub enum Effect {
    /// Post a batch. Answer with [`Input::Response`](crate::Input::Response).
    Send(Request),
    /// Abort a request that was not answered in time. An answer that still comes is
    /// ignored.
    AbortRequest {
        /// Which one.
        request: RequestId,
    },
    /// Warn the developer, once, that the server has taken nothing for a minute.
    WarnUnreachable {
        /// The status of its last answer. `None`: there was no answer, or not one that a
        /// collector would give.
        status: Option<u16>,
    },
    /// Pass the event to `beforeSend`. Answer with
    /// [`Input::Filtered`](crate::Input::Filtered) or
    /// [`Input::FilteredOut`](crate::Input::FilteredOut), in order.
    Filter {
        /// The event, a line of JSON.
        line: String,
    },
    /// Report to the developer and to `onError` that events will not be delivered.
    ReportLoss(Loss),
    /// Warn the developer that the account changed while the user stayed the same. A user
    /// belongs to one account.
    WarnAccountChanged {
        /// The user.
        user: String,
    },
    /// Show the developer an event that was recorded: on the console if `debug` is on,
    /// and to whoever [inspects](crate::Input::Inspected) the tracker.
    ShowEvent {
        /// The event, a line of JSON.
        line: String,
        /// The event is not sent before account and user are known.
        waits_for_ids: bool,
    },
    /// Read the cookies. Answer with [`Input::CookiesRead`](crate::Input::CookiesRead).
    ReadCookies,
    /// Set the session cookie.
    SetSession {
        /// Its value.
        value: String,
        /// Its lifetime from now.
        max_age: Seconds,
    },
    /// Set the visitor cookie.
    SetVisitor {
        /// Its value.
        value: String,
        /// Its lifetime from now.
        max_age: Seconds,
    },
    /// Delete both cookies.
    EraseCookies,
    /// Announce something to the other tabs, which receive it as
    /// [`Input::OtherTab`](crate::Input::OtherTab).
    AnnounceTab {
        /// What.
        announcement: Announcement,
        /// The announcement may go through web storage.
        through_storage: bool,
    },
    /// Settle the promise of a `flush()`.
    ResolveFlush(FlushOutcome),
    /// Claim the part of the storage with this stream's name. No other page may adopt it
    /// while this page lives.
    ClaimStorage {
        /// The stream.
        stream: String,
    },
    /// When the current task ends, answer with
    /// [`Input::TaskEnded`](crate::Input::TaskEnded).
    PersistAtTaskEnd,
    /// Write a segment into this page's part of the storage. If that fails and no older
    /// version of the segment is stored, answer at once with
    /// [`Input::WriteFailed`](crate::Input::WriteFailed).
    Store {
        /// Its number.
        segment: SegmentId,
        /// Its content: one record per line.
        records: String,
    },
    /// Remove a segment.
    RemoveSegment {
        /// Its number.
        segment: SegmentId,
    },
    /// Look for segments that closed pages left, and hand over each with
    /// [`Input::Adopted`](crate::Input::Adopted). Before those, hand over the record that
    /// all pages share.
    AdoptOrphans,
    /// The server asked to wait, or that wait is over. Store this record in the one place
    /// that all pages of the source share, replacing what is there. Pages receive it with
    /// [`Input::Adopted`](crate::Input::Adopted), both when it changes and whenever they
    /// look for what closed pages left.
    ShareWait {
        /// A record; empty to remove the stored one.
        record: String,
    },
    /// Remove everything that any page stored for this source.
    EraseStorage,
    /// Remove every listener and timer, and give up this page's part of the storage.
    Detach,
}

/// Names a request in its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    tsify(type = "number")
)]
pub struct RequestId(pub NonZeroU32);

/// A batch to post.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub struct Request {
    /// Names the request in its answer.
    pub request: RequestId,
    /// How many events it carries.
    pub events: u32,
    /// Newline-separated JSON; empty where the request only asks.
    pub body: String,
    /// Ids of events that earlier pages sent, separated by commas, without any
    /// that would have to be escaped in an address; empty where there are none.
    /// The server is asked which of them it lacks.
    pub asked: String,
    /// It fits into what browsers grant to requests that outlive their page.
    pub keepalive: bool,
    /// The page may be gone at once: nothing asynchronous may come before the
    /// request.
    pub unloading: bool,
}

/// Events that will not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub struct Loss {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u32,
    /// What the server answered. `None`: it was not asked.
    pub status: Option<u16>,
    /// What the server said about it; empty where it said nothing.
    pub message: String,
}

/// How a `flush()` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub struct FlushOutcome {
    /// Which one.
    pub flush: FlushId,
    /// Events that the server has confirmed since the call.
    pub delivered: u32,
    /// Events still kept for sending.
    pub pending: u32,
    /// Events that the server has refused since the call.
    pub rejected: u32,
}

/// Effects waiting to be handed out, oldest first. Two stacks form a queue with less code
/// than a ring buffer.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Pushed effects, newest last.
    pushed: Vec<Effect>,
    /// Effects to be popped, oldest last.
    popping: Vec<Effect>,
}

impl Effects {
    pub fn push(&mut self, effect: Effect) {
        self.pushed.push(effect);
    }

    pub fn is_empty(&self) -> bool {
        self.pushed.is_empty() && self.popping.is_empty()
    }

    pub fn pop(&mut self) -> Option<Effect> {
        if self.popping.is_empty() {
            while let Some(effect) = self.pushed.pop() {
                self.popping.push(effect);
            }
        }
        self.popping.pop()
    }
}
