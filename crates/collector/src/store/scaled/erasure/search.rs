//! Finds the events of an erasure, and what other events name of what these name.

use super::{
    concerned::{COLUMNS, Concerned, Others},
    membership::{self, Firsts},
    remaining::{self, Remaining},
    remains,
};
use crate::{
    model::erasure::{Erasure, ErasureKind},
    store::{
        event_key::{IdScope, key},
        scaled::{
            failure::Result,
            nodes::Nodes,
            postgres::{Tx, query, query_one, query_opt},
        },
    },
};

/// The results of the search before the transaction that erases.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) concerned: Concerned,
    pub(super) others: Others,
    /// The first events of users who may have to move.
    pub(super) firsts: Firsts,
    /// The contents of the identifications that remain.
    pub(super) remaining: Remaining,
    /// The parameter of the condition for the events.
    pub(super) id: String,
    /// The search may have missed transactions from this one on.
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
    if erasure.kind == ErasureKind::Account {
        // For users whom trusted sources have placed, all events are erased.
        found.firsts = membership::find_firsts(
            tx,
            erasure,
            &found.id,
            membership::IS_OF_ACCOUNT,
            &found.concerned,
        )
        .await?;
    }
    let is_concerned = is_concerned(erasure, &found.firsts);
    let sql = format!("SELECT {COLUMNS} FROM events e WHERE {is_concerned}");
    for row in query(tx, &sql, &[&found.id]).await? {
        found.concerned.add(&row)?;
    }
    if erasure.kind != ErasureKind::Account {
        found.firsts =
            membership::find_firsts(tx, erasure, &found.id, &is_concerned, &found.concerned)
                .await?;
    }
    let Found {
        concerned,
        others,
        firsts,
        id,
        remaining,
        ..
    } = &mut found;
    remaining::extend(tx, erasure, (&is_concerned, id), concerned, 0, remaining).await?;
    others.read(tx, &is_concerned, id, concerned, 0).await?;
    remains::read(tx, nodes, erasure, concerned, firsts, others).await?;
    Ok(found)
}

/// The parameter of the condition: the id, or the key of an event. If both a page and a server sent
/// an event with this id, the one of the page is meant.
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

/// The SQL condition for the events of an erasure; its id is `$1`. With an account, all events of
/// those users are erased whom the Account API or a trusted source has placed there. The other
/// users keep their events that name another account.
pub(super) fn is_concerned(erasure: &Erasure, firsts: &Firsts) -> String {
    match erasure.kind {
        ErasureKind::Stream => "(e.stream_id = $1::text)".into(),
        ErasureKind::User => "(e.user_id = $1::text)".into(),
        ErasureKind::Event => "(e.key = decode($1::text, 'hex'))".into(),
        ErasureKind::Account => {
            let placed = firsts
                .iter()
                .filter(|(_, first)| first.is_trusted_with_others());
            let placed: String = placed
                .map(|(user, _)| format!(", '{}'", user.replace('\'', "''")))
                .collect();
            format!(
                "(e.account_id = $1::text OR e.user_id IN (
                     SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                     WHERE a.account_id = $1::text AND (u.details_at > 0 OR u.is_deleted
                         OR u.user_id IN (NULL{placed}))))"
            )
        }
        ErasureKind::Source => format!(
            "('source-' || e.source_id = $1::text AND e.received_at >= {} AND e.received_at < {})",
            erasure.arrived.from, erasure.arrived.to
        ),
    }
}

/// Checks which of the found events still match, and finds those that arrived since. Meanwhile some
/// may have been dropped, and users may have been moved.
pub(super) async fn find_now(tx: &Tx<'_>, erasure: &Erasure, found: &Found) -> Result<Concerned> {
    let mut now = Concerned::default();
    let is_concerned = is_concerned(erasure, &found.firsts);
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
