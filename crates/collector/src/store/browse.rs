//! Questions that only the dashboard asks: the tree a level at a time, accounts
//! by what people call them, and whether the key of a session still lives.

use rusqlite::{Connection, Row, params};

use super::{accounts::AccountNo, page::Page};

/// An account as a line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its number.
    pub no: AccountNo,
    /// Its id.
    pub account_id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What its level is called.
    pub hierarchy_label: Option<String>,
    /// Whether it was deactivated.
    pub is_deleted: bool,
    /// How many accounts are directly below it.
    pub children: i64,
}

impl Branch {
    /// Its name, or its id where it has none.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.account_id)
    }
}

const COLUMNS: &str = "x.no, x.account_id, x.name, x.hierarchy_label, x.is_deleted,
    (SELECT COUNT(*) FROM accounts c WHERE c.parent_no = x.no)";

fn read(row: &Row<'_>) -> rusqlite::Result<Branch> {
    Ok(Branch {
        no: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        hierarchy_label: row.get(3)?,
        is_deleted: row.get(4)?,
        children: row.get(5)?,
    })
}

/// One account.
///
/// # Errors
/// Those of SQLite.
pub fn branch(conn: &Connection, no: AccountNo) -> rusqlite::Result<Branch> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts x WHERE x.no = ?1"))?
        .query_row([no], read)
}

/// The accounts directly below one, or those at the top, by name, and how many
/// there are. Deactivated ones come last.
///
/// # Errors
/// Those of SQLite.
pub fn children(
    conn: &Connection,
    parent: Option<AccountNo>,
    page: Page,
) -> rusqlite::Result<(Vec<Branch>, i64)> {
    // Two statements, because no index serves both.
    let is_below = match parent {
        Some(_) => "a.parent_no = ?1",
        None => "a.parent_no IS NULL AND ?1 IS NULL",
    };
    let total = conn
        .prepare_cached(&format!("SELECT COUNT(*) FROM accounts a WHERE {is_below}"))?
        .query_row([parent], |row| row.get(0))?;
    // What is counted is counted for the page only, not for all that is sorted.
    let found = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM (
                 SELECT a.* FROM accounts a WHERE {is_below}
                 ORDER BY a.is_deleted, IFNULL(a.name, a.account_id) COLLATE NOCASE, a.account_id
                 LIMIT ?2 OFFSET ?3) x
             ORDER BY x.is_deleted, IFNULL(x.name, x.account_id) COLLATE NOCASE, x.account_id"
        ))?
        .query_map(params![parent, page.limit, page.offset()], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok((found, total))
}

/// The way from the top down to an account, which is the last.
///
/// # Errors
/// Those of SQLite.
pub fn path(conn: &Connection, no: AccountNo) -> rusqlite::Result<Vec<Branch>> {
    conn.prepare_cached(&format!(
        "WITH RECURSIVE above (no, level) AS (
             SELECT ?1, 0
             UNION ALL
             SELECT a.parent_no, level + 1 FROM above JOIN accounts a ON a.no = above.no
             WHERE a.parent_no IS NOT NULL
         )
         SELECT {COLUMNS} FROM above JOIN accounts x ON x.no = above.no ORDER BY level DESC"
    ))?
    .query_map([no], read)?
    .collect()
}

/// How many accounts are below one, at any depth.
///
/// # Errors
/// Those of SQLite.
pub fn count_below(conn: &Connection, no: AccountNo) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "WITH RECURSIVE below (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
         )
         SELECT COUNT(*) - 1 FROM below",
    )?
    .query_row([no], |row| row.get(0))
}

/// How many accounts and users there are.
///
/// # Errors
/// Those of SQLite.
pub fn counts(conn: &Connection) -> rusqlite::Result<(i64, i64)> {
    conn.prepare_cached("SELECT (SELECT COUNT(*) FROM accounts), (SELECT COUNT(*) FROM users)")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Accounts with a text in their name or id, in any script and case, and how
/// many there are beyond those.
///
/// # Errors
/// Those of SQLite.
pub fn search(
    conn: &Connection,
    text: &str,
    limit: usize,
) -> rusqlite::Result<(Vec<Branch>, usize)> {
    // Here and not in SQL, whose lower case ends with ASCII.
    let wanted = text.to_lowercase();
    let mut all = conn.prepare_cached("SELECT no, account_id, name FROM accounts")?;
    let mut rows = all.query([])?;
    let mut found: Vec<(bool, String, AccountNo)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get_ref(1)?.as_str()?;
        let name = row.get_ref(2)?.as_str_or_null()?;
        let title = name.unwrap_or(id).to_lowercase();
        if title.contains(&wanted) || id.to_lowercase().contains(&wanted) {
            // What begins with the text comes first.
            found.push((!title.starts_with(&wanted), title, row.get(0)?));
        }
    }
    found.sort();
    let beyond = found.len().saturating_sub(limit);
    let shown = found
        .into_iter()
        .take(limit)
        .map(|(.., no)| branch(conn, no))
        .collect::<rusqlite::Result<_>>()?;
    Ok((shown, beyond))
}

/// When an event of an account arrived last, in ms, as far as whole hours tell.
///
/// # Errors
/// Those of SQLite.
pub fn last_hour(conn: &Connection, no: AccountNo) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(
        "WITH RECURSIVE below (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
         )
         SELECT MAX(s.last_hour) * 3600000 FROM below
             JOIN usage_segments s ON s.account_no = below.no",
    )?
    .query_row([no], |row| row.get(0))
}

/// Number of the event that arrived last.
///
/// # Errors
/// Those of SQLite.
pub fn last_event(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT MAX(id) FROM events")?
        .query_row([], |row| row.get(0))
}

/// Whether an account key still lives.
///
/// # Errors
/// Those of SQLite.
pub fn is_living_key(conn: &Connection, key: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM account_keys WHERE id = ?1 AND revoked_at IS NULL)",
    )?
    .query_row([key], |row| row.get(0))
}
