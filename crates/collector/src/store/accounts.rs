//! Accounts as they are kept.

use natero_event::received::id;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{hierarchy, page::Page};
use crate::entity::{Account, AccountPatch, Change, Precedence, RecordError};

/// Number of an account's row; small, never reused, unknown outside.
pub type AccountNo = i64;

/// Number of an account, where it is known.
///
/// # Errors
/// Those of SQLite.
pub fn no(conn: &Connection, account_id: &str) -> rusqlite::Result<Option<AccountNo>> {
    conn.prepare_cached("SELECT no FROM accounts WHERE account_id = ?1")?
        .query_row([account_id], |row| row.get(0))
        .optional()
}

/// Number of an account, which is made where it is unknown.
///
/// # Errors
/// Those of SQLite.
pub fn known(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<AccountNo> {
    if let Some(no) = no(tx, account_id)? {
        return Ok(no);
    }
    tx.prepare_cached("INSERT INTO accounts (account_id) VALUES (?1)")?
        .execute([account_id])?;
    Ok(tx.last_insert_rowid())
}

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
        details: object(&row.get::<_, String>(5)?),
        is_deleted: row.get(6)?,
        is_leaf: row.get(7)?,
    })
}

/// JSON that we wrote ourselves.
pub(super) fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// One account.
///
/// # Errors
/// Those of SQLite.
pub fn find(conn: &Connection, account_id: &str) -> rusqlite::Result<Option<Account>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE a.account_id = ?1"))?
        .query_row([account_id], read)
        .optional()
}

/// Which accounts a list shows.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// Only those directly below this one.
    pub parent: Option<AccountNo>,
    /// Only those without one above them.
    pub roots_only: bool,
    /// Only those with this text in their id or name.
    pub search: Option<String>,
}

/// Accounts by id, and how many there are in all.
///
/// # Errors
/// Those of SQLite.
pub fn list(
    conn: &Connection,
    filter: &AccountFilter,
    page: Page,
) -> rusqlite::Result<(Vec<Account>, i64)> {
    // Not one clause for both: no index would serve it.
    let below = match filter.parent {
        Some(_) => "a.parent_no = ?1",
        None => "?1 IS NULL",
    };
    let wanted = format!(
        "{below} AND (NOT ?2 OR a.parent_no IS NULL)
         AND (?3 IS NULL OR instr(lower(a.account_id), ?3) OR instr(lower(IFNULL(a.name, '')), ?3))"
    );
    let search = filter.search.as_ref().map(|text| text.to_lowercase());
    let total = conn
        .prepare_cached(&format!("SELECT COUNT(*) FROM accounts a WHERE {wanted}"))?
        .query_row(params![filter.parent, filter.roots_only, search], |row| {
            row.get(0)
        })?;
    let records = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} WHERE {wanted} ORDER BY a.account_id LIMIT ?4 OFFSET ?5"
        ))?
        .query_map(
            params![
                filter.parent,
                filter.roots_only,
                search,
                page.limit,
                page.offset()
            ],
            read,
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok((records, total))
}

/// Inserts or modifies an account as a record says. A record for a deactivated
/// account makes it active again.
///
/// Nothing is written where the record is refused.
///
/// # Errors
/// Those of SQLite; within, why the record is refused.
pub fn put(
    tx: &Transaction<'_>,
    patch: AccountPatch,
    now: i64,
) -> rusqlite::Result<Result<(), RecordError>> {
    let known_no = no(tx, &patch.account_id)?;
    let parent = patch.parent_account_id.clone();
    if let Change::Set(parent_id) = &parent
        && let Some(cycle) = hierarchy::cycle(tx, &patch.account_id, known_no, parent_id)?
    {
        return Ok(Err(RecordError::Cycle(cycle)));
    }
    let account_id = patch.account_id.clone();
    let mut account = find(tx, &account_id)?.unwrap_or_else(|| Account {
        account_id: account_id.clone(),
        ..Account::default()
    });
    if let Err(refused) = account.apply(patch, Precedence::Newer) {
        return Ok(Err(refused));
    }
    let no = known(tx, &account_id)?;
    save(tx, no, &account, now)?;
    match parent {
        Change::Keep => {}
        Change::Clear => hierarchy::set_parent(tx, no, None)?,
        Change::Set(parent_id) => {
            let parent_no = known(tx, &parent_id)?;
            hierarchy::set_parent(tx, no, Some(parent_no))?;
        }
    }
    tx.prepare_cached("UPDATE accounts SET is_deleted = 0 WHERE no = ?1 AND is_deleted = 1")?
        .execute([no])?;
    Ok(Ok(()))
}

/// What the sender of an event may do to the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayPlace {
    /// Nothing: what its events say is a detail.
    Nobody,
    /// Put an account that has no parent yet below another.
    Orphans,
    /// Move any account.
    Anyone,
}

/// Merges the details of an `identifyAccount` that was made at `at`. What
/// cannot be used of them is left out: an event is never refused for it.
pub(super) fn identify(
    tx: &Transaction<'_>,
    account_id: &str,
    details: Map<String, Value>,
    at: i64,
    may_place: MayPlace,
) -> rusqlite::Result<()> {
    let (Some(mut account), Some(no)) = (find(tx, account_id)?, no(tx, account_id)?) else {
        return Ok(());
    };
    let details_at: i64 = tx
        .prepare_cached("SELECT details_at FROM accounts WHERE no = ?1")?
        .query_row([no], |row| row.get(0))?;
    let precedence = if at >= details_at {
        Precedence::Newer
    } else {
        Precedence::Older
    };
    let may_set_parent = match may_place {
        MayPlace::Nobody => false,
        MayPlace::Orphans => account.parent_account_id.is_none(),
        MayPlace::Anyone => precedence == Precedence::Newer || account.parent_account_id.is_none(),
    };
    let asked = details.get("parent_account_id").and_then(id);
    let is_cycle = match &asked {
        Some(parent_id) => hierarchy::cycle(tx, account_id, Some(no), parent_id)?.is_some(),
        None => false,
    };
    let mut patch = AccountPatch::from_identify(account_id, details, may_set_parent && !is_cycle);
    let parent = std::mem::take(&mut patch.parent_account_id);
    if account.apply(patch, precedence).is_ok() {
        save(tx, no, &account, at.max(details_at))?;
    }
    if let Change::Set(parent_id) = parent {
        let parent_no = known(tx, &parent_id)?;
        hierarchy::set_parent(tx, no, Some(parent_no))?;
    }
    Ok(())
}

fn save(
    tx: &Transaction<'_>,
    no: AccountNo,
    account: &Account,
    details_at: i64,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE accounts SET name = ?2, hierarchy_label = ?3, join_date = ?4, details = ?5,
             details_at = ?6
         WHERE no = ?1",
    )?
    .execute(params![
        no,
        account.name,
        account.hierarchy_label,
        account.join_date,
        serde_json::to_string(&account.details).unwrap_or_default(),
        details_at,
    ])?;
    Ok(())
}

/// Deactivates an account. Its usage stays; the account above it may become a
/// leaf. False where it is unknown.
///
/// # Errors
/// Those of SQLite.
pub fn deactivate(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        "UPDATE accounts SET is_deleted = 1 WHERE account_id = ?1",
        [account_id],
    )?;
    Ok(changed == 1)
}
