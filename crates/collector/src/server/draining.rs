//! Reads the rest of a request that was answered before it was read completely.
//!
//! A client that is still sending does not read the answer. If the connection were closed,
//! the client would see a broken connection instead of the reason in the answer. So what it
//! sends is read and discarded while the answer is on its way.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// Most bytes that are read and discarded.
const BYTES: usize = 16 * 1024 * 1024;

/// Longest pause of the client. A client that stops sending is free to read the answer.
const PAUSE: Duration = Duration::from_secs(2);

/// Longest time in total. The largest batch takes 8 s at 1 Mbit/s.
const TIME: Duration = Duration::from_secs(10);

/// Reads the rest of `body` in the background, within the limits.
pub(super) fn drain(body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    // Without a runtime, the process is ending.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(timeout(TIME, read_and_drop(body)));
    }
}

async fn read_and_drop(mut body: Incoming) {
    let mut read = 0;
    while read < BYTES {
        let Ok(Some(Ok(frame))) = timeout(PAUSE, body.frame()).await else {
            return;
        };
        read += frame.data_ref().map_or(0, |data| data.len());
    }
}
