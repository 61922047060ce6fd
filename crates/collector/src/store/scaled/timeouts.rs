//! Time limits for servers that neither answer nor refuse.

use std::time::Duration;

use super::failure::{Failure, Result};

/// Time without an answer after which a server counts as unreachable. Batches are then answered
/// with 503, and trackers keep them. Look-ups that each request needs take less than that, too.
pub(super) const UNREACHABLE_AFTER: Duration = Duration::from_secs(10);

/// Interval between two keepalive probes of a silent connection.
pub(super) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);

/// Number of unanswered probes after which the machine counts as unreachable.
pub(super) const KEEPALIVE_RETRIES: u32 = 3;

/// Waits for work of PostgreSQL, at most as long as `limit`. After that, the outcome of the work is
/// unknown.
pub(super) async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let done = tokio::time::timeout(limit, work).await;
    done.unwrap_or(Err(Failure::Silent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_keeps_silent_is_away() {
        let silent = std::future::pending::<Result<()>>();
        let failure = in_time(UNREACHABLE_AFTER, silent).await.unwrap_err();
        assert!(failure.is_outage(), "{failure}");
        assert_eq!(
            in_time(UNREACHABLE_AFTER, async { Ok(7) }).await.unwrap(),
            7
        );
    }
}
