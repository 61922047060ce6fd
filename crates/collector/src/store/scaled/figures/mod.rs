//! Figures: ClickHouse adds up what it has, together with what PostgreSQL sends along.

mod question;
mod snapshot;

use serde::Deserialize;
use serde_json::Value;

use snapshot::Snapshot;

use super::{
    account_rows,
    clickhouse::{Clickhouse, External},
    failure::{Failure, Result},
    hierarchy,
    postgres::Tx,
    row_binary::RowBinary,
};
use crate::{
    model::{
        calendar::CalendarUnit,
        quarter::QUARTER_MS,
        rollup::FigureKind,
        usage::{Dimension, Uncaptured},
    },
    store::usage::{CalendarIndex, Comparison, Seen, Totals, UsageQuestion, UsageReport, UsageRow},
};

/// The usage of an account; `None` when the account is unknown or not to be seen. The
/// transaction is one snapshot.
pub(super) async fn usage(
    tx: &Tx<'_>,
    node: &Clickhouse,
    question: &UsageQuestion,
) -> Result<Option<UsageReport>> {
    let Some(account) = account_rows::find_no(tx, &question.account_id).await? else {
        return Ok(None);
    };
    if !hierarchy::may_see(tx, &question.within, account).await? {
        return Ok(None);
    }
    let rolls_up = question.rollup && FigureKind::ProductUsage.rolls_up();
    let snapshot = Snapshot::read(tx, account, rolls_up).await?;
    let mut tables = snapshot.tables();
    let unit = match question.by {
        Some(by) if by.is_subject() => Some(CalendarUnit::Day),
        by => by.and_then(Dimension::calendar_unit),
    };
    if let Some(unit) = unit {
        let sql = question::quarters(node.database(), &snapshot, question);
        let answer: Answer = answer(node, &sql, &tables).await?;
        tables.push(units(&answer, question, unit)?);
    }
    let sql = question::figures(node.database(), &snapshot, question, unit.is_some());
    let answer: Answer = answer(node, &sql, &tables).await?;
    report(answer, question).map(Some)
}

/// An answer of ClickHouse.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    data: Vec<Vec<Value>>,
    #[serde(default)]
    totals: Option<Vec<Value>>,
}

async fn answer(node: &Clickhouse, sql: &str, tables: &[External]) -> Result<Answer> {
    let answer = node.ask(sql, tables).await?;
    serde_json::from_slice(&answer)
        .map_err(|cause| Failure::Clickhouse(format!("an answer that cannot be read: {cause}")))
}

/// The table of the days, weeks or months to which quarters of an hour belong.
fn units(answer: &Answer, question: &UsageQuestion, unit: CalendarUnit) -> Result<External> {
    let mut calendar = CalendarIndex::new(&question.time_zone, unit);
    let mut rows = RowBinary::default();
    for row in &answer.data {
        let quarter = u32::try_from(Cells(row).number(0)?).unwrap_or(u32::MAX);
        rows.small(quarter);
        rows.small(calendar.key(quarter));
    }
    Ok(External {
        name: "units",
        structure: "quarter UInt32, unit UInt32",
        rows: rows.finish(),
    })
}

/// The figures of a row of an answer.
#[derive(Debug, Default)]
struct Figures {
    now: Totals,
    earlier: Totals,
    /// The first and the last quarter of an hour up to the end of the span; `None`
    /// without any.
    seen: Option<(u32, u32)>,
    active_days: i64,
    uncaptured: Uncaptured,
}

/// The cells of a row.
struct Cells<'a>(&'a [Value]);

impl Cells<'_> {
    fn cell(&self, at: usize) -> Result<&Value> {
        let cell = self.0.get(at);
        cell.ok_or_else(|| Failure::Clickhouse("an answer with too few columns".to_owned()))
    }

    fn number(&self, at: usize) -> Result<i64> {
        let cell = self.cell(at)?;
        let number = match cell {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.ok_or_else(|| Failure::Clickhouse(format!("{cell} is no whole number")))
    }

    fn float(&self, at: usize) -> Result<f64> {
        let cell = self.cell(at)?;
        let float = cell.as_str().and_then(|text| text.parse().ok());
        float.ok_or_else(|| Failure::Clickhouse(format!("{cell} is no number")))
    }

    fn totals(&self, at: usize) -> Result<Totals> {
        Ok(Totals {
            events: self.number(at)?,
            features: self.float(at + 1)?,
            module_time: self.number(at + 2)?,
            active_time: self.number(at + 3)?,
            sessions: self.number(at + 4)?,
            users: self.number(at + 5)?,
        })
    }

    fn figures(&self) -> Result<Figures> {
        let quarter =
            |at: usize| -> Result<u32> { Ok(u32::try_from(self.number(at)?).unwrap_or(u32::MAX)) };
        let is_seen = self.number(13)? > 0;
        Ok(Figures {
            now: self.totals(1)?,
            earlier: self.totals(7)?,
            seen: if is_seen {
                Some((quarter(14)?, quarter(15)?))
            } else {
                None
            },
            active_days: self.number(16)?,
            uncaptured: Uncaptured {
                non_leaf: self.number(17)?,
                user_conflict: self.number(18)?,
            },
        })
    }
}

impl Figures {
    fn first(&self) -> Option<u32> {
        self.seen.map(|(first, _)| first)
    }

    fn when_seen(&self) -> Option<Seen> {
        let ms = |quarter: u32| i64::from(quarter) * QUARTER_MS;
        self.seen.map(|(first, last)| Seen {
            first_seen: ms(first),
            last_seen: ms(last),
            active_days: self.active_days,
        })
    }
}

/// Makes the report of an answer.
fn report(answer: Answer, question: &UsageQuestion) -> Result<UsageReport> {
    let (total, rows) = match question.by {
        None => (answer.data.first(), &[][..]),
        Some(_) => (answer.totals.as_ref(), answer.data.as_slice()),
    };
    let total = match total {
        Some(total) => Cells(total).figures()?,
        None => Figures::default(),
    };
    let unit = question.by.and_then(Dimension::calendar_unit);
    let is_subject = question.by.is_some_and(Dimension::is_subject);
    // Days of one period are not those of another.
    let before = question.before.filter(|_| unit.is_none());
    let mut found = Vec::new();
    for row in rows {
        let cells = Cells(row);
        let figures = cells.figures()?;
        if figures.now.events == 0 && (before.is_none() || figures.earlier.events == 0) {
            continue;
        }
        let key = match unit {
            Some(unit) => {
                let key = u32::try_from(cells.number(0)?).unwrap_or(0);
                CalendarIndex::name(unit, key).into()
            }
            None => cells.cell(0)?.clone(),
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
