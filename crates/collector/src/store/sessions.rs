//! Sessions of people who are signed in.

use super::keys::Reader;
use crate::model::keys::KeyId;

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
