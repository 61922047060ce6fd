//! The ClickHouse queries for usage.

use super::{events::within, snapshot::Shard};
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Dimension, Span},
    },
    store::usage::UsageQuestion,
};

/// The query for the events that a question concerns on a shard.
fn events(shard: &Shard, question: &UsageQuestion) -> String {
    let until = Span {
        from: Span::ALL.from,
        to: question.span.to,
    };
    shard.events(until, &question.filter)
}

/// The query for the quarters of an hour of the span that have an event.
pub(super) fn quarters(shard: &Shard, question: &UsageQuestion) -> String {
    format!(
        "SELECT DISTINCT intDiv(at, {QUARTER_MS}) AS quarter FROM ({}) WHERE {}
         FORMAT JSONCompact",
        events(shard, question),
        within(question.span)
    )
}

/// The query for the figures of the span and of the previous one, in total and by the dimension.
/// With `has_units`, the external table `units` has the day, week or month of each quarter of an
/// hour.
///
/// Each user is on one shard, so the numbers of distinct users and sessions of the shards can be
/// added. An account may be active on several shards on the same day, so its active days are
/// returned one by one.
pub(super) fn figures(shard: &Shard, question: &UsageQuestion, has_units: bool) -> String {
    let events = events(shard, question);
    let now = within(question.span);
    let earlier = question
        .before
        .map_or_else(|| "0".to_owned(), |before| within(before.span));
    let value = match question.by {
        None => "0",
        Some(Dimension::Product) => "product",
        Some(Dimension::Module) => "module",
        Some(Dimension::Feature) => "feature",
        Some(Dimension::User) => "user_id",
        Some(Dimension::Account) => "account_id",
        Some(Dimension::Day | Dimension::Week | Dimension::Month) => "unit",
    };
    let (unit, join) = if has_units {
        ("unit", "AS facts ALL LEFT JOIN units USING quarter")
    } else {
        ("0 AS unit", "")
    };
    let of = |period: &str| {
        let counted = format!("counts = 1 AND {period} = 1");
        format!(
            "countIf({counted}), toString(sumIf(features, {counted})),
             sumIf(module_time, {counted}), sumIf(active_time, {counted}),
             uniqExactIf((user_id, assumeNotNull(session_id)),
                 {counted} AND isNotNull(session_id)),
             uniqExactIf(user_id, {counted})"
        )
    };
    let days = match question.by {
        Some(Dimension::Account) => "groupUniqArrayIf",
        Some(_) | None => "uniqExactIf",
    };
    let group = match question.by {
        None => "",
        Some(_) => "GROUP BY value WITH TOTALS",
    };
    format!(
        "SELECT {value} AS value, {}, {},
            countIf(counts = 1), minIf(quarter, counts = 1), maxIf(quarter, counts = 1),
            {days}(unit, counts = 1 AND is_now = 1),
            countIf(aside = 0 AND captures = 0 AND is_now = 1), countIf(aside = 1 AND is_now = 1)
         FROM (
            SELECT account_id, user_id, session_id, product, module, feature, features,
                module_time, active_time, aside, captures, quarter, is_now, is_earlier, {unit},
                aside = 0 AND captures = 1 AS counts
            FROM (
                SELECT account_id, user_id, session_id, product, module, feature, features,
                    module_time, active_time, aside, captures,
                    toUInt32(intDiv(at, {QUARTER_MS})) AS quarter,
                    {now} AS is_now, {earlier} AS is_earlier
                FROM ({events})
            ) {join}
         ) {group} FORMAT JSONCompact",
        of("is_now"),
        of("is_earlier"),
    )
}
