//! Sessions of people who are signed in.

use super::keys::Reader;
use crate::model::keys::KeyId;

/// Longest time between two requests of a session, in ms: a working day.
pub(in crate::store) const IDLE_LIMIT: i64 = 12 * 60 * 60 * 1000;
/// Longest life of a session in ms, however often it is used.
pub(in crate::store) const AGE_LIMIT: i64 = 7 * 24 * 60 * 60 * 1000;
/// Most open sessions, more than any team needs. A further one ends the session
/// that has been unused for the longest time.
pub(in crate::store) const MAX_SESSIONS: i64 = 1000;
/// How old the record of the last use may be, in ms. A write for every page would
/// hold up events.
pub(in crate::store) const USED_PRECISION: i64 = 10 * 60 * 1000;

/// A session that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its id, which nobody can guess.
    pub id: String,
    /// The key that it is opened with.
    pub key: KeyId,
    /// The session of the browser before it, which ends.
    pub previous: Option<String>,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// The key that it was opened with.
    pub reader: Reader,
    /// Whether its use is to be recorded with `touch_session`.
    pub is_stale: bool,
}
