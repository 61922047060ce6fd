//! The ids of all events. They make an event count once, whatever its time is.
//!
//! **Invariant:** an id is deleted only after its event was dropped, and not before the retention
//! time has passed since the event arrived. A client may repeat an event for as long, even one that
//! was old when it first arrived.
//!
//! Ids are stored as [`IdKey`], so that the ids of one stream lie on one page.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

use super::{arrival_days, event_months, rows::EventRow};
use crate::{
    model::{calendar::Month, keys::SourceId},
    store::event_key::{IdKey, IdScope, key, keys_beginning_like},
};

/// Number of ids that a sweep checks at a time.
const STEP: i64 = 1000;

/// Records the ids of events.
pub(super) struct IdWriter<'t>(CachedStatement<'t>);

impl<'t> IdWriter<'t> {
    pub(super) fn new(conn: &'t Connection) -> rusqlite::Result<Self> {
        let insert = conn.prepare_cached(
            "INSERT INTO event_ids (key, month, id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        Ok(IdWriter(insert))
    }

    /// Records the id of an event. Returns false when it was already recorded.
    pub(super) fn insert(
        &mut self,
        key: &IdKey,
        month: Month,
        event: i64,
    ) -> rusqlite::Result<bool> {
        let recorded = self.0.execute(params![key, month.number(), event])?;
        Ok(recorded == 1)
    }
}

/// Looks up recorded ids in a snapshot that does not change meanwhile.
pub(super) struct RecordedIds<'t> {
    find: CachedStatement<'t>,
    find_beginning: CachedStatement<'t>,
    /// The keys that begin like the last one, and whether any of them is recorded. Most batches
    /// come from one stream that is new.
    last: Option<((IdKey, IdKey), bool)>,
}

impl<'t> RecordedIds<'t> {
    pub(super) fn new(conn: &'t Connection) -> rusqlite::Result<Self> {
        let find = "SELECT 1 FROM event_ids WHERE key = ?1";
        let find_beginning = "SELECT 1 FROM event_ids WHERE key BETWEEN ?1 AND ?2";
        Ok(RecordedIds {
            find: conn.prepare_cached(find)?,
            find_beginning: conn.prepare_cached(find_beginning)?,
            last: None,
        })
    }

    /// Whether the id with a key is recorded.
    pub(super) fn contains(&mut self, key: &IdKey) -> rusqlite::Result<bool> {
        Ok(self.has_like(keys_beginning_like(key))? && self.find.exists([key])?)
    }

    /// Whether a key between two is recorded.
    fn has_like(&mut self, between: (IdKey, IdKey)) -> rusqlite::Result<bool> {
        if let Some((last, is_recorded)) = self.last
            && last == between
        {
            return Ok(is_recorded);
        }
        let is_recorded = self.find_beginning.exists([between.0, between.1])?;
        self.last = Some((between, is_recorded));
        Ok(is_recorded)
    }
}

/// Whether an event is stored that was sent by a source.
pub(super) fn is_stored(
    conn: &Connection,
    event_id: &str,
    source: SourceId,
) -> rusqlite::Result<bool> {
    let is_trusted = conn
        .prepare_cached("SELECT trusted FROM sources WHERE id = ?1")?
        .query_row([source], |row| row.get(0))
        .optional()?;
    let scope = IdScope::of(is_trusted.unwrap_or(false));
    let Some((month, event)) = find(conn, &key(event_id, scope))? else {
        return Ok(false);
    };
    let table = event_months::table(month);
    conn.prepare_cached(&format!(
        "SELECT 1 FROM {table} WHERE id = ?1 AND source_id = ?2"
    ))?
    .exists(params![event, source])
}

/// The event with a key, and the month in whose table it would be; `None` when the id is unknown,
/// or the month was dropped.
pub(super) fn find(conn: &Connection, key: &IdKey) -> rusqlite::Result<Option<(Month, EventRow)>> {
    let found = conn
        .prepare_cached("SELECT month, id FROM event_ids WHERE key = ?1")?
        .query_row([key], |row| {
            Ok((Month::from_number(row.get(0)?), row.get::<_, EventRow>(1)?))
        })
        .optional()?;
    let months = event_months::all(conn)?;
    Ok(found.filter(|(month, _)| months.contains(month)))
}

/// The recorded key of an event; `None` when it is no longer recorded.
pub(super) fn key_of(
    conn: &Connection,
    event_id: &str,
    event: EventRow,
) -> rusqlite::Result<Option<IdKey>> {
    for scope in IdScope::ALL {
        let key = key(event_id, scope);
        if find(conn, &key)?.is_some_and(|(_, found)| found == event) {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// Deletes the id of an event that is erased.
pub(super) fn remove(
    tx: &Transaction<'_>,
    event_id: &str,
    event: EventRow,
) -> rusqlite::Result<()> {
    for scope in IdScope::ALL {
        remove_key(tx, &key(event_id, scope), event.number())?;
    }
    Ok(())
}

/// Forgets the key of an event, by the number of the event.
pub(super) fn remove_key(tx: &Transaction<'_>, key: &IdKey, event: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM event_ids WHERE key = ?1 AND id = ?2")?
        .execute(params![key, event])?;
    Ok(())
}

/// Gives the ids of trusted sources their own scope, in a file of a version that had a single
/// scope.
pub(super) fn rescope(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    for month in event_months::all(tx)? {
        let mut of_trusted = tx.prepare(&format!(
            "SELECT e.event_id, e.id FROM {} e JOIN sources s ON s.id = e.source_id
             WHERE s.trusted",
            event_months::table(month)
        ))?;
        let mut rows = of_trusted.query([])?;
        let mut update =
            tx.prepare("UPDATE OR IGNORE event_ids SET key = ?2 WHERE key = ?1 AND id = ?3")?;
        while let Some(row) = rows.next()? {
            let event_id = row.get_ref(0)?.as_str()?;
            update.execute(params![
                key(event_id, IdScope::Public),
                key(event_id, IdScope::Trusted),
                row.get::<_, EventRow>(1)?
            ])?;
        }
    }
    Ok(())
}

/// Deletes ids in the next part of the table: ids of dropped months whose events arrived long ago.
/// Returns false once the end of the table is reached.
pub(super) fn sweep(tx: &Transaction<'_>) -> rusqlite::Result<bool> {
    let Some(before) = setting(tx, "sweep_before")? else {
        return Ok(false);
    };
    // A sweep that an earlier version began has no limit for arrivals.
    let arrived_before = setting(tx, "sweep_arrived_before")?.unwrap_or(0);
    let after: Vec<u8> = tx
        .prepare_cached("SELECT value FROM settings WHERE name = 'swept_to'")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or_default();
    let end: Option<Vec<u8>> = tx
        .prepare_cached("SELECT key FROM event_ids WHERE key > ?1 ORDER BY key LIMIT 1 OFFSET ?2")?
        .query_row(params![after, STEP], |row| row.get(0))
        .optional()?;
    tx.prepare_cached(
        "DELETE FROM event_ids WHERE key > ?1 AND (?2 IS NULL OR key <= ?2) AND month < ?3
             AND id < ?4",
    )?
    .execute(params![after, end, before, arrived_before])?;
    match &end {
        Some(end) => tx.execute(
            "INSERT INTO settings (name, value) VALUES ('swept_to', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [end],
        )?,
        None => tx.execute(
            "DELETE FROM settings
             WHERE name IN ('sweep_before', 'sweep_arrived_before', 'swept_to')",
            [],
        )?,
    };
    Ok(end.is_some())
}

/// Begins a sweep. It deletes ids of months before the month of `before`, if their events also
/// arrived before that time. A sweep in progress starts over from the first id.
pub(super) fn begin_sweep(tx: &Transaction<'_>, before: i64) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM settings WHERE name = 'swept_to'", [])?;
    for (name, value) in [
        ("sweep_before", i64::from(Month::at(before).number())),
        (
            "sweep_arrived_before",
            arrival_days::first_since(tx, before)?,
        ),
    ] {
        tx.execute(
            "INSERT INTO settings (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = MAX(value, excluded.value)",
            params![name, value],
        )?;
    }
    arrival_days::forget_before(tx, before)
}

fn setting(conn: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn an_id_is_recorded_whatever_was_asked_about_its_stream_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
        let tx = conn.transaction().unwrap();
        let key = |id: &str| key(id, IdScope::Public);
        for id in ["a-1", "a-3", "b", "\u{0}-1"] {
            (IdWriter::new(&tx).unwrap())
                .insert(&key(id), Month::at(0), 1)
                .unwrap();
        }
        let mut recorded = RecordedIds::new(&tx).unwrap();
        let asked = [
            "a-0", "a-1", "a-2", "a-3", "b", "b-1", "c-1", "c-2", "a-3", "␀-1", "c",
        ];
        let found: Vec<_> = (asked.into_iter())
            .filter(|id| recorded.contains(&key(id)).unwrap())
            .collect();
        assert_eq!(found, ["a-1", "a-3", "b", "a-3", "␀-1"]);
    }
}
