//! Migrates the renewal dates of older files to the current form.

use rusqlite::{Transaction, params};
use serde_json::Value;

use super::{json, rows::AccountRow};
use crate::model::read_value::settle_day;

/// Rewrites the renewal dates of all accounts as days. A value that is not a date stays as it is.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let stored = tx
        .prepare(
            "SELECT no, own, details FROM accounts
             WHERE instr(own, '\"renewal_date\"') OR instr(details, '\"renewal_date\"')",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<(AccountRow, String, String)>>>()?;
    let mut update = tx.prepare("UPDATE accounts SET own = ?2, details = ?3 WHERE no = ?1")?;
    for (account, own, details) in stored {
        let mut own = json::object(&own);
        if let Some(Value::Object(details)) = own.get_mut("details") {
            let _settled = settle_day(details);
        }
        let mut details = json::object(&details);
        let _settled = settle_day(&mut details);
        update.execute(params![account, json::text(&own), json::text(&details)])?;
    }
    Ok(())
}
