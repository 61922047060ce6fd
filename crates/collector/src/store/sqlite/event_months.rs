//! The tables of events. There is one for each UTC month in which events were made, so that a month
//! can be dropped by a few statements. The view `events` combines them, for other programs and for
//! statements about single events.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::rows::EventRow;
use crate::model::{calendar::Month, usage::Span};

/// Columns of the tables and the view. Other programs read them, so names and values are those of
/// the Event API.
const COLUMNS: &str = "
    id              INTEGER PRIMARY KEY,   -- order of arrival
    event_id        TEXT    NOT NULL,      -- from the client, else derived from the content
    account_id      TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    session_id      TEXT,
    created_at      INTEGER NOT NULL,      -- by the client's clock
    action          TEXT    NOT NULL,
    feature         TEXT,
    module          TEXT,
    product         TEXT,
    total           REAL,                  -- of feature events; 1 where the client said nothing
    time_spent      INTEGER,               -- ms
    active_duration INTEGER,               -- ms
    visitor_id      TEXT,
    stream_id       TEXT,
    seq             INTEGER,
    url             TEXT,
    title           TEXT,
    referrer        TEXT,
    details         TEXT,                  -- JSON object
    extra           TEXT,                  -- JSON object: fields outside the contract
    received_at     INTEGER NOT NULL,      -- by our clock
    source_id       INTEGER NOT NULL,      -- a row of sources
    set_aside       INTEGER NOT NULL       -- 1: the user belongs to another account; not counted
";

/// The names of the columns.
pub(super) const NAMES: &str = "id, event_id, account_id, user_id, session_id, created_at, action,
    feature, module, product, total, time_spent, active_duration, visitor_id, stream_id, seq, url,
    title, referrer, details, extra, received_at, source_id, set_aside";

/// The name of the table of a month.
pub(super) fn table(month: Month) -> String {
    format!("events_{}", month.to_string().replace('-', "_"))
}

/// The name of the index by time of a month's table.
pub(super) fn time_index(month: Month) -> String {
    format!("{}_by_time", table(month))
}

/// The name of the table in which a dropped month waits for its space to be freed.
fn retired_table(month: Month) -> String {
    table(month).replace("events", "retired")
}

/// The months that have a table, from the first to the last.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Month>> {
    conn.prepare_cached("SELECT month FROM event_months WHERE NOT is_retired ORDER BY month")?
        .query_map([], |row| Ok(Month::from_number(row.get(0)?)))?
        .collect()
}

/// The months that have a table and overlap a span.
pub(super) fn in_span(conn: &Connection, span: Span) -> rusqlite::Result<Vec<Month>> {
    let mut months = all(conn)?;
    months.retain(|month| span.from < month.end_ms() && span.to > month.start_ms());
    Ok(months)
}

/// The month whose table has an event.
pub(super) fn of_event(conn: &Connection, event: EventRow) -> rusqlite::Result<Option<Month>> {
    for month in all(conn)?.into_iter().rev() {
        let sql = format!("SELECT 1 FROM {} WHERE id = ?1", table(month));
        if conn.prepare_cached(&sql)?.exists([event])? {
            return Ok(Some(month));
        }
    }
    Ok(None)
}

/// The number of the event that arrived last, whether or not it is still stored; `None` before the
/// first event.
pub(super) fn last_id(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut last = conn
        .prepare_cached("SELECT value FROM settings WHERE name = 'last_event'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    for month in all(conn)? {
        let sql = format!("SELECT MAX(id) FROM {}", table(month));
        let of_month: Option<i64> = conn.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        last = last.max(of_month);
    }
    Ok(last)
}

/// Records the number of the last event before events are deleted. Recorded ids refer to events by
/// number, so a number must never be used again.
pub(super) fn keep_last_id(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    if let Some(last) = last_id(tx)? {
        tx.prepare_cached(
            "INSERT INTO settings (name, value) VALUES ('last_event', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value < excluded.value",
        )?
        .execute([last])?;
    }
    Ok(())
}

/// Creates the table of a month.
pub(super) fn create(tx: &Transaction<'_>, month: Month) -> rusqlite::Result<()> {
    let (table, time_index) = (table(month), time_index(month));
    tx.execute_batch(&format!(
        "CREATE TABLE {table} ({COLUMNS}) STRICT;
         -- With the account in it, a part of a quarter of an hour is cut out without
         -- touching the events of other accounts.
         CREATE INDEX {time_index} ON {table} (created_at, account_id);
         CREATE INDEX {table}_set_aside ON {table} (user_id, account_id) WHERE set_aside = 1;"
    ))?;
    tx.execute(
        "INSERT INTO event_months (month, is_retired) VALUES (?1, 0)",
        [month.number()],
    )?;
    update_view(tx)
}

/// Removes a month from the view. From then on no query sees its events. [`free`] frees their
/// space.
pub(super) fn retire(tx: &Transaction<'_>, month: Month) -> rusqlite::Result<()> {
    let (table, retired) = (table(month), retired_table(month));
    tx.execute(
        "UPDATE event_months SET is_retired = 1 WHERE month = ?1",
        [month.number()],
    )?;
    update_view(tx)?;
    tx.execute_batch(&format!(
        "DROP INDEX {table}_set_aside;
         DROP INDEX {table}_by_time;
         ALTER TABLE {table} RENAME TO {retired};"
    ))
}

/// The month whose space is to be freed.
pub(super) fn retired(conn: &Connection) -> rusqlite::Result<Option<Month>> {
    let mut waiting = conn.prepare_cached("SELECT month FROM event_months WHERE is_retired")?;
    let mut rows = waiting.query([])?;
    let row = rows.next()?;
    row.map(|row| Ok(Month::from_number(row.get(0)?)))
        .transpose()
}

/// Frees the space of some events of a retired month. Returns their number, which is 0 once the
/// table has been removed.
pub(super) fn free(tx: &Transaction<'_>, month: Month, most: i64) -> rusqlite::Result<usize> {
    let retired = retired_table(month);
    // Delete neighbouring rows, so that whole pages become free.
    let freed = tx
        .prepare_cached(&format!(
            "DELETE FROM {retired} WHERE id IN (SELECT id FROM {retired} ORDER BY id LIMIT ?1)"
        ))?
        .execute([most])?;
    if freed == 0 {
        tx.execute_batch(&format!("DROP TABLE {retired}"))?;
        tx.execute(
            "DELETE FROM event_months WHERE month = ?1 AND is_retired",
            [month.number()],
        )?;
    }
    Ok(freed)
}

/// Recreates the view.
pub(super) fn update_view(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let months = all(tx)?;
    let tables: Vec<_> = months
        .iter()
        .map(|month| format!("SELECT {NAMES} FROM {}", table(*month)))
        .collect();
    let tables = if tables.is_empty() {
        let nothing: Vec<_> = NAMES
            .split(',')
            .map(|name| format!("NULL AS {}", name.trim()))
            .collect();
        format!("SELECT {} WHERE FALSE", nothing.join(", "))
    } else {
        tables.join(" UNION ALL ")
    };
    // Manual repairs write to the view as they would to a table.
    let set: Vec<_> = NAMES
        .split(',')
        .map(|name| format!("{0} = NEW.{0}", name.trim()))
        .collect();
    let set = set.join(", ");
    let in_each = |statement: &dyn Fn(String) -> String| -> String {
        let statements = months.iter().map(|month| statement(table(*month)));
        statements.collect()
    };
    let deletes = in_each(&|table| format!("DELETE FROM {table} WHERE id = OLD.id; "));
    let updates = in_each(&|table| format!("UPDATE {table} SET {set} WHERE id = OLD.id; "));
    tx.execute_batch(&format!(
        "DROP VIEW IF EXISTS events;
         CREATE VIEW events AS {tables};
         CREATE TRIGGER events_delete INSTEAD OF DELETE ON events BEGIN
             {deletes} DELETE FROM event_ids WHERE id = OLD.id;
         END;
         CREATE TRIGGER events_update INSTEAD OF UPDATE ON events BEGIN
             {updates} SELECT 1;
         END;"
    ))
}
