//! Events as they are kept.

use natero_event::received::ReceivedEvent;
use rusqlite::{Transaction, params};
use serde_json::{Map, Value};

use super::{entities, streams::Arrivals};

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

/// Keeps the events of one batch that are new.
///
/// # Errors
/// Those of SQLite; the caller undoes the whole batch then.
pub fn keep(
    tx: &Transaction<'_>,
    events: &[NewEvent],
    source_id: i64,
    received_at: i64,
) -> rusqlite::Result<Kept> {
    let mut kept = Kept::default();
    let mut arrivals = Arrivals::default();
    for new in events {
        let event = &new.event;
        let account = entities::account_no(tx, &event.account_id)?;
        let belongs_to = entities::account_of_user(tx, &event.user_id)?;
        let set_aside = belongs_to.is_some() && belongs_to != account;
        let is_new = insert(tx, new, source_id, received_at, set_aside)?;
        if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq) {
            arrivals.add(stream_id, seq, event.created_at, is_new);
        }
        if !is_new {
            kept.duplicates += 1;
            continue;
        }
        kept.accepted += 1;
        kept.set_aside += u64::from(set_aside);
        let account = entities::known_account(tx, &event.account_id)?;
        if belongs_to.is_none() {
            entities::insert_user(tx, &event.user_id, account)?;
        }
    }
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
            event.details.as_ref().map(object),
            (!event.extra.is_empty()).then(|| object(&event.extra)),
            received_at,
            source_id,
            set_aside,
        ])?;
    Ok(inserted == 1)
}

fn object(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap_or_default()
}
