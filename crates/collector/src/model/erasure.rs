//! What can be erased permanently.

use sha2::{Digest, Sha256};

use super::{nul::without_nul, usage::Span};

/// The kind of an erasure.
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
    /// All kinds.
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
    /// The arrival times of the erased events of a source, in ms since the Unix epoch.
    /// Ignored for other kinds.
    pub arrived: Span,
}

impl Erasure {
    /// The erasure of everything that belongs to an id.
    pub fn of(kind: ErasureKind, id: impl Into<String>) -> Self {
        Erasure {
            kind,
            id: without_nul(id.into()),
            arrived: Span::ALL,
        }
    }

    /// The erasure of the events of a source, by the id of its key.
    pub fn of_source(id: impl Into<String>, arrived: Span) -> Self {
        Erasure {
            kind: ErasureKind::Source,
            id: id.into(),
            arrived,
        }
    }

    /// The number in the id of a source, such as `source-1`; `None` for any other text.
    pub fn source_number(&self) -> Option<i64> {
        self.id.strip_prefix("source-")?.parse().ok()
    }
}

/// The SHA-256 of an id. The list of erasures is kept after the erasure, so it must not
/// contain the id itself.
pub fn id_hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}
