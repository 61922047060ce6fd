//! Servers that neither answer nor refuse.

use std::time::Duration;

use super::failure::{Failure, Result};

/// After so long without an answer of its machine, a server is away: batches are answered
/// with 503, and trackers keep them. What is looked up for each request takes less, too.
pub(super) const AWAY: Duration = Duration::from_secs(10);

/// Time between two looks whether the machine of a silent server is still there.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Looks without an answer after which it is not.
pub(super) const LOOKS: u32 = 3;

/// What PostgreSQL does, if it does it in time. What it does after that is not known.
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
        let failure = in_time(AWAY, silent).await.unwrap_err();
        assert!(failure.is_outage(), "{failure}");
        assert_eq!(in_time(AWAY, async { Ok(7) }).await.unwrap(), 7);
    }
}
