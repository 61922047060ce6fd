//! Keys, and sessions of people who are signed in.

use crate::{
    model::keys::KeyId,
    store::{
        answer::Answer,
        keys::{Reader, Source},
        rates::SharedRates,
        sessions::{NewSession, OpenSession},
    },
};

/// Recognises keys and sessions.
///
/// What is looked up here takes microseconds and is not about events: it may be answered
/// before batches that were just answered can be asked for.
pub trait KeyOperations {
    /// Finds the source of a pair of keys; `None` when it is unknown or revoked.
    fn source<'a>(&'a self, auth_key: &'a str, api_key: &'a str) -> Answer<'a, Option<Source>>;

    /// Finds an account key; `None` when it is unknown or revoked.
    fn account_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KeyId>>;

    /// Finds an account key or a viewer key; `None` when it is unknown or revoked, or
    /// when the account that it may see is no longer there.
    fn reader<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Reader>>;

    /// Finds an open session at `now`; `None` when it is over or its key sees nothing any
    /// more.
    fn session<'a>(&'a self, id: &'a str, now: i64) -> Answer<'a, Option<OpenSession>>;

    /// Where the requests of keys are counted together with other collectors; `None` where
    /// this one is alone with its store, and counts them by itself.
    fn shared_rates(&self) -> Option<&dyn SharedRates>;

    /// Opens a session.
    fn begin_session(&self, session: NewSession, now: i64) -> Answer<'_, ()>;

    /// Records that a session was used.
    fn touch_session(&self, id: String, now: i64) -> Answer<'_, ()>;

    /// Ends a session.
    fn end_session(&self, id: String) -> Answer<'_, ()>;
}
