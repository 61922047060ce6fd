//! Finds users by name or id.

use rusqlite::Connection;

use super::{
    hierarchy::Scope,
    rows::{AccountRow, UserRow},
};
use crate::{
    model::folding::folded,
    store::search::{FoundUser, full_name, rank},
};

/// Finds users whose name contains all words of a text, or whose id contains the text, ignoring
/// case and accents, among all accounts or in one subtree. Returns the first `limit` and the number
/// of the others.
///
/// # Errors
/// Fails when SQLite fails.
pub fn search(
    conn: &Connection,
    text: &str,
    within: Option<AccountRow>,
    limit: usize,
) -> rusqlite::Result<(Vec<FoundUser>, usize)> {
    let text = folded(text);
    let scope = within
        .map(|account| Scope::of(conn, account, true))
        .transpose()?;
    let mut all =
        conn.prepare_cached("SELECT no, account_no, user_id, first_name, last_name FROM users")?;
    let mut rows = all.query([])?;
    let mut found: Vec<(bool, String, UserRow)> = Vec::new();
    while let Some(row) = rows.next()? {
        let is_within = match &scope {
            None => true,
            Some(scope) => scope.is_leaf(row.get(1)?).is_some(),
        };
        let id = row.get_ref(2)?.as_str()?;
        let names = [
            row.get_ref(3)?.as_str_or_null()?,
            row.get_ref(4)?.as_str_or_null()?,
        ];
        let name = full_name(names);
        if is_within && let Some((is_later, title)) = rank(&text, name.as_deref(), id) {
            // Users whose name begins with the text come first.
            found.push((is_later, title, row.get(0)?));
        }
    }
    found.sort();
    let beyond = found.len().saturating_sub(limit);
    let mut one = conn.prepare_cached(
        "SELECT u.user_id, u.first_name, u.last_name, IFNULL(a.name, a.account_id), u.is_deleted
         FROM users u JOIN accounts a ON a.no = u.account_no WHERE u.no = ?1",
    )?;
    let shown = found
        .into_iter()
        .take(limit)
        .map(|(.., user)| {
            one.query_row([user], |row| {
                let names = [
                    row.get_ref(1)?.as_str_or_null()?,
                    row.get_ref(2)?.as_str_or_null()?,
                ];
                Ok(FoundUser {
                    user_id: row.get(0)?,
                    name: full_name(names),
                    account: row.get(3)?,
                    is_deleted: row.get(4)?,
                })
            })
        })
        .collect::<rusqlite::Result<_>>()?;
    Ok((shown, beyond))
}
