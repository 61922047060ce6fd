//! What an inspector of the tracker gets to see.

use crate::{Consent, Millis, Mono, activity::ClockState};

/// Where a tracker stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub struct Inspection {
    /// What may be kept and sent.
    pub consent: Consent,
    /// Whether time counts.
    pub clock: ClockState,
    /// When the user counts as idle, unless they do something. `None`: no time
    /// counts.
    pub idle_at: Option<Mono>,
    /// Active time in the module that no event has reported. It runs up to the
    /// moment: what the user does next confirms the end of it, and idleness
    /// takes that back.
    pub module_time: Millis,
    /// The same of the session.
    pub session_time: Millis,
    /// The same of the page view.
    pub page_view_time: Millis,
    /// What events wait for.
    pub waits_for: WaitsFor,
    /// When that is over. `None`: nobody knows.
    pub waits_until: Option<Mono>,
    /// Requests that failed in a row.
    pub failures: u32,
}

/// What keeps events from being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub enum WaitsFor {
    /// No event waits.
    Nothing,
    /// Consent is pending, or denied.
    Consent,
    /// All waiting events lack the account or the user. If a time is given, both are
    /// known, and at that time it is sure that they belong together.
    Ids,
    /// A request is under way.
    Answer,
    /// The server asked to wait.
    RetryAfter,
    /// Requests failed, and the next is tried after a while.
    Backoff,
    /// A full batch, or the end of `flushInterval`.
    Batch,
    /// The tracker was shut down; the next page sends what is stored.
    NextPage,
}
