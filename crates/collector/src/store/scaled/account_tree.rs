//! The account tree as the dashboard shows it: one level at a time, the path to an
//! account, and search.

use tokio_postgres::Row;

use super::{
    failure::Result,
    postgres::{Tx, query, query_one},
};
use crate::{
    model::{folding::folded, page::Page},
    store::{records::Listed, search::rank, tree::TreeEntry},
};

const COLUMNS: &str = "x.no, x.account_id, x.name, x.hierarchy_label, x.is_deleted,
    (SELECT COUNT(*) FROM accounts c WHERE c.parent_no = x.no)";

/// An entry with the number of its account.
pub(super) type TreeRow = (i64, TreeEntry);

fn read(row: &Row) -> TreeRow {
    let entry = TreeEntry {
        account_id: row.get(1),
        name: row.get(2),
        hierarchy_label: row.get(3),
        is_deleted: row.get(4),
        children: row.get(5),
    };
    (row.get(0), entry)
}

/// Reads one account.
pub(super) async fn entry(tx: &Tx<'_>, account: i64) -> Result<TreeEntry> {
    let sql = format!("SELECT {COLUMNS} FROM accounts x WHERE x.no = $1");
    Ok(read(&query_one(tx, &sql, &[&account]).await?).1)
}

/// Lists the children of an account, or the accounts without a parent, by name. Deactivated
/// accounts come last. Returns one page and the total number.
pub(super) async fn children(
    tx: &Tx<'_>,
    parent: Option<i64>,
    page: Page,
) -> Result<Listed<TreeEntry>> {
    // A single condition for both cases could not use an index.
    let is_child = match parent {
        Some(_) => "a.parent_no = $1",
        None => "a.parent_no IS NULL AND $1::bigint IS NULL",
    };
    let sql = format!("SELECT COUNT(*) FROM accounts a WHERE {is_child}");
    let total = query_one(tx, &sql, &[&parent]).await?.get(0);
    // Children are counted only for the accounts of the page, not for all that are sorted. The
    // collation of names is bytewise, so `lower` changes only ASCII letters.
    let sql = format!(
        "SELECT {COLUMNS} FROM (
             SELECT a.* FROM accounts a WHERE {is_child}
             ORDER BY a.is_deleted, lower(coalesce(a.name, a.account_id)), a.account_id
             LIMIT $2 OFFSET $3) x
         ORDER BY x.is_deleted, lower(coalesce(x.name, x.account_id)), x.account_id"
    );
    let rows = query(tx, &sql, &[&parent, &page.limit, &page.offset()]).await?;
    Ok((rows.iter().map(|row| read(row).1).collect(), total))
}

/// Reads the path from the root of the tree to an account, which is its last entry.
pub(super) async fn path(tx: &Tx<'_>, account: i64) -> Result<Vec<TreeRow>> {
    let sql = format!(
        "WITH RECURSIVE above (no, level) AS (
             SELECT $1::bigint, 0
             UNION ALL
             SELECT a.parent_no, level + 1 FROM above JOIN accounts a ON a.no = above.no
             WHERE a.parent_no IS NOT NULL
         )
         SELECT {COLUMNS} FROM above JOIN accounts x ON x.no = above.no ORDER BY level DESC"
    );
    let rows = query(tx, &sql, &[&account]).await?;
    Ok(rows.iter().map(read).collect())
}

/// Counts the descendants of an account, and its own users.
pub(super) async fn count_below(tx: &Tx<'_>, account: i64) -> Result<(i64, i64)> {
    let sql = "WITH RECURSIVE below (no) AS (
            SELECT $1::bigint
            UNION ALL
            SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
        )
        SELECT (SELECT COUNT(*) - 1 FROM below),
            (SELECT COUNT(*) FROM users WHERE account_no = $1)";
    let row = query_one(tx, sql, &[&account]).await?;
    Ok((row.get(0), row.get(1)))
}

/// Counts the accounts and the users of a subtree, or all of them.
pub(super) async fn counts(tx: &Tx<'_>, within: Option<i64>) -> Result<(i64, i64)> {
    let row = match within {
        None => {
            let sql = "SELECT (SELECT COUNT(*) FROM accounts), (SELECT COUNT(*) FROM users)";
            query_one(tx, sql, &[]).await?
        }
        Some(root) => {
            let sql = "WITH RECURSIVE below (no) AS (
                    SELECT $1::bigint
                    UNION ALL
                    SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
                )
                SELECT (SELECT COUNT(*) FROM below),
                    (SELECT COUNT(*) FROM users WHERE account_no IN (SELECT no FROM below))";
            query_one(tx, sql, &[&root]).await?
        }
    };
    Ok((row.get(0), row.get(1)))
}

/// An SQL condition on an account number: it lies within the subtree of `$1`, or `$1` is `NULL`.
pub(super) fn is_within(column: &str) -> String {
    format!(
        "($1::bigint IS NULL OR {column} IN (
            WITH RECURSIVE below (no) AS (
                SELECT $1::bigint
                UNION ALL
                SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
            )
            SELECT no FROM below))"
    )
}

/// Finds accounts with a text in their name or id, ignoring case and accents, among all accounts or
/// in one subtree. Returns the first `limit` with their numbers, and the number of the others.
pub(super) async fn search(
    tx: &Tx<'_>,
    text: &str,
    within: Option<i64>,
    limit: usize,
) -> Result<(Vec<i64>, usize)> {
    let text = folded(text);
    let sql = format!(
        "SELECT x.no, x.account_id, x.name FROM accounts x WHERE {}",
        is_within("x.no")
    );
    let mut found: Vec<(bool, String, i64)> = Vec::new();
    for row in query(tx, &sql, &[&within]).await? {
        let (id, name): (&str, Option<&str>) = (row.get(1), row.get(2));
        // Accounts whose name begins with the text come first.
        if let Some((is_later, title)) = rank(&text, Some(name.unwrap_or(id)), id) {
            found.push((is_later, title, row.get(0)));
        }
    }
    found.sort();
    let beyond = found.len().saturating_sub(limit);
    let shown = found.into_iter().take(limit);
    Ok((shown.map(|(.., no)| no).collect(), beyond))
}
