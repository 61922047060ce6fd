//! How long the server has taken nothing.

use crate::{Effect, Millis, Mono};

/// The developer is warned when the collector has taken nothing for this long.
const UNREACHABLE_AFTER: Millis = Millis(60_000.0);

/// The current series of failures, if there is one.
#[derive(Debug)]
pub(super) struct Outage {
    /// When its oldest request was sent.
    since: Mono,
    /// The status of the last answer; `None` if none came.
    status: Option<u16>,
    /// The developer has been warned.
    is_warned: bool,
}

impl Outage {
    pub fn new() -> Outage {
        Outage {
            since: Mono::NEVER,
            status: None,
            is_warned: false,
        }
    }

    /// Notes how a request was answered.
    pub fn answered(&mut self, status: Option<u16>) {
        self.status = status;
    }

    /// Notes that a request sent at this time failed.
    pub fn failed(&mut self, sent_at: Mono) {
        if self.since == Mono::NEVER {
            self.since = sent_at;
        }
    }

    /// Notes that the server took or refused something.
    pub fn end(&mut self) {
        self.since = Mono::NEVER;
    }

    /// When the developer is to be warned.
    pub fn warn_at(&self) -> Mono {
        if self.is_warned {
            return Mono::NEVER;
        }
        self.since + UNREACHABLE_AFTER
    }

    /// Returns the warning that the server has been unreachable for long, at most once.
    pub fn poll_warning(&mut self, now: Mono) -> Option<Effect> {
        if self.warn_at() > now {
            return None;
        }
        self.is_warned = true;
        Some(Effect::WarnUnreachable {
            status: self.status,
        })
    }
}
