//! Usage of an account or of everything below it.
//!
//! Whole hours come from the facts; what a span cuts out of an hour comes from
//! the events themselves. Where those are gone (see retention), an hour counts
//! wholly in the span in which it begins.

mod tally;

use std::ops::Range;

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::{Number, Value};

use super::{
    accounts::AccountNo,
    facts::{self, Fact, FactKey, Sums},
    hierarchy::Scope,
    names, retention,
    segments::damaged,
};
use crate::{
    rollup::Kind,
    usage::{By, Filter, Span, Uncaptured},
};
use tally::Tally;

/// An hour in ms.
pub const HOUR_MS: i64 = 3_600_000;

/// The figures of an account, or of one part of its usage.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Events of any action.
    pub events: i64,
    /// Sum of `total` over feature events.
    #[serde(serialize_with = "as_number")]
    pub features: f64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: i64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: i64,
    /// Distinct sessions.
    pub sessions: i64,
    /// Distinct users.
    pub users: i64,
}

/// Whole sums are written as whole numbers: `3`, not `3.0`.
fn as_number<S: serde::Serializer>(sum: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let bounded = sum.clamp(f64::MIN, f64::MAX);
    if bounded.fract() == 0.0 && bounded.abs() < 9e15 {
        serializer.serialize_i64(bounded as i64)
    } else {
        serializer.serialize_some(&Number::from_f64(bounded))
    }
}

/// One row of a breakdown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UsageRow {
    /// Value of the dimension; null where events have none.
    pub key: Value,
    /// Its figures.
    #[serde(flatten)]
    pub totals: Totals,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose usage.
    pub account: AccountNo,
    /// Whether everything below the account counts too.
    pub rollup: bool,
    /// What it is broken down by.
    pub by: Option<By>,
    /// When.
    pub span: Span,
    /// Only the usage of these.
    pub filter: Filter,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The figures of all.
    pub totals: Totals,
    /// The figures of each value of the dimension.
    pub rows: Vec<UsageRow>,
    /// What is kept and not counted.
    pub uncaptured: Uncaptured,
}

/// Answers a question.
///
/// # Errors
/// Those of SQLite.
pub fn answer(conn: &Connection, question: &Question) -> rusqlite::Result<Answer> {
    let [answer] = answer_by(conn, question, [question.by])?;
    Ok(answer)
}

/// Answers a question broken down by each of several dimensions, whatever its
/// own is: the facts are read once for all of them.
///
/// # Errors
/// Those of SQLite.
pub fn answer_by<const N: usize>(
    conn: &Connection,
    question: &Question,
    by: [Option<By>; N],
) -> rusqlite::Result<[Answer; N]> {
    let Some(wanted) = Wanted::find(conn, &question.filter)? else {
        return Ok(by.map(|_| Answer {
            totals: Totals::default(),
            rows: Vec::new(),
            uncaptured: Uncaptured::default(),
        }));
    };
    let rolls_up = question.rollup && Kind::ProductUsage.rolls_up();
    let scope = Scope::of(conn, question.account, rolls_up)?;
    let parts = Parts::of(conn, question.span)?;
    let mut tallies = Vec::with_capacity(N);
    for by in by {
        tallies.push(Tally::new(conn, by)?);
    }
    let mut uncaptured = Uncaptured::default();
    let mut take = |is_set_aside: bool, is_leaf: bool, fact: &Fact| {
        if !wanted.is(&fact.key) {
            return;
        }
        let events = fact.sums.events as i64;
        if is_set_aside {
            uncaptured.user_conflict += events;
        } else if Kind::ProductUsage.is_captured(is_leaf) {
            for tally in &mut tallies {
                tally.add(fact);
            }
        } else {
            uncaptured.non_leaf += events;
        }
    };
    from_segments(conn, &scope, parts.hours, &mut take)?;
    for span in parts.edges {
        from_events(conn, &scope, span, &mut take)?;
    }
    let mut answers = Vec::with_capacity(N);
    for tally in tallies {
        let (totals, rows) = tally.finish(conn)?;
        answers.push(Answer {
            totals,
            rows,
            uncaptured,
        });
    }
    Ok(answers.try_into().expect("one for each of N dimensions"))
}

fn from_segments(
    conn: &Connection,
    scope: &Scope,
    hours: Range<u32>,
    take: &mut impl FnMut(bool, bool, &Fact),
) -> rusqlite::Result<()> {
    const COLUMNS: &str = "SELECT account_no, is_set_aside, data FROM usage_segments
        WHERE last_hour >= ?1 AND first_hour < ?2";
    if hours.is_empty() {
        return Ok(());
    }
    let mut read = |mut rows: rusqlite::Rows<'_>| {
        while let Some(row) = rows.next()? {
            let Some(is_leaf) = scope.is_leaf(row.get(0)?) else {
                continue;
            };
            let is_set_aside = row.get(1)?;
            let data = row.get_ref(2)?.as_blob()?;
            facts::decode(data, hours.clone(), |fact| {
                take(is_set_aside, is_leaf, fact)
            })
            .map_err(damaged)?;
        }
        Ok(())
    };
    if scope.is_most_of(conn)? {
        // In the order of the file, which reads several times faster.
        let mut all = conn.prepare_cached(COLUMNS)?;
        return read(all.query(params![hours.start, hours.end])?);
    }
    let mut of_account = conn.prepare_cached(&format!("{COLUMNS} AND account_no = ?3"))?;
    for node in scope.nodes() {
        read(of_account.query(params![hours.start, hours.end, node.no])?)?;
    }
    Ok(())
}

fn from_events(
    conn: &Connection,
    scope: &Scope,
    span: Span,
    take: &mut impl FnMut(bool, bool, &Fact),
) -> rusqlite::Result<()> {
    // The accounts first: most questions are about few of them, and the index
    // by time tells them without touching the events.
    let in_span = conn
        .prepare_cached(
            "SELECT e.id, a.no FROM events e INDEXED BY events_by_time
                 CROSS JOIN accounts a ON a.account_id = e.account_id
             WHERE e.created_at >= ?1 AND e.created_at < ?2",
        )?
        .query_map([span.from, span.to], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, AccountNo)>>>()?;
    let mut one = conn.prepare_cached(&format!(
        "SELECT e.set_aside, {EVENT_AS_FACT} FROM events e {NUMBERS} WHERE e.id = ?1"
    ))?;
    for (event, account) in in_span {
        if let Some(is_leaf) = scope.is_leaf(account) {
            let (is_set_aside, fact) =
                one.query_row([event], |row| Ok((row.get(0)?, event_as_fact(row, 1)?)))?;
            take(is_set_aside, is_leaf, &fact);
        }
    }
    Ok(())
}

/// Columns of an event of `events e` from which [`event_as_fact`] makes a fact.
pub(super) const EVENT_AS_FACT: &str = "e.created_at / 3600000, u.no, IFNULL(s.no, 0),
    IFNULL(np.no, 0), IFNULL(nm.no, 0), IFNULL(nf.no, 0),
    e.action, e.total, e.time_spent, e.active_duration";

/// Where the numbers in it come from. `CROSS` keeps SQLite from looking for the
/// events of each user instead of the user of each event.
pub(super) const NUMBERS: &str = "
    CROSS JOIN users u ON u.user_id = e.user_id
    LEFT JOIN sessions s ON s.session_id = e.session_id
    LEFT JOIN names np ON np.name = e.product
    LEFT JOIN names nm ON nm.name = e.module
    LEFT JOIN names nf ON nf.name = e.feature";

pub(super) fn event_as_fact(row: &Row<'_>, at: usize) -> rusqlite::Result<Fact> {
    let key = FactKey {
        hour: row.get(at)?,
        user: row.get(at + 1)?,
        session: row.get(at + 2)?,
        product: row.get(at + 3)?,
        module: row.get(at + 4)?,
        feature: row.get(at + 5)?,
    };
    let action = row.get_ref(at + 6)?.as_str()?;
    let sums = event_sums(action, row.get(at + 7)?, row.get(at + 8)?, row.get(at + 9)?);
    Ok(Fact { key, sums })
}

/// What one event adds.
pub(super) fn event_sums(
    action: &str,
    total: Option<f64>,
    time_spent: Option<i64>,
    active_duration: Option<i64>,
) -> Sums {
    let ms = |of: &str, duration: Option<i64>| {
        let duration = if action == of { duration } else { None };
        u64::try_from(duration.unwrap_or(0)).unwrap_or(0)
    };
    Sums {
        events: 1,
        features: if action == "feature" {
            total.unwrap_or(1.0)
        } else {
            0.0
        },
        module_time: ms("moduleEnd", time_spent),
        active_time: ms("sessionSync", active_duration),
    }
}

/// A span as whole hours and what is cut out of an hour at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    hours: Range<u32>,
    edges: Vec<Span>,
}

impl Parts {
    fn of(conn: &Connection, span: Span) -> rusqlite::Result<Self> {
        Ok(Parts::with_events_from(span, retention::events_from(conn)?))
    }

    /// `events_from` is the hour from which on all events are still there.
    fn with_events_from(span: Span, events_from: u32) -> Self {
        /// Far beyond any event, and `HOUR_MS` times it is no overflow.
        const LAST_HOUR: i64 = u32::MAX as i64;
        let last = LAST_HOUR * HOUR_MS;
        let (from, to) = (span.from.clamp(0, last), span.to.clamp(0, last));
        let none = Parts {
            hours: 0..0,
            edges: Vec::new(),
        };
        if from >= to {
            return none;
        }
        let up = |ms: i64| (ms + HOUR_MS - 1) / HOUR_MS;
        let has_events = |hour: i64| hour >= i64::from(events_from);
        let mut edges = Vec::new();
        let mut cut = |from: i64, to: i64| {
            if from < to {
                edges.push(Span { from, to });
            }
        };
        let mut hours = up(from)..to / HOUR_MS;
        // Both ends lie in the same hour.
        if hours.start > hours.end {
            if has_events(hours.end) {
                cut(from, to);
            }
            return Parts { hours: 0..0, edges };
        }
        if has_events(from / HOUR_MS) {
            cut(from, hours.start * HOUR_MS);
        }
        if has_events(hours.end) {
            cut(hours.end * HOUR_MS, to);
        } else {
            hours.end = up(to);
        }
        Parts {
            hours: hours.start as u32..hours.end as u32,
            edges,
        }
    }
}

/// A filter in the numbers of facts.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    product: Option<u32>,
    module: Option<u32>,
    feature: Option<u32>,
    user: Option<u32>,
}

impl Wanted {
    /// `None` where the filter names something that no event ever named.
    fn find(conn: &Connection, filter: &Filter) -> rusqlite::Result<Option<Self>> {
        let name = |text: &Option<String>| -> rusqlite::Result<Option<Option<u32>>> {
            match text.as_deref() {
                None => Ok(Some(None)),
                Some("") => Ok(Some(Some(names::NONE))),
                Some(name) => Ok(names::find(conn, name)?.map(Some)),
            }
        };
        let user = match &filter.user {
            None => Some(None),
            Some(user_id) => super::users::place(conn, user_id)?
                .map(|(no, _)| names::narrow(no))
                .transpose()?
                .map(Some),
        };
        let (Some(product), Some(module), Some(feature), Some(user)) = (
            name(&filter.product)?,
            name(&filter.module)?,
            name(&filter.feature)?,
            user,
        ) else {
            return Ok(None);
        };
        Ok(Some(Wanted {
            product,
            module,
            feature,
            user,
        }))
    }

    #[inline]
    fn is(&self, key: &FactKey) -> bool {
        let fits = |wanted: Option<u32>, is: u32| wanted.is_none_or(|wanted| wanted == is);
        fits(self.product, key.product)
            && fits(self.module, key.module)
            && fits(self.feature, key.feature)
            && fits(self.user, key.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(from: i64, to: i64, events_from: u32) -> (Range<u32>, Vec<(i64, i64)>) {
        let parts = Parts::with_events_from(Span { from, to }, events_from);
        let edges = parts
            .edges
            .iter()
            .map(|edge| (edge.from, edge.to))
            .collect();
        (parts.hours, edges)
    }

    #[test]
    fn a_span_is_whole_hours_and_two_edges() {
        const H: i64 = HOUR_MS;
        assert_eq!(parts(2 * H, 5 * H, 0), (2..5, vec![]));
        assert_eq!(
            parts(2 * H - 1, 5 * H + 7, 0),
            (2..5, vec![(2 * H - 1, 2 * H), (5 * H, 5 * H + 7)])
        );
        assert_eq!(
            parts(2 * H + 1, 2 * H + 5, 0),
            (0..0, vec![(2 * H + 1, 2 * H + 5)])
        );
        assert_eq!(
            parts(2 * H + 1, 3 * H + 1, 0),
            (3..3, vec![(2 * H + 1, 3 * H), (3 * H, 3 * H + 1)])
        );
        assert_eq!(parts(5, 5, 0), (0..0, vec![]));
        assert_eq!(parts(i64::MIN, i64::MAX, 0), (0..u32::MAX, vec![]));
    }

    #[test]
    fn where_events_are_gone_an_hour_counts_where_it_begins() {
        const H: i64 = HOUR_MS;
        assert_eq!(parts(2 * H + 1, 5 * H + 1, 100), (3..6, vec![]));
        assert_eq!(
            parts(2 * H + 1, 5 * H + 1, 5),
            (3..5, vec![(5 * H, 5 * H + 1)])
        );
        assert_eq!(parts(2 * H + 1, 2 * H + 5, 100), (0..0, vec![]));
    }
}
