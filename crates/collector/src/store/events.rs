//! Events as they are kept.

use natero_event::received::ReceivedEvent;
use rusqlite::{Transaction, params};

use super::{
    accounts,
    facts::{Fact, FactKey},
    identify::Identification,
    names::{Numbers, narrow},
    segments::{NewFacts, Part, Table},
    streams::{Arrivals, Refused},
    usage::{HOUR_MS, event_sums},
    users,
};
use crate::keys::Source;

/// An event whose line was read, ready to be kept.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Unique: the client's, or derived from the content.
    pub event_id: String,
    /// Everything else.
    pub event: ReceivedEvent,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// New events, set aside ones among them.
    pub accepted: u64,
    /// Events that had been received before.
    pub duplicates: u64,
    /// New events whose user belongs to another account.
    pub set_aside: u64,
}

/// Keeps the events of one batch that are new, and notes what was refused of it.
///
/// # Errors
/// Those of SQLite; the caller undoes the whole batch then.
pub fn keep(
    tx: &Transaction<'_>,
    events: &[NewEvent],
    refused: &[Refused],
    source: &Source,
    received_at: i64,
) -> rusqlite::Result<Kept> {
    let mut kept = Kept::default();
    let mut arrivals = Arrivals::default();
    let mut numbers = Numbers::default();
    let mut facts = NewFacts::default();
    for new in events {
        let event = &new.event;
        let account = accounts::no(tx, &event.account_id)?;
        let place = users::place(tx, &event.user_id)?;
        let set_aside = place.is_some_and(|(_, belongs_to)| Some(belongs_to) != account);
        let is_new = insert(tx, new, source.id, received_at, set_aside)?;
        if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq) {
            arrivals.add(stream_id, seq, event.created_at, is_new);
        }
        if !is_new {
            kept.duplicates += 1;
            continue;
        }
        kept.accepted += 1;
        kept.set_aside += u64::from(set_aside);
        let account = accounts::known(tx, &event.account_id)?;
        let user = match place {
            Some((no, _)) => no,
            None => users::insert(tx, &event.user_id, account)?,
        };
        let part = Part {
            account_no: account,
            is_set_aside: set_aside,
        };
        let key = FactKey {
            hour: narrow(event.created_at / HOUR_MS)?,
            user: narrow(user)?,
            session: numbers.session(tx, event.session_id.as_deref())?,
            product: numbers.name(tx, event.product.as_deref())?,
            module: numbers.name(tx, event.module.as_deref())?,
            feature: numbers.name(tx, event.feature.as_deref())?,
        };
        let sums = event_sums(
            &event.action,
            event.total,
            event.time_spent,
            event.active_duration,
        );
        facts.add(part, Fact { key, sums });
        if let Some(details) = &event.details
            && !set_aside
        {
            Identification {
                action: &event.action,
                account_id: &event.account_id,
                user_id: &event.user_id,
                created_at: event.created_at,
                details,
            }
            .apply(tx, source)?;
        }
    }
    for refused in refused {
        arrivals.add_refused(refused, received_at);
    }
    facts.write(tx, Table::Kept)?;
    arrivals.write(tx)?;
    Ok(kept)
}

/// False where the event is already there.
fn insert(
    tx: &Transaction<'_>,
    new: &NewEvent,
    source_id: i64,
    received_at: i64,
    set_aside: bool,
) -> rusqlite::Result<bool> {
    let event = &new.event;
    let inserted = tx
        .prepare_cached(
            "INSERT INTO events (
                 event_id, account_id, user_id, session_id, created_at, action,
                 feature, module, product, total, time_spent, active_duration,
                 visitor_id, stream_id, seq, url, title, referrer,
                 details, extra, received_at, source_id, set_aside)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                     ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
             ON CONFLICT (event_id) DO NOTHING",
        )?
        .execute(params![
            new.event_id,
            event.account_id,
            event.user_id,
            event.session_id,
            event.created_at,
            event.action,
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
            source_id,
            set_aside,
        ])?;
    Ok(inserted == 1)
}
