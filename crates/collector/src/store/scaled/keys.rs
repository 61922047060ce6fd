//! Stored keys.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::{
    failure::{Failure, Result},
    postgres::{Tx, execute},
};
use crate::{
    model::keys::{KeyId, NewSource, SourceId, SourceKeys, hash, hashes_match},
    store::keys::{ListedKey, Reader, Source},
};

/// Stores a new source, created at `now`, and returns its id.
pub(super) async fn insert_source(
    client: &Client,
    keys: &SourceKeys,
    new: &NewSource,
    now: i64,
) -> Result<String> {
    let origins = serde_json::to_string(&new.origins).unwrap_or_default();
    let (auth, api) = (hash(&keys.auth_key), hash(&keys.api_key));
    let row = client
        .query_one(
            "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at,
                 allow_hierarchy)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            &[
                &auth.as_slice(),
                &api.as_slice(),
                &new.name,
                &new.trusted,
                &origins,
                &now,
                &new.allow_hierarchy,
            ],
        )
        .await?;
    Ok(format!("source-{}", row.get::<_, i64>(0)))
}

/// Stores a new account key or viewer key, and returns its id. A viewer key gives access to the
/// account with the id `within` and its subtree.
pub(super) async fn insert_key(
    client: &Client,
    key: &str,
    name: &str,
    is_viewer: bool,
    within: Option<&str>,
    now: i64,
) -> Result<String> {
    let row = client
        .query_one(
            "INSERT INTO account_keys (hash, name, created_at, is_viewer, within_account)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
            &[&hash(key).as_slice(), &name, &now, &is_viewer, &within],
        )
        .await?;
    let kind = if is_viewer { "viewer" } else { "account" };
    Ok(format!("{kind}-{}", row.get::<_, i64>(0)))
}

/// Lists all keys, including the revoked ones.
pub(super) async fn list(client: &Client) -> Result<Vec<ListedKey>> {
    let sources = client
        .query(
            "SELECT id, name, trusted, origins, created_at, revoked_at, allow_hierarchy
             FROM sources ORDER BY id",
            &[],
        )
        .await?;
    let mut keys: Vec<ListedKey> = sources
        .iter()
        .map(|row| ListedKey {
            id: format!("source-{}", row.get::<_, i64>(0)),
            kind: "source",
            within: None,
            name: row.get(1),
            trusted: row.get(2),
            origins: origins(row.get(3)),
            created_at: row.get(4),
            revoked_at: row.get(5),
            allow_hierarchy: row.get(6),
        })
        .collect();
    let others = client
        .query(
            "SELECT id, name, created_at, revoked_at, is_viewer, within_account
             FROM account_keys ORDER BY id",
            &[],
        )
        .await?;
    keys.extend(others.iter().map(|row| {
        let kind = if row.get(4) { "viewer" } else { "account" };
        ListedKey {
            id: format!("{kind}-{}", row.get::<_, i64>(0)),
            kind,
            within: row.get(5),
            name: row.get(1),
            trusted: false,
            allow_hierarchy: false,
            origins: Vec::new(),
            created_at: row.get(2),
            revoked_at: row.get(3),
        }
    }));
    Ok(keys)
}

/// Revokes a key at `now`, by the id that [`list`] returns. Returns false when no active key has
/// the id.
pub(super) async fn revoke(client: &Client, id: &str, now: i64) -> Result<bool> {
    let Some((kind, Ok(number))) = id
        .split_once('-')
        .map(|(kind, number)| (kind, number.parse::<i64>()))
    else {
        return Ok(false);
    };
    let sql = match kind {
        "source" => "UPDATE sources SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL",
        "account" => {
            "UPDATE account_keys SET revoked_at = $1
             WHERE id = $2 AND revoked_at IS NULL AND NOT is_viewer"
        }
        "viewer" => {
            "UPDATE account_keys SET revoked_at = $1
             WHERE id = $2 AND revoked_at IS NULL AND is_viewer"
        }
        _ => return Ok(false),
    };
    Ok(client.execute(sql, &[&now, &number]).await? == 1)
}

/// Revokes the viewer keys that are limited to an account which is erased, and forgets its id.
/// Returns their number.
pub(super) async fn revoke_within(tx: &Tx<'_>, account: i64, now: i64) -> Result<usize> {
    let within = "within_account = (SELECT account_id FROM accounts WHERE no = $1)";
    let revoke =
        format!("UPDATE account_keys SET revoked_at = $2 WHERE revoked_at IS NULL AND {within}");
    let revoked = execute(tx, &revoke, &[&account, &now]).await?;
    let forget = format!("UPDATE account_keys SET within_account = NULL WHERE {within}");
    execute(tx, &forget, &[&account]).await?;
    Ok(revoked as usize)
}

/// Finds the source of a pair of keys; `None` when it is unknown or revoked.
pub(super) async fn find_source(
    client: &Client,
    auth_key: &str,
    api_key: &str,
) -> Result<Option<Source>> {
    let find = client
        .prepare_cached(
            "SELECT id, api_hash, trusted, origins, allow_hierarchy, created_at FROM sources
             WHERE auth_hash = $1 AND revoked_at IS NULL",
        )
        .await?;
    let row = client
        .query_opt(&find, &[&hash(auth_key).as_slice()])
        .await?;
    let Some(row) = row.filter(|row| hashes_match(&hash(api_key), row.get(1))) else {
        return Ok(None);
    };
    Ok(Some(Source {
        id: source_id(row.get(0))?,
        trusted: row.get(2),
        origins: origins(row.get(3)),
        allow_hierarchy: row.get(4),
        created_at: row.get(5),
    }))
}

const READER: &str = "SELECT id, is_viewer, within_account, hash FROM account_keys k
     WHERE revoked_at IS NULL AND (within_account IS NULL OR EXISTS (
         SELECT 1 FROM accounts a WHERE a.account_id = k.within_account))";

/// Finds an account key or a viewer key; `None` when it is unknown or revoked, or when the account
/// to which it is limited no longer exists.
pub(super) async fn find_reader(client: &Client, key: &str) -> Result<Option<Reader>> {
    let given_hash = hash(key);
    let find = client
        .prepare_cached(&format!("{READER} AND hash = $1"))
        .await?;
    let row = client.query_opt(&find, &[&given_hash.as_slice()]).await?;
    row.filter(|row| hashes_match(&given_hash, row.get(3)))
        .map(|row| reader(&row))
        .transpose()
}

/// Finds an account key or a viewer key by its id, as [`find_reader`] does.
pub(super) async fn find_reader_by_id(client: &Client, id: KeyId) -> Result<Option<Reader>> {
    let find = client
        .prepare_cached(&format!("{READER} AND id = $1"))
        .await?;
    let row = client.query_opt(&find, &[&id.number()]).await?;
    row.map(|row| reader(&row)).transpose()
}

fn reader(row: &Row) -> Result<Reader> {
    Ok(Reader {
        id: key_id(row.get(0))?,
        is_viewer: row.get(1),
        within: row.get::<_, Option<String>>(2).into(),
    })
}

/// The id of a key with a number from PostgreSQL.
pub(super) fn key_id(number: i64) -> Result<KeyId> {
    KeyId::from_number(number).ok_or_else(|| Failure::Damaged(format!("the key {number}")))
}

fn source_id(number: i64) -> Result<SourceId> {
    SourceId::from_number(number).ok_or_else(|| Failure::Damaged(format!("the source {number}")))
}

fn origins(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Records keys of a later time as created at `now`.
pub(super) async fn correct_times(tx: &Tx<'_>, now: i64) -> Result<()> {
    for keys in ["sources", "account_keys"] {
        let sql = format!("UPDATE {keys} SET created_at = $1 WHERE created_at > $1");
        execute(tx, &sql, &[&now]).await?;
    }
    Ok(())
}
