//! Keys that were revoked and sessions that ended after a backup was made, which its restoration
//! must not bring back.

use rusqlite::{Connection, Row, Transaction, params};

/// The tables of keys, and the columns that identify a key in any copy of the file. A number does
/// not: after a restoration, another key may get it.
const TABLES: [(&str, &str); 2] = [("sources", "auth_hash"), ("account_keys", "hash")];

/// The revoked keys of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Revocations {
    /// The hash and the time of revocation of each, for each of [`TABLES`].
    keys: [Vec<(Vec<u8>, i64)>; TABLES.len()],
}

/// Reads the revoked keys of a file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Revocations> {
    let mut revoked = Revocations::default();
    for ((table, hash), keys) in TABLES.into_iter().zip(&mut revoked.keys) {
        let sql = format!("SELECT {hash}, revoked_at FROM {table} WHERE revoked_at IS NOT NULL");
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        *keys = conn
            .prepare(&sql)?
            .query_map([], read)?
            .collect::<Result<_, _>>()?;
    }
    Ok(revoked)
}

/// Revokes these keys in an older copy of the file, and ends all sessions in it. Returns how many
/// keys were still active.
pub(super) fn repeat(tx: &Transaction<'_>, revoked: &Revocations) -> rusqlite::Result<usize> {
    let mut count = 0;
    for ((table, hash), keys) in TABLES.into_iter().zip(&revoked.keys) {
        let sql =
            format!("UPDATE {table} SET revoked_at = ?2 WHERE {hash} = ?1 AND revoked_at IS NULL");
        let mut statement = tx.prepare(&sql)?;
        for (hash, at) in keys {
            count += statement.execute(params![hash, at])?;
        }
    }
    // Nobody knows which of them somebody has ended since, by signing out.
    tx.execute("DELETE FROM dashboard_sessions", [])?;
    Ok(count)
}
