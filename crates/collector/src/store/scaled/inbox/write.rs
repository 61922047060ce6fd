//! Stores a group of batches in one transaction.

use std::collections::{HashMap, HashSet};

use super::fate::{EventKey, Fate, Fates, key_of};
use crate::{
    model::{stream_record::Arrivals, trust::Trust},
    store::{
        batch::{Batch, BatchOutcome, EventError, RejectedEvent},
        new_event::NewEvent,
        scaled::{
            erasure_list::ErasedOwners,
            failure::{Failure, Result},
            identify::Identification,
            postgres::{Lock, Tx, execute, query},
            refusals, streams,
        },
    },
};

/// Stores the new events of batches and what they say, and returns what became of each
/// batch.
pub(super) async fn write(tx: &Tx<'_>, batches: &[Batch]) -> Result<Vec<BatchOutcome>> {
    Lock::Membership.share(tx).await?;
    let stored = stored(tx, batches).await?;
    let mut members = members(tx, batches).await?;
    let erased = ErasedOwners::read(tx, batches).await?;
    let fates = Fates::decide(batches, &stored, &members, &erased);
    insert_accounts(tx, &fates).await?;
    if !fates.users.is_empty() {
        insert_users(tx, &fates).await?;
        // Another collector may have inserted one of them into another account.
        members = self::members(tx, batches).await?;
    }
    let mut rows = Rows::default();
    for (batch, fates) in batches.iter().zip(&fates.events) {
        for (new, fate) in batch.events.iter().zip(fates) {
            if let Fate::New(account_id) = fate {
                let belongs_to = members.get(&new.event.user_id);
                rows.add(batch, new, account_id, belongs_to != Some(account_id));
            }
        }
    }
    let inserted = rows.insert(tx).await?;
    let mut arrivals = Arrivals::default();
    let mut outcomes = Vec::with_capacity(batches.len());
    let mut counted: HashSet<&str> = HashSet::new();
    let mut said = Vec::new();
    for (batch, fates) in batches.iter().zip(&fates.events) {
        let mut outcome = BatchOutcome::default();
        for (new, fate) in batch.events.iter().zip(fates) {
            let event = &new.event;
            let stream = event.stream_id.as_deref().zip(event.seq);
            let is_new = match fate {
                Fate::Rejected(error) => {
                    outcome.rejected.push((new.line, *error));
                    if let (Some((stream_id, seq)), EventError::NoAccount) = (stream, error) {
                        arrivals.add_rejected(stream_id, seq, batch.received_at);
                    }
                    continue;
                }
                // Another collector may have stored it in between.
                Fate::New(_) => inserted.contains(&key_of(new)),
                Fate::Duplicate => false,
            };
            if let Some((stream_id, seq)) = stream {
                arrivals.add(stream_id, seq, event.created_at, is_new);
            }
            let Fate::New(account_id) = fate else {
                outcome.duplicates += 1;
                continue;
            };
            if !is_new {
                outcome.duplicates += 1;
                continue;
            }
            outcome.accepted += 1;
            if members.get(&event.user_id) == Some(account_id) {
                counted.insert(account_id);
                said.push((batch, new, account_id));
            } else {
                outcome.set_aside += 1;
            }
        }
        // What is erased is not to have a record of its stream again.
        let known = |event: &&RejectedEvent| !erased.has_stream(&event.stream_id);
        for event in batch.rejected.iter().filter(known) {
            arrivals.add_rejected(&event.stream_id, event.seq, batch.received_at);
        }
        outcomes.push(outcome);
    }
    for (batch, new, account_id) in said {
        identify(tx, batch, new, account_id).await?;
    }
    streams::write(tx, &arrivals).await?;
    for (batch, outcome) in batches.iter().zip(&outcomes) {
        let mut refused = batch.refused.clone();
        if !refused.is_empty() || !outcome.rejected.is_empty() {
            outcome.count_refused(&mut refused);
            refusals::record(tx, batch.source.id, refused, batch.received_at).await?;
        }
    }
    let counted: Vec<&str> = counted.into_iter().collect();
    let sql = "UPDATE accounts SET has_usage = true
        WHERE account_id = ANY($1::text[]) AND NOT has_usage";
    execute(tx, sql, &[&counted]).await?;
    Ok(outcomes)
}

fn events(batches: &[Batch]) -> impl Iterator<Item = &NewEvent> {
    batches.iter().flat_map(|batch| &batch.events)
}

/// Those of the events that were received before.
async fn stored(tx: &Tx<'_>, batches: &[Batch]) -> Result<HashSet<EventKey>> {
    let (days, keys): (Vec<i32>, Vec<Vec<u8>>) = events(batches)
        .map(|new| {
            let (day, key) = key_of(new);
            (day, key.to_vec())
        })
        .unzip();
    let sql = "SELECT e.day, e.key FROM unnest($1::integer[], $2::bytea[]) AS n (day, key)
        JOIN events e ON e.day = n.day AND e.key = n.key";
    let rows = query(tx, sql, &[&days, &keys]).await?;
    rows.iter().map(event_key).collect()
}

fn event_key(row: &tokio_postgres::Row) -> Result<EventKey> {
    let key: &[u8] = row.get(1);
    let key = key
        .try_into()
        .map_err(|_| Failure::Damaged("the key of an event".to_owned()))?;
    Ok((row.get(0), key))
}

/// The accounts of those users of the events that are known.
async fn members(tx: &Tx<'_>, batches: &[Batch]) -> Result<HashMap<String, String>> {
    let users: HashSet<&str> = events(batches)
        .map(|new| new.event.user_id.as_str())
        .collect();
    let users: Vec<&str> = users.into_iter().collect();
    let sql = "SELECT u.user_id, a.account_id FROM users u JOIN accounts a ON a.no = u.account_no
        WHERE u.user_id = ANY($1::text[])";
    let rows = query(tx, sql, &[&users]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn insert_accounts(tx: &Tx<'_>, fates: &Fates) -> Result<()> {
    let named: Vec<&str> = fates.accounts.iter().map(String::as_str).collect();
    // Most are known: an insert that meets a conflict would still cost a number each.
    let sql = "INSERT INTO accounts (account_id)
        SELECT n.account_id FROM unnest($1::text[]) AS n (account_id)
        WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.account_id = n.account_id)
        ORDER BY n.account_id COLLATE \"C\"
        ON CONFLICT DO NOTHING";
    execute(tx, sql, &[&named]).await?;
    Ok(())
}

async fn insert_users(tx: &Tx<'_>, fates: &Fates) -> Result<()> {
    let (users, accounts): (Vec<&str>, Vec<&str>) = fates
        .users
        .iter()
        .map(|(user, account)| (user.as_str(), account.as_str()))
        .unzip();
    let sql = "INSERT INTO users (user_id, account_no)
        SELECT n.user_id, a.no FROM unnest($1::text[], $2::text[]) AS n (user_id, account_id)
            JOIN accounts a ON a.account_id = n.account_id
        ORDER BY n.user_id COLLATE \"C\"
        ON CONFLICT DO NOTHING";
    execute(tx, sql, &[&users, &accounts]).await?;
    Ok(())
}

/// Applies the details of an event if it is an identification.
async fn identify(tx: &Tx<'_>, batch: &Batch, new: &NewEvent, account_id: &str) -> Result<()> {
    let event = &new.event;
    let (Some(action), Some(details)) = (event.action.kind(), &event.details) else {
        return Ok(());
    };
    let trust = Trust::of(batch.source.trusted, batch.source.allow_hierarchy);
    Identification {
        action,
        account_id,
        user_id: &event.user_id,
        created_at: event.created_at,
        stream_id: event.stream_id.as_deref(),
        details,
    }
    .apply(tx, trust)
    .await
}

/// The rows of new events, by column.
#[derive(Debug, Default)]
struct Rows<'a> {
    day: Vec<i32>,
    key: Vec<Vec<u8>>,
    event_id: Vec<&'a str>,
    account_id: Vec<&'a str>,
    user_id: Vec<&'a str>,
    session_id: Vec<Option<&'a str>>,
    created_at: Vec<i64>,
    action: Vec<&'a str>,
    feature: Vec<Option<&'a str>>,
    module: Vec<Option<&'a str>>,
    product: Vec<Option<&'a str>>,
    total: Vec<Option<f64>>,
    time_spent: Vec<Option<i64>>,
    active_duration: Vec<Option<i64>>,
    visitor_id: Vec<Option<&'a str>>,
    stream_id: Vec<Option<&'a str>>,
    seq: Vec<Option<i64>>,
    url: Vec<Option<&'a str>>,
    title: Vec<Option<&'a str>>,
    referrer: Vec<Option<&'a str>>,
    details: Vec<Option<&'a str>>,
    extra: Vec<Option<&'a str>>,
    received_at: Vec<i64>,
    source_id: Vec<i64>,
    set_aside: Vec<bool>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, batch: &Batch, new: &'a NewEvent, account_id: &'a str, set_aside: bool) {
        let event = &new.event;
        let (day, key) = key_of(new);
        self.day.push(day);
        self.key.push(key.to_vec());
        self.event_id.push(&new.event_id);
        self.account_id.push(account_id);
        self.user_id.push(&event.user_id);
        self.session_id.push(event.session_id.as_deref());
        self.created_at.push(event.created_at);
        self.action.push(event.action.name());
        self.feature.push(event.feature.as_deref());
        self.module.push(event.module.as_deref());
        self.product.push(event.product.as_deref());
        self.total.push(event.total);
        self.time_spent.push(event.time_spent);
        self.active_duration.push(event.active_duration);
        self.visitor_id.push(event.visitor_id.as_deref());
        self.stream_id.push(event.stream_id.as_deref());
        self.seq.push(event.seq.map(i64::from));
        self.url.push(event.url.as_deref());
        self.title.push(event.title.as_deref());
        self.referrer.push(event.referrer.as_deref());
        self.details.push(event.details.as_deref());
        self.extra.push(event.extra.as_deref());
        self.received_at.push(batch.received_at);
        self.source_id.push(batch.source.id.number());
        self.set_aside.push(set_aside);
    }

    /// Inserts those that nobody else has inserted, and returns their keys.
    async fn insert(&self, tx: &Tx<'_>) -> Result<HashSet<EventKey>> {
        if self.key.is_empty() {
            return Ok(HashSet::new());
        }
        let sql = "INSERT INTO events (day, key, event_id, account_id, user_id, session_id,
                created_at, action, feature, module, product, total, time_spent, active_duration,
                visitor_id, stream_id, seq, url, title, referrer, details, extra, received_at,
                source_id, set_aside)
            SELECT * FROM unnest($1::integer[], $2::bytea[], $3::text[], $4::text[], $5::text[],
                $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[],
                $12::double precision[], $13::bigint[], $14::bigint[], $15::text[], $16::text[],
                $17::bigint[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[],
                $23::bigint[], $24::bigint[], $25::boolean[])
            ON CONFLICT DO NOTHING RETURNING day, key";
        let rows = query(
            tx,
            sql,
            &[
                &self.day,
                &self.key,
                &self.event_id,
                &self.account_id,
                &self.user_id,
                &self.session_id,
                &self.created_at,
                &self.action,
                &self.feature,
                &self.module,
                &self.product,
                &self.total,
                &self.time_spent,
                &self.active_duration,
                &self.visitor_id,
                &self.stream_id,
                &self.seq,
                &self.url,
                &self.title,
                &self.referrer,
                &self.details,
                &self.extra,
                &self.received_at,
                &self.source_id,
                &self.set_aside,
            ],
        )
        .await?;
        rows.iter().map(event_key).collect()
    }
}
