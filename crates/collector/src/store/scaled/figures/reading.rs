//! A snapshot of both servers, from which the figures of a page are read.

use super::{
    events::within,
    rows::Rows,
    snapshot::{Shard, Snapshot},
};
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::{
        scaled::{
            clickhouse::External, failure::Result, hierarchy::Node, nodes::Nodes, postgres::Tx,
            row_binary::RowBinary,
        },
        usage::Totals,
    },
};

/// A snapshot, and the accounts whose figures are read from it.
#[derive(Debug)]
pub(in crate::store::scaled) struct Reading {
    snapshot: Snapshot,
}

impl Reading {
    /// Reads what queries about the accounts of a scope need, in one transaction.
    pub(in crate::store::scaled) async fn of(
        tx: &Tx<'_>,
        nodes: &Nodes,
        scope: Vec<Node>,
    ) -> Result<Self> {
        let snapshot = Snapshot::read(tx, nodes, scope).await?;
        Ok(Reading { snapshot })
    }

    /// Runs a query on all shards and returns their rows one after the other. Each user is on one
    /// shard, so rows of users need not be merged. `sql` makes the query from a table expression:
    /// the events of a span that pass a filter, with their quarter of an hour, and whether each of
    /// them `counts`.
    pub(super) async fn ask(
        &self,
        (span, filter): (Span, &Filter),
        sql: impl Fn(&str) -> String,
        tables: Vec<External>,
    ) -> Result<Rows> {
        let statement = |shard: &Shard| {
            let facts = format!(
                "SELECT *, toUInt32(intDiv(at, {QUARTER_MS})) AS quarter,
                    aside = 0 AND captures = 1 AS counts
                 FROM ({})",
                shard.events(span, filter)
            );
            format!("{} FORMAT RowBinary", sql(&facts))
        };
        let answers = self.snapshot.answers(statement, &tables).await?;
        Ok(Rows::of(answers.concat()))
    }

    /// The quarters of an hour of a span in which an event counts. They may contain duplicates.
    pub(super) async fn quarters(&self, span: Span, filter: &Filter) -> Result<Vec<u32>> {
        let sql = |facts: &str| format!("SELECT DISTINCT quarter FROM ({facts}) WHERE counts = 1");
        let mut rows = self.ask((span, filter), sql, Vec::new()).await?;
        let mut quarters = Vec::new();
        while rows.has_more() {
            quarters.push(rows.small()?);
        }
        quarters.sort_unstable();
        quarters.dedup();
        Ok(quarters)
    }
}

/// SQL expressions for the figures of the events that meet a condition, without users and sessions.
pub(super) fn sums(condition: &str) -> String {
    format!(
        "countIf({condition}), sumIf(features, {condition}), sumIf(module_time, {condition}),
         sumIf(active_time, {condition})"
    )
}

/// SQL expressions for the same figures with sessions and users.
pub(super) fn totals(condition: &str) -> String {
    format!(
        "{}, uniqExactIf((user_id, assumeNotNull(session_id)),
             {condition} AND isNotNull(session_id)), uniqExactIf(user_id, {condition})",
        sums(condition)
    )
}

/// Adds the figures of another shard, which has different users.
pub(super) fn add(totals: &mut Totals, other: &Totals) {
    totals.events += other.events;
    totals.features += other.features;
    totals.module_time += other.module_time;
    totals.active_time += other.active_time;
    totals.sessions += other.sessions;
    totals.users += other.users;
}

/// SQL expressions: whether an event lies in a period, and in the previous one.
pub(super) fn periods(span: Span, before: Option<Span>) -> String {
    let earlier = before.map_or_else(|| "0".to_owned(), within);
    format!("{} AS is_now, {earlier} AS is_earlier", within(span))
}

/// An external table of quarters of an hour, each with a number.
pub(super) fn numbered_quarters(
    name: &'static str,
    quarters: Vec<u32>,
    mut number: impl FnMut(u32) -> u32,
) -> External {
    let mut rows = RowBinary::default();
    for quarter in quarters {
        rows.small(quarter);
        rows.small(number(quarter));
    }
    External {
        name,
        structure: "quarter UInt32, number UInt32",
        rows: rows.finish(),
    }
}

/// An external table of ids.
pub(super) fn ids<'a>(name: &'static str, ids: impl IntoIterator<Item = &'a str>) -> External {
    let mut rows = RowBinary::default();
    for id in ids {
        rows.text(id);
    }
    External {
        name,
        structure: "id String",
        rows: rows.finish(),
    }
}
