//! Numbers for what facts name: sessions, and products, modules and features.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction};

/// Number of "none": events without a session, product, module or feature.
pub const NONE: u32 = 0;

/// Numbers that were looked up or made while one batch is written. A batch
/// mostly tells of one user in one session, so most look-ups end here. It must
/// not outlive the transaction: what is undone has no number.
#[derive(Debug, Default)]
pub(super) struct Numbers<'a> {
    sessions: HashMap<&'a str, u32>,
    names: HashMap<&'a str, u32>,
}

impl<'a> Numbers<'a> {
    pub(super) fn session(
        &mut self,
        tx: &Transaction<'_>,
        session_id: Option<&'a str>,
    ) -> rusqlite::Result<u32> {
        let Some(session_id) = session_id else {
            return Ok(NONE);
        };
        if let Some(no) = self.sessions.get(session_id) {
            return Ok(*no);
        }
        let no = number(
            tx,
            session_id,
            "SELECT no FROM sessions WHERE session_id = ?1",
            "INSERT INTO sessions (session_id) VALUES (?1)",
        )?;
        self.sessions.insert(session_id, no);
        Ok(no)
    }

    pub(super) fn name(
        &mut self,
        tx: &Transaction<'_>,
        name: Option<&'a str>,
    ) -> rusqlite::Result<u32> {
        let Some(name) = name else {
            return Ok(NONE);
        };
        if let Some(no) = self.names.get(name) {
            return Ok(*no);
        }
        let no = number(
            tx,
            name,
            "SELECT no FROM names WHERE name = ?1",
            "INSERT INTO names (name) VALUES (?1)",
        )?;
        self.names.insert(name, no);
        Ok(no)
    }
}

fn number(tx: &Transaction<'_>, text: &str, find: &str, make: &str) -> rusqlite::Result<u32> {
    let found = tx
        .prepare_cached(find)?
        .query_row([text], |row| row.get(0))
        .optional()?;
    if let Some(no) = found {
        return Ok(no);
    }
    tx.prepare_cached(make)?.execute([text])?;
    narrow(tx.last_insert_rowid())
}

/// Row numbers as facts keep them. Four thousand million sessions are beyond
/// what one file holds.
pub(super) fn narrow(no: i64) -> rusqlite::Result<u32> {
    u32::try_from(no).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, no))
}

/// Number of a product, module or feature, where it was ever named.
pub(super) fn find(conn: &Connection, name: &str) -> rusqlite::Result<Option<u32>> {
    conn.prepare_cached("SELECT no FROM names WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}
