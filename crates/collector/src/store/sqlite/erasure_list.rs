//! The list of what was erased.

use std::collections::HashMap;

use natero_event::received::ReceivedEvent;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::model::erasure::{ErasureKind, id_hash};

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
    known: HashMap<(ErasureKind, &'a str), Option<i64>>,
}

impl<'a> ErasureList<'a> {
    pub(super) fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let is_empty = !conn.prepare_cached("SELECT 1 FROM erasures")?.exists([])?;
        Ok(ErasureList {
            is_empty,
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
    /// account for events from before the erasure.
    pub(super) fn erased_owner(
        &mut self,
        conn: &Connection,
        event: &'a ReceivedEvent,
    ) -> rusqlite::Result<Option<ErasureKind>> {
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
        Ok(None)
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
