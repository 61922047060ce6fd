//! What an engine asks its owner to do.

use crate::Draft;

/// Something to do, in the order in which it is handed out.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Post a batch.
    Send(Request),
    /// Give the event to `beforeSend` and the result to
    /// [`crate::Input::Filtered`] or [`crate::Input::FilteredOut`].
    Filter(Draft),
    /// Tell the developer and, but for warnings, `onError`.
    Report(Report),
    /// A line for the console, where `debug` is on.
    Debug(String),
    /// Assign this text to `document.cookie`.
    SetCookie(String),
    /// Tell the other tabs that this one came into use.
    Announce,
    /// Settle the promise of a `flush`.
    Flushed {
        /// The number that came with the call.
        id: u32,
        /// Events confirmed by the server since the call.
        delivered: u32,
        /// Events still kept.
        pending: u32,
        /// Events that the server refused since the call.
        rejected: u32,
    },
    /// Remove every listener and timer.
    Detach,
}

/// A batch to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names the request in its answer.
    pub id: u32,
    /// Newline-separated JSON.
    pub body: String,
    /// The body fits into what the browser grants to requests that outlive
    /// their page.
    pub keepalive: bool,
    /// The page may be gone at once: nothing asynchronous before the request.
    pub unloading: bool,
}

/// A problem that the developer should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Stable, for programs.
    pub code: &'static str,
    /// For people: what was wrong, where, and what to do.
    pub message: String,
    /// Events lost by it.
    pub dropped: u32,
    /// Nothing was refused or lost; it only looks like a mistake.
    pub warning: bool,
}
