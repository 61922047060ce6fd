//! Finds the contents of the identifications that remain after an erasure.

use std::collections::HashSet;

use natero_event::ActionKind;

use super::concerned::{Concerned, EventKey};
use crate::{
    model::{
        account::Account,
        erasure::{Erasure, ErasureKind},
        public_fields::PublicFields,
        remaining_fields::Identified,
        user::User,
    },
    store::{
        identification::{Subject, identified_at},
        remaining_identifications::RemainingIdentifications,
        scaled::{
            failure::{Failure, Result},
            json,
            layers::InTable,
            postgres::{Tx, query},
        },
    },
};

/// The contents of the identifications that remain after an erasure.
pub(super) type Remaining = RemainingIdentifications<EventKey>;

/// Adds what remains of the accounts and users from which an erasure takes fields back, from the
/// events that arrived from a transaction on. `is_concerned` is the SQL condition for the events of
/// the erasure, and `id` its parameter.
pub(super) async fn extend(
    tx: &Tx<'_>,
    erasure: &Erasure,
    (is_concerned, id): (&str, &str),
    concerned: &Concerned,
    from_tx: i64,
    remaining: &mut Remaining,
) -> Result<()> {
    match erasure.kind {
        // Everything that was said about the user is erased with the user.
        ErasureKind::User => return Ok(()),
        // Everything that was said about the account is erased with it, but its users may move.
        ErasureKind::Account => {}
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::Source => {
            concern::<Account>(tx, erasure, concerned, remaining).await?;
        }
    }
    concern::<User>(tx, erasure, concerned, remaining).await?;
    if remaining.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT e.day, e.key, e.action, e.account_id, e.user_id, e.details, e.created_at,
             e.received_at, e.stream_id, s.allow_hierarchy
         FROM events e JOIN sources s ON s.id = e.source_id
         WHERE e.tx >= $2 AND {is_concerned} IS NOT TRUE AND e.details IS NOT NULL
             AND NOT s.trusted AND (NOT e.set_aside OR EXISTS (
                 SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key))
             AND (e.action = 'identifyAccount' AND e.account_id = ANY($3::text[])
                 OR e.action = 'identifyUser' AND e.user_id = ANY($4::text[]))
         ORDER BY e.no"
    );
    let accounts = remaining.ids(Subject::Account);
    let users = remaining.ids(Subject::User);
    for row in query(tx, &sql, &[&id, &from_tx, &accounts, &users]).await? {
        let Some(subject) = ActionKind::from_name(row.get(2)).and_then(Subject::of) else {
            continue;
        };
        let id: &str = match subject {
            Subject::Account => row.get(3),
            Subject::User => row.get(4),
        };
        let received_at = row.get(7);
        let by = Identified {
            event: (row.get(0), key_of(row.get(1))?),
            at: identified_at(row.get(6), received_at),
            received_at,
            stream: row.get(8),
            may_set_parent: row.get(9),
        };
        remaining.add(subject, id, json::object(row.get(5)), &by);
    }
    Ok(())
}

/// Removes identifications whose events were deleted since they were found.
pub(super) async fn retain_stored(tx: &Tx<'_>, remaining: &mut Remaining) -> Result<()> {
    let (days, keys): (Vec<i32>, Vec<Vec<u8>>) = (remaining.events().into_iter())
        .map(|(day, key)| (day, key.to_vec()))
        .unzip();
    if days.is_empty() {
        return Ok(());
    }
    let sql = "SELECT e.day, e.key FROM unnest($1::integer[], $2::bytea[]) AS n (day, key)
        JOIN events e ON e.day = n.day AND e.key = n.key";
    let mut left = HashSet::new();
    for row in query(tx, sql, &[&days, &keys]).await? {
        left.insert((row.get(0), key_of(row.get(1))?));
    }
    remaining.retain(&left);
    Ok(())
}

/// The numbers and ids of the accounts or users whose shown fields a stream has set.
pub(super) async fn named_by_stream<T: InTable>(
    tx: &Tx<'_>,
    stream: &str,
) -> Result<Vec<(i64, String)>> {
    let (table, id) = (T::TABLE, T::ID);
    let sql = format!("SELECT no, {id} FROM {table} WHERE strpos(public, $1) > 0");
    let rows = query(tx, &sql, &[&json::quoted(stream)]).await?;
    Ok((rows.iter()).map(|row| (row.get(0), row.get(1))).collect())
}

/// Adds the accounts or users from which fields are taken back.
async fn concern<T: InTable>(
    tx: &Tx<'_>,
    erasure: &Erasure,
    concerned: &Concerned,
    remaining: &mut Remaining,
) -> Result<()> {
    let mut ids: HashSet<String> = (concerned.traces.identifications.iter())
        .filter(|found| found.subject == T::SUBJECT)
        .map(|found| match found.subject {
            Subject::Account => found.account_id.clone(),
            Subject::User => found.user_id.clone(),
        })
        .collect();
    if erasure.kind == ErasureKind::Stream {
        let named = named_by_stream::<T>(tx, &erasure.id).await?;
        ids.extend(named.into_iter().map(|(_, id)| id));
    }
    let ids: Vec<String> = ids.into_iter().collect();
    let (table, id) = (T::TABLE, T::ID);
    let sql = format!("SELECT {id}, public FROM {table} WHERE {id} = ANY($1::text[])");
    for row in query(tx, &sql, &[&ids]).await? {
        let public: PublicFields = serde_json::from_str(row.get(1)).unwrap_or_default();
        remaining.concern(T::SUBJECT, row.get(0), &public);
    }
    Ok(())
}

fn key_of(key: &[u8]) -> Result<[u8; 16]> {
    key.try_into()
        .map_err(|_| Failure::Damaged("the key of an event".to_owned()))
}
