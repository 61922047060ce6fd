//! The events that an erasure concerns, their traces, and what other events name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use natero_event::ActionKind;
use tokio_postgres::Row;

use crate::{
    model::stream_record::StreamEvents,
    store::{
        event_key::IdKey,
        identification::Subject,
        scaled::{
            failure::{Failure, Result},
            json,
            postgres::{Tx, query},
        },
        traces::{Said, Traces},
    },
};

/// The key of an event in the inbox: its day and the key of its id.
pub(super) type EventKey = (i32, IdKey);

/// The events that an erasure concerns, with their traces.
#[derive(Debug, Default)]
pub(super) struct Concerned {
    /// The time at which each was made.
    pub(super) events: BTreeMap<EventKey, i64>,
    /// The accounts in which they happened.
    pub(super) accounts: BTreeSet<String>,
    /// Their streams.
    pub(super) streams: BTreeSet<String>,
    /// What they leave behind outside of their own rows.
    pub(super) traces: Traces,
}

/// What events name that the erasure does not concern.
#[derive(Debug, Default)]
pub(super) struct Others {
    pub(super) users: HashSet<String>,
    pub(super) accounts: HashSet<String>,
    /// The accounts in which one of these events counts.
    pub(super) counted: HashSet<String>,
    pub(super) streams: HashSet<String>,
    /// The counted events that the inbox has dropped.
    pub(super) dropped: Dropped,
    /// The remaining numbered events of the streams that the erasure concerns.
    pub(super) left: BTreeMap<String, StreamEvents>,
}

/// The counted events that the inbox has dropped: for each user, the quarter of an hour of the first
/// in each account.
#[derive(Debug, Default)]
pub(super) struct Dropped(HashMap<String, BTreeMap<String, i64>>);

impl Dropped {
    fn add(&mut self, user: String, account: String, quarter: i64) {
        let of_user = self.0.entry(user).or_default();
        let first = of_user.entry(account).or_insert(quarter);
        *first = quarter.min(*first);
    }

    /// Whether such events of a user counted in an account.
    pub(super) fn contains(&self, user: &str, account: &str) -> bool {
        self.0
            .get(user)
            .is_some_and(|of_user| of_user.contains_key(account))
    }

    /// The quarter of an hour and the account of the earliest of a user's events in other accounts
    /// than one.
    pub(super) fn first(&self, user: &str, except: &str) -> Option<(i64, String)> {
        let of_user = self.0.get(user)?.iter();
        of_user
            .filter(|(account, _)| *account != except)
            .map(|(account, quarter)| (*quarter, account.clone()))
            .min()
    }
}

/// Columns from which [`Concerned::add`] reads an event.
pub(super) const COLUMNS: &str =
    "e.day, e.key, e.created_at, e.account_id, e.user_id, e.stream_id, e.action,
    CASE WHEN e.action IN ('identifyAccount', 'identifyUser') THEN e.details END, e.seq,
    CASE WHEN e.action IN ('identifyAccount', 'identifyUser')
        THEN EXISTS (SELECT 1 FROM sources s WHERE s.id = e.source_id AND s.trusted)
            AND (NOT e.set_aside OR EXISTS (
                SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key))
        ELSE FALSE END";

impl Concerned {
    /// Adds the event of a row.
    pub(super) fn add(&mut self, row: &Row) -> Result<()> {
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
        let said = subject.zip(row.get::<_, Option<&str>>(7));
        let said = said.map(|(subject, details)| Said {
            subject,
            details: json::object(details),
            is_trusted: row.get(9),
        });
        let named = (account_id, row.get(4), stream);
        let seq: Option<i64> = row.get(8);
        let seq = seq.and_then(|seq| u32::try_from(seq).ok());
        self.traces.add(named, seq, said, row.get(2));
        Ok(())
    }

    /// The days and keys of the events, as statement parameters.
    pub(super) fn keys(&self) -> (Vec<i32>, Vec<Vec<u8>>) {
        let keys = self.events.keys();
        keys.map(|(day, key)| (*day, key.to_vec())).unzip()
    }
}

impl Others {
    /// Reads what the other events name, from a transaction on, as far as the concerned events name
    /// it, too.
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
        let sql = format!(
            "SELECT e.stream_id, e.seq, e.created_at FROM events e
             WHERE e.tx >= $2 AND e.seq IS NOT NULL AND {is_concerned} IS NOT TRUE
                 AND e.stream_id = ANY($3::text[])"
        );
        let streams: Vec<&String> = (concerned.streams.iter())
            .filter(|stream| self.streams.contains(*stream))
            .collect();
        if streams.is_empty() {
            return Ok(());
        }
        for row in query(tx, &sql, &[&id, &from_tx, &streams]).await? {
            if let Ok(seq) = u32::try_from(row.get::<_, i64>(1)) {
                let events = self.left.entry(row.get(0)).or_default();
                events.add(seq, row.get(2));
            }
        }
        Ok(())
    }

    /// Adds a user and an account that events name which the inbox has dropped. `counted_from` is
    /// the quarter of an hour of the first of them that counts.
    pub(super) fn add_dropped(&mut self, user: String, account: String, counted_from: Option<i64>) {
        if let Some(quarter) = counted_from {
            self.dropped.add(user.clone(), account.clone(), quarter);
        }
        self.add(user, account, counted_from.is_some());
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
