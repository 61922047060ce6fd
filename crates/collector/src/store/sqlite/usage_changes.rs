//! From when on figures have changed. What was computed of the time before is right
//! still, and may be kept.
//!
//! **Invariant:** whatever changes stored facts or the tree notes it in the same
//! transaction: facts through `segments`, the tree through triggers, from the beginning
//! of time on. So two snapshots with the same version of a span have the same facts of it
//! in the same tree.
//!
//! The table is a staircase: the changes of later quarters are later ones, since a change
//! takes the place of all that were noted from its quarter on. It has some rows for each
//! day, and fewer as soon as an event arrives late.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{facts::QUARTER_MS, retention};
use crate::model::usage::Span;

/// The table, and the triggers that watch the tree. A new account without a parent
/// changes no figure before it has facts.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS usage_changes (
         quarter INTEGER PRIMARY KEY,           -- quarters of an hour since the Unix epoch
         change  INTEGER NOT NULL               -- number of the change that began there
     ) STRICT;";

/// Notes a change from the quarter `at` on.
fn noting(at: &str) -> [String; 2] {
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

/// Makes the table, if it is not there yet.
pub(super) fn create(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(TABLE)
}

/// Makes the table and the triggers.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    create(tx)?;
    let note = noting("0").concat();
    tx.execute_batch(&format!(
        "CREATE TRIGGER accounts_moved AFTER UPDATE OF parent_no, is_deleted ON accounts
             WHEN OLD.parent_no IS NOT NEW.parent_no OR OLD.is_deleted <> NEW.is_deleted
             BEGIN {note} END;
         CREATE TRIGGER accounts_added AFTER INSERT ON accounts WHEN NEW.parent_no IS NOT NULL
             BEGIN {note} END;
         CREATE TRIGGER accounts_removed AFTER DELETE ON accounts BEGIN {note} END;"
    ))
}

/// Notes that facts from a quarter of an hour on have changed.
pub(super) fn note(tx: &Transaction<'_>, first_quarter: u32) -> rusqlite::Result<()> {
    for statement in noting("?1") {
        tx.prepare_cached(&statement)?.execute([first_quarter])?;
    }
    Ok(())
}

/// What the figures of a span are computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    change: i64,
    /// The quarter of an hour from which on events are stored, and tell parts of one.
    events_from: u32,
}

impl Version {
    /// The version of all that happened before the end of a span, in a snapshot.
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
