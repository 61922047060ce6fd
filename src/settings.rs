//! Settings, as the facade hands them over.

use natero_engine::{Config, Consent, Parts};
use natero_event::json::owned;

/// Reads the settings. `flags`: 1 `trackUnload`, 2 `trackPageViews`, 4
/// `disableEventSend`, 8 `debug`, 16 there is a `beforeSend`, 32 memory, 64
/// consent pending, 128 consent denied. Text: account, NUL, user.
pub(crate) fn read(flags: u32, text: &str, numbers: [f64; 6]) -> Config {
    let on = |flag| flags & flag != 0;
    let mut ids = Parts(text);
    let [
        session_timeout,
        idle_timeout,
        session_sync_interval,
        flush_interval,
        batch_size,
        max_queue_bytes,
    ] = numbers;
    Config {
        account_id: owned(ids.text()),
        user_id: owned(ids.text()),
        track_unload: on(1),
        track_page_views: on(2),
        disable_event_send: on(4),
        debug: on(8),
        filter: on(16),
        memory: on(32),
        consent: match (on(64), on(128)) {
            (_, true) => Consent::Denied,
            (true, _) => Consent::Pending,
            _ => Consent::Granted,
        },
        session_timeout,
        idle_timeout,
        session_sync_interval,
        flush_interval,
        batch_size,
        max_queue_bytes,
    }
}
