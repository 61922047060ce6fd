//! Accounts that nothing has described and nothing refers to any more. They were once named as
//! parents by mistake.

use deadpool_postgres::Pool;

use super::{
    failure::Result,
    figures::{lookup, reading::Reading},
    hierarchy::Node,
    nodes::Nodes,
    postgres::{Lock, Tx, execute, query, query_one, snapshot},
};
use crate::store::quality::MAX_UNDESCRIBED;

/// The SQL condition for such an account. A viewer key that is limited to one refers to it.
/// PostgreSQL stores only part of the events.
const IS_UNDESCRIBED: &str = "a.details_at = 0 AND NOT a.is_deleted AND a.name IS NULL
    AND a.hierarchy_label IS NULL AND a.join_date IS NULL AND a.details = '{}'
    AND NOT a.has_usage
    AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM financials f WHERE f.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_records r WHERE r.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_keys k
        WHERE k.within_account = a.account_id AND k.revoked_at IS NULL)";

/// Finds the first such accounts, ordered by id.
pub(super) async fn find(tx: &Tx<'_>, nodes: &Nodes) -> Result<Vec<String>> {
    among(tx, nodes, None).await
}

/// Finds such accounts among all accounts, or checks the one with an id.
async fn among(tx: &Tx<'_>, nodes: &Nodes, account_id: Option<&str>) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT a.account_id, a.no FROM accounts a
         WHERE ($2::text IS NULL OR a.account_id = $2) AND {IS_UNDESCRIBED}
         ORDER BY a.account_id COLLATE \"C\" LIMIT $1"
    );
    let rows = query(tx, &sql, &[&MAX_UNDESCRIBED, &account_id]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let scope = rows.iter().map(|row| Node {
        no: row.get(1),
        account_id: row.get(0),
        is_leaf: true,
    });
    // Accounts whose events are all set aside are not excluded yet.
    let reading = Reading::of(tx, nodes, scope.collect()).await?;
    let named = lookup::with_events(&reading).await?;
    let ids = rows.iter().map(|row| row.get::<_, String>(0));
    Ok(ids.filter(|id| !named.contains(id)).collect())
}

/// Removes an undescribed account, and returns whether it was one. This needs no entry in the list
/// of erasures: no stored data could come back, and events that name the account later count as if
/// it had never existed.
pub(super) async fn remove(pool: &Pool, nodes: &Nodes, account_id: &str) -> Result<bool> {
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
        "DELETE FROM accounts a WHERE a.account_id = $1 AND {IS_UNDESCRIBED}
             AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tx >= $2 AND e.account_id = $1)"
    );
    let removed = execute(&tx, &sql, &[&account_id, &horizon]).await?;
    tx.commit().await?;
    Ok(removed > 0)
}
