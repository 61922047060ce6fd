//! Plain counters, as `stats()` shows them.

use natero_event::json::push_int;

/// Why an event was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Reason {
    /// A wrong call was refused.
    Invalid,
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

/// Names of [`Reason`]s under `dropped`, in their order.
const REASONS: [&str; 7] = [
    "invalid",
    "consent",
    "disabled",
    "before_send",
    "overflow",
    "rejected",
    "too_large",
];

/// Counters since the tracker was made. At any time
/// `accepted = delivered + pending + dropped`, `invalid` left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events made.
    pub accepted: u32,
    /// Events that the server confirmed.
    pub delivered: u32,
    /// Requests begun.
    pub requests: u32,
    /// Requests that repeated one that had failed.
    pub retries: u32,
    /// Bytes of all bodies, before compression.
    pub bytes_sent: u64,
    dropped: [u32; REASONS.len()],
}

impl Stats {
    /// Events dropped for one reason.
    pub fn dropped(&self, reason: Reason) -> u32 {
        self.dropped[reason as usize]
    }

    pub(crate) fn drop(&mut self, reason: Reason, count: u32) {
        self.dropped[reason as usize] += count;
    }

    /// Everything as a JSON object, in the names of the JS surface.
    pub(crate) fn json(&self, pending: u32) -> String {
        let mut out = String::with_capacity(256);
        let counters = [
            ("{\"accepted\":", i64::from(self.accepted)),
            (",\"delivered\":", i64::from(self.delivered)),
            (",\"pending\":", i64::from(pending)),
            (",\"requests\":", i64::from(self.requests)),
            (",\"retries\":", i64::from(self.retries)),
            (",\"bytesSent\":", self.bytes_sent as i64),
            (",\"dropped\":{\"total\":", self.lost()),
        ];
        for (name, value) in counters {
            out.push_str(name);
            push_int(&mut out, value);
        }
        for (name, count) in REASONS.iter().zip(self.dropped) {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("\":");
            push_int(&mut out, i64::from(count));
        }
        out.push_str("}}");
        out
    }

    /// Accepted events that will never be delivered.
    fn lost(&self) -> i64 {
        self.dropped[1..].iter().map(|n| i64::from(*n)).sum()
    }
}
