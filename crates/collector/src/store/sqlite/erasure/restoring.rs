//! Applies a list of erasures to an older copy of the database.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction};

use super::{condition::Members, erase::erase_of, search::find_events_of};
use crate::{
    model::erasure::{Erasure, ErasureKind, id_hash},
    store::{
        erasure_marks::{MEMBERS, erasure_of_source, event_hash},
        event_key::IdKey,
        removal::Erased,
        sqlite::{
            erasure_list::{self, Entry},
            rows::EventRow,
        },
    },
};

/// Applies a list of erasures to an older copy of the database, and adds it to the list of the
/// copy. Returns what was erased.
///
/// Some users belong to an erased account only in the copy, because they were moved before the
/// erasure. They stay: only users on the list are erased. The account stays with them, as if they
/// had just named it. Users who are in it only because of events move to the account that other
/// events name, as they do when the account is erased.
///
/// # Errors
/// Fails when SQLite fails.
pub fn apply(tx: &Transaction<'_>, list: &[Entry]) -> rusqlite::Result<Erased> {
    let own = times(&erasure_list::entries(tx)?);
    let listed = times(list);
    let mut erasures = Vec::new();
    for kind in ErasureKind::ALL {
        // An erasure that the list of the copy contains was already carried out in it.
        let missing: HashMap<&[u8], i64> = list
            .iter()
            .filter(|(name, mark, at)| {
                let seen = own.get(&(name.clone(), mark.clone()));
                name == kind.name() && seen.is_none_or(|seen| seen < at)
            })
            .map(|(_, mark, at)| (mark.as_slice(), *at))
            .collect();
        if missing.is_empty() {
            continue;
        }
        erasures.extend(concerned(tx, kind, &missing)?);
    }
    // In the original order, so that figures and the loss report result as they did then.
    erasures.sort_by_key(|(erasure, at, _)| (*at, place(erasure.kind)));
    let mut sum = Erased::default();
    for (erasure, at, event) in erasures {
        let members = match listed.get(&(MEMBERS.into(), id_hash(&erasure.id).to_vec())) {
            Some(since) if *since >= at => Members::Retained,
            _ => Members::Erased,
        };
        let found = find_events_of(tx, &erasure, members, event)?;
        if let Some(erased) = erase_of(tx, &erasure, members, &found, at)? {
            sum.add(erased);
        }
    }
    for (kind, mark, at) in list {
        erasure_list::insert(tx, kind, mark, *at)?;
    }
    Ok(sum)
}

/// The order of kinds among erasures of the same time. Users come before the account with which
/// they were erased. Both come before the events that were listed with them because their time was
/// ahead of the clock: these must be erased with their user, and not be treated as forged.
fn place(kind: ErasureKind) -> u8 {
    match kind {
        ErasureKind::Stream => 0,
        ErasureKind::Source => 1,
        ErasureKind::User => 2,
        ErasureKind::Account => 3,
        ErasureKind::Event => 4,
    }
}

fn times(list: &[Entry]) -> HashMap<(String, Vec<u8>), i64> {
    let entries = list.iter();
    entries
        .map(|(kind, mark, at)| ((kind.clone(), mark.clone()), *at))
        .collect()
}

/// The things in the copy to which the entries of a kind refer, the time of their erasure, and the
/// event for entries of events.
fn concerned(
    tx: &Transaction<'_>,
    kind: ErasureKind,
    missing: &HashMap<&[u8], i64>,
) -> rusqlite::Result<Vec<(Erasure, i64, Option<EventRow>)>> {
    let mut erasures = Vec::new();
    match kind {
        ErasureKind::Source => {
            for (mark, at) in missing {
                let erasure = erasure_of_source(mark);
                erasures.extend(erasure.map(|erasure| (erasure, *at, None)));
            }
        }
        ErasureKind::Event => {
            let mut statement = tx.prepare("SELECT key, id FROM event_ids")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let key: IdKey = row.get(0)?;
                if let Some(at) = missing.get(event_hash(&key).as_slice()) {
                    erasures.push((Erasure::of(kind, ""), *at, Some(row.get(1)?)));
                }
            }
        }
        ErasureKind::Stream | ErasureKind::User | ErasureKind::Account => {
            for id in ids(tx, kind)? {
                if let Some(at) = missing.get(id_hash(&id).as_slice()) {
                    erasures.push((Erasure::of(kind, id), *at, None));
                }
            }
        }
    }
    Ok(erasures)
}

/// The ids of all streams, users or accounts.
fn ids(conn: &Connection, kind: ErasureKind) -> rusqlite::Result<Vec<String>> {
    let sql = match kind {
        ErasureKind::Stream => {
            "SELECT stream_id FROM streams
             UNION SELECT stream_id FROM events WHERE stream_id IS NOT NULL"
        }
        ErasureKind::User => "SELECT user_id FROM users",
        ErasureKind::Account => "SELECT account_id FROM accounts",
        ErasureKind::Event | ErasureKind::Source => return Ok(Vec::new()),
    };
    conn.prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect()
}
