//! The events that arrived last, and those of a list that are not stored.

use std::collections::HashSet;

use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::{
    failure::Result,
    json,
    postgres::{Tx, query, query_opt},
};
use crate::{
    model::keys::SourceId,
    store::{
        event_key::{IdScope, key},
        export::{TEXT, number_of},
        latest_events::LatestQuestion,
    },
};

/// Those of `event_ids` that are not stored, or were sent by another source: a source
/// learns nothing about the events of others.
pub(super) async fn lacking(
    tx: &Tx<'_>,
    source: SourceId,
    event_ids: Vec<String>,
) -> Result<Vec<String>> {
    let source = source.number();
    let sql = "SELECT trusted FROM sources WHERE id = $1";
    let trusted = query_opt(tx, sql, &[&source]).await?;
    let scope = IdScope::of(trusted.is_some_and(|row| row.get(0)));
    let keys: Vec<Vec<u8>> = event_ids
        .iter()
        .map(|event_id| key(event_id, scope).to_vec())
        .collect();
    // Whoever asks does not say when an event was made, so every day is looked at.
    let sql = "SELECT e.key FROM events e WHERE e.key = ANY($1::bytea[]) AND e.source_id = $2";
    let rows = query(tx, sql, &[&keys, &source]).await?;
    let stored: HashSet<&[u8]> = rows.iter().map(|row| row.get(0)).collect();
    let lacking = event_ids
        .into_iter()
        .zip(keys)
        .filter(|(_, key)| !stored.contains(key.as_slice()))
        .map(|(event_id, _)| event_id);
    Ok(lacking.collect())
}

/// The events that arrived last, newest first, with the number of the newest, or the
/// number after which is asked when none is newer.
pub(super) async fn latest(
    tx: &Tx<'_>,
    question: &LatestQuestion,
) -> Result<(Vec<Value>, Option<i64>)> {
    let sql = format!(
        "SELECT no, created_at, total, time_spent, active_duration, seq, details, extra,
             received_at, set_aside AND NOT EXISTS (
                 SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key),
             {}
         FROM events e WHERE no > $1 AND ($2::text IS NULL OR account_id = $2)
         ORDER BY no DESC LIMIT $3",
        TEXT.join(", ")
    );
    let after = question.after.unwrap_or(0);
    let limit = i64::try_from(question.limit).unwrap_or(i64::MAX);
    let rows = query(tx, &sql, &[&after, &question.account_id, &limit]).await?;
    let last = rows.first().map(|row| row.get(0)).or(question.after);
    Ok((rows.iter().map(|row| event(row).into()).collect(), last))
}

/// The event as it was sent, including its unknown fields, and what the collector says of
/// it.
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

/// When the last event arrived, in ms since the Unix epoch; before the first event, when
/// the newest source was made.
pub(super) async fn newest_received_at(tx: &Tx<'_>) -> Result<Option<i64>> {
    let sql = "SELECT coalesce(
        (SELECT received_at FROM events WHERE no > 0 ORDER BY no DESC LIMIT 1),
        (SELECT created_at FROM sources ORDER BY id DESC LIMIT 1))";
    Ok(query_opt(tx, sql, &[]).await?.and_then(|row| row.get(0)))
}
