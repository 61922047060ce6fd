//! What can be erased for good.

use sha2::{Digest, Sha256};

/// What an erasure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum ErasureKind {
    /// All that one page instance sent
    Stream,
    /// A user with all of its events
    User,
    /// An account with its users, events and records
    Account,
}

impl ErasureKind {
    /// Every kind.
    pub const ALL: [ErasureKind; 3] =
        [ErasureKind::Stream, ErasureKind::User, ErasureKind::Account];

    /// The name in the database and in messages.
    pub fn name(self) -> &'static str {
        match self {
            ErasureKind::Stream => "stream",
            ErasureKind::User => "user",
            ErasureKind::Account => "account",
        }
    }
}

/// What is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its kind.
    pub kind: ErasureKind,
    /// Its id.
    pub id: String,
}

/// The SHA-256 of an id. The list of erasures outlives what it is about, so it
/// must not name it.
pub fn id_hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}
