//! The stored list of erasures.
//!
//! An entry has a kind, a mark of 32 bytes that identifies what was erased without naming it
//! (`store/erasure_marks.rs`), and a time.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{
    model::{
        erasure::{ErasureKind, id_hash},
        fast_map::FastMap,
    },
    store::{
        erasure_marks::{event_hash, is_refused, owners},
        new_event::NewEvent,
    },
};

/// Adds an erasure to the list.
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

/// The list of erasures, with a cache for storing batches.
#[derive(Debug)]
pub(super) struct ErasureList<'a> {
    is_empty: bool,
    has_events: bool,
    known: FastMap<(ErasureKind, &'a str), Option<i64>>,
    /// Cached look-ups of the accounts of users, for events that name no account.
    accounts: FastMap<String, Option<i64>>,
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
            known: FastMap::default(),
            accounts: FastMap::default(),
        })
    }

    /// When something was erased; `None` if it was not.
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
        let at = look_up(conn, kind, id)?;
        self.known.insert((kind, id), at);
        Ok(at)
    }

    /// Whether an event that names no account is refused, because the account of its user was
    /// erased after the event was made.
    pub(super) fn is_of_erased_account(
        &mut self,
        conn: &Connection,
        account_id: &str,
        created_at: i64,
    ) -> rusqlite::Result<bool> {
        if self.is_empty {
            return Ok(false);
        }
        let at = match self.accounts.get(account_id) {
            Some(known) => *known,
            None => {
                let at = look_up(conn, ErasureKind::Account, account_id)?;
                self.accounts.insert(account_id.to_owned(), at);
                at
            }
        };
        Ok(at.is_some_and(|at| is_refused(ErasureKind::Account, at, created_at)))
    }

    /// Why an event is refused; `None` otherwise. It is refused when it was erased itself, when its
    /// stream was erased, or when its user or account was erased after it was made.
    pub(super) fn erased_owner(
        &mut self,
        conn: &Connection,
        new: &'a NewEvent,
    ) -> rusqlite::Result<Option<ErasureKind>> {
        for (kind, id) in owners(new) {
            if let Some(at) = self.erased_at(conn, kind, id)?
                && is_refused(kind, at, new.event.created_at)
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

fn look_up(conn: &Connection, kind: ErasureKind, id: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT erased_at FROM erasures WHERE kind = ?1 AND id_hash = ?2")?
        .query_row(params![kind.name(), id_hash(id)], |row| row.get(0))
        .optional()
}

/// An entry of the list: kind, mark and time.
pub type Entry = (String, Vec<u8>, i64);

/// Reads the whole list.
///
/// # Errors
/// Fails when SQLite fails.
pub fn entries(conn: &Connection) -> rusqlite::Result<Vec<Entry>> {
    conn.prepare("SELECT kind, id_hash, erased_at FROM erasures ORDER BY 3, 1, 2")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}
