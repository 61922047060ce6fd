//! The latest events, and look-ups of events by id.

use std::collections::HashSet;

use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::{
    failure::Result,
    figures::sessions::EventKey,
    inbox::day_of,
    json,
    postgres::{Tx, query, query_one, query_opt},
};
use crate::{
    model::{folding::folded, keys::SourceId},
    store::{
        event_key::{IdScope, key},
        export::{TEXT, number_of},
        known_times::KnownTimes,
        latest_events::{LatestQuestion, has_text},
    },
};

/// Number of events that a text search reads at a time.
const SEARCHED_AT_ONCE: usize = 1000;

/// A common table expression with the days of which the inbox has events. The index of events
/// begins with the day: without the day, all of it would be searched for a key. Most days have
/// their own partition. The days in the partition for the rest are found one by one.
const DAYS: &str = "WITH RECURSIVE other (day) AS (
        (SELECT e.day FROM events_other e ORDER BY e.day LIMIT 1)
        UNION ALL
        SELECT (SELECT e.day FROM events_other e WHERE e.day > o.day ORDER BY e.day LIMIT 1)
        FROM other o WHERE o.day IS NOT NULL
    ),
    days (day) AS (
        SELECT substr(c.relname, length('events_') + 1)::integer
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass AND c.relname <> 'events_other'
        UNION ALL
        SELECT o.day FROM other o WHERE o.day IS NOT NULL
    )";

/// The `event_ids` that are not stored, or were sent by another source: a source learns nothing
/// about the events of others.
pub(super) async fn missing_events(
    tx: &Tx<'_>,
    source: SourceId,
    event_ids: &[String],
) -> Result<Vec<String>> {
    let source = source.number();
    let sql = "SELECT trusted FROM sources WHERE id = $1";
    let trusted = query_opt(tx, sql, &[&source]).await?;
    let scope = IdScope::of(trusted.is_some_and(|row| row.get(0)));
    let keys: Vec<Vec<u8>> = event_ids
        .iter()
        .map(|event_id| key(event_id, scope).to_vec())
        .collect();
    // Only ids are given, without times, so all days are searched.
    let sql = format!(
        "{DAYS} SELECT e.key FROM days d CROSS JOIN unnest($1::bytea[]) AS n (key)
             JOIN events e ON e.day = d.day AND e.key = n.key
         WHERE e.source_id = $2"
    );
    let rows = query(tx, &sql, &[&keys, &source]).await?;
    let stored: HashSet<&[u8]> = rows.iter().map(|row| row.get(0)).collect();
    let missing = event_ids
        .iter()
        .zip(keys)
        .filter(|(_, key)| !stored.contains(key.as_slice()))
        .map(|(event_id, _)| event_id.clone());
    Ok(missing.collect())
}

/// Columns from which [`event`] makes an event.
fn columns() -> String {
    format!(
        "e.no, e.created_at, e.total, e.time_spent, e.active_duration, e.seq, e.details, e.extra,
         e.received_at, e.set_aside AND NOT EXISTS (
             SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key), e.{}",
        TEXT.join(", e.")
    )
}

/// The events that arrived last, newest first, with the number of the newest event. When none is
/// newer, that number is the one given by the question.
pub(super) async fn latest(
    tx: &Tx<'_>,
    question: &LatestQuestion,
) -> Result<(Vec<Value>, Option<i64>)> {
    let searched = LatestSearch {
        after: question.after.unwrap_or(0),
        account_id: question.account_id.as_deref(),
        text: None,
        limit: question.limit,
    };
    let rows = page(tx, &searched, i64::MAX, question.limit).await?;
    let last = rows.first().map(|row| row.get(0)).or(question.after);
    Ok((rows.iter().map(|row| event(row).into()).collect(), last))
}

/// The conditions of a search among the latest events.
#[derive(Debug)]
pub(super) struct LatestSearch<'a> {
    /// Only events that arrived after the one with this number.
    pub(super) after: i64,
    /// Only events that name this account.
    pub(super) account_id: Option<&'a str>,
    /// Only events with this text in one of the fields that people read.
    pub(super) text: Option<&'a str>,
    /// Maximum number of events that are returned.
    pub(super) limit: usize,
}

/// Finds the latest events that meet the conditions, newest first.
pub(super) async fn search(tx: &Tx<'_>, searched: &LatestSearch<'_>) -> Result<Vec<Value>> {
    let text = searched.text.map(folded);
    let size = match text {
        None => searched.limit,
        Some(_) => SEARCHED_AT_ONCE,
    };
    let (mut found, mut before) = (Vec::new(), i64::MAX);
    while found.len() < searched.limit {
        let rows = page(tx, searched, before, size).await?;
        let Some(oldest) = rows.last() else { break };
        before = oldest.get(0);
        let events = rows.iter().map(event);
        let events =
            events.filter(|event| text.as_deref().is_none_or(|text| has_text(event, text)));
        found.extend(events.map(Value::from));
        if rows.len() < size {
            break;
        }
    }
    found.truncate(searched.limit);
    Ok(found)
}

/// The latest events with numbers lower than `before`.
async fn page(
    tx: &Tx<'_>,
    searched: &LatestSearch<'_>,
    before: i64,
    limit: usize,
) -> Result<Vec<Row>> {
    let sql = format!(
        "SELECT {} FROM events e
         WHERE e.no > $1 AND e.no < $2 AND ($3::text IS NULL OR e.account_id = $3)
         ORDER BY e.no DESC LIMIT $4",
        columns()
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (after, account_id) = (searched.after, searched.account_id);
    query(tx, &sql, &[&after, &before, &account_id, &limit]).await
}

/// The number of the newest event, and the number of the event after which `reach` newer ones
/// arrived, if there is one. Events that stand for migrated figures are ignored.
pub(super) async fn newest(tx: &Tx<'_>, reach: i64) -> Result<(Option<i64>, Option<i64>)> {
    let sql = "SELECT no FROM events WHERE no > 0 ORDER BY no DESC LIMIT 1 OFFSET $1";
    let newest = query_opt(tx, sql, &[&0_i64]).await?;
    let reached = query_opt(tx, sql, &[&reach]).await?;
    Ok((newest.map(|row| row.get(0)), reached.map(|row| row.get(0))))
}

/// Finds events by their keys, if they are still stored, in the order in which they were made and
/// arrived.
pub(super) async fn made(tx: &Tx<'_>, keys: &[EventKey]) -> Result<Vec<Value>> {
    let (days, keys) = places(keys);
    let sql = format!(
        "SELECT {} FROM unnest($1::integer[], $2::bytea[]) AS n (day, key)
             JOIN events e ON e.day = n.day AND e.key = n.key AND e.no > 0
         ORDER BY e.created_at, e.no",
        columns()
    );
    let rows = query(tx, &sql, &[&days, &keys]).await?;
    Ok(rows.iter().map(|row| event(row).into()).collect())
}

/// The days and keys by which the inbox finds events.
pub(super) fn places(keys: &[EventKey]) -> (Vec<i32>, Vec<&[u8]>) {
    let places = keys.iter();
    places
        .map(|(key, created_at)| (day_of(*created_at), key.as_slice()))
        .unzip()
}

/// The event as it was sent, including unknown fields, with the fields that the collector adds.
fn event(row: &Row) -> Map<String, Value> {
    let mut event = match row.get::<_, Option<&str>>(7) {
        Some(extra) => json::object(extra),
        None => Map::new(),
    };
    for (at, name) in TEXT.into_iter().enumerate() {
        if let Some(text) = row.get::<_, Option<String>>(10 + at) {
            event.insert(name.to_owned(), text.into());
        }
    }
    event.insert("created_at".into(), row.get::<_, i64>(1).into());
    if let Some(total) = row.get::<_, Option<f64>>(2) {
        event.insert("total".into(), number_of(total));
    }
    for (at, name) in [(3, "time_spent"), (4, "active_duration"), (5, "seq")] {
        if let Some(number) = row.get::<_, Option<i64>>(at) {
            event.insert(name.into(), number.into());
        }
    }
    if let Some(details) = row.get::<_, Option<&str>>(6) {
        event.insert("details".into(), json::object(details).into());
    }
    event.insert("received_at".into(), row.get::<_, i64>(8).into());
    event.insert("set_aside".into(), row.get::<_, bool>(9).into());
    event
}

/// The latest times by the clock that the store knows.
pub(super) async fn known_times(tx: &Tx<'_>) -> Result<KnownTimes> {
    let sql = "SELECT
        greatest(
            (SELECT received_at FROM events WHERE no > 0 ORDER BY no DESC LIMIT 1),
            (SELECT max(erased_at) FROM erasures)),
        greatest(
            (SELECT max(created_at) FROM sources WHERE revoked_at IS NULL),
            (SELECT max(created_at) FROM account_keys WHERE revoked_at IS NULL))";
    let row = query_one(tx, sql, &[]).await?;
    Ok(KnownTimes {
        data: row.get(0),
        key: row.get(1),
    })
}
