//! The own figures of many accounts.

use std::collections::HashMap;

use super::{
    events::{passing, within},
    reading::{Reading, periods, sums},
    rows::Rows,
};
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::{
        portfolio::{BEFORE, DAY_MS, Forest, ListQuestion, NOW, Own, Uses},
        scaled::failure::Result,
        sums::Sums,
    },
};

/// Assigns small numbers to the users of a list.
#[derive(Debug, Default)]
pub(in crate::store::scaled) struct UserNumbers(HashMap<String, u32>);

impl UserNumbers {
    /// The number of a user. A new user gets the next number.
    pub(in crate::store::scaled) fn of(&mut self, user_id: &str) -> u32 {
        if let Some(number) = self.0.get(user_id) {
            return *number;
        }
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(user_id.to_owned(), number);
        number
    }
}

/// The indexes of the accounts of a list, by id.
#[derive(Debug)]
pub(in crate::store::scaled) struct Places<'a>(HashMap<&'a str, usize>);

impl<'a> Places<'a> {
    /// The indexes of the accounts of a forest.
    pub(in crate::store::scaled) fn of(forest: &'a Forest) -> Self {
        let places = (0..forest.len()).map(|at| (forest.account(at).account_id.as_str(), at));
        Places(places.collect())
    }

    fn read(&self, rows: &mut Rows) -> Result<Option<usize>> {
        Ok(self.0.get(rows.text()?.as_str()).copied())
    }
}

/// Reads the accounts' own figures, and when they were used.
pub(in crate::store::scaled) async fn read(
    reading: &Reading,
    question: &ListQuestion,
    places: &Places<'_>,
    users: &mut UserNumbers,
    own: &mut Own,
) -> Result<()> {
    read_sums(reading, question, places, own).await?;
    read_active(reading, question, places, users, own).await?;
    if !own.curves.is_empty() {
        read_curves(reading, question, places, own).await?;
    }
    Ok(())
}

/// Reads when accounts were used first and last, in the order of their forest.
pub(in crate::store::scaled) async fn uses(
    reading: &Reading,
    places: &Places<'_>,
) -> Result<Vec<Uses>> {
    let sql = |facts: &str| {
        format!(
            "SELECT account_id, min(quarter), max(quarter) FROM ({facts}) WHERE counts = 1
             GROUP BY account_id"
        )
    };
    let mut rows = reading
        .ask((Span::ALL, &Filter::default()), sql, Vec::new())
        .await?;
    let mut uses = vec![Uses::default(); places.0.len()];
    while rows.has_more() {
        let place = places.read(&mut rows)?;
        let (first, last) = (rows.small()?, rows.small()?);
        if let Some(at) = place {
            uses[at].extend(first, last);
        }
    }
    Ok(uses)
}

async fn read_sums(
    reading: &Reading,
    question: &ListQuestion,
    places: &Places<'_>,
    own: &mut Own,
) -> Result<()> {
    let before = question.before;
    let needs_first = before.is_some() && question.filter != Filter::default();
    let first_day_end = before.map_or(0, |before| before.first_day_end);
    let is_early = within(Span {
        from: Span::ALL.from,
        to: first_day_end,
    });
    let sql = |facts: &str| {
        format!(
        "SELECT account_id, {}, {}, toUInt8(countIf(is_early = 1) > 0),
            minIf(quarter, is_early = 1), min(quarter), max(quarter)
         FROM (
            SELECT account_id, features, module_time, active_time, quarter, passes = 1 AND {is_early}
                AS is_early, passes = 1 AND is_now = 1 AS is_now,
                passes = 1 AND is_earlier = 1 AS is_earlier
            FROM (
                SELECT *, ifNull(1{}, 0) AS passes, {} FROM ({}) WHERE counts = 1)
         ) GROUP BY account_id",
        sums("is_now = 1"),
        sums("is_earlier = 1"),
        passing(&question.filter),
        periods(question.span, before.map(|before| before.span)),
        facts,
    )
    };
    let mut rows = reading
        .ask((Span::ALL, &Filter::default()), sql, Vec::new())
        .await?;
    let mut first_filtered = vec![None; own.uses.len()];
    while rows.has_more() {
        let place = places.read(&mut rows)?;
        let (now, earlier): (Sums, Sums) = (rows.sums()?, rows.sums()?);
        let first_early = rows.if_any()?;
        let (first, last) = (rows.small()?, rows.small()?);
        if let Some(at) = place {
            own.sums[at][NOW].add(&now);
            own.sums[at][BEFORE].add(&earlier);
            own.uses[at].extend(first, last);
            first_filtered[at] = [first_filtered[at], first_early]
                .into_iter()
                .flatten()
                .min();
        }
    }
    own.first_filtered = needs_first.then_some(first_filtered);
    Ok(())
}

async fn read_active(
    reading: &Reading,
    question: &ListQuestion,
    places: &Places<'_>,
    users: &mut UserNumbers,
    own: &mut Own,
) -> Result<()> {
    let sql = |facts: &str| {
        format!(
            "SELECT user_id, account_id, max(is_now), max(is_earlier)
         FROM (SELECT user_id, account_id, {} FROM ({}) WHERE counts = 1)
         WHERE is_now = 1 OR is_earlier = 1 GROUP BY user_id, account_id",
            periods(question.span, question.before.map(|before| before.span)),
            facts,
        )
    };
    let mut rows = reading
        .ask((read_span(question), &question.filter), sql, Vec::new())
        .await?;
    while rows.has_more() {
        let user = users.of(&rows.text()?);
        let place = places.read(&mut rows)?;
        for period in [NOW, BEFORE] {
            let is_active = rows.flag()?;
            if let Some(at) = place.filter(|_| is_active) {
                own.active.insert(user, period, at);
            }
        }
    }
    Ok(())
}

async fn read_curves(
    reading: &Reading,
    question: &ListQuestion,
    places: &Places<'_>,
    own: &mut Own,
) -> Result<()> {
    let sql = |facts: &str| {
        format!(
            "SELECT account_id, min(quarter), sum(features) FROM ({}) WHERE counts = 1
         GROUP BY account_id, intDiv(toInt64(quarter) * {QUARTER_MS} - {}, {DAY_MS})",
            facts, question.span.from,
        )
    };
    let mut rows = reading
        .ask((question.span, &question.filter), sql, Vec::new())
        .await?;
    while rows.has_more() {
        let place = places.read(&mut rows)?;
        let (quarter, uses) = (rows.small()?, rows.float()?);
        if let Some(at) = place {
            own.curves.add(at, quarter, uses);
        }
    }
    Ok(())
}

/// From the beginning of the previous period to the end of the period.
pub(in crate::store::scaled) fn read_span(question: &ListQuestion) -> Span {
    Span {
        from: question
            .before
            .map_or(question.span.from, |before| before.span.from),
        to: question.span.to,
    }
}
