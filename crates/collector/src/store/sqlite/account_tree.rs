//! The account tree as the dashboard shows it: one level at a time, the path
//! to an account, and search.

use rusqlite::{Connection, Row, params};

use super::{hierarchy::Scope, rows::AccountRow};
use crate::{
    model::{folding::folded, page::Page},
    store::{search::rank, tree::TreeEntry},
};

const COLUMNS: &str = "x.no, x.account_id, x.name, x.hierarchy_label, x.is_deleted,
    (SELECT COUNT(*) FROM accounts c WHERE c.parent_no = x.no)";

fn read(row: &Row<'_>) -> rusqlite::Result<TreeEntry> {
    Ok(TreeEntry {
        account_id: row.get(1)?,
        name: row.get(2)?,
        hierarchy_label: row.get(3)?,
        is_deleted: row.get(4)?,
        children: row.get(5)?,
    })
}

/// An entry with the row of its account.
pub type TreeRow = (AccountRow, TreeEntry);

fn read_tree_row(row: &Row<'_>) -> rusqlite::Result<TreeRow> {
    Ok((row.get(0)?, read(row)?))
}

/// Reads one account.
///
/// # Errors
/// Fails when SQLite fails.
pub fn entry(conn: &Connection, account: AccountRow) -> rusqlite::Result<TreeEntry> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts x WHERE x.no = ?1"))?
        .query_row([account], read)
}

/// Lists the children of an account, or the accounts without a parent, by name. Deactivated
/// accounts come last. Returns one page and the total number.
///
/// # Errors
/// Fails when SQLite fails.
pub fn children(
    conn: &Connection,
    parent: Option<AccountRow>,
    page: Page,
) -> rusqlite::Result<(Vec<TreeEntry>, i64)> {
    // A single condition for both cases could not use an index.
    let is_child = match parent {
        Some(_) => "a.parent_no = ?1",
        None => "a.parent_no IS NULL AND ?1 IS NULL",
    };
    let total = conn
        .prepare_cached(&format!("SELECT COUNT(*) FROM accounts a WHERE {is_child}"))?
        .query_row([parent], |row| row.get(0))?;
    // Children are counted only for the accounts of the page, not for all that are sorted.
    let entries = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM (
                 SELECT a.* FROM accounts a WHERE {is_child}
                 ORDER BY a.is_deleted, IFNULL(a.name, a.account_id) COLLATE NOCASE, a.account_id
                 LIMIT ?2 OFFSET ?3) x
             ORDER BY x.is_deleted, IFNULL(x.name, x.account_id) COLLATE NOCASE, x.account_id"
        ))?
        .query_map(params![parent, page.limit, page.offset()], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok((entries, total))
}

/// Reads the path from the root of the tree to an account, which is its last
/// entry.
///
/// # Errors
/// Fails when SQLite fails.
pub fn path(conn: &Connection, account: AccountRow) -> rusqlite::Result<Vec<TreeRow>> {
    conn.prepare_cached(&format!(
        "WITH RECURSIVE above (no, level) AS (
             SELECT ?1, 0
             UNION ALL
             SELECT a.parent_no, level + 1 FROM above JOIN accounts a ON a.no = above.no
             WHERE a.parent_no IS NOT NULL
         )
         SELECT {COLUMNS} FROM above JOIN accounts x ON x.no = above.no ORDER BY level DESC"
    ))?
    .query_map([account], read_tree_row)?
    .collect()
}

/// Counts the descendants of an account.
///
/// # Errors
/// Fails when SQLite fails.
pub fn count_descendants(conn: &Connection, account: AccountRow) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "WITH RECURSIVE below (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
         )
         SELECT COUNT(*) - 1 FROM below",
    )?
    .query_row([account], |row| row.get(0))
}

/// Counts the accounts and the users of a subtree, or all of them.
///
/// # Errors
/// Fails when SQLite fails.
pub fn counts(conn: &Connection, within: Option<AccountRow>) -> rusqlite::Result<(i64, i64)> {
    let counts = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    match within {
        None => conn
            .prepare_cached("SELECT (SELECT COUNT(*) FROM accounts), (SELECT COUNT(*) FROM users)")?
            .query_row([], counts),
        Some(root) => conn
            .prepare_cached(
                "WITH RECURSIVE below (no) AS (
                     SELECT ?1
                     UNION ALL
                     SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
                 )
                 SELECT (SELECT COUNT(*) FROM below),
                     (SELECT COUNT(*) FROM users WHERE account_no IN (SELECT no FROM below))",
            )?
            .query_row([root], counts),
    }
}

/// Finds accounts with a text in their name or id, ignoring case and accents, among all accounts or
/// in one subtree. Returns the first `limit` and the number of the others.
///
/// # Errors
/// Fails when SQLite fails.
pub fn search(
    conn: &Connection,
    text: &str,
    within: Option<AccountRow>,
    limit: usize,
) -> rusqlite::Result<(Vec<TreeRow>, usize)> {
    let text = folded(text);
    let scope = within
        .map(|account| Scope::of(conn, account, true))
        .transpose()?;
    let mut all = conn.prepare_cached("SELECT no, account_id, name FROM accounts")?;
    let mut rows = all.query([])?;
    let mut found: Vec<(bool, String, AccountRow)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get_ref(1)?.as_str()?;
        let name = row.get_ref(2)?.as_str_or_null()?;
        let account = row.get(0)?;
        let is_within = scope
            .as_ref()
            .is_none_or(|scope| scope.is_leaf(account).is_some());
        if is_within && let Some((is_later, title)) = rank(&text, Some(name.unwrap_or(id)), id) {
            // Accounts whose name begins with the text come first.
            found.push((is_later, title, account));
        }
    }
    found.sort();
    let beyond = found.len().saturating_sub(limit);
    let shown = found
        .into_iter()
        .take(limit)
        .map(|(.., account)| Ok((account, entry(conn, account)?)))
        .collect::<rusqlite::Result<_>>()?;
    Ok((shown, beyond))
}
