//! How large a batch may be.

use super::flights::KEEPALIVE_BYTES;

/// After a batch was too large, this many batches in a row must succeed before a larger
/// one is tried. The limit of whatever refused it hardly ever changes, and each try may
/// cost a batch that is sent twice.
const SUCCESSES_TO_GROW: u32 = 32;

/// Largest size of the next batch. It is lowered after a batch was too large.
#[derive(Debug)]
pub(super) struct BatchLimit {
    bytes: usize,
    /// How many batches in a row succeeded since `bytes` changed.
    successes: u32,
}

impl BatchLimit {
    pub fn new() -> BatchLimit {
        BatchLimit {
            bytes: KEEPALIVE_BYTES,
            successes: 0,
        }
    }

    /// In bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Notes that a batch succeeded. After enough of them a larger one may be tried.
    pub fn count_success(&mut self) {
        self.successes += 1;
        if self.successes >= SUCCESSES_TO_GROW {
            self.successes = 0;
            self.bytes = (self.bytes * 2).min(KEEPALIVE_BYTES);
        }
    }

    /// Notes that a batch of this size was too large.
    pub fn shrink(&mut self, bytes: usize) {
        self.bytes = bytes / 2;
        self.successes = 0;
    }
}
