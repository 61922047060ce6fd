//! Stored keys.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    model::keys::{KeyId, NewSource, SourceId, SourceKeys, hash, hashes_match},
    store::{
        keys::{ListedKey, Reader, Source},
        sqlite::rows::AccountRow,
    },
};

/// Stores a new source, created at `now`, and returns its id.
///
/// # Errors
/// Fails when SQLite fails.
pub fn insert_source(
    conn: &mut Connection,
    keys: &SourceKeys,
    new: &NewSource,
    now: i64,
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
            now,
            new.allow_hierarchy,
        ],
    )?;
    Ok(format!("source-{}", SourceId::last_inserted(conn)?))
}

/// Stores a new account key, created at `now`, and returns its id.
///
/// # Errors
/// Fails when SQLite fails.
pub fn insert_account_key(
    conn: &mut Connection,
    key: &str,
    name: &str,
    now: i64,
) -> rusqlite::Result<String> {
    conn.execute(
        "INSERT INTO account_keys (hash, name, created_at) VALUES (?1, ?2, ?3)",
        params![hash(key), name, now],
    )?;
    Ok(format!("account-{}", KeyId::last_inserted(conn)?))
}

/// Stores a new viewer key, created at `now`, and returns its id. The key gives access to the
/// account with the id `within` and its subtree.
///
/// # Errors
/// Fails when SQLite fails.
pub fn insert_viewer_key(
    conn: &mut Connection,
    key: &str,
    name: &str,
    within: Option<&str>,
    now: i64,
) -> rusqlite::Result<String> {
    conn.execute(
        "INSERT INTO account_keys (hash, name, created_at, is_viewer, within_account)
         VALUES (?1, ?2, ?3, 1, ?4)",
        params![hash(key), name, now, within],
    )?;
    Ok(format!("viewer-{}", KeyId::last_inserted(conn)?))
}

/// Records keys of a later time as created at `now`.
///
/// # Errors
/// Fails when SQLite fails.
pub fn correct_times(conn: &Connection, now: i64) -> rusqlite::Result<()> {
    for keys in ["sources", "account_keys"] {
        let sql = format!("UPDATE {keys} SET created_at = ?1 WHERE created_at > ?1");
        conn.execute(&sql, [now])?;
    }
    Ok(())
}

fn read_reader(row: &Row<'_>) -> rusqlite::Result<Reader> {
    Ok(Reader {
        id: row.get("id")?,
        is_viewer: row.get("is_viewer")?,
        within: row.get::<_, Option<String>>("within_account")?.into(),
    })
}

/// Finds an account key or a viewer key; `None` when it is unknown or revoked.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_reader(conn: &Connection, key: &str) -> rusqlite::Result<Option<Reader>> {
    let given_hash = hash(key);
    let found = conn
        .prepare_cached(
            "SELECT id, is_viewer, within_account, hash FROM account_keys
             WHERE hash = ?1 AND revoked_at IS NULL",
        )?
        .query_row([given_hash], |row| {
            Ok((read_reader(row)?, row.get::<_, Vec<u8>>("hash")?))
        })
        .optional()?;
    Ok(found.and_then(|(reader, hash)| hashes_match(&given_hash, &hash).then_some(reader)))
}

/// Finds an account key or a viewer key by its id; `None` when it is revoked.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_reader_by_id(conn: &Connection, id: KeyId) -> rusqlite::Result<Option<Reader>> {
    conn.prepare_cached(
        "SELECT id, is_viewer, within_account FROM account_keys
         WHERE id = ?1 AND revoked_at IS NULL",
    )?
    .query_row([id], read_reader)
    .optional()
}

/// Lists all keys, including the revoked ones.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<ListedKey>> {
    let mut keys = conn
        .prepare(
            "SELECT id, name, trusted, origins, created_at, revoked_at, allow_hierarchy FROM sources ORDER BY id",
        )?
        .query_map([], |row| {
            Ok(ListedKey {
                id: format!("source-{}", row.get::<_, SourceId>(0)?),
                kind: "source",
                within: None,
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
        .prepare(
            "SELECT id, name, created_at, revoked_at, is_viewer, within_account
             FROM account_keys ORDER BY id",
        )?
        .query_map([], |row| {
            let kind = if row.get(4)? { "viewer" } else { "account" };
            Ok(ListedKey {
                id: format!("{kind}-{}", row.get::<_, KeyId>(0)?),
                kind,
                within: row.get(5)?,
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

/// Revokes a key at `now`, by the id that [`list`] returns. Returns false when no active key has
/// the id.
///
/// # Errors
/// Fails when SQLite fails.
pub fn revoke(conn: &mut Connection, id: &str, now: i64) -> rusqlite::Result<bool> {
    let (sql, row) = if let Some(row) = id.strip_prefix("source-") {
        (
            "UPDATE sources SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL",
            row,
        )
    } else if let Some(row) = id.strip_prefix("account-") {
        (
            "UPDATE account_keys SET revoked_at = ?1
             WHERE id = ?2 AND revoked_at IS NULL AND is_viewer = 0",
            row,
        )
    } else if let Some(row) = id.strip_prefix("viewer-") {
        (
            "UPDATE account_keys SET revoked_at = ?1
             WHERE id = ?2 AND revoked_at IS NULL AND is_viewer = 1",
            row,
        )
    } else {
        return Ok(false);
    };
    let Ok(row) = row.parse::<i64>() else {
        return Ok(false);
    };
    Ok(conn.execute(sql, params![now, row])? == 1)
}

/// Revokes the viewer keys that are limited to an account which is erased, and forgets its id.
/// Returns their number.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn revoke_within(
    tx: &Transaction<'_>,
    account: AccountRow,
    now: i64,
) -> rusqlite::Result<usize> {
    let within = "within_account = (SELECT account_id FROM accounts WHERE no = ?1)";
    let revoked = tx.execute(
        &format!("UPDATE account_keys SET revoked_at = ?2 WHERE revoked_at IS NULL AND {within}"),
        params![account, now],
    )?;
    tx.execute(
        &format!("UPDATE account_keys SET within_account = NULL WHERE {within}"),
        [account],
    )?;
    Ok(revoked)
}

/// Finds the source of a pair of keys; `None` when it is unknown or revoked.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_source(
    conn: &Connection,
    auth_key: &str,
    api_key: &str,
) -> rusqlite::Result<Option<Source>> {
    let found = conn
        .prepare_cached(
            "SELECT id, api_hash, trusted, origins, allow_hierarchy, created_at FROM sources
             WHERE auth_hash = ?1 AND revoked_at IS NULL",
        )?
        .query_row([hash(auth_key)], |row| {
            let api_hash: Vec<u8> = row.get(1)?;
            let source = Source {
                id: row.get(0)?,
                trusted: row.get(2)?,
                origins: origins(&row.get::<_, String>(3)?),
                allow_hierarchy: row.get(4)?,
                created_at: row.get(5)?,
            };
            Ok((source, api_hash))
        })
        .optional()?;
    let given_hash = hash(api_key);
    Ok(found.and_then(|(source, api_hash)| hashes_match(&given_hash, &api_hash).then_some(source)))
}

/// Finds an account key; `None` when it is unknown or revoked.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_account_key(conn: &Connection, key: &str) -> rusqlite::Result<Option<KeyId>> {
    let given_hash = hash(key);
    let found = conn
        .prepare_cached(
            "SELECT id, hash FROM account_keys
             WHERE hash = ?1 AND revoked_at IS NULL AND is_viewer = 0",
        )?
        .query_row([given_hash], |row| {
            Ok((row.get::<_, KeyId>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    Ok(found.and_then(|(row, hash)| hashes_match(&given_hash, &hash).then_some(row)))
}

fn origins(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}
