//! The list of what was erased.
//!
//! An entry has a kind, 32 bytes that tell what it is about without naming it, and a
//! time. For streams, users and accounts these are the SHA-256 of the id. Two more kinds
//! go with them:
//!
//! - `event`, by the SHA-256 of what is kept of its id: an event that was erased by
//!   itself, or that lay ahead of the clock when its user was erased. Its time would not
//!   tell that it was made before.
//! - `members`, by the id of an account: the users who were erased with it are on the
//!   list, too. An entry of an account without it is of an earlier version, and stands
//!   for all who belong to the account.
//! - `source`: the number of the source and its span of arrival, as they are.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use sha2::{Digest, Sha256};

use crate::{
    model::{
        erasure::{Erasure, ErasureKind, id_hash},
        usage::Span,
    },
    store::{event_key::IdKey, new_event::NewEvent},
};

/// The kind of the entry that says of an account that its members are listed.
pub(super) const MEMBERS: &str = "members";

/// The 32 bytes of an event.
pub(super) fn event_hash(key: &IdKey) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// What tells an erasure in its entry.
pub(super) fn mark(erasure: &Erasure) -> Vec<u8> {
    match erasure.kind {
        ErasureKind::Source => {
            let Span { from, to } = erasure.arrived;
            let source = erasure.source_number().unwrap_or_default();
            [source, from, to].map(i64::to_be_bytes).concat()
        }
        ErasureKind::Stream | ErasureKind::User | ErasureKind::Account | ErasureKind::Event => {
            id_hash(&erasure.id).to_vec()
        }
    }
}

/// The erasure of a source that an entry tells.
pub(super) fn erasure_of_source(mark: &[u8]) -> Option<Erasure> {
    let mut numbers = mark
        .chunks_exact(8)
        .map(|bytes| bytes.try_into().map_or(0, i64::from_be_bytes));
    let (source, from, to) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Erasure::of_source(
        format!("source-{source}"),
        Span { from, to },
    ))
}

/// Puts an erasure on the list.
pub(super) fn insert(
    tx: &Transaction<'_>,
    kind: &str,
    hash: &[u8],
    at: i64,
) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO erasures (kind, id_hash, erased_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, id_hash) DO UPDATE SET erased_at = MAX(erased_at, excluded.erased_at)",
        params![kind, hash, at],
    )?;
    Ok(())
}

/// The list of erasures, as the writer of batches asks it.
#[derive(Debug)]
pub(super) struct ErasureList<'a> {
    is_empty: bool,
    has_events: bool,
    known: HashMap<(ErasureKind, &'a str), Option<i64>>,
}

impl<'a> ErasureList<'a> {
    pub(super) fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let is_empty = !conn.prepare_cached("SELECT 1 FROM erasures")?.exists([])?;
        let has_events = !is_empty
            && conn
                .prepare_cached("SELECT 1 FROM erasures WHERE kind = 'event'")?
                .exists([])?;
        Ok(ErasureList {
            is_empty,
            has_events,
            known: HashMap::new(),
        })
    }

    /// When something was erased; `None` where it was not.
    pub(super) fn erased_at(
        &mut self,
        conn: &Connection,
        kind: ErasureKind,
        id: &'a str,
    ) -> rusqlite::Result<Option<i64>> {
        if self.is_empty {
            return Ok(None);
        }
        if let Some(known) = self.known.get(&(kind, id)) {
            return Ok(*known);
        }
        let at = conn
            .prepare_cached("SELECT erased_at FROM erasures WHERE kind = ?1 AND id_hash = ?2")?
            .query_row(params![kind.name(), id_hash(id)], |row| row.get(0))
            .optional()?;
        self.known.insert((kind, id), at);
        Ok(at)
    }

    /// What an event belongs to that was erased: its stream for good, its user or
    /// account for events from before the erasure; or it was erased itself.
    pub(super) fn erased_owner(
        &mut self,
        conn: &Connection,
        new: &'a NewEvent,
    ) -> rusqlite::Result<Option<ErasureKind>> {
        let event = &new.event;
        let owners = [
            (ErasureKind::Stream, event.stream_id.as_deref()),
            (ErasureKind::User, Some(event.user_id.as_str())),
            (ErasureKind::Account, event.account_id.as_deref()),
        ];
        for (kind, id) in owners {
            let Some(id) = id else { continue };
            if let Some(at) = self.erased_at(conn, kind, id)?
                && (kind == ErasureKind::Stream || event.created_at <= at)
            {
                return Ok(Some(kind));
            }
        }
        let is_erased = self.has_events
            && conn
                .prepare_cached("SELECT 1 FROM erasures WHERE kind = 'event' AND id_hash = ?1")?
                .exists([event_hash(&new.key)])?;
        Ok(is_erased.then_some(ErasureKind::Event))
    }
}

/// An entry of the list: kind, hash of the id, and time.
pub type Entry = (String, Vec<u8>, i64);

/// Reads the whole list.
///
/// # Errors
/// Those of SQLite.
pub fn entries(conn: &Connection) -> rusqlite::Result<Vec<Entry>> {
    conn.prepare("SELECT kind, id_hash, erased_at FROM erasures ORDER BY 3, 1, 2")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}
