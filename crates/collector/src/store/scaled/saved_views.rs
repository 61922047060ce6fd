//! Lists of accounts that somebody saved under a name, for everyone.

use super::{
    failure::Result,
    postgres::{Tx, execute, query, query_one},
};
use crate::store::saved_views::{MAX_VIEWS, SavedView};

/// Lists the saved views by name.
pub(super) async fn list(tx: &Tx<'_>) -> Result<Vec<SavedView>> {
    let sql = "SELECT id, name, address FROM saved_views ORDER BY lower(name), name";
    let rows = query(tx, sql, &[]).await?;
    let views = rows.iter().map(|row| SavedView {
        id: row.get(0),
        name: row.get(1),
        address: row.get(2),
    });
    Ok(views.collect())
}

/// Saves a view, replacing one with the same name. Returns false when there are too many.
pub(super) async fn put(tx: &Tx<'_>, name: &str, address: &str, now: i64) -> Result<bool> {
    // Two requests that save the last allowed view must not both count it as free.
    tx.batch_execute("LOCK TABLE saved_views IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let sql = "SELECT COUNT(*) FROM saved_views WHERE name <> $1";
    let others: i64 = query_one(tx, sql, &[&name]).await?.get(0);
    if others >= MAX_VIEWS {
        return Ok(false);
    }
    let sql = "INSERT INTO saved_views (name, address, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET address = excluded.address";
    execute(tx, sql, &[&name, &address, &now]).await?;
    Ok(true)
}

/// Removes a saved view.
pub(super) async fn delete(tx: &Tx<'_>, id: i64) -> Result<()> {
    execute(tx, "DELETE FROM saved_views WHERE id = $1", &[&id]).await?;
    Ok(())
}
