//! Finds the events of an erasure, and who else has named what they name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use natero_event::ActionKind;
use tokio_postgres::Row;

use super::remains;
use crate::{
    model::erasure::{Erasure, ErasureKind},
    store::{
        event_key::{IdKey, IdScope, key},
        identification::Subject,
        scaled::{
            failure::{Failure, Result},
            json,
            nodes::Nodes,
            postgres::{Tx, query, query_one, query_opt},
        },
        traces::Traces,
    },
};

/// The key of an event in the inbox.
pub(super) type EventKey = (i32, IdKey);

/// The events of an erasure, and what they leave.
#[derive(Debug, Default)]
pub(super) struct Concerned {
    /// When each was made.
    pub(super) events: BTreeMap<EventKey, i64>,
    /// The accounts in which they are.
    pub(super) accounts: BTreeSet<String>,
    /// Their streams.
    pub(super) streams: BTreeSet<String>,
    /// What they said and named.
    pub(super) traces: Traces,
}

/// What other events name.
#[derive(Debug, Default)]
pub(super) struct Others {
    pub(super) users: HashSet<String>,
    pub(super) accounts: HashSet<String>,
    /// The accounts in which one counts.
    pub(super) counted: HashSet<String>,
    pub(super) streams: HashSet<String>,
}

/// What was found before the transaction that erases.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) concerned: Concerned,
    pub(super) others: Others,
    /// What the condition for the events compares with.
    pub(super) id: String,
    /// Transactions from this one on may not have been seen.
    pub(super) horizon: i64,
}

/// Finds the events of an erasure in a snapshot. It reads all events.
pub(super) async fn find(tx: &Tx<'_>, nodes: &Nodes, erasure: &Erasure) -> Result<Found> {
    let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    let mut found = Found {
        id: id_of(tx, erasure).await?,
        horizon: query_one(tx, sql, &[]).await?.get(0),
        ..Found::default()
    };
    let is_concerned = is_concerned(erasure);
    let sql = format!("SELECT {COLUMNS} FROM events e WHERE {is_concerned}");
    for row in query(tx, &sql, &[&found.id]).await? {
        found.concerned.add(&row)?;
    }
    let Found {
        concerned,
        others,
        id,
        ..
    } = &mut found;
    others.read(tx, &is_concerned, id, concerned, 0).await?;
    remains::read(tx, nodes, erasure, concerned, others).await?;
    Ok(found)
}

/// What the condition compares with: the id, or the key of an event. What a page sent
/// under an id goes before what a server did.
async fn id_of(tx: &Tx<'_>, erasure: &Erasure) -> Result<String> {
    if erasure.kind != ErasureKind::Event {
        return Ok(erasure.id.clone());
    }
    for scope in IdScope::ALL {
        let key = key(&erasure.id, scope);
        let sql = "SELECT 1 FROM events WHERE key = $1 LIMIT 1";
        if query_opt(tx, sql, &[&key.as_slice()]).await?.is_some() {
            return Ok(key.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    Ok(String::new())
}

/// The condition for the events of an erasure; the first parameter is its id.
pub(super) fn is_concerned(erasure: &Erasure) -> String {
    match erasure.kind {
        ErasureKind::Stream => "(e.stream_id = $1::text)".into(),
        ErasureKind::User => "(e.user_id = $1::text)".into(),
        ErasureKind::Event => "(e.key = decode($1::text, 'hex'))".into(),
        ErasureKind::Account => "(e.account_id = $1::text OR e.user_id IN (
                 SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                 WHERE a.account_id = $1::text))"
            .into(),
        ErasureKind::Source => format!(
            "('source-' || e.source_id = $1::text AND e.received_at >= {} AND e.received_at < {})",
            erasure.arrived.from, erasure.arrived.to
        ),
    }
}

/// Columns from which [`Concerned::add`] takes an event.
const COLUMNS: &str = "e.day, e.key, e.created_at, e.account_id, e.user_id, e.stream_id, e.action,
    CASE WHEN e.action IN ('identifyAccount', 'identifyUser') THEN e.details END";

impl Concerned {
    fn add(&mut self, row: &Row) -> Result<()> {
        let key: &[u8] = row.get(1);
        let key = key
            .try_into()
            .map_err(|_| Failure::Damaged("the key of an event".to_owned()))?;
        if self.events.insert((row.get(0), key), row.get(2)).is_some() {
            return Ok(());
        }
        let (account_id, stream): (String, Option<String>) = (row.get(3), row.get(5));
        self.accounts.insert(account_id.clone());
        self.streams.extend(stream.clone());
        let subject = ActionKind::from_name(row.get(6)).and_then(Subject::of);
        let details = row.get::<_, Option<&str>>(7).map(json::object);
        let named = (account_id, row.get(4), stream);
        self.traces.add(named, subject.zip(details), row.get(2));
        Ok(())
    }

    /// The days and keys of the events, as parameters.
    pub(super) fn keys(&self) -> (Vec<i32>, Vec<Vec<u8>>) {
        let keys = self.events.keys();
        keys.map(|(day, key)| (*day, key.to_vec())).unzip()
    }

    /// What of the events that were found is still concerned, and what arrived since:
    /// meanwhile some may have been dropped, and a user may have been moved.
    pub(super) async fn now(tx: &Tx<'_>, erasure: &Erasure, found: &Found) -> Result<Self> {
        let mut now = Concerned::default();
        let is_concerned = is_concerned(erasure);
        let (days, keys) = found.concerned.keys();
        let sql = format!(
            "SELECT {COLUMNS} FROM unnest($2::integer[], $3::bytea[]) AS n (day, key)
                 JOIN events e ON e.day = n.day AND e.key = n.key WHERE {is_concerned}
             UNION ALL
             SELECT {COLUMNS} FROM events e WHERE e.tx >= $4 AND {is_concerned}"
        );
        for row in query(tx, &sql, &[&found.id, &days, &keys, &found.horizon]).await? {
            now.add(&row)?;
        }
        Ok(now)
    }
}

impl Others {
    /// Reads what events name from a transaction on that are not concerned, as far as the
    /// concerned ones name it, too.
    pub(super) async fn read(
        &mut self,
        tx: &Tx<'_>,
        is_concerned: &str,
        id: &str,
        concerned: &Concerned,
        from_tx: i64,
    ) -> Result<()> {
        let users: Vec<&String> = concerned.traces.users.iter().collect();
        let accounts: Vec<&String> = concerned.traces.accounts.iter().collect();
        let streams: Vec<&String> = concerned.streams.iter().collect();
        let sql = format!(
            "SELECT e.user_id, e.account_id, e.stream_id, bool_or(NOT e.set_aside OR EXISTS (
                 SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key))
             FROM events e
             WHERE e.tx >= $2 AND {is_concerned} IS NOT TRUE AND (e.user_id = ANY($3::text[])
                 OR e.account_id = ANY($4::text[]) OR e.stream_id = ANY($5::text[]))
             GROUP BY e.user_id, e.account_id, e.stream_id"
        );
        for row in query(tx, &sql, &[&id, &from_tx, &users, &accounts, &streams]).await? {
            self.add(row.get(0), row.get(1), row.get(3));
            self.streams.extend(row.get::<_, Option<String>>(2));
        }
        Ok(())
    }

    /// Adds a user and an account that another event names.
    pub(super) fn add(&mut self, user: String, account: String, counts: bool) {
        self.users.insert(user);
        if counts {
            self.counted.insert(account.clone());
        }
        self.accounts.insert(account);
    }
}
