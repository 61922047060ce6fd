//! Finds events for which PostgreSQL has no index.

use std::collections::HashSet;

use super::{reading::Reading, sessions::EventKey};
use crate::{
    model::usage::{Filter, Span},
    store::scaled::{clickhouse::External, failure::Result, row_binary::RowBinary},
};

/// Finds the events that were made at any of some times.
pub(in crate::store::scaled) async fn made_at(
    reading: &Reading,
    times: impl Iterator<Item = i64>,
) -> Result<Vec<EventKey>> {
    let mut written = RowBinary::default();
    for time in times {
        written.signed(time);
    }
    let times = External {
        name: "times",
        structure: "time Int64",
        rows: written.finish(),
    };
    let sql = |facts: &str| {
        format!(
            "SELECT key, created_at FROM ({}) WHERE created_at IN (SELECT time FROM times)",
            facts
        )
    };
    let mut rows = reading
        .ask((Span::ALL, &Filter::default()), sql, vec![times])
        .await?;
    let mut keys = Vec::new();
    while rows.has_more() {
        keys.push((rows.bytes()?, rows.signed()?));
    }
    Ok(keys)
}

/// The ids of the accounts of a reading that have an event.
pub(in crate::store::scaled) async fn with_events(reading: &Reading) -> Result<HashSet<String>> {
    let sql = |facts: &str| format!("SELECT DISTINCT account_id FROM ({})", facts);
    let mut rows = reading
        .ask((Span::ALL, &Filter::default()), sql, Vec::new())
        .await?;
    let mut found = HashSet::new();
    while rows.has_more() {
        found.insert(rows.text()?);
    }
    Ok(found)
}

/// The ids of the accounts of a reading in which a user has an event that is not set aside.
pub(in crate::store::scaled) async fn accounts_of_user(
    reading: &Reading,
    user_id: &str,
) -> Result<HashSet<String>> {
    let filter = Filter {
        user: Some(user_id.to_owned()),
        ..Filter::default()
    };
    let sql = |facts: &str| format!("SELECT DISTINCT account_id FROM ({facts}) WHERE aside = 0");
    let mut rows = reading.ask((Span::ALL, &filter), sql, Vec::new()).await?;
    let mut found = HashSet::new();
    while rows.has_more() {
        found.insert(rows.text()?);
    }
    Ok(found)
}
