//! Removes the figures of erased events from the stored facts.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction, params};

use super::{
    event_facts, event_months,
    facts::{Fact, QUARTER_MS},
    retention,
    rows::{EventRow, UserRow},
    segments::{self, Part, Table},
};
use crate::model::calendar::Month;

/// The facts of events that are about to be deleted.
#[derive(Debug, Default)]
pub(super) struct LostFacts(BTreeMap<Part, Vec<Fact>>);

impl LostFacts {
    pub(super) fn read(conn: &Connection, events: &[EventRow]) -> rusqlite::Result<Self> {
        let mut lost = LostFacts::default();
        for event in events {
            let Some(month) = event_months::of_event(conn, *event)? else {
                continue;
            };
            let mut one = conn.prepare_cached(&format!(
                "SELECT a.no, e.set_aside, {}
                 FROM {} e CROSS JOIN accounts a ON a.account_id = e.account_id {}
                 WHERE e.id = ?1",
                event_facts::COLUMNS,
                event_months::table(month),
                event_facts::JOINS
            ))?;
            let (part, fact) = one.query_row([event], |row| {
                let part = Part {
                    account: row.get(0)?,
                    is_set_aside: row.get(1)?,
                };
                Ok((part, event_facts::read_fact(row, 2)?))
            })?;
            lost.0.entry(part).or_default().push(fact);
        }
        Ok(lost)
    }

    /// Corrects the stored facts after the events were deleted. Quarters of an hour whose events
    /// are all stored are recounted, which also corrects figures that had overflowed. From older
    /// facts, the figures are subtracted.
    pub(super) fn remove(self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let events_from = retention::events_from(tx)?;
        for (part, lost) in self.0 {
            let (older, recent): (Vec<_>, Vec<_>) = lost
                .into_iter()
                .partition(|fact| fact.key.quarter < events_from);
            let quarters: BTreeSet<u32> = recent.iter().map(|fact| fact.key.quarter).collect();
            let mut facts = segments::read(tx, Table::Stored, part)?;
            facts.retain(|fact| !quarters.contains(&fact.key.quarter));
            subtract(&mut facts, &older);
            for quarter in quarters {
                count_quarter(tx, part, quarter, &mut facts)?;
            }
            segments::replace(tx, part, facts)?;
        }
        Ok(())
    }
}

fn subtract(facts: &mut Vec<Fact>, lost: &[Fact]) {
    for lost in lost {
        // The facts are sorted by key.
        if let Ok(at) = facts.binary_search_by_key(&lost.key, |fact| fact.key) {
            let sums = &mut facts[at].sums;
            sums.events = sums.events.saturating_sub(lost.sums.events);
            sums.features -= lost.sums.features;
            sums.module_time = sums.module_time.saturating_sub(lost.sums.module_time);
            sums.active_time = sums.active_time.saturating_sub(lost.sums.active_time);
        }
    }
    facts.retain(|fact| fact.sums.events > 0);
}

fn count_quarter(
    conn: &Connection,
    part: Part,
    quarter: u32,
    facts: &mut Vec<Fact>,
) -> rusqlite::Result<()> {
    let start = i64::from(quarter) * QUARTER_MS;
    let month = Month::at(start);
    if !event_months::all(conn)?.contains(&month) {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM {} e {}
         WHERE e.created_at >= ?1 AND e.created_at < ?2
             AND e.account_id = (SELECT account_id FROM accounts WHERE no = ?3)
             AND e.set_aside = ?4",
        event_facts::COLUMNS,
        event_months::table(month),
        event_facts::JOINS
    ))?;
    let mut rows = statement.query(params![
        start,
        start + QUARTER_MS,
        part.account,
        part.is_set_aside
    ])?;
    while let Some(row) = rows.next()? {
        facts.push(event_facts::read_fact(row, 0)?);
    }
    Ok(())
}

/// Removes all facts of users, in all accounts.
pub(super) fn remove_users(
    tx: &Transaction<'_>,
    users: &BTreeSet<UserRow>,
) -> rusqlite::Result<()> {
    for part in segments::parts(tx)? {
        let mut has_any = false;
        segments::visit(tx, part, |fact| has_any |= users.contains(&fact.key.user))?;
        if has_any {
            let mut facts = segments::read(tx, Table::Stored, part)?;
            facts.retain(|fact| !users.contains(&fact.key.user));
            segments::replace(tx, part, facts)?;
        }
    }
    Ok(())
}

/// A part of the stored facts that has facts of a user.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartOfUser {
    pub(super) part: Part,
    /// The first quarter of an hour in which it has such facts.
    pub(super) first_quarter: u32,
}

/// The parts of the stored facts that have facts of users.
pub(super) fn parts_of_users(
    conn: &Connection,
    users: &BTreeSet<UserRow>,
) -> rusqlite::Result<BTreeMap<UserRow, Vec<PartOfUser>>> {
    let mut found: BTreeMap<UserRow, Vec<PartOfUser>> = BTreeMap::new();
    if users.is_empty() {
        return Ok(found);
    }
    for part in segments::parts(conn)? {
        let mut firsts: BTreeMap<UserRow, u32> = BTreeMap::new();
        segments::visit(conn, part, |fact| {
            if users.contains(&fact.key.user) {
                let first = firsts.entry(fact.key.user).or_insert(fact.key.quarter);
                *first = fact.key.quarter.min(*first);
            }
        })?;
        for (user, first_quarter) in firsts {
            let parts = found.entry(user).or_default();
            parts.push(PartOfUser {
                part,
                first_quarter,
            });
        }
    }
    Ok(found)
}

/// Removes users from a set who have facts in any account.
pub(super) fn keep_unused(
    conn: &Connection,
    users: &mut BTreeSet<UserRow>,
) -> rusqlite::Result<()> {
    for part in segments::parts(conn)? {
        if users.is_empty() {
            break;
        }
        segments::visit(conn, part, |fact| {
            users.remove(&fact.key.user);
        })?;
    }
    Ok(())
}
