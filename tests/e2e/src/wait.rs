//! Waits for conditions, which tests do instead of sleeping.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a condition may take before a test fails. It is long enough for a busy machine: a
/// passing test never waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Frequent enough to delay a test little, and rare enough to leave the processor to the
/// browser.
const INTERVAL: Duration = Duration::from_millis(20);

/// Calls the probe until it returns `Some`, and returns the value.
///
/// # Errors
/// An error of the probe at once, or an error with `what` after [`PATIENCE`].
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

/// [`until`], for a condition without a value.
///
/// # Errors
/// As [`until`].
pub async fn until_true(what: &str, mut probe: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    until(what, async || Ok(probe().await?.then_some(()))).await
}
