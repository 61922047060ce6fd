//! Keys as they are kept.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::{
    app::now_ms,
    keys::{NewSource, Source, SourceKeys, hash, same},
};

/// A key as `keys list` shows it, without anything secret.
#[derive(Debug, Clone, Serialize)]
pub struct ListedKey {
    /// Name for `keys revoke`.
    pub id: String,
    /// `source` or `account`.
    pub kind: &'static str,
    /// What the operator called it.
    pub name: String,
    /// Whether a source is trusted; false for account keys.
    pub trusted: bool,
    /// Whether events of a source may place accounts that have no parent yet.
    pub allow_hierarchy: bool,
    /// Origins a source is bound to; empty for any.
    pub origins: Vec<String>,
    /// When it was made, in ms since the Unix epoch.
    pub created_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

impl fmt::Display for ListedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {}", self.id, self.name)?;
        if self.trusted {
            write!(f, " (trusted)")?;
        }
        if self.allow_hierarchy {
            write!(f, " (allows hierarchy)")?;
        }
        if !self.origins.is_empty() {
            write!(f, " ({})", self.origins.join(", "))?;
        }
        if self.revoked_at.is_some() {
            write!(f, " (revoked)")?;
        }
        Ok(())
    }
}

/// Keeps a new source and gives its id.
///
/// # Errors
/// Those of SQLite.
pub fn insert_source(
    conn: &mut Connection,
    keys: &SourceKeys,
    new: &NewSource,
) -> rusqlite::Result<String> {
    conn.execute(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at,
             allow_hierarchy)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            hash(&keys.auth_key),
            hash(&keys.api_key),
            new.name,
            new.trusted,
            serde_json::to_string(&new.origins).unwrap_or_default(),
            now_ms(),
            new.allow_hierarchy,
        ],
    )?;
    Ok(format!("source-{}", conn.last_insert_rowid()))
}

/// Keeps a new account key and gives its id.
///
/// # Errors
/// Those of SQLite.
pub fn insert_account_key(
    conn: &mut Connection,
    key: &str,
    name: &str,
) -> rusqlite::Result<String> {
    conn.execute(
        "INSERT INTO account_keys (hash, name, created_at) VALUES (?1, ?2, ?3)",
        params![hash(key), name, now_ms()],
    )?;
    Ok(format!("account-{}", conn.last_insert_rowid()))
}

/// All keys, revoked ones too.
///
/// # Errors
/// Those of SQLite.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<ListedKey>> {
    let mut keys = conn
        .prepare(
            "SELECT id, name, trusted, origins, created_at, revoked_at, allow_hierarchy FROM sources ORDER BY id",
        )?
        .query_map([], |row| {
            Ok(ListedKey {
                id: format!("source-{}", row.get::<_, i64>(0)?),
                kind: "source",
                name: row.get(1)?,
                trusted: row.get(2)?,
                origins: origins(&row.get::<_, String>(3)?),
                created_at: row.get(4)?,
                revoked_at: row.get(5)?,
                allow_hierarchy: row.get(6)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let account_keys = conn
        .prepare("SELECT id, name, created_at, revoked_at FROM account_keys ORDER BY id")?
        .query_map([], |row| {
            Ok(ListedKey {
                id: format!("account-{}", row.get::<_, i64>(0)?),
                kind: "account",
                name: row.get(1)?,
                trusted: false,
                allow_hierarchy: false,
                origins: Vec::new(),
                created_at: row.get(2)?,
                revoked_at: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    keys.extend(account_keys);
    Ok(keys)
}

/// Revokes a key by the id that [`list`] shows. False where no living key has it.
///
/// # Errors
/// Those of SQLite.
pub fn revoke(conn: &mut Connection, id: &str) -> rusqlite::Result<bool> {
    let (sql, row) = if let Some(row) = id.strip_prefix("source-") {
        (
            "UPDATE sources SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL",
            row,
        )
    } else if let Some(row) = id.strip_prefix("account-") {
        (
            "UPDATE account_keys SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL",
            row,
        )
    } else {
        return Ok(false);
    };
    let Ok(row) = row.parse::<i64>() else {
        return Ok(false);
    };
    Ok(conn.execute(sql, params![now_ms(), row])? == 1)
}

/// The living source with this pair of keys.
///
/// # Errors
/// Those of SQLite.
pub fn source(
    conn: &Connection,
    auth_key: &str,
    api_key: &str,
) -> rusqlite::Result<Option<Source>> {
    let found = conn
        .prepare_cached(
            "SELECT id, api_hash, trusted, origins, allow_hierarchy FROM sources
             WHERE auth_hash = ?1 AND revoked_at IS NULL",
        )?
        .query_row([hash(auth_key)], |row| {
            let api_hash: Vec<u8> = row.get(1)?;
            let source = Source {
                id: row.get(0)?,
                trusted: row.get(2)?,
                origins: origins(&row.get::<_, String>(3)?),
                allow_hierarchy: row.get(4)?,
            };
            Ok((source, api_hash))
        })
        .optional()?;
    let given = hash(api_key);
    Ok(found.and_then(|(source, api_hash)| same(&given, &api_hash).then_some(source)))
}

/// The id of the living account key.
///
/// # Errors
/// Those of SQLite.
pub fn account_key(conn: &Connection, key: &str) -> rusqlite::Result<Option<i64>> {
    let given = hash(key);
    let found = conn
        .prepare_cached("SELECT id, hash FROM account_keys WHERE hash = ?1 AND revoked_at IS NULL")?
        .query_row([given], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    Ok(found.and_then(|(id, hash)| same(&given, &hash).then_some(id)))
}

fn origins(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}
