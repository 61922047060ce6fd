//! Accounts that nothing has described: those with usage, which exist only because events name them,
//! and those to which nothing refers any more. The latter were once named as parents by mistake.

use deadpool_postgres::Pool;

use super::{
    failure::Result,
    figures::{lookup, reading::Reading},
    hierarchy::Node,
    nodes::Nodes,
    postgres::{Lock, Tx, execute, query, query_one, snapshot},
    retry::retried,
};
use crate::store::quality::{MAX_UNDESCRIBED, NamelessAccount};

/// The SQL condition for an account that nothing has described.
const HAS_NO_FIELD: &str = "a.details_at = 0 AND NOT a.is_deleted AND a.name IS NULL
    AND a.hierarchy_label IS NULL AND a.join_date IS NULL AND a.details = '{}'";

/// The SQL condition for an account to which nothing refers. A viewer key that is limited to one
/// refers to it. PostgreSQL stores only part of the events.
const IS_UNREFERRED: &str = "NOT a.has_usage
    AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM financials f WHERE f.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_records r WHERE r.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_keys k
        WHERE k.within_account = a.account_id AND k.revoked_at IS NULL)";

/// Finds the first undescribed accounts with usage, ordered by id.
pub(super) async fn with_usage(tx: &Tx<'_>, nodes: &Nodes) -> Result<Vec<NamelessAccount>> {
    // Of accounts whose events are all set aside, only ClickHouse knows that they have any.
    let mut found = Vec::new();
    for has_usage in [true, false] {
        let sql = format!(
            "SELECT a.account_id, a.no, (SELECT COUNT(*) FROM users u WHERE u.account_no = a.no)
             FROM accounts a WHERE {HAS_NO_FIELD} AND a.has_usage = $2
             ORDER BY a.account_id COLLATE \"C\" LIMIT $1"
        );
        let rows = query(tx, &sql, &[&MAX_UNDESCRIBED, &has_usage]).await?;
        let scope: Vec<Node> = rows
            .iter()
            .map(|row| node(row.get(0), row.get(1)))
            .collect();
        let named = match has_usage || scope.is_empty() {
            true => None,
            false => Some(lookup::with_events(&Reading::of(tx, nodes, scope).await?).await?),
        };
        let accounts = rows.iter().map(|row| NamelessAccount {
            account_id: row.get(0),
            users: row.get(2),
        });
        found.extend(accounts.filter(|account| {
            has_usage
                || named
                    .as_ref()
                    .is_some_and(|named| named.contains(&account.account_id))
        }));
    }
    found.sort_by(|left, right| left.account_id.cmp(&right.account_id));
    found.truncate(usize::try_from(MAX_UNDESCRIBED).unwrap_or(usize::MAX));
    Ok(found)
}

fn node(account_id: String, no: i64) -> Node {
    Node {
        no,
        account_id,
        is_leaf: true,
    }
}

/// Finds the first undescribed accounts to which nothing refers, ordered by id.
pub(super) async fn find(tx: &Tx<'_>, nodes: &Nodes) -> Result<Vec<String>> {
    among(tx, nodes, None).await
}

/// Finds such accounts among all accounts, or checks the one with an id.
async fn among(tx: &Tx<'_>, nodes: &Nodes, account_id: Option<&str>) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT a.account_id, a.no FROM accounts a
         WHERE ($2::text IS NULL OR a.account_id = $2) AND {HAS_NO_FIELD} AND {IS_UNREFERRED}
         ORDER BY a.account_id COLLATE \"C\" LIMIT $1"
    );
    let rows = query(tx, &sql, &[&MAX_UNDESCRIBED, &account_id]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let scope = rows.iter().map(|row| node(row.get(0), row.get(1)));
    // Accounts whose events are all set aside are not excluded yet.
    let reading = Reading::of(tx, nodes, scope.collect()).await?;
    let named = lookup::with_events(&reading).await?;
    let ids = rows.iter().map(|row| row.get::<_, String>(0));
    Ok(ids.filter(|id| !named.contains(id)).collect())
}

/// Removes an undescribed account to which nothing refers, and returns whether it was one. This
/// needs no entry in the list of erasures: no stored data could come back, and events that name the
/// account later count as if it had never existed.
pub(super) async fn remove(pool: &Pool, nodes: &Nodes, account_id: &str) -> Result<bool> {
    retried(|| remove_once(pool, nodes, account_id)).await
}

async fn remove_once(pool: &Pool, nodes: &Nodes, account_id: &str) -> Result<bool> {
    let mut client = pool.get().await?;
    let mut attempts = nodes.attempts();
    let (found, horizon) = loop {
        let tx = snapshot(&mut client).await?;
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        let horizon: i64 = query_one(&tx, sql, &[]).await?.get(0);
        attempts -= 1;
        match among(&tx, nodes, Some(account_id)).await {
            // Another replica may answer.
            Err(failure) if failure.is_of_node() && attempts > 0 => {}
            found => break (found?, horizon),
        }
    };
    if found.is_empty() {
        return Ok(false);
    }
    let tx = client.transaction().await?;
    // Meanwhile no event is stored, no user moves and no account gets a parent.
    Lock::Membership.hold(&tx).await?;
    Lock::Tree.hold(&tx).await?;
    let sql = format!(
        "DELETE FROM accounts a WHERE a.account_id = $1 AND {HAS_NO_FIELD} AND {IS_UNREFERRED}
             AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tx >= $2 AND e.account_id = $1)"
    );
    let removed = execute(&tx, &sql, &[&account_id, &horizon]).await?;
    tx.commit().await?;
    Ok(removed > 0)
}
