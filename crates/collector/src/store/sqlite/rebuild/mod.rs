//! Recomputes all facts from the events and compares them with the stored ones.
//!
//! A collector may receive events meanwhile. The comparison uses one snapshot of the file and takes
//! no lock. Differences are then corrected account by account, each in a short transaction, by the
//! difference found in the snapshot.

mod compute;

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    facts::{Fact, FactKey, Sums},
    readers, retention,
    segments::{self, Part, Table},
};
pub use compute::RebuildReport;
use compute::{FactComparison, compare, drop_tables, insert_dimensions};

/// Number of passes in which a running collector may change what is being corrected, for example by
/// an erasure. After them the file is locked.
const PASSES: usize = 3;

/// Recomputes the facts of every event that is still stored and compares them.
/// With `repair`, facts that differ are corrected.
///
/// # Errors
/// Fails when SQLite fails.
pub fn rebuild(conn: &mut Connection, repair: bool) -> rusqlite::Result<RebuildReport> {
    // The recomputed facts may be larger than memory.
    conn.pragma_update(None, "temp_store", "FILE")?;
    let mut first: Option<RebuildReport> = None;
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
        // Compare again what was corrected.
        drop_tables(conn)?;
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    recompute(&tx)?;
    tx.commit()?;
    Ok(first.unwrap_or_default())
}

/// Like [`rebuild`], for a command that runs beside a collector. It leaves the processors to the
/// collector when they are busy.
///
/// # Errors
/// Fails like [`rebuild`].
pub fn rebuild_in_background(
    conn: &mut Connection,
    repair: bool,
) -> rusqlite::Result<RebuildReport> {
    readers::lower_priority();
    rebuild(conn, repair)
}

/// Compares in one snapshot, without a lock.
fn compare_snapshot(conn: &mut Connection) -> rusqlite::Result<FactComparison> {
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

/// Recomputes the facts and replaces those that differ, in one transaction.
pub(super) fn recompute(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    insert_dimensions(tx)?;
    let found = compare(tx)?;
    for part in found.parts {
        correct(tx, part)?;
    }
    drop_tables(tx)
}

/// Corrects the facts of a part by the difference found in the comparison. Facts that were added
/// since then remain.
fn correct(tx: &Transaction<'_>, part: Part) -> rusqlite::Result<()> {
    // Quarters before `from` are not corrected: retention has deleted events there, and late ones
    // may have arrived since, so the events give only a part of the facts.
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
    // Facts to which no event contributes.
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

/// The stored sums, with the right sums in place of the wrong ones.
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
        // Seven events were stored where five are right. Two more have arrived since.
        assert_eq!(corrected(&sums(9), &sums(5), &sums(7)), sums(7));
        assert_eq!(corrected(&sums(3), &sums(5), &sums(1)), sums(7));
        assert_eq!(corrected(&sums(7), &sums(0), &sums(7)), sums(0));
    }
}
