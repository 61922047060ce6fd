//! Stores batches of events.

use std::borrow::Cow;

use natero_event::received::ReceivedEvent;
use rusqlite::{Connection, Transaction};

pub use super::event_writer::NewEvent;
use super::{
    account_rows,
    ancestry::Ancestry,
    dimensions::DimensionCache,
    erasure_list::ErasureList,
    event_facts::event_sums,
    event_ids, event_months,
    event_writer::EventWriter,
    facts::{Fact, FactKey, quarter_at},
    identify::{Identification, Subject},
    keys::Source,
    places::PlaceCache,
    rows::{EventRow, SourceRow, UserRow},
    segments::{NewFacts, Part, Table},
    streams::{Arrivals, RejectedEvent},
};

use crate::model::erasure::ErasureKind;

/// How many events of a batch were stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// New events, including those that were set aside.
    pub accepted: u64,
    /// Events that had been received before.
    pub duplicates: u64,
    /// New events whose user belongs to another account.
    pub set_aside: u64,
    /// Events that contradict what is stored, by the numbers of their lines.
    pub rejected: Vec<(usize, EventError)>,
}

/// Why a valid event is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The event names no account, and the user is unknown.
    #[error(
        "`account_id` is missing, and the user is unknown; send the account with the first event of a user"
    )]
    NoAccount,
    /// The event belongs to what was erased.
    #[error("the {0} of this event was erased; do not send it again")]
    Erased(&'static str),
}

impl BatchOutcome {
    /// Adds the outcome of a further part of the batch.
    pub fn add(&mut self, part: BatchOutcome) {
        self.accepted += part.accepted;
        self.duplicates += part.duplicates;
        self.set_aside += part.set_aside;
        self.rejected.extend(part.rejected);
    }
}

/// Stores the new events of one batch and records which events were rejected.
///
/// # Errors
/// Those of SQLite; the caller must then roll the whole batch back.
pub fn insert_batch(
    tx: &Transaction<'_>,
    events: &[NewEvent],
    rejected: &[RejectedEvent],
    source: &Source,
    received_at: i64,
) -> rusqlite::Result<BatchOutcome> {
    let mut outcome = BatchOutcome::default();
    let mut arrivals = Arrivals::default();
    let mut dimensions = DimensionCache::default();
    let mut places = PlaceCache::default();
    let mut facts = NewFacts::default();
    let mut erasures = ErasureList::read(tx)?;
    let mut ancestry = Ancestry::default();
    let mut writer = EventWriter::new(tx, source, received_at)?;
    for new in events {
        let event = &new.event;
        let known_user = places.user(tx, &event.user_id)?;
        let placed = match find_erased(tx, event, &mut erasures)? {
            Some(kind) => Err(EventError::Erased(kind.name())),
            None => match (&event.account_id, known_user) {
                (Some(account_id), _) => Ok(Cow::Borrowed(account_id.as_str())),
                (None, Some((_, belongs_to))) => Ok(Cow::Owned(account_rows::id(tx, belongs_to)?)),
                (None, None) => Err(EventError::NoAccount),
            },
        };
        let account_id = match placed {
            Ok(account_id) => account_id,
            Err(error) => {
                outcome.rejected.push((new.line, error));
                // An erased stream is not to have a record again.
                if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq)
                    && error != EventError::Erased(ErasureKind::Stream.name())
                {
                    arrivals.add_rejected(stream_id, seq, received_at);
                }
                continue;
            }
        };
        let account = places.account(tx, &account_id)?;
        let is_set_aside = known_user.is_some_and(|(_, belongs_to)| Some(belongs_to) != account);
        let is_new = writer.insert(new, &account_id, is_set_aside)?;
        if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq) {
            arrivals.add(stream_id, seq, event.created_at, is_new);
        }
        if !is_new {
            outcome.duplicates += 1;
            continue;
        }
        outcome.accepted += 1;
        outcome.set_aside += u64::from(is_set_aside);
        let account = match account {
            Some(account) => account,
            None => places.insert_account(tx, &account_id)?,
        };
        let user = match known_user {
            Some((row, _)) => row,
            None => places.insert_user(tx, &event.user_id, account)?,
        };
        let part = Part {
            account,
            is_set_aside,
        };
        facts.add(part, fact(tx, event, user, &mut dimensions)?);
        if !is_set_aside {
            identify(tx, &mut ancestry, event, &account_id, source)?;
        }
    }
    for event in rejected {
        let erased = erasures.erased_at(tx, ErasureKind::Stream, &event.stream_id)?;
        if erased.is_some() {
            continue;
        }
        arrivals.add_rejected(&event.stream_id, event.seq, received_at);
    }
    facts.write(tx, Table::Stored)?;
    arrivals.write(tx)?;
    Ok(outcome)
}

/// What an event belongs to that was erased: its stream for good, its user or
/// account for events from before the erasure.
fn find_erased<'a>(
    tx: &Transaction<'_>,
    event: &'a ReceivedEvent,
    erasures: &mut ErasureList<'a>,
) -> rusqlite::Result<Option<ErasureKind>> {
    let owners = [
        (ErasureKind::Stream, event.stream_id.as_deref()),
        (ErasureKind::User, Some(event.user_id.as_str())),
        (ErasureKind::Account, event.account_id.as_deref()),
    ];
    for (kind, id) in owners {
        let Some(id) = id else { continue };
        if let Some(at) = erasures.erased_at(tx, kind, id)?
            && (kind == ErasureKind::Stream || event.created_at <= at)
        {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

fn fact<'a>(
    tx: &Transaction<'_>,
    event: &'a ReceivedEvent,
    user: UserRow,
    dimensions: &mut DimensionCache<'a>,
) -> rusqlite::Result<Fact> {
    Ok(Fact {
        key: FactKey {
            quarter: quarter_at(event.created_at),
            user,
            session: dimensions.session(tx, user, event.session_id.as_deref())?,
            product: dimensions.name(tx, event.product.as_deref())?,
            module: dimensions.name(tx, event.module.as_deref())?,
            feature: dimensions.name(tx, event.feature.as_deref())?,
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
) -> rusqlite::Result<()> {
    let subject = event.action.kind().and_then(Subject::of);
    let (Some(subject), Some(details)) = (subject, &event.details) else {
        return Ok(());
    };
    Identification {
        subject,
        account_id,
        user_id: &event.user_id,
        created_at: event.created_at,
        stream_id: event.stream_id.as_deref(),
        details,
    }
    .apply(tx, ancestry, source)
}

/// Those of `event_ids` that are not stored, or were sent by another source: a
/// source learns nothing about the events of others.
///
/// # Errors
/// Those of SQLite.
pub fn lacking(
    conn: &Connection,
    source: SourceRow,
    event_ids: Vec<String>,
) -> rusqlite::Result<Vec<String>> {
    let mut lacking = Vec::new();
    for event_id in event_ids {
        if !event_ids::is_stored(conn, &event_id, source)? {
            lacking.push(event_id);
        }
    }
    Ok(lacking)
}

/// The event that arrived last.
///
/// # Errors
/// Those of SQLite.
pub fn last(conn: &Connection) -> rusqlite::Result<Option<EventRow>> {
    Ok(event_months::last_id(conn)?.and_then(EventRow::from_number))
}

/// When the last event arrived, in ms since the Unix epoch by the clock of that
/// moment. Before the first event, when the newest source was made.
///
/// # Errors
/// Those of SQLite.
pub fn newest_received_at(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(
        "SELECT IFNULL((SELECT received_at FROM events WHERE id = ?1),
                       (SELECT created_at FROM sources ORDER BY id DESC LIMIT 1))",
    )?
    .query_row([last(conn)?], |row| row.get(0))
}
