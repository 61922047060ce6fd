//! The server's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// The current time in ms since the Unix epoch; 0 if the machine's clock is set to a time
/// before that.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
