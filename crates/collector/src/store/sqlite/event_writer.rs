//! Inserts the events of batches into the tables of their months.

use rusqlite::{CachedStatement, Transaction, params};

use super::{
    arrival_days::ArrivalDays,
    event_ids::{self, IdWriter},
    event_months,
};
use crate::{
    model::{calendar::Month, keys::SourceId, usage::Span},
    store::{event_key::IdKey, new_event::NewEvent},
};

/// Inserts the events of batches.
pub(super) struct EventWriter<'t> {
    tx: &'t Transaction<'t>,
    /// The number of the next event.
    next: i64,
    /// The months that have a table.
    months: Vec<Month>,
    ids: IdWriter<'t>,
    days: ArrivalDays<'t>,
    current: Option<CurrentMonth<'t>>,
    /// Whether each of the next events is new, where their ids were recorded ahead of them.
    ahead: std::vec::IntoIter<bool>,
}

/// The month of the previous event, with its statement.
struct CurrentMonth<'t> {
    month: Month,
    span: Span,
    insert: CachedStatement<'t>,
}

impl<'t> EventWriter<'t> {
    pub(super) fn new(tx: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        Ok(EventWriter {
            tx,
            next: event_months::last_id(tx)?.unwrap_or(0) + 1,
            months: event_months::all(tx)?,
            ids: IdWriter::new(tx)?,
            days: ArrivalDays::new(tx)?,
            current: None,
            ahead: Vec::new().into_iter(),
        })
    }

    /// Records the ids of the events that are inserted or passed over next, in the order of the
    /// index: where thousands of events come from many streams, its pages are then found in the
    /// caches of the processor.
    pub(super) fn record_ids<'e>(
        &mut self,
        events: impl Iterator<Item = &'e NewEvent>,
    ) -> rusqlite::Result<()> {
        let mut current: Option<(Month, Span)> = None;
        let mut month_at = |created_at: i64| match current {
            Some((month, span)) if span.contains(created_at) => month,
            _ => {
                let month = Month::at(created_at);
                current = Some((month, span_of(month)));
                month
            }
        };
        let mut keyed: Vec<(IdKey, usize, Month)> = events
            .enumerate()
            .map(|(at, new)| (new.key, at, month_at(new.event.created_at)))
            .collect();
        // Of events with one id the first that arrived is new.
        keyed.sort_unstable_by_key(|(key, at, _)| (*key, *at));
        let mut is_new = vec![false; keyed.len()];
        for (key, at, month) in keyed {
            is_new[at] = self.ids.insert(&key, month, self.next + at as i64)?;
        }
        self.ahead = is_new.into_iter();
        Ok(())
    }

    /// Passes over an event that is not stored.
    pub(super) fn pass_over(&mut self, new: &NewEvent) -> rusqlite::Result<()> {
        if let Some(is_new) = self.ahead.next() {
            if is_new {
                event_ids::remove_key(self.tx, &new.key, self.next)?;
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Inserts an event from a source. Returns false when it was received before.
    pub(super) fn insert(
        &mut self,
        new: &NewEvent,
        account_id: &str,
        is_set_aside: bool,
        source: SourceId,
        received_at: i64,
    ) -> rusqlite::Result<bool> {
        let event = &new.event;
        let found = self.current.take();
        let is_current = |current: &CurrentMonth<'_>| current.span.contains(event.created_at);
        let current = match found.filter(is_current) {
            Some(current) => current,
            None => self.find_month(event.created_at)?,
        };
        let current = self.current.insert(current);
        let number = self.next;
        let is_new = match self.ahead.next() {
            Some(is_new) => {
                self.next += 1;
                is_new
            }
            None => {
                let is_new = self.ids.insert(&new.key, current.month, number)?;
                self.next += i64::from(is_new);
                is_new
            }
        };
        if !is_new {
            return Ok(false);
        }
        self.days.record(number, received_at)?;
        current.insert.execute(params![
            number,
            new.event_id.as_str(),
            account_id,
            event.user_id.as_str(),
            event.session_id.as_deref(),
            event.created_at,
            event.action.name(),
            event.feature.as_deref(),
            event.module.as_deref(),
            event.product.as_deref(),
            event.total,
            event.time_spent,
            event.active_duration,
            event.visitor_id.as_deref(),
            event.stream_id.as_deref(),
            event.seq,
            event.url,
            event.title,
            event.referrer,
            event.details,
            event.extra,
            received_at,
            source,
            is_set_aside,
        ])?;
        Ok(true)
    }

    #[cold]
    fn find_month(&mut self, created_at: i64) -> rusqlite::Result<CurrentMonth<'t>> {
        let month = Month::at(created_at);
        if !self.months.contains(&month) {
            event_months::create(self.tx, month)?;
            self.months.push(month);
        }
        let insert = self.tx.prepare_cached(&format!(
            "INSERT INTO {} ({})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                     ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
            event_months::table(month),
            event_months::NAMES
        ))?;
        Ok(CurrentMonth {
            month,
            span: span_of(month),
            insert,
        })
    }
}

fn span_of(month: Month) -> Span {
    Span {
        from: month.start_ms(),
        to: month.end_ms(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{
        event_key::{IdScope, key},
        sqlite::SqliteStore,
    };
    use natero_event::received::lines;

    const NOW: i64 = 1_700_000_000_000;

    fn event(id: &str) -> NewEvent {
        let line = json!({
            "account_id": "acme", "user_id": "ann", "created_at": NOW, "action": "sessionIdle",
            "event_id": id,
        })
        .to_string();
        let line = lines(line.as_bytes()).next().unwrap();
        NewEvent::read(&line, IdScope::Public, NOW).unwrap()
    }

    #[test]
    fn of_events_with_one_id_the_first_is_new_and_one_that_is_passed_over_leaves_no_id() {
        let folder = tempfile::tempdir().unwrap();
        let mut conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
        let tx = conn.transaction().unwrap();
        let source = SourceId::from_number(1).unwrap();
        let events = ["b", "a", "b", "c"].map(event);
        let mut writer = EventWriter::new(&tx).unwrap();
        writer.record_ids(events.iter()).unwrap();
        let mut insert = |new| writer.insert(new, "acme", false, source, NOW).unwrap();
        assert_eq!(
            events[..3].iter().map(&mut insert).collect::<Vec<_>>(),
            [true, true, false]
        );
        writer.pass_over(&events[3]).unwrap();
        let d = event("d");
        assert!(writer.insert(&d, "acme", false, source, NOW).unwrap());
        let stored: Vec<(i64, String)> = tx
            .prepare("SELECT id, event_id FROM events ORDER BY id")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            stored,
            [(1, "b"), (2, "a"), (5, "d")].map(|(no, id)| (no, id.into()))
        );
        for (number, id) in &stored {
            let (_, found) = event_ids::find(&tx, &key(id, IdScope::Public))
                .unwrap()
                .unwrap();
            assert_eq!(found.number(), *number);
        }
        assert_eq!(
            event_ids::find(&tx, &key("c", IdScope::Public)).unwrap(),
            None
        );
    }
}
