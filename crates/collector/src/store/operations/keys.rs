//! Keys, and dashboard sessions of signed-in people.

use crate::{
    model::keys::KeyId,
    store::{
        answer::Answer,
        keys::{Reader, Source},
        rates::SharedRates,
        sessions::{NewSession, OpenSession},
    },
};

/// Looks up keys and sessions.
///
/// These look-ups take microseconds and do not concern events. They may be answered before batches
/// that were just acknowledged become readable.
pub trait KeyOperations {
    /// Finds the source of a pair of keys; `None` when it is unknown or revoked.
    fn source<'a>(&'a self, auth_key: &'a str, api_key: &'a str) -> Answer<'a, Option<Source>>;

    /// Finds an account key; `None` when it is unknown or revoked.
    fn account_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KeyId>>;

    /// Finds an account key or a viewer key; `None` when it is unknown or revoked, or when the
    /// account to which it is limited no longer exists.
    fn reader<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Reader>>;

    /// Finds a session that is open at `now`; `None` when it has ended or its key no longer gives
    /// access to anything.
    fn session<'a>(&'a self, id: &'a str, now: i64) -> Answer<'a, Option<OpenSession>>;

    /// The rate limits shared with other collectors; `None` for a store that only one collector
    /// uses, which then counts requests itself.
    fn shared_rates(&self) -> Option<&dyn SharedRates>;

    /// Opens a session.
    fn begin_session(&self, session: NewSession, now: i64) -> Answer<'_, ()>;

    /// Records the use of a session.
    fn touch_session(&self, id: String, now: i64) -> Answer<'_, ()>;

    /// Ends a session.
    fn end_session(&self, id: String) -> Answer<'_, ()>;
}
