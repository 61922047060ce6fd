//! The keys of a database that a restored backup replaces. They say who may write and read now, and
//! the backup only who could when it was made.

use rusqlite::{Connection, Transaction, params_from_iter, types::Value};

/// The tables of keys, and the columns that identify a key in any copy of the file. A number does
/// not: after a restoration, another key may get it.
const TABLES: [(&str, &str); 2] = [("sources", "auth_hash"), ("account_keys", "hash")];

/// The keys of a file, for each of [`TABLES`].
#[derive(Debug, Clone, Default)]
pub(super) struct CurrentKeys([Keys; TABLES.len()]);

/// The keys of one table.
#[derive(Debug, Clone, Default)]
struct Keys {
    /// The hash and the time of revocation of each that was revoked.
    revoked: Vec<[Value; 2]>,
    /// The columns of the others, without their numbers.
    columns: Vec<String>,
    /// The others, by these columns.
    active: Vec<Vec<Value>>,
}

/// What has changed in a restored backup.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangedKeys {
    /// Number of keys that were active in the backup, and are revoked.
    pub revoked: usize,
    /// Number of keys that the backup did not have.
    pub added: usize,
}

/// Reads the keys of a file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<CurrentKeys> {
    let mut current = CurrentKeys::default();
    for ((table, hash), keys) in TABLES.into_iter().zip(&mut current.0) {
        keys.revoked = conn
            .prepare(&format!(
                "SELECT {hash}, revoked_at FROM {table} WHERE revoked_at IS NOT NULL"
            ))?
            .query_map([], |row| Ok([row.get(0)?, row.get(1)?]))?
            .collect::<Result<_, _>>()?;
        let mut active = conn.prepare(&format!(
            "SELECT * FROM {table} WHERE revoked_at IS NULL ORDER BY id"
        ))?;
        let names = active.column_names().map(str::to_owned);
        keys.columns = names.filter(|name| name != "id").collect();
        let columns = &keys.columns;
        keys.active = active
            .query_map([], |row| {
                let values = columns.iter().map(|name| row.get(name.as_str()));
                values.collect::<Result<_, _>>()
            })?
            .collect::<Result<_, _>>()?;
    }
    Ok(current)
}

/// Gives a restored backup these keys: those that were revoked since are revoked, and those that
/// were made since are added. Ends all sessions of the dashboard.
pub(super) fn carry_over(
    tx: &Transaction<'_>,
    current: &CurrentKeys,
) -> rusqlite::Result<ChangedKeys> {
    let mut changed = ChangedKeys::default();
    for ((table, hash), keys) in TABLES.into_iter().zip(&current.0) {
        let mut revoke = tx.prepare(&format!(
            "UPDATE {table} SET revoked_at = ?2 WHERE {hash} = ?1 AND revoked_at IS NULL"
        ))?;
        for key in &keys.revoked {
            changed.revoked += revoke.execute(params_from_iter(key))?;
        }
        if keys.active.is_empty() {
            continue;
        }
        let places = vec!["?"; keys.columns.len()].join(", ");
        let mut add = tx.prepare(&format!(
            "INSERT INTO {table} ({}) VALUES ({places}) ON CONFLICT ({hash}) DO NOTHING",
            keys.columns.join(", ")
        ))?;
        for key in &keys.active {
            changed.added += add.execute(params_from_iter(key))?;
        }
    }
    // Nobody knows which of them somebody has ended since, by signing out.
    tx.execute("DELETE FROM dashboard_sessions", [])?;
    Ok(changed)
}
