//! Recomputes all facts from the events and compares them with the stored ones.
//!
//! A collector may receive events meanwhile. What is compared is one snapshot of the
//! file, which takes no lock; what differs is then corrected account by account, each
//! in a short transaction, by the difference that the snapshot had.

mod compute;

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    facts::{Fact, FactKey, Sums},
    readers, retention,
    segments::{self, Part, Table},
};
pub use compute::Rebuilt;
use compute::{Compared, compare, drop_tables, insert_dimensions};

/// Times that a running collector is given to change what is being corrected, such as
/// by an erasure. After them the file is locked.
const PASSES: usize = 3;

/// Recomputes the facts of every event that is still stored and compares them.
/// With `repair`, facts that differ are corrected.
///
/// # Errors
/// Fails when SQLite fails.
pub fn rebuild(conn: &mut Connection, repair: bool) -> rusqlite::Result<Rebuilt> {
    // The recomputed facts may be larger than memory.
    conn.pragma_update(None, "temp_store", "FILE")?;
    let mut first: Option<Rebuilt> = None;
    for _ in 0..PASSES {
        let found = compare_snapshot(conn)?;
        let is_right = found.parts.is_empty();
        let rebuilt = first.get_or_insert(found.rebuilt);
        if is_right || !repair {
            let rebuilt = rebuilt.clone();
            drop_tables(conn)?;
            return Ok(rebuilt);
        }
        for part in found.parts {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            correct(&tx, part)?;
            tx.commit()?;
        }
        // What was corrected is compared once more.
        drop_tables(conn)?;
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    recompute(&tx)?;
    tx.commit()?;
    Ok(first.unwrap_or_default())
}

/// Like [`rebuild`] for a command beside a running collector, to which it leaves the
/// processors where they are busy.
///
/// # Errors
/// As [`rebuild`].
pub fn rebuild_in_background(conn: &mut Connection, repair: bool) -> rusqlite::Result<Rebuilt> {
    readers::give_way();
    rebuild(conn, repair)
}

/// Compares within one snapshot, without a lock.
fn compare_snapshot(conn: &mut Connection) -> rusqlite::Result<Compared> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let found = compare(&tx)?;
    tx.commit()?;
    if !found.lacks_rows {
        return Ok(found);
    }
    drop_tables(conn)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    insert_dimensions(&tx)?;
    tx.commit()?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let found = compare(&tx)?;
    tx.commit()?;
    Ok(found)
}

/// Recomputes and replaces what differs within a transaction.
pub(super) fn recompute(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    insert_dimensions(tx)?;
    let found = compare(tx)?;
    for part in found.parts {
        correct(tx, part)?;
    }
    drop_tables(tx)
}

/// Corrects the facts of a part by what differed when they were compared. Facts that
/// were added since then stay.
fn correct(tx: &Transaction<'_>, part: Part) -> rusqlite::Result<()> {
    // Older events may have arrived late, after retention had deleted others of
    // their time; their facts are only a part.
    let from = retention::events_from(tx)?;
    let recent = |table: Table| -> rusqlite::Result<Vec<Fact>> {
        let mut facts = segments::read(tx, table, part)?;
        facts.retain(|fact| fact.key.quarter >= from);
        Ok(facts)
    };
    let mut facts: BTreeMap<FactKey, Sums> = segments::read(tx, Table::Stored, part)?
        .into_iter()
        .map(|fact| (fact.key, fact.sums))
        .collect();
    let mut wrong: BTreeMap<FactKey, Sums> = recent(Table::Compared)?
        .into_iter()
        .map(|fact| (fact.key, fact.sums))
        .collect();
    for computed in recent(Table::Rebuilt)? {
        let wrong = wrong.remove(&computed.key);
        let stored = facts.entry(computed.key).or_default();
        if wrong.as_ref() == Some(&*stored) || *stored == Sums::default() {
            *stored = computed.sums;
        } else {
            *stored = corrected(stored, &computed.sums, &wrong.unwrap_or_default());
        }
    }
    // Facts that no event makes.
    for (key, wrong) in wrong {
        if let Some(stored) = facts.get_mut(&key) {
            *stored = corrected(stored, &Sums::default(), &wrong);
        }
    }
    let facts = facts
        .into_iter()
        .filter(|(_, sums)| sums.events > 0)
        .map(|(key, sums)| Fact { key, sums });
    segments::replace(tx, part, facts.collect())
}

/// What is stored, with what is right in place of what was wrong.
fn corrected(stored: &Sums, right: &Sums, wrong: &Sums) -> Sums {
    let whole =
        |stored: u64, right: u64, wrong: u64| stored.saturating_add(right).saturating_sub(wrong);
    Sums {
        events: whole(stored.events, right.events, wrong.events),
        features: stored.features + right.features - wrong.features,
        module_time: whole(stored.module_time, right.module_time, wrong.module_time),
        active_time: whole(stored.active_time, right.active_time, wrong.active_time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_after_the_comparison_stays() {
        let sums = |events: u64| Sums {
            events,
            features: events as f64,
            module_time: 10 * events,
            active_time: 100 * events,
        };
        // Seven were stored where five are right; two more have arrived.
        assert_eq!(corrected(&sums(9), &sums(5), &sums(7)), sums(7));
        assert_eq!(corrected(&sums(3), &sums(5), &sums(1)), sums(7));
        assert_eq!(corrected(&sums(7), &sums(0), &sums(7)), sums(0));
    }
}
