//! Stores batches of events.

use std::borrow::Cow;

use natero_event::received::ReceivedEvent;
use rusqlite::{Connection, Transaction};

use super::{
    account_rows,
    ancestry::Ancestry,
    dimensions::DimensionCache,
    erasure_list::ErasureList,
    event_ids, event_months,
    event_writer::EventWriter,
    facts::{Fact, FactKey, quarter_at},
    identify::Identification,
    places::PlaceCache,
    rows::{EventRow, UserRow},
    segments::{NewFacts, Part, Table},
    streams,
};
use crate::{
    model::{erasure::ErasureKind, keys::SourceId, stream_record::Arrivals},
    store::{
        batch::{BatchOutcome, EventError, RejectedEvent},
        identification::{Subject, identified_at},
        keys::Source,
        known_times::KnownTimes,
        new_event::NewEvent,
        sums::event_sums,
    },
};

/// Stores the new events of one batch and records which events were rejected.
///
/// # Errors
/// Fails when SQLite fails; the caller must then roll the whole batch back.
pub fn insert_batch(
    tx: &Transaction<'_>,
    events: &[NewEvent],
    rejected: &[RejectedEvent],
    source: &Source,
    received_at: i64,
) -> rusqlite::Result<BatchOutcome> {
    let mut writer = BatchWriter::new(tx)?;
    let outcome = writer.add(events, source, received_at)?;
    writer.add_rejected(rejected, received_at)?;
    writer.finish()?;
    Ok(outcome)
}

/// Stores the batches of one transaction. Figures and streams are written once for all of them.
pub(super) struct BatchWriter<'t, 'a> {
    tx: &'t Transaction<'t>,
    writer: EventWriter<'t>,
    arrivals: Arrivals<'a>,
    dimensions: DimensionCache<'t, 'a>,
    places: PlaceCache<'a>,
    facts: NewFacts,
    erasures: ErasureList<'a>,
    ancestry: Ancestry,
}

impl<'t, 'a> BatchWriter<'t, 'a> {
    pub(super) fn new(tx: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        Ok(BatchWriter {
            tx,
            writer: EventWriter::new(tx)?,
            arrivals: Arrivals::default(),
            dimensions: DimensionCache::new(tx),
            places: PlaceCache::default(),
            facts: NewFacts::default(),
            erasures: ErasureList::read(tx)?,
            ancestry: Ancestry::default(),
        })
    }

    /// Records the ids of the events that are added next, all of them together.
    pub(super) fn record_ids<'e>(
        &mut self,
        events: impl Iterator<Item = &'e NewEvent>,
    ) -> rusqlite::Result<()> {
        self.writer.record_ids(events)
    }

    /// Stores the new events of a batch.
    pub(super) fn add(
        &mut self,
        events: &'a [NewEvent],
        source: &Source,
        received_at: i64,
    ) -> rusqlite::Result<BatchOutcome> {
        let mut outcome = BatchOutcome::default();
        for new in events {
            self.add_event(new, source, received_at, &mut outcome)?;
        }
        Ok(outcome)
    }

    fn add_event(
        &mut self,
        new: &'a NewEvent,
        source: &Source,
        received_at: i64,
        outcome: &mut BatchOutcome,
    ) -> rusqlite::Result<()> {
        let tx = self.tx;
        let event = &new.event;
        let known_user = self.places.user(tx, &event.user_id)?;
        let placed = match self.erasures.erased_owner(tx, new)? {
            Some(ErasureKind::Event) => Err(EventError::ErasedEvent),
            Some(kind) => Err(EventError::Erased(kind)),
            None => match (&event.account_id, known_user) {
                (Some(account_id), _) => Ok(Cow::Borrowed(account_id.as_str())),
                (None, Some((_, belongs_to))) => {
                    let account_id = account_rows::id(tx, belongs_to)?;
                    let is_erased =
                        (self.erasures).is_of_erased_account(tx, &account_id, event.created_at)?;
                    if is_erased {
                        Err(EventError::Erased(ErasureKind::Account))
                    } else {
                        Ok(Cow::Owned(account_id))
                    }
                }
                (None, None) => Err(EventError::NoAccount),
            },
        };
        let account_id = match placed {
            Ok(account_id) => account_id,
            Err(error) => {
                self.writer.pass_over(new)?;
                outcome.rejected.push((new.line, error));
                if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq) {
                    error.add_to(&mut self.arrivals, stream_id, seq, received_at);
                }
                return Ok(());
            }
        };
        let account = self.places.account(tx, &account_id)?;
        let is_set_aside = known_user.is_some_and(|(_, belongs_to)| Some(belongs_to) != account);
        let is_new = self
            .writer
            .insert(new, &account_id, is_set_aside, source.id, received_at)?;
        if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq) {
            self.arrivals.add(stream_id, seq, event.created_at, is_new);
        }
        if !is_new {
            outcome.duplicates += 1;
            return Ok(());
        }
        outcome.accepted += 1;
        outcome.set_aside += u64::from(is_set_aside);
        let account = match account {
            Some(account) => account,
            None => self.places.insert_account(tx, &account_id)?,
        };
        let user = match known_user {
            Some((row, _)) => row,
            None => self.places.insert_user(tx, &event.user_id, account)?,
        };
        let part = Part {
            account,
            is_set_aside,
        };
        self.facts
            .add(part, fact(event, user, &mut self.dimensions)?);
        if !is_set_aside {
            identify(
                tx,
                &mut self.ancestry,
                event,
                &account_id,
                source,
                received_at,
            )?;
        }
        Ok(())
    }

    /// Records events that were rejected.
    pub(super) fn add_rejected(
        &mut self,
        rejected: &'a [RejectedEvent],
        received_at: i64,
    ) -> rusqlite::Result<()> {
        for event in rejected {
            let erased = self
                .erasures
                .erased_at(self.tx, ErasureKind::Stream, &event.stream_id)?;
            if erased.is_none() {
                self.arrivals
                    .add_rejected(&event.stream_id, event.seq, received_at);
            }
        }
        Ok(())
    }

    /// Writes the figures and the streams.
    pub(super) fn finish(self) -> rusqlite::Result<()> {
        self.facts.write(self.tx, Table::Stored)?;
        streams::write(&self.arrivals, self.tx)
    }
}

fn fact<'a>(
    event: &'a ReceivedEvent,
    user: UserRow,
    dimensions: &mut DimensionCache<'_, 'a>,
) -> rusqlite::Result<Fact> {
    Ok(Fact {
        key: FactKey {
            quarter: quarter_at(event.created_at),
            user,
            session: dimensions.session(user, event.session_id.as_deref())?,
            product: dimensions.name(event.product.as_deref())?,
            module: dimensions.name(event.module.as_deref())?,
            feature: dimensions.name(event.feature.as_deref())?,
        },
        sums: event_sums(
            event.action.kind(),
            event.total,
            event.time_spent,
            event.active_duration,
        ),
    })
}

/// Applies the details of an event if it is an identification.
fn identify(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    event: &ReceivedEvent,
    account_id: &str,
    source: &Source,
    received_at: i64,
) -> rusqlite::Result<()> {
    let subject = event.action.kind().and_then(Subject::of);
    let (Some(subject), Some(details)) = (subject, &event.details) else {
        return Ok(());
    };
    Identification {
        subject,
        account_id,
        user_id: &event.user_id,
        at: identified_at(event.created_at, received_at),
        stream_id: event.stream_id.as_deref(),
        details,
    }
    .apply(tx, ancestry, source)
}

/// The `event_ids` that are not stored, or were sent by another source: a source learns nothing
/// about the events of others.
///
/// # Errors
/// Fails when SQLite fails.
pub fn missing_events(
    conn: &Connection,
    source: SourceId,
    event_ids: Vec<String>,
) -> rusqlite::Result<Vec<String>> {
    let mut missing = Vec::new();
    for event_id in event_ids {
        if !event_ids::is_stored(conn, &event_id, source)? {
            missing.push(event_id);
        }
    }
    Ok(missing)
}

/// The event that arrived last.
///
/// # Errors
/// Fails when SQLite fails.
pub fn last(conn: &Connection) -> rusqlite::Result<Option<EventRow>> {
    Ok(event_months::last_id(conn)?.and_then(EventRow::from_number))
}

/// The latest times by the clock that the store knows.
///
/// # Errors
/// Fails when SQLite fails.
pub fn known_times(conn: &Connection) -> rusqlite::Result<KnownTimes> {
    conn.prepare_cached(
        "SELECT
             (SELECT MAX(at) FROM (
                 SELECT received_at AS at FROM events WHERE id = ?1
                 UNION ALL SELECT MAX(erased_at) FROM erasures)),
             (SELECT MAX(at) FROM (
                 SELECT MAX(created_at) AS at FROM sources WHERE revoked_at IS NULL
                 UNION ALL SELECT MAX(created_at) FROM account_keys WHERE revoked_at IS NULL))",
    )?
    .query_row([last(conn)?], |row| {
        Ok(KnownTimes {
            data: row.get(0)?,
            key: row.get(1)?,
        })
    })
}
