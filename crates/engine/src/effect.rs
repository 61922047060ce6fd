//! What the engine asks its host to do.

use std::num::NonZeroU32;

use crate::{FlushId, Reason, Seconds, SegmentId};

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
    /// Post a batch, and answer with [`Input::Response`](crate::Input::Response).
    Send(Request),
    /// Abort a request that was not answered in time. It will be ignored if it
    /// is answered all the same.
    AbortRequest {
        /// Which one.
        request: RequestId,
    },
    /// Tell the developer, once, that the server has taken nothing for a minute.
    WarnUnreachable {
        /// What it answered last. `None`: nothing, or nothing that a server for
        /// events would.
        status: Option<u16>,
    },
    /// Give the event to `beforeSend`, and answer with
    /// [`Input::Filtered`](crate::Input::Filtered) or
    /// [`Input::FilteredOut`](crate::Input::FilteredOut), in order.
    Filter {
        /// The event, a line of JSON.
        line: String,
    },
    /// Tell the developer and `onError` that events will not be delivered.
    ReportLoss(Loss),
    /// Warn the developer that the account changed under this user, and a user
    /// belongs to one account.
    WarnAccountChanged {
        /// The user.
        user: String,
    },
    /// Show the developer an event that was made: on the console where `debug`
    /// is on, and to whoever [inspects](crate::Input::Inspected) the tracker.
    ShowEvent {
        /// The event, a line of JSON.
        line: String,
        /// It is not sent before account and user are known.
        waits_for_ids: bool,
    },
    /// Read the cookies, and answer with
    /// [`Input::CookiesRead`](crate::Input::CookiesRead).
    ReadCookies,
    /// Set the session cookie.
    SetSession {
        /// Its value.
        value: String,
        /// When it expires, from now.
        max_age: Seconds,
    },
    /// Set the visitor cookie.
    SetVisitor {
        /// Its value.
        value: String,
        /// When it expires, from now.
        max_age: Seconds,
    },
    /// Delete both cookies.
    EraseCookies,
    /// Tell the other tabs that this one came into use now.
    AnnounceTab {
        /// Storage may be used for that.
        through_storage: bool,
    },
    /// Settle the promise of a `flush()`.
    ResolveFlush(FlushOutcome),
    /// Claim the part of the storage that has this stream's name. While the page
    /// lives, nobody else may adopt it.
    ClaimStorage {
        /// The stream.
        stream: String,
    },
    /// Answer with [`Input::TaskEnded`](crate::Input::TaskEnded) when the current
    /// task ends.
    PersistAtTaskEnd,
    /// Write a segment into this page's part of the storage. Where that fails
    /// and nothing is there of this number, answer at once with
    /// [`Input::WriteFailed`](crate::Input::WriteFailed).
    Store {
        /// Its number.
        segment: SegmentId,
        /// Its content: one record a line.
        records: String,
    },
    /// Remove a segment.
    RemoveSegment {
        /// Its number.
        segment: SegmentId,
    },
    /// Look for what closed pages left, and hand it over with
    /// [`Input::Adopted`](crate::Input::Adopted); before that, what pages share.
    AdoptOrphans,
    /// The server asked to wait, or that is over: store this in the one place
    /// that all pages of this source share, in place of what is there. They are
    /// handed it with [`Input::Adopted`](crate::Input::Adopted) as it changes,
    /// and whenever they look for what closed pages left.
    ShareWait {
        /// A record; empty where nothing is to be kept there any more.
        record: String,
    },
    /// Remove everything that any page stored for this source.
    EraseStorage,
    /// Remove every listener and timer, and give up this page's part of the
    /// storage.
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

/// Effects that wait to be handed out, oldest first: two stacks make a queue, in
/// less code than a ring buffer.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Pushed, the newest last.
    pushed: Vec<Effect>,
    /// To be popped, the oldest last.
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
