//! Checks alert rules in the background, and sends webhook messages about matches.

use std::time::Duration;

use crate::{
    clock::now_ms,
    http::{
        alerting::{check_due, deliver_due},
        state::App,
    },
};

/// Time between two searches for rules that are due. Each rule is checked once an hour, and when an
/// account that it found silent is in use again.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Longest time between two searches for messages to send.
const DELIVERY_INTERVAL: Duration = Duration::from_secs(60);

/// Shortest time between two searches, so that a clock that is set back causes no busy loop.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// Checks rules until the task is aborted.
pub(super) async fn check_forever(app: App) {
    loop {
        match check_due(&app, now_ms()).await {
            Ok(checked) if checked.began > 0 => {
                tracing::info!(
                    began = checked.began,
                    "rules of alerts hit accounts or users"
                );
            }
            Ok(_) => {}
            Err(cause) => tracing::warn!(%cause, "rules of alerts are checked later"),
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

/// Sends messages until the task is aborted.
pub(super) async fn deliver_forever(app: App) {
    loop {
        let next = deliver_due(&app, now_ms()).await.unwrap_or_else(|cause| {
            tracing::warn!(%cause, "messages about alerts wait");
            None
        });
        let until = next.map_or(DELIVERY_INTERVAL, |next| {
            Duration::from_millis(next.saturating_sub(now_ms()).max(0) as u64)
        });
        tokio::select! {
            () = tokio::time::sleep(until.clamp(SHORTEST_PAUSE, DELIVERY_INTERVAL)) => {}
            () = app.alerts_waiting.notified() => {}
        }
    }
}
