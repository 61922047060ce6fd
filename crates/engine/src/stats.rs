//! The counters that `stats()` returns.

/// Why an event was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "snake_case")
)]
pub enum Reason {
    /// Consent was denied.
    Consent,
    /// `disableEventSend` is on.
    Disabled,
    /// `beforeSend` returned null or threw.
    BeforeSend,
    /// The event waited for an account and a user, but its identity ended before both
    /// were known.
    Identity,
    /// `maxQueueBytes` was reached, and other events had a higher priority.
    Overflow,
    /// The server refused it for good.
    Rejected,
    /// The server found it too large, even on its own.
    TooLarge,
}

/// Counters since the tracker was made. `accepted = delivered + pending + dropped` holds
/// for the events that this page made. Events taken over from closed pages do not count
/// as accepted here.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub struct Stats {
    /// Events that this page made, except those that another page took over while this
    /// page was in the back/forward cache.
    pub accepted: u32,
    /// Events that the collector confirmed.
    pub delivered: u32,
    /// Events kept for sending.
    pub pending: u32,
    /// Requests started.
    pub requests: u32,
    /// Requests started after a failure.
    pub retries: u32,
    /// Bytes of all bodies, before compression.
    pub bytes_sent: f64,
    /// Events that will not be delivered.
    pub dropped: Dropped,
}

/// Events that will not be delivered, by [`Reason`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
#[allow(missing_docs, reason = "`Reason` documents each")]
pub struct Dropped {
    pub consent: u32,
    pub disabled: u32,
    pub before_send: u32,
    pub identity: u32,
    pub overflow: u32,
    pub rejected: u32,
    pub too_large: u32,
}

impl Dropped {
    /// The counter for one reason.
    pub(crate) fn counter(&mut self, reason: Reason) -> &mut u32 {
        match reason {
            Reason::Consent => &mut self.consent,
            Reason::Disabled => &mut self.disabled,
            Reason::BeforeSend => &mut self.before_send,
            Reason::Identity => &mut self.identity,
            Reason::Overflow => &mut self.overflow,
            Reason::Rejected => &mut self.rejected,
            Reason::TooLarge => &mut self.too_large,
        }
    }

    /// Events that the server refused for good.
    pub(crate) fn refused(&self) -> u32 {
        self.rejected + self.too_large
    }
}
