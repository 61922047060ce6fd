//! New events as rows of the inbox.

use std::collections::HashSet;

use super::fate::{EventKey, key_of};
use crate::store::{
    batch::Batch,
    new_event::NewEvent,
    scaled::{
        failure::{Failure, Result},
        postgres::{Tx, query},
    },
};

/// The rows of new events, by column.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
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
    /// Adds an event.
    pub(super) fn add(
        &mut self,
        batch: &Batch,
        new: &'a NewEvent,
        account_id: &'a str,
        set_aside: bool,
    ) {
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

    /// Inserts the events that have not been stored yet, and returns their keys.
    pub(super) async fn insert(&self, tx: &Tx<'_>) -> Result<HashSet<EventKey>> {
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
                $23::bigint[], $24::bigint[], $25::boolean[]) AS n (day, key)
            WHERE NOT EXISTS (SELECT 1 FROM dropped_keys d WHERE d.day = n.day AND d.key = n.key)
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

/// The key of an event, from the first two columns of a row.
pub(super) fn event_key(row: &tokio_postgres::Row) -> Result<EventKey> {
    let key: &[u8] = row.get(1);
    let key = key
        .try_into()
        .map_err(|_| Failure::Damaged("the key of an event".to_owned()))?;
    Ok((row.get(0), key))
}
