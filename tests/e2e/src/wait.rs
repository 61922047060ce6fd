//! Waiting on conditions: what the tests do in place of sleeping.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a condition may take before a test gives up. Generous, for a busy
/// machine: a passing test never waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Often enough to cost a test little, seldom enough to leave the processor
/// to the browser.
const INTERVAL: Duration = Duration::from_millis(20);

/// Probes until the answer is `Some`, and returns it.
///
/// # Errors
/// The error of the probe at once, or one naming `what` after [`PATIENCE`].
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            bail!("waited {} s for {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// [`until`], for a condition that carries no value.
///
/// # Errors
/// As [`until`].
pub async fn until_true(what: &str, mut probe: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    until(what, async || Ok(probe().await?.then_some(()))).await
}
