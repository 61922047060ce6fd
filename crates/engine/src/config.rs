//! Settings that decisions depend on. The facade has checked their types and
//! ranges; what only a browser needs, such as the endpoint, stays with it.

/// What may be kept and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Everything runs.
    Granted,
    /// Events wait in memory; no cookie, no storage, no request.
    Pending,
    /// Events are dropped.
    Denied,
}

/// The settings. Times are in ms.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The account, where it is known from the start; else empty.
    pub account_id: String,
    /// The user, where it is known from the start; else empty.
    pub user_id: String,
    /// `trackUnload`
    pub track_unload: bool,
    /// `trackPageViews`
    pub track_page_views: bool,
    /// `disableEventSend`
    pub disable_event_send: bool,
    /// `debug`
    pub debug: bool,
    /// There is a `beforeSend`.
    pub filter: bool,
    /// `persistence: "memory"`: nothing is kept between pages.
    pub memory: bool,
    /// `consent`
    pub consent: Consent,
    /// `sessionTimeout`
    pub session_timeout: f64,
    /// `idleTimeout`
    pub idle_timeout: f64,
    /// `sessionSyncInterval`
    pub session_sync_interval: f64,
    /// `flushInterval`
    pub flush_interval: f64,
    /// `batchSize`, in events.
    pub batch_size: f64,
    /// `maxQueueBytes`
    pub max_queue_bytes: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            account_id: String::new(),
            user_id: String::new(),
            track_unload: true,
            track_page_views: true,
            disable_event_send: false,
            debug: false,
            filter: false,
            memory: false,
            consent: Consent::Granted,
            session_timeout: 1_800_000.0,
            idle_timeout: 60_000.0,
            session_sync_interval: 60_000.0,
            flush_interval: 5_000.0,
            batch_size: 50.0,
            max_queue_bytes: 1_048_576.0,
        }
    }
}
