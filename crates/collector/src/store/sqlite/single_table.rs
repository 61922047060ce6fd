//! Migrates the events of a file of an earlier version, which had a single table for all of them.

use rusqlite::{Transaction, params};

use super::{
    event_ids::IdWriter,
    event_months::{self, NAMES},
};
use crate::{
    model::calendar::Month,
    store::event_key::{self, IdScope},
};

/// Creates a table for each month in which events were made, and the view of all.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch("ALTER TABLE events RENAME TO all_events")?;
    let mut from = 0;
    let mut first = tx.prepare("SELECT MIN(created_at) FROM all_events WHERE created_at >= ?1")?;
    while let Some(created_at) = first.query_row([from], |row| row.get::<_, Option<i64>>(0))? {
        let month = Month::at(created_at);
        event_months::create(tx, month)?;
        tx.execute(
            &format!(
                "INSERT INTO {} ({NAMES}) SELECT {NAMES} FROM all_events
                 WHERE created_at >= ?1 AND created_at < ?2 ORDER BY id",
                event_months::table(month)
            ),
            params![from, month.end_ms()],
        )?;
        from = month.end_ms();
    }
    let mut ids = tx.prepare("SELECT event_id, created_at, id FROM all_events")?;
    let mut rows = ids.query([])?;
    let mut writer = IdWriter::new(tx)?;
    while let Some(row) = rows.next()? {
        // A later migration separates the ids of trusted sources.
        let key = event_key::key(row.get_ref(0)?.as_str()?, IdScope::Public);
        writer.insert(&key, Month::at(row.get(1)?), row.get(2)?)?;
    }
    drop((rows, writer));
    event_months::update_view(tx)?;
    tx.execute_batch("DROP TABLE all_events")
}
