//! What can be erased for good.

use sha2::{Digest, Sha256};

use super::{nul::without_nul, usage::Span};

/// What an erasure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum ErasureKind {
    /// All that one page instance sent
    Stream,
    /// A user with all of its events
    User,
    /// An account with its users, events and records
    Account,
    /// One event, by its `event_id`
    Event,
    /// All that a source sent in a span of arrival; ID as `keys list` shows it
    Source,
}

impl ErasureKind {
    /// Every kind.
    pub const ALL: [ErasureKind; 5] = [
        ErasureKind::Stream,
        ErasureKind::Event,
        ErasureKind::Source,
        ErasureKind::User,
        ErasureKind::Account,
    ];

    /// The name in the database and in messages.
    pub fn name(self) -> &'static str {
        match self {
            ErasureKind::Stream => "stream",
            ErasureKind::User => "user",
            ErasureKind::Account => "account",
            ErasureKind::Event => "event",
            ErasureKind::Source => "source",
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
    /// When what a source sent arrived, in ms since the Unix epoch; of no meaning for
    /// other kinds.
    pub arrived: Span,
}

impl Erasure {
    /// The erasure of all of something.
    pub fn of(kind: ErasureKind, id: impl Into<String>) -> Self {
        Erasure {
            kind,
            id: without_nul(id.into()),
            arrived: Span::ALL,
        }
    }

    /// The erasure of what a source sent, by the id of its key.
    pub fn of_source(id: impl Into<String>, arrived: Span) -> Self {
        Erasure {
            kind: ErasureKind::Source,
            id: id.into(),
            arrived,
        }
    }

    /// The number in the id of a source, such as `source-1`; `None` where it is none.
    pub fn source_number(&self) -> Option<i64> {
        self.id.strip_prefix("source-")?.parse().ok()
    }
}

/// The SHA-256 of an id. The list of erasures outlives what it is about, so it
/// must not name it.
pub fn id_hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}
