//! Dashboard sessions of signed-in people.

use super::keys::Reader;
use crate::model::keys::KeyId;

/// Maximum time between two requests of a session, in ms: a working day.
pub(in crate::store) const IDLE_LIMIT: i64 = 12 * 60 * 60 * 1000;
/// Maximum lifetime of a session in ms, however often it is used.
pub(in crate::store) const AGE_LIMIT: i64 = 7 * 24 * 60 * 60 * 1000;
/// Maximum number of open sessions, more than any team needs. Opening another one ends the session
/// that has been unused for the longest time.
pub(in crate::store) const MAX_SESSIONS: i64 = 1000;
/// How far the recorded time of the last use may lag behind, in ms. Recording it for every page
/// would delay events.
pub(in crate::store) const USED_PRECISION: i64 = 10 * 60 * 1000;

/// A new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its unguessable id.
    pub id: String,
    /// The key with which somebody signed in.
    pub key: KeyId,
    /// The previous sessions of the same browser, which end.
    pub previous: Vec<String>,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// The holder of the key with which it was opened.
    pub reader: Reader,
    /// Whether `touch_session` should record its use.
    pub is_stale: bool,
}
