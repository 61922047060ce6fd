//! The events of a shard as a table expression.

use super::snapshot::Shard;
use crate::{
    model::usage::{Filter, Span},
    store::scaled::clickhouse::literal,
};

/// A time later than any event has.
const FAR_MS: i64 = 10_000_000_000_000_000;

impl Shard {
    /// A query for the shipped and the pending events of a span that pass a filter. `at` is the
    /// time at which an event counts, `aside` whether it is set aside, and `captures` whether usage
    /// is counted for its account.
    pub(super) fn events(&self, span: Span, filter: &Filter) -> String {
        const COLUMNS: &str = "key, account_id, user_id, session_id, created_at, product, module, \
            feature, features, module_time, active_time";
        let (table, block) = (self.table(), self.block());
        let at = self.counted_at();
        let (from, to) = bounds(span);
        let wanted = format!(
            "{at} >= {from} AND {at} < {to} AND account_id IN (SELECT account_id FROM scope){}",
            passing(filter)
        );
        // Later versions of ClickHouse require names for joined subqueries. `ANY` joins are
        // avoided, because later versions match only one row of either side.
        format!(
            "SELECT {COLUMNS}, at, aside, captures FROM (
                SELECT {COLUMNS}, {at} AS at,
                    set_aside = 1 AND NOT (released >= 1 AND released <= {block})
                        AND key NOT IN (SELECT key FROM freed) AS aside
                FROM {table} FINAL WHERE block <= {block} AND {wanted}{}
                UNION ALL
                SELECT {COLUMNS}, {at} AS at, set_aside = 1 AS aside FROM pending WHERE {wanted}
            ) AS facts ALL INNER JOIN scope USING account_id",
            self.passed_over()
        )
    }
}

/// The SQL conditions of a filter, each after an `AND`.
pub(super) fn passing(filter: &Filter) -> String {
    let mut wanted = String::new();
    for (column, value) in [
        ("product", &filter.product),
        ("module", &filter.module),
        ("feature", &filter.feature),
    ] {
        match value.as_deref() {
            None => {}
            Some("") => wanted += &format!(" AND {column} IS NULL"),
            Some(name) => wanted += &format!(" AND {column} = {}", literal(name)),
        }
    }
    if let Some(user) = &filter.user {
        wanted += &format!(" AND user_id = {}", literal(user));
    }
    wanted
}

/// The SQL condition that an event counts in a span.
pub(super) fn within(span: Span) -> String {
    let (from, to) = bounds(span);
    format!("at >= {from} AND at < {to}")
}

fn bounds(span: Span) -> (i64, i64) {
    (
        span.from.clamp(-FAR_MS, FAR_MS),
        span.to.clamp(-FAR_MS, FAR_MS),
    )
}
