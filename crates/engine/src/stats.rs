//! Plain counters, as `stats()` shows them.

/// Why an event was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Consent was denied.
    Consent,
    /// `disableEventSend` is on.
    Disabled,
    /// `beforeSend` returned null or threw.
    BeforeSend,
    /// `maxQueueBytes` was reached and others were worth more.
    Overflow,
    /// The server refused it for good.
    Rejected,
    /// The server found it too large, even alone.
    TooLarge,
}

impl Reason {
    /// All, by their numbers.
    pub const ALL: [Reason; 6] = [
        Reason::Consent,
        Reason::Disabled,
        Reason::BeforeSend,
        Reason::Overflow,
        Reason::Rejected,
        Reason::TooLarge,
    ];
}

/// Counters since the tracker was made. At any time
/// `accepted = delivered + pending + dropped`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Events made.
    pub accepted: u32,
    /// Events that the server confirmed.
    pub delivered: u32,
    /// Requests begun.
    pub requests: u32,
    /// Requests begun after a failure.
    pub retries: u32,
    /// Bytes of all bodies, before compression.
    pub bytes_sent: f64,
    /// Events that will not be delivered, by [`Reason`].
    pub dropped: [u32; 6],
}

impl Stats {
    /// Events dropped for one reason.
    pub fn dropped(&self, reason: Reason) -> u32 {
        self.dropped[reason as usize]
    }
}
