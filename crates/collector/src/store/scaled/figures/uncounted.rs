//! Usage that does not count.

use std::collections::{BTreeMap, HashMap};

use super::reading::Reading;
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::{quality::Uncounted, scaled::failure::Result},
};

/// Events of an account that has child accounts.
#[derive(Debug)]
pub(in crate::store::scaled) struct NonLeafEvents {
    /// Id of the account.
    pub(in crate::store::scaled) account_id: String,
    /// The events.
    pub(in crate::store::scaled) events: Uncounted,
    /// Number of different users.
    pub(in crate::store::scaled) users: usize,
}

/// Events of a user in an account to which the user does not belong.
#[derive(Debug)]
pub(in crate::store::scaled) struct ConflictingEvents {
    /// Id of the account.
    pub(in crate::store::scaled) account_id: String,
    /// Id of the user.
    pub(in crate::store::scaled) user_id: String,
    /// The events.
    pub(in crate::store::scaled) events: Uncounted,
}

const EVENTS: &str = "count(), min(quarter), max(quarter)";

/// Reads the events of a span whose accounts have children, for which no usage is counted.
pub(in crate::store::scaled) async fn at_non_leaves(
    reading: &Reading,
    span: Span,
) -> Result<Vec<NonLeafEvents>> {
    let sql = |facts: &str| {
        format!(
            "SELECT account_id, {EVENTS}, uniqExact(user_id) FROM ({})
         WHERE aside = 0 AND captures = 0 GROUP BY account_id",
            facts
        )
    };
    let mut rows = reading
        .ask((span, &Filter::default()), sql, Vec::new())
        .await?;
    let mut found: BTreeMap<String, NonLeafEvents> = BTreeMap::new();
    while rows.has_more() {
        let account_id = rows.text()?;
        let events = uncounted(rows.count()?, rows.small()?, rows.small()?);
        let users = usize::try_from(rows.number()?).unwrap_or(usize::MAX);
        found
            .entry(account_id.clone())
            .and_modify(|of| {
                of.events.add(events);
                of.users += users;
            })
            .or_insert(NonLeafEvents {
                account_id,
                events,
                users,
            });
    }
    Ok(found.into_values().collect())
}

/// Reads the events of a span that are set aside.
pub(in crate::store::scaled) async fn aside(
    reading: &Reading,
    span: Span,
) -> Result<Vec<ConflictingEvents>> {
    let sql = |facts: &str| {
        format!(
            "SELECT account_id, user_id, {EVENTS} FROM ({})
         WHERE aside = 1 GROUP BY account_id, user_id",
            facts
        )
    };
    let mut rows = reading
        .ask((span, &Filter::default()), sql, Vec::new())
        .await?;
    let mut found = Vec::new();
    while rows.has_more() {
        found.push(ConflictingEvents {
            account_id: rows.text()?,
            user_id: rows.text()?,
            events: uncounted(rows.count()?, rows.small()?, rows.small()?),
        });
    }
    Ok(found)
}

/// Reads the number of events of a span that do not count, by user id.
pub(in crate::store::scaled) async fn of_users(
    reading: &Reading,
    span: Span,
    filter: &Filter,
) -> Result<HashMap<String, u64>> {
    let sql = |facts: &str| {
        format!("SELECT user_id, count() FROM ({facts}) WHERE counts = 0 GROUP BY user_id")
    };
    let mut rows = reading.ask((span, filter), sql, Vec::new()).await?;
    let mut events = HashMap::new();
    while rows.has_more() {
        let user_id = rows.text()?;
        *events.entry(user_id).or_default() += rows.number()?;
    }
    Ok(events)
}

fn uncounted(events: i64, first: u32, last: u32) -> Uncounted {
    Uncounted {
        events,
        first_at: i64::from(first) * QUARTER_MS,
        last_at: i64::from(last) * QUARTER_MS,
    }
}
