//! Records from when on figures have changed. Results that were computed for earlier time are still
//! valid, and may be cached.
//!
//! **Invariant:** whatever changes stored facts or the tree records that in the same transaction.
//! Changes of facts are recorded by `segments`. Changes of the tree are recorded by triggers, and
//! affect all time. So two snapshots with the same version of a span have the same facts in the
//! same tree.
//!
//! In the table, later quarters of an hour always have later changes, because a change replaces all
//! changes recorded for its quarter and later ones. The table has some rows for each day, and fewer
//! as soon as an event arrives late.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{facts::QUARTER_MS, retention};
use crate::model::usage::Span;

/// The table. Triggers of the tree do not react to a new account without a parent, because it
/// changes no figure before it has facts.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS usage_changes (
         quarter INTEGER PRIMARY KEY,           -- quarters of an hour since the Unix epoch
         change  INTEGER NOT NULL               -- number of the change that began there
     ) STRICT;";

/// Statements that record a change from the quarter `at` on.
fn recording(at: &str) -> [String; 2] {
    [
        format!(
            "INSERT INTO usage_changes (quarter, change)
                 SELECT {at}, 1 + IFNULL(
                     (SELECT change FROM usage_changes ORDER BY quarter DESC LIMIT 1), 0)
                 WHERE TRUE
                 ON CONFLICT (quarter) DO UPDATE SET change = excluded.change;"
        ),
        format!("DELETE FROM usage_changes WHERE quarter > {at};"),
    ]
}

/// Creates the table if it does not exist.
pub(super) fn create(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(TABLE)
}

/// Creates the table and the triggers.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    create(tx)?;
    let record = recording("0").concat();
    tx.execute_batch(&format!(
        "CREATE TRIGGER accounts_moved AFTER UPDATE OF parent_no, is_deleted ON accounts
             WHEN OLD.parent_no IS NOT NEW.parent_no OR OLD.is_deleted <> NEW.is_deleted
             BEGIN {record} END;
         CREATE TRIGGER accounts_added AFTER INSERT ON accounts WHEN NEW.parent_no IS NOT NULL
             BEGIN {record} END;
         CREATE TRIGGER accounts_removed AFTER DELETE ON accounts BEGIN {record} END;"
    ))
}

/// Records that facts from a quarter of an hour on have changed.
pub(super) fn record(tx: &Transaction<'_>, first_quarter: u32) -> rusqlite::Result<()> {
    for statement in recording("?1") {
        tx.prepare_cached(&statement)?.execute([first_quarter])?;
    }
    Ok(())
}

/// The version of the data from which the figures of a span are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    change: i64,
    /// The quarter of an hour from which on events are stored. Parts of a quarter can only be
    /// computed from events.
    events_from: u32,
}

impl Version {
    /// The version of everything that happened before the end of a span, in a snapshot.
    pub(super) fn of(conn: &Connection, span: Span) -> rusqlite::Result<Self> {
        let end = span.to.saturating_sub(1).div_euclid(QUARTER_MS) + 1;
        let change = conn
            .prepare_cached(
                "SELECT change FROM usage_changes WHERE quarter < ?1 ORDER BY quarter DESC LIMIT 1",
            )?
            .query_row([end], |row| row.get(0))
            .optional()?;
        Ok(Version {
            change: change.unwrap_or(0),
            events_from: retention::events_from(conn)?,
        })
    }
}
