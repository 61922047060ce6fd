//! The search for accounts and users.

use crate::{
    model::folding::folded,
    store::{
        scaled::{
            account_tree::{self, is_within},
            failure::Result,
            postgres::{Tx, query},
            visible::VisibleAccounts,
        },
        search::{Found, FoundUser, full_name, rank},
    },
};

/// Finds accounts and users with a text in their name or id.
pub(in crate::store::scaled) async fn find(
    tx: &Tx<'_>,
    text: &str,
    within: VisibleAccounts,
    limit: usize,
) -> Result<Found> {
    let root = match within {
        VisibleAccounts::Nothing => return Ok(Found::default()),
        VisibleAccounts::All | VisibleAccounts::Subtree(_) => within.root()?,
    };
    let (found, more_accounts) = account_tree::search(tx, text, root, limit).await?;
    let (users, more_users) = users(tx, text, root, limit).await?;
    let mut accounts = Vec::with_capacity(found.len());
    for no in found {
        let path = within.cut(account_tree::path(tx, no).await?);
        accounts.push(path.into_iter().map(|(_, entry)| entry).collect());
    }
    Ok(Found {
        accounts,
        users,
        beyond: more_accounts + more_users,
    })
}

/// Finds users whose name contains all words of a text, or whose id contains the text, among all
/// accounts or in one subtree. Returns the first `limit` and the number of the others.
async fn users(
    tx: &Tx<'_>,
    text: &str,
    within: Option<i64>,
    limit: usize,
) -> Result<(Vec<FoundUser>, usize)> {
    let text = folded(text);
    let sql = format!(
        "SELECT u.no, u.user_id, u.first_name, u.last_name FROM users u WHERE {}",
        is_within("u.account_no")
    );
    let mut found: Vec<(bool, String, i64)> = Vec::new();
    for row in query(tx, &sql, &[&within]).await? {
        let name = full_name([row.get(2), row.get(3)]);
        // Users whose name begins with the text come first.
        if let Some((is_later, title)) = rank(&text, name.as_deref(), row.get(1)) {
            found.push((is_later, title, row.get(0)));
        }
    }
    found.sort();
    let beyond = found.len().saturating_sub(limit);
    let shown: Vec<i64> = found.into_iter().take(limit).map(|(.., no)| no).collect();
    let sql = "SELECT u.user_id, u.first_name, u.last_name, coalesce(a.name, a.account_id),
            u.is_deleted
        FROM unnest($1::bigint[]) WITH ORDINALITY AS n (no, place)
            JOIN users u ON u.no = n.no JOIN accounts a ON a.no = u.account_no
        ORDER BY n.place";
    let rows = query(tx, sql, &[&shown]).await?;
    let users = rows.iter().map(|row| FoundUser {
        user_id: row.get(0),
        name: full_name([row.get(1), row.get(2)]),
        account: row.get(3),
        is_deleted: row.get(4),
    });
    Ok((users.collect(), beyond))
}
