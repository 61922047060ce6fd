//! Numbers in the table `settings` that only grow.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// The setting with the number of erasures so far.
pub(super) const ERASURES: &str = "erasures";

/// A table whose row numbers are never used again, even after the last row was removed. Somebody
/// may still have a removed row on their screen, and its number must never mean another row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbered {
    /// Its name.
    table: &'static str,
    /// The setting with the highest number among removed rows.
    setting: &'static str,
}

/// The alert rules.
pub(super) const ALERT_RULES: Numbered = Numbered {
    table: "alert_rules",
    setting: "last_alert_rule",
};

/// The saved views.
pub(super) const SAVED_VIEWS: Numbered = Numbered {
    table: "saved_views",
    setting: "last_saved_view",
};

impl Numbered {
    /// The number of the next row.
    pub(super) fn next(self, tx: &Transaction<'_>) -> rusqlite::Result<i64> {
        Ok(self.last(tx)?.max(read(tx, self.setting)?) + 1)
    }

    /// Records the last number before rows are removed.
    pub(super) fn record_last(self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let last = self.last(tx)?;
        if last > read(tx, self.setting)? {
            write(tx, self.setting, last)?;
        }
        Ok(())
    }

    fn last(self, tx: &Transaction<'_>) -> rusqlite::Result<i64> {
        let sql = format!("SELECT IFNULL(MAX(id), 0) FROM {}", self.table);
        tx.prepare_cached(&sql)?.query_row([], |row| row.get(0))
    }
}

/// Increments a number.
pub(super) fn count(tx: &Transaction<'_>, setting: &str) -> rusqlite::Result<()> {
    write(tx, setting, read(tx, setting)? + 1)
}

/// A number; 0 when it has not been set.
pub(super) fn read(conn: &Connection, setting: &str) -> rusqlite::Result<i64> {
    let found = conn
        .prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([setting], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

fn write(tx: &Transaction<'_>, setting: &str, value: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![setting, value])?;
    Ok(())
}
