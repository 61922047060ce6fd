//! Stored accounts.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

pub use super::account_rows::{find_row, get_or_insert};
use super::{ancestry::Ancestry, hierarchy, json, layers, own_usage, rows::AccountRow};
use crate::{
    model::{
        account::{Account, AccountPatch},
        change::Change,
        layers::Layers,
        page::{Page, Pager},
        record::RecordError,
        trust::Trust,
    },
    store::accounts::{AccountsQuestion, RecordOutcome},
};

const COLUMNS: &str = "a.account_id, a.name, p.account_id, a.hierarchy_label, a.join_date,
    a.details, a.is_deleted,
    NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND c.is_deleted = 0)
    FROM accounts a LEFT JOIN accounts p ON p.no = a.parent_no";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        account_id: row.get(0)?,
        name: row.get(1)?,
        parent_account_id: row.get(2)?,
        hierarchy_label: row.get(3)?,
        join_date: row.get(4)?,
        details: json::object(&row.get::<_, String>(5)?),
        is_deleted: row.get(6)?,
        is_leaf: row.get(7)?,
    })
}

/// Finds an account.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find(conn: &Connection, account_id: &str) -> rusqlite::Result<Option<Account>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE a.account_id = ?1"))?
        .query_row([account_id], read)
        .optional()
}

/// Lists accounts by id. `parent` is the row of the parent that the question names. Returns one
/// page and the total number.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(
    conn: &Connection,
    parent: Option<AccountRow>,
    question: &AccountsQuestion,
    page: Page,
) -> rusqlite::Result<(Vec<Account>, i64)> {
    // A single condition for both cases could not use an index.
    let is_child = match parent {
        Some(_) => "a.parent_no = ?1",
        None => "?1 IS NULL",
    };
    let wanted = format!(
        "{is_child} AND (NOT ?2 OR a.parent_no IS NULL) AND (?3 IS NULL OR a.is_deleted = ?3)
         AND (?4 IS NULL OR a.hierarchy_label = ?4)
         AND (?5 IS NULL OR ?5 = NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND c.is_deleted = 0))"
    );
    let is_deleted = question.filter.is_deleted;
    let (label, is_leaf) = (&question.hierarchy_label, question.is_leaf);
    let Some(texts) = question.filter.of_texts() else {
        let total = conn
            .prepare_cached(&format!("SELECT COUNT(*) FROM accounts a WHERE {wanted}"))?
            .query_row(
                params![parent, question.roots_only, is_deleted, label, is_leaf],
                |row| row.get(0),
            )?;
        let sql =
            format!("SELECT {COLUMNS} WHERE {wanted} ORDER BY a.account_id LIMIT ?6 OFFSET ?7");
        let (limit, offset) = (page.limit, page.offset());
        let records = conn
            .prepare_cached(&sql)?
            .query_map(
                params![
                    parent,
                    question.roots_only,
                    is_deleted,
                    label,
                    is_leaf,
                    limit,
                    offset
                ],
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        return Ok((records, total));
    };
    let mut all = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE {wanted} ORDER BY a.account_id"
    ))?;
    let mut rows = all.query(params![
        parent,
        question.roots_only,
        is_deleted,
        label,
        is_leaf
    ])?;
    let mut pager = Pager::new(page);
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str()?;
        let name = row.get_ref(1)?.as_str_or_null()?;
        let details = row.get_ref(5)?.as_str()?;
        if texts.contains(id, name, || json::object(details)) && pager.is_on_page() {
            pager.add(read(row)?);
        }
    }
    Ok(pager.finish())
}

/// Inserts or modifies an account. Nothing is written when the record is rejected.
///
/// # Errors
/// Fails when SQLite fails; the inner error says why the record is rejected.
pub fn put(
    tx: &Transaction<'_>,
    patch: AccountPatch,
    now: i64,
) -> rusqlite::Result<Result<(), RecordError>> {
    put_one_of(tx, &mut Ancestry::default(), patch, now)
}

/// Like [`put`], for one of many records of a call. They share what was learned of the tree.
pub(super) fn put_one_of(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    patch: AccountPatch,
    now: i64,
) -> rusqlite::Result<Result<(), RecordError>> {
    let stored_row = find_row(tx, &patch.account_id)?;
    let parent = patch.parent_account_id.clone();
    if let Change::Set(parent_id) = &parent
        && let Some(cycle) =
            hierarchy::find_cycle(tx, ancestry, &patch.account_id, stored_row, parent_id)?
    {
        return Ok(Err(RecordError::Cycle(cycle)));
    }
    let account_id = patch.account_id.clone();
    let is_deleted = patch.is_deleted;
    let mut layers: Layers<Account> = match stored_row {
        Some(row) => layers::find(tx, row)?,
        None => Layers::default(),
    };
    if let Err(rejected) = layers.put(patch, now) {
        return Ok(Err(rejected));
    }
    layers.record_parent_change(&parent, now);
    let row = get_or_insert(tx, &account_id)?;
    layers::write(&layers, tx, row)?;
    match parent {
        Change::Keep => {}
        Change::Clear => hierarchy::set_parent(tx, ancestry, row, None)?,
        Change::Set(parent_id) => {
            let parent = get_or_insert(tx, &parent_id)?;
            hierarchy::set_parent(tx, ancestry, row, Some(parent))?;
        }
    }
    if let Some(is_deleted) = is_deleted {
        tx.prepare_cached("UPDATE accounts SET is_deleted = ?2 WHERE no = ?1")?
            .execute(params![row, is_deleted])?;
    }
    Ok(Ok(()))
}

/// Inserts or modifies accounts, parents first. Each has its index in the call. A rejected record
/// does not keep the others from being stored.
///
/// # Errors
/// Fails when SQLite fails.
pub fn put_many(
    tx: &Transaction<'_>,
    patches: Vec<(usize, AccountPatch)>,
    now: i64,
) -> rusqlite::Result<Vec<RecordOutcome>> {
    let placements: Vec<_> = patches.iter().map(|(_, patch)| patch.placement()).collect();
    let order = hierarchy::parents_first(tx, &placements)?;
    let mut ancestry = Ancestry::default();
    let mut patches: Vec<_> = patches.into_iter().map(Some).collect();
    let mut outcomes = Vec::with_capacity(patches.len());
    for at in order {
        if let Some((index, patch)) = patches[at].take() {
            let id = patch.account_id.clone();
            outcomes.push((index, id, put_one_of(tx, &mut ancestry, patch, now)?));
        }
    }
    Ok(outcomes)
}

/// Merges the details of an `identifyAccount` that was made at `at`. Unusable details are left out:
/// they never make an event invalid.
pub(super) fn identify(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    account_id: &str,
    mut details: Map<String, Value>,
    at: i64,
    stream: Option<&str>,
    trust: Trust,
) -> rusqlite::Result<()> {
    let Some(row) = find_row(tx, account_id)? else {
        return Ok(());
    };
    let mut layers = layers::find::<Account>(tx, row)?;
    let has_parent: bool = tx
        .prepare_cached("SELECT parent_no IS NOT NULL FROM accounts WHERE no = ?1")?
        .query_row([row], |row| row.get(0))?;
    let parent = layers.parent_change(&details, trust, at, has_parent);
    match &parent {
        Change::Keep => {}
        Change::Clear => {
            layers.record_parent_change(&parent, at);
            hierarchy::set_parent(tx, ancestry, row, None)?;
        }
        Change::Set(parent_id) => {
            if hierarchy::find_cycle(tx, ancestry, account_id, Some(row), parent_id)?.is_none()
                && !takes_usage(tx, parent_id, trust)?
            {
                let parent_value = details.remove("parent_account_id");
                match trust {
                    Trust::Public { .. } => {
                        (layers.public).record_parent(parent_value.unwrap_or_default(), at, stream);
                    }
                    Trust::Full => layers.record_parent_change(&parent, at),
                }
                let parent = get_or_insert(tx, parent_id)?;
                hierarchy::set_parent(tx, ancestry, row, Some(parent))?;
            }
        }
    }
    match trust {
        Trust::Public { .. } => layers.public.add(details, at, stream),
        Trust::Full => {
            let patch = AccountPatch::from_identify(account_id, details, false);
            layers.add_trusted(patch, at);
        }
    }
    layers::write(&layers, tx, row)
}

/// Whether a public source requests a child for an account with usage of its own. That usage would
/// no longer count, so anybody could make a customer's figures disappear.
fn takes_usage(conn: &Connection, parent_id: &str, trust: Trust) -> rusqlite::Result<bool> {
    if trust == Trust::Full {
        return Ok(false);
    }
    match find_row(conn, parent_id)? {
        Some(parent) => Ok(own_usage::counted_events(conn, parent)? > 0),
        None => Ok(false),
    }
}

/// Deactivates an account. Its usage remains, and its parent may become a leaf. Returns false when
/// the account is unknown.
///
/// # Errors
/// Fails when SQLite fails.
pub fn deactivate(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        "UPDATE accounts SET is_deleted = 1 WHERE account_id = ?1",
        [account_id],
    )?;
    Ok(changed == 1)
}
