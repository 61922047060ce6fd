//! The figures of each user in a period and the previous one, and when each was active.

use std::collections::HashMap;

use super::{
    events::within,
    reading::{Reading, numbered_quarters, periods, sums},
};
use crate::{
    model::{
        calendar::{CalendarUnit, TimeZone},
        period::Before,
        usage::{Filter, Span},
    },
    store::{
        people::{PersonFigures, PersonUse},
        scaled::failure::Result,
        sums::Sums,
        usage::CalendarIndex,
    },
};

/// Reads the figures of every user with counted events, by user id. Active days are counted in
/// `time_zone`.
pub(in crate::store::scaled) async fn read(
    reading: &Reading,
    span: Span,
    before: Option<Before>,
    filter: &Filter,
    time_zone: &TimeZone,
) -> Result<HashMap<String, PersonUse>> {
    let quarters = reading.quarters(span, filter).await?;
    let mut calendar = CalendarIndex::new(time_zone, CalendarUnit::Day);
    let days = numbered_quarters("days", quarters, |quarter| calendar.key(quarter));
    let past = Span {
        from: Span::ALL.from,
        to: span.to,
    };
    let of = |period: &str| {
        format!(
            "{}, uniqExactIf(assumeNotNull(session_id), {period} = 1 AND isNotNull(session_id))",
            sums(&format!("{period} = 1"))
        )
    };
    let sql = |facts: &str| {
        format!(
        "SELECT user_id, {}, {}, toUInt8(countIf(is_past = 1) > 0), minIf(quarter, is_past = 1),
            maxIf(quarter, is_past = 1), uniqExactIf(number, is_now = 1),
            toUInt8(countIf(is_past = 0) > 0)
         FROM (
            SELECT user_id, session_id, features, module_time, active_time, quarter, is_past,
                is_now, is_earlier, number
            FROM (SELECT *, {} AS is_past, {} FROM ({}) WHERE counts = 1)
                AS facts ALL LEFT JOIN days USING quarter
         ) GROUP BY user_id",
        of("is_now"),
        of("is_earlier"),
        within(past),
        periods(span, before.map(|before| before.span)),
        facts,
    )
    };
    let mut rows = reading.ask((Span::ALL, filter), sql, vec![days]).await?;
    let mut people = HashMap::new();
    while rows.has_more() {
        let user_id = rows.text()?;
        let now = figures(&rows.sums()?, rows.count()?);
        let earlier = figures(&rows.sums()?, rows.count()?);
        let first = rows.if_any()?;
        let last = rows.small()?;
        let found = PersonUse {
            now,
            before: earlier,
            first,
            last: first.map(|_| last),
            active_days: rows.count()?,
            came_later: rows.flag()?,
        };
        people.insert(user_id, found);
    }
    Ok(people)
}

fn figures(sums: &Sums, sessions: i64) -> PersonFigures {
    let whole = |sum: u64| i64::try_from(sum).unwrap_or(i64::MAX);
    PersonFigures {
        events: whole(sums.events),
        features: sums.features,
        module_time: whole(sums.module_time),
        active_time: whole(sums.active_time),
        sessions,
    }
}
