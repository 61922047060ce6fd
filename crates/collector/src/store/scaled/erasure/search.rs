//! Finds the events of an erasure, and who else has named what they name.

use super::{
    concerned::{COLUMNS, Concerned, Others},
    homes::{self, Firsts},
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

/// What was found before the transaction that erases.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) concerned: Concerned,
    pub(super) others: Others,
    /// The first events of users who may have to move.
    pub(super) firsts: Firsts,
    /// What the identifications say that are left.
    pub(super) remaining: Remaining,
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
    if erasure.kind == ErasureKind::Account {
        // Whom trusted sources have placed goes with all events.
        found.firsts = homes::find_firsts(
            tx,
            erasure,
            &found.id,
            homes::IS_OF_ACCOUNT,
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
            homes::find_firsts(tx, erasure, &found.id, &is_concerned, &found.concerned).await?;
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
    let movers = homes::find(tx, erasure, firsts, &others.dropped).await?;
    remains::read(tx, nodes, erasure, concerned, &movers, others).await?;
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

/// The condition for the events of an erasure; the first parameter is its id. Of the users
/// of an account those go whom the Account API or a trusted source has placed; what others
/// are named elsewhere by stays.
pub(super) fn is_concerned(erasure: &Erasure, firsts: &Firsts) -> String {
    match erasure.kind {
        ErasureKind::Stream => "(e.stream_id = $1::text)".into(),
        ErasureKind::User => "(e.user_id = $1::text)".into(),
        ErasureKind::Event => "(e.key = decode($1::text, 'hex'))".into(),
        ErasureKind::Account => {
            let placed = firsts.iter().filter(|(_, first)| first.is_trusted);
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

/// What of the events that were found is still concerned, and what arrived since:
/// meanwhile some may have been dropped, and a user may have been moved.
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
