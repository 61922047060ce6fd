//! The figures of a row of an answer, and how the rows of several shards are merged.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::answer::{Answer, Cells};
use crate::{
    model::{quarter::QUARTER_MS, usage::Uncaptured},
    store::{
        scaled::failure::Result,
        usage::{ActivitySpan, Totals},
    },
};

/// The figures of a row.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) now: Totals,
    pub(super) earlier: Totals,
    /// The first and the last quarter of an hour with an event up to the end of the span; `None`
    /// without events.
    seen: Option<(u32, u32)>,
    active_days: Days,
    pub(super) uncaptured: Uncaptured,
}

/// The days of the span with an event.
#[derive(Debug)]
enum Days {
    /// The number of days, if all events are on one shard.
    Counted(i64),
    /// The days themselves.
    Each(BTreeSet<i64>),
}

impl Default for Days {
    fn default() -> Self {
        Days::Counted(0)
    }
}

impl Days {
    fn add(&mut self, other: Days) {
        match (&mut *self, other) {
            (Days::Each(days), Days::Each(more)) => days.extend(more),
            (Days::Counted(days), Days::Counted(more)) => *days += more,
            (Days::Counted(_), each @ Days::Each(_)) => *self = each,
            (Days::Each(_), Days::Counted(_)) => {}
        }
    }

    fn count(&self) -> i64 {
        match self {
            Days::Counted(days) => *days,
            Days::Each(days) => i64::try_from(days.len()).unwrap_or(i64::MAX),
        }
    }
}

impl Figures {
    /// Reads the figures of a row.
    pub(super) fn read(cells: &Cells<'_>) -> Result<Self> {
        let quarter =
            |at: usize| -> Result<u32> { Ok(u32::try_from(cells.number(at)?).unwrap_or(u32::MAX)) };
        let is_seen = cells.number(13)? > 0;
        Ok(Figures {
            now: totals(cells, 1)?,
            earlier: totals(cells, 7)?,
            seen: if is_seen {
                Some((quarter(14)?, quarter(15)?))
            } else {
                None
            },
            active_days: match cells.numbers(16)? {
                Some(days) => Days::Each(days.into_iter().collect()),
                None => Days::Counted(cells.number(16)?),
            },
            uncaptured: Uncaptured {
                non_leaf: cells.number(17)?,
                user_conflict: cells.number(18)?,
            },
        })
    }

    /// Adds the figures of another shard, which has different users.
    pub(super) fn add(&mut self, other: Figures) {
        add(&mut self.now, &other.now);
        add(&mut self.earlier, &other.earlier);
        self.seen = match (self.seen, other.seen) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (seen, None) | (None, seen) => seen,
        };
        self.active_days.add(other.active_days);
        self.uncaptured.non_leaf += other.uncaptured.non_leaf;
        self.uncaptured.user_conflict += other.uncaptured.user_conflict;
    }

    /// The first quarter of an hour with an event.
    pub(super) fn first(&self) -> Option<u32> {
        self.seen.map(|(first, _)| first)
    }

    /// When there was activity.
    pub(super) fn when_seen(&self) -> Option<ActivitySpan> {
        let ms = |quarter: u32| i64::from(quarter) * QUARTER_MS;
        self.seen.map(|(first, last)| ActivitySpan {
            first_seen: ms(first),
            last_seen: ms(last),
            active_days: self.active_days.count(),
        })
    }
}

fn totals(cells: &Cells<'_>, at: usize) -> Result<Totals> {
    Ok(Totals {
        events: cells.number(at)?,
        features: cells.float(at + 1)?,
        module_time: cells.number(at + 2)?,
        active_time: cells.number(at + 3)?,
        sessions: cells.number(at + 4)?,
        users: cells.number(at + 5)?,
    })
}

fn add(sum: &mut Totals, more: &Totals) {
    sum.events += more.events;
    sum.features += more.features;
    sum.module_time += more.module_time;
    sum.active_time += more.active_time;
    sum.sessions += more.sessions;
    sum.users += more.users;
}

/// Merges the rows of all shards by key. The key is the first cell.
pub(super) fn merged(answers: &[Answer]) -> Result<Vec<(Value, Figures)>> {
    let mut rows: Vec<(Value, Figures)> = Vec::new();
    let mut known: HashMap<Value, usize> = HashMap::new();
    for row in answers.iter().flat_map(|answer| &answer.data) {
        let cells = Cells(row);
        let (key, figures) = (cells.cell(0)?, Figures::read(&cells)?);
        match known.get(key) {
            Some(at) => rows[*at].1.add(figures),
            None => {
                known.insert(key.clone(), rows.len());
                rows.push((key.clone(), figures));
            }
        }
    }
    Ok(rows)
}
