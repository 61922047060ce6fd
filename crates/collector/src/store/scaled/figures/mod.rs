//! Figures: ClickHouse aggregates its own events together with the newer ones, which are sent along
//! with each query.

pub(super) mod adoption;
mod answer;
mod bars;
mod events;
pub(super) mod first_use;
pub(super) mod lookup;
pub(super) mod names;
pub(super) mod new_users;
pub(super) mod people;
pub(super) mod portfolio;
mod question;
pub(super) mod reading;
pub(super) mod report;
mod row;
mod rows;
pub(super) mod sessions;
mod snapshot;
pub(super) mod uncounted;

use std::collections::HashSet;

use super::{
    account_rows, clickhouse::External, failure::Result, hierarchy, nodes::Nodes, postgres::Tx,
    row_binary::RowBinary,
};
use crate::{
    model::{calendar::CalendarUnit, rollup::FigureKind, usage::Dimension},
    store::usage::{CalendarIndex, Comparison, UsageQuestion, UsageReport, UsageRow},
};
use answer::{Answer, Cells};
use row::{Figures, merged};
use snapshot::Snapshot;

/// The usage of an account; `None` when the account is unknown or the caller may not see it. The
/// transaction must be a snapshot.
pub(super) async fn usage(
    tx: &Tx<'_>,
    nodes: &Nodes,
    question: &UsageQuestion,
) -> Result<Option<UsageReport>> {
    let Some(account) = account_rows::find_no(tx, &question.account_id).await? else {
        return Ok(None);
    };
    if !hierarchy::may_see(tx, &question.within, account).await? {
        return Ok(None);
    }
    let rolls_up = question.rollup && FigureKind::ProductUsage.rolls_up();
    let scope = hierarchy::subtree(tx, account, rolls_up).await?;
    let snapshot = Snapshot::read(tx, nodes, scope).await?;
    let unit = match question.by {
        Some(by) if by.is_subject() => Some(CalendarUnit::Day),
        by => by.and_then(Dimension::calendar_unit),
    };
    let units = match unit {
        None => None,
        Some(unit) => {
            let sql = |shard: &_| question::quarters(shard, question);
            Some(units(&snapshot.ask(sql, &[]).await?, question, unit)?)
        }
    };
    let sql = |shard: &_| question::figures(shard, question, unit.is_some());
    let answers = snapshot.ask(sql, units.as_slice()).await?;
    report(&answers, question).map(Some)
}

/// An external table with the day, week or month of each quarter of an hour.
fn units(answers: &[Answer], question: &UsageQuestion, unit: CalendarUnit) -> Result<External> {
    let mut calendar = CalendarIndex::new(&question.time_zone, unit);
    let mut rows = RowBinary::default();
    let mut seen = HashSet::new();
    for row in answers.iter().flat_map(|answer| &answer.data) {
        let quarter = u32::try_from(Cells(row).number(0)?).unwrap_or(u32::MAX);
        if seen.insert(quarter) {
            rows.small(quarter);
            rows.small(calendar.key(quarter));
        }
    }
    Ok(External {
        name: "units",
        structure: "quarter UInt32, unit UInt32",
        rows: rows.finish(),
    })
}

/// Combines the answers of all shards into a report.
fn report(answers: &[Answer], question: &UsageQuestion) -> Result<UsageReport> {
    let mut total = Figures::default();
    for answer in answers {
        let of_shard = match question.by {
            None => answer.data.first(),
            Some(_) => answer.totals.as_ref(),
        };
        if let Some(row) = of_shard {
            total.add(Figures::read(&Cells(row))?);
        }
    }
    let rows = match question.by {
        None => Vec::new(),
        Some(_) => merged(answers)?,
    };
    let unit = question.by.and_then(Dimension::calendar_unit);
    let is_subject = question.by.is_some_and(Dimension::is_subject);
    // The days of one period have no counterparts in the other.
    let before = question.before.filter(|_| unit.is_none());
    let mut found = Vec::new();
    for (key, figures) in rows {
        if figures.now.events == 0 && (before.is_none() || figures.earlier.events == 0) {
            continue;
        }
        let key = match unit {
            Some(unit) => {
                let key = key.as_u64().and_then(|key| u32::try_from(key).ok());
                CalendarIndex::name(unit, key.unwrap_or(0)).into()
            }
            None => key,
        };
        let mut row = UsageRow::new(key, figures.now.clone());
        row.seen = figures.when_seen().filter(|_| is_subject);
        row.comparison = before.map(|before| {
            let previous = before.is_comparable(figures.first());
            Comparison::of(&figures.now, previous.then(|| figures.earlier.clone()))
        });
        found.push(row);
    }
    found.sort_by(UsageRow::compare_keys);
    found.sort_by(|left, right| question.page.compare(&left.totals, &right.totals));
    let next = question.page.cut(&mut found);
    let comparison = question.before.map(|before| {
        let previous = before.is_comparable(total.first());
        Comparison::of(&total.now, previous.then(|| total.earlier.clone()))
    });
    Ok(UsageReport {
        totals: total.now,
        rows: found,
        next,
        uncaptured: total.uncaptured,
        comparison,
    })
}
