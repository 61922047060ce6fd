//! The settings that the engine's decisions depend on.

use natero_event::Id;

use crate::Millis;

/// What may be kept and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub enum Consent {
    /// Everything runs.
    Granted,
    /// Events wait in memory; no cookie, no storage, no request.
    Pending,
    /// Events are dropped.
    Denied,
}

/// What the tracker may store beyond the life of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Cookies and web storage.
    Storage,
    /// Nothing.
    Memory,
}

/// The settings that the engine needs. The host has checked their types and ranges.
/// Settings that only a host needs, such as the endpoint, stay with the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The account, if it is known from the start.
    pub account_id: Option<OwnedId>,
    /// The user, if it is known from the start.
    pub user_id: Option<OwnedId>,
    /// `trackUnload`
    pub track_unload: bool,
    /// `trackPageViews`: page views are recorded on load and on navigation.
    pub track_page_views: bool,
    /// `disableEventSend`
    pub disable_event_send: bool,
    /// `debug`
    pub debug: bool,
    /// The page has a `beforeSend`.
    pub filter: bool,
    /// `persistence`
    pub persistence: Persistence,
    /// `consent`
    pub consent: Consent,
    /// `sessionTimeout`
    pub session_timeout: Millis,
    /// `idleTimeout`
    pub idle_timeout: Millis,
    /// `sessionSyncInterval`
    pub session_sync_interval: Millis,
    /// `flushInterval`
    pub flush_interval: Millis,
    /// `batchSize`, in events.
    pub batch_size: u32,
    /// `maxQueueBytes`: limit for the events waiting in memory.
    pub max_queue_bytes: usize,
    /// `maxStoredBytes`: limit for what this page keeps in web storage. The host also
    /// counts what other pages keep there, and reports a write that would exceed the
    /// limit as failed.
    pub max_stored_bytes: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            account_id: None,
            user_id: None,
            track_unload: true,
            track_page_views: true,
            disable_event_send: false,
            debug: false,
            filter: false,
            persistence: Persistence::Storage,
            consent: Consent::Granted,
            session_timeout: Millis(1_800_000.0),
            idle_timeout: Millis(60_000.0),
            session_sync_interval: Millis(60_000.0),
            flush_interval: Millis(5_000.0),
            batch_size: 50,
            max_queue_bytes: 8 * 1024 * 1024,
            max_stored_bytes: 1024 * 1024,
        }
    }
}

/// An [`Id`] that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedId(String);

impl OwnedId {
    /// The id, borrowed.
    pub fn as_id(&self) -> Id<'_> {
        // An `OwnedId` is only made from an `Id`, which is never empty.
        Id::from_checked(&self.0).expect("an id is not empty")
    }
}

impl From<Id<'_>> for OwnedId {
    fn from(id: Id<'_>) -> OwnedId {
        OwnedId(id.as_str().to_owned())
    }
}
