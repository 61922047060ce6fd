//! The rows to which facts refer instead of texts: sessions, and the names of products, modules and
//! features.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

use super::rows::{NameRow, SessionRow, UserRow};
use crate::model::fast_map::FastMap;

/// Rows that were found or inserted while one batch is written. Most batches come from one user in
/// one session, so most look-ups hit this cache. It must not outlive the transaction, because a
/// rollback removes the rows.
pub(super) struct DimensionCache<'t, 'a> {
    tx: &'t Transaction<'t>,
    sessions: FastMap<(UserRow, &'a str), SessionRow>,
    names: FastMap<&'a str, NameRow>,
    /// Prepared with the first session that is looked up.
    statements: Option<SessionStatements<'t>>,
}

/// Statements about sessions. Servers send batches in which each event has its own.
struct SessionStatements<'t> {
    find: CachedStatement<'t>,
    insert: CachedStatement<'t>,
}

impl<'t> SessionStatements<'t> {
    fn new(tx: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        let find = "SELECT no FROM sessions WHERE user_no = ?1 AND session_id = ?2";
        let insert = "INSERT INTO sessions (user_no, session_id) VALUES (?1, ?2)";
        Ok(SessionStatements {
            find: tx.prepare_cached(find)?,
            insert: tx.prepare_cached(insert)?,
        })
    }
}

impl<'t, 'a> DimensionCache<'t, 'a> {
    pub(super) fn new(tx: &'t Transaction<'t>) -> Self {
        DimensionCache {
            tx,
            sessions: FastMap::default(),
            names: FastMap::default(),
            statements: None,
        }
    }

    /// The row of a session of a user, inserted if it is unknown. Session ids are unique only for a
    /// user: clients that number their sessions give many users a session `1`.
    pub(super) fn session(
        &mut self,
        user: UserRow,
        session_id: Option<&'a str>,
    ) -> rusqlite::Result<Option<SessionRow>> {
        let Some(session_id) = session_id else {
            return Ok(None);
        };
        if let Some(row) = self.sessions.get(&(user, session_id)) {
            return Ok(Some(*row));
        }
        let statements = match &mut self.statements {
            Some(statements) => statements,
            none => none.insert(SessionStatements::new(self.tx)?),
        };
        let found = statements
            .find
            .query_row(params![user, session_id], |row| row.get(0))
            .optional()?;
        let row = match found {
            Some(row) => row,
            None => {
                statements.insert.execute(params![user, session_id])?;
                SessionRow::last_inserted(self.tx)?
            }
        };
        self.sessions.insert((user, session_id), row);
        Ok(Some(row))
    }

    /// The row of the name of a product, module or feature, inserted if it is unknown.
    pub(super) fn name(&mut self, name: Option<&'a str>) -> rusqlite::Result<Option<NameRow>> {
        let Some(name) = name else {
            return Ok(None);
        };
        if let Some(row) = self.names.get(name) {
            return Ok(Some(*row));
        }
        let row = match find_name(self.tx, name)? {
            Some(row) => row,
            None => {
                self.tx
                    .prepare_cached("INSERT INTO names (name) VALUES (?1)")?
                    .execute([name])?;
                NameRow::last_inserted(self.tx)?
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
