//! Converts events into facts.

use natero_event::ActionKind;
use rusqlite::Row;

use super::facts::{Fact, FactKey};
use crate::store::sums::event_sums;

/// Columns of `events e` from which [`read_fact`] reads a fact.
pub(super) const COLUMNS: &str = "e.created_at / 900000, u.no, s.no, np.no, nm.no, nf.no,
    e.action, e.total, e.time_spent, e.active_duration";

/// Joins for [`COLUMNS`]. `CROSS` keeps SQLite from looking up the events of each user instead of
/// the user of each event.
pub(super) const JOINS: &str = "
    CROSS JOIN users u ON u.user_id = e.user_id
    LEFT JOIN sessions s ON s.user_no = u.no AND s.session_id = e.session_id
    LEFT JOIN names np ON np.name = e.product
    LEFT JOIN names nm ON nm.name = e.module
    LEFT JOIN names nf ON nf.name = e.feature";

/// An SQL condition: a session or a name of an event has no row.
pub(super) const LACKS_ROW: &str = "
    (e.session_id IS NOT NULL AND s.no IS NULL) OR (e.product IS NOT NULL AND np.no IS NULL)
    OR (e.module IS NOT NULL AND nm.no IS NULL) OR (e.feature IS NOT NULL AND nf.no IS NULL)";

/// Reads a fact from [`COLUMNS`], which begin at the index `at`.
pub(super) fn read_fact(row: &Row<'_>, at: usize) -> rusqlite::Result<Fact> {
    let key = FactKey {
        quarter: row.get(at)?,
        user: row.get(at + 1)?,
        session: row.get(at + 2)?,
        product: row.get(at + 3)?,
        module: row.get(at + 4)?,
        feature: row.get(at + 5)?,
    };
    let action = ActionKind::from_name(row.get_ref(at + 6)?.as_str()?);
    let sums = event_sums(action, row.get(at + 7)?, row.get(at + 8)?, row.get(at + 9)?);
    Ok(Fact { key, sums })
}
