//! The rows to which facts refer instead of texts: sessions, and the names of products, modules and
//! features.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::rows::{NameRow, SessionRow, UserRow};

/// Rows that were found or inserted while one batch is written. Most batches come from one user in
/// one session, so most look-ups hit this cache. It must not outlive the transaction, because a
/// rollback removes the rows.
#[derive(Debug, Default)]
pub(super) struct DimensionCache<'a> {
    sessions: HashMap<(UserRow, &'a str), SessionRow>,
    names: HashMap<&'a str, NameRow>,
}

impl<'a> DimensionCache<'a> {
    /// The row of a session of a user, inserted if it is unknown. Session ids are unique only for a
    /// user: clients that number their sessions give many users a session `1`.
    pub(super) fn session(
        &mut self,
        tx: &Transaction<'_>,
        user: UserRow,
        session_id: Option<&'a str>,
    ) -> rusqlite::Result<Option<SessionRow>> {
        let Some(session_id) = session_id else {
            return Ok(None);
        };
        if let Some(row) = self.sessions.get(&(user, session_id)) {
            return Ok(Some(*row));
        }
        let found = tx
            .prepare_cached("SELECT no FROM sessions WHERE user_no = ?1 AND session_id = ?2")?
            .query_row(params![user, session_id], |row| row.get(0))
            .optional()?;
        let row = match found {
            Some(row) => row,
            None => {
                tx.prepare_cached("INSERT INTO sessions (user_no, session_id) VALUES (?1, ?2)")?
                    .execute(params![user, session_id])?;
                SessionRow::last_inserted(tx)?
            }
        };
        self.sessions.insert((user, session_id), row);
        Ok(Some(row))
    }

    /// The row of the name of a product, module or feature, inserted if it is unknown.
    pub(super) fn name(
        &mut self,
        tx: &Transaction<'_>,
        name: Option<&'a str>,
    ) -> rusqlite::Result<Option<NameRow>> {
        let Some(name) = name else {
            return Ok(None);
        };
        if let Some(row) = self.names.get(name) {
            return Ok(Some(*row));
        }
        let row = match find_name(tx, name)? {
            Some(row) => row,
            None => {
                tx.prepare_cached("INSERT INTO names (name) VALUES (?1)")?
                    .execute([name])?;
                NameRow::last_inserted(tx)?
            }
        };
        self.names.insert(name, row);
        Ok(Some(row))
    }
}

/// Finds the row of the name of a product, module or feature, if an event has used it.
pub(super) fn find_name(conn: &Connection, name: &str) -> rusqlite::Result<Option<NameRow>> {
    conn.prepare_cached("SELECT no FROM names WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}
