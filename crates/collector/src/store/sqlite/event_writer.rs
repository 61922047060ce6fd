//! Inserts the events of batches into the tables of their months.

use rusqlite::{CachedStatement, Transaction, params};

use super::{arrival_days::ArrivalDays, event_ids::IdWriter, event_months};
use crate::{
    model::{calendar::Month, keys::SourceId, usage::Span},
    store::new_event::NewEvent,
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
        })
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
        let is_current = |current: &CurrentMonth<'_>| {
            (current.span.from..current.span.to).contains(&event.created_at)
        };
        let current = match found.filter(is_current) {
            Some(current) => current,
            None => self.find_month(event.created_at)?,
        };
        let current = self.current.insert(current);
        if !self.ids.insert(&new.key, current.month, self.next)? {
            return Ok(false);
        }
        self.days.note(self.next, received_at)?;
        current.insert.execute(params![
            self.next,
            new.event_id,
            account_id,
            event.user_id,
            event.session_id,
            event.created_at,
            event.action.name(),
            event.feature,
            event.module,
            event.product,
            event.total,
            event.time_spent,
            event.active_duration,
            event.visitor_id,
            event.stream_id,
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
        self.next += 1;
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
        let span = Span {
            from: month.start_ms(),
            to: month.end_ms(),
        };
        Ok(CurrentMonth {
            month,
            span,
            insert,
        })
    }
}
