//! Finds what only ClickHouse knows: what events name that the inbox has dropped.

use std::{collections::HashSet, sync::Arc};

use serde::Deserialize;

use super::{
    concerned::{Concerned, Others},
    membership::Firsts,
};
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        quarter::QUARTER_MS,
    },
    store::scaled::{
        clickhouse::External,
        failure::{Failure, Result},
        nodes::{
            Nodes,
            choice::{self, ChosenReplica},
        },
        postgres::{Tx, query},
        removals::{self, Removal},
        retention,
        row_binary::RowBinary,
    },
};

/// A row of the answer.
#[derive(Debug, Deserialize)]
struct Named {
    user_id: String,
    account_id: String,
    counts: u8,
    /// The quarter of an hour of the first that counts.
    counted_from: i64,
}

/// Adds what dropped events name to what other events name.
pub(super) async fn read(
    tx: &Tx<'_>,
    nodes: &Nodes,
    erasure: &Erasure,
    concerned: &Concerned,
    firsts: &Firsts,
    others: &mut Others,
) -> Result<()> {
    let before = retention::dropped_before(tx).await?;
    if before == 0 || concerned.events.is_empty() && firsts.is_empty() {
        return Ok(());
    }
    // Those who may leave an erased account do so if anything under another account is found.
    let leaving = firsts.iter().filter(|(_, first)| first.may_leave());
    let leaving = leaving.map(|(user, _)| &**user).collect();
    let erased = Removal {
        keys: concerned.keys().1.concat(),
        ..removal_of(tx, erasure, &leaving).await?
    };
    let named_by_events = Removal {
        users: concerned
            .traces
            .users
            .iter()
            .chain(firsts.keys())
            .cloned()
            .collect(),
        accounts: concerned.traces.accounts.iter().cloned().collect(),
        up_to: i64::MAX,
        no: i64::MAX,
        ..Removal::default()
    };
    for chosen in choice::choose(tx, nodes).await? {
        let mut gone = removals::after(tx, chosen.removed).await?;
        gone.push(Removal {
            up_to: chosen.block,
            ..erased.clone()
        });
        for named in ask(&chosen, before, &named_by_events, &gone).await? {
            let counted_from = (named.counts > 0).then_some(named.counted_from);
            others.add_dropped(named.user_id, named.account_id, counted_from);
        }
    }
    Ok(())
}

/// What an erasure removes from all blocks, whatever the inbox still has: a user, or an account
/// with its users except those who move.
pub(super) async fn removal_of(
    tx: &Tx<'_>,
    erasure: &Erasure,
    moving: &HashSet<&str>,
) -> Result<Removal> {
    let mut removal = Removal::default();
    match erasure.kind {
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::Source => {}
        ErasureKind::User => removal.users.push(erasure.id.clone()),
        ErasureKind::Account => {
            let sql = "SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                WHERE a.account_id = $1";
            let members = query(tx, sql, &[&erasure.id]).await?;
            let members = members.iter().map(|row| row.get::<_, String>(0));
            removal.users = members.filter(|user| !moving.contains(&**user)).collect();
            removal.accounts.push(erasure.id.clone());
        }
    }
    Ok(removal)
}

async fn ask(
    chosen: &ChosenReplica,
    before: i64,
    named_by_events: &Removal,
    gone: &[Removal],
) -> Result<Vec<Named>> {
    let (table, block) = (&chosen.table, chosen.block);
    let mut rows = RowBinary::default();
    named_by_events.write(&mut rows);
    let mut conditions = chosen.is_same_run();
    for removal in gone.iter().filter(|removal| !removal.is_empty()) {
        removal.write(&mut rows);
        conditions += &format!(" AND NOT {}", removal.condition("named"));
    }
    let does_count = format!("(set_aside = 0 OR (released >= 1 AND released <= {block}))");
    let sql = format!(
        "SELECT user_id, account_id,
             max({does_count}) AS counts,
             toInt32(intDiv(minIf(created_at, {does_count}), {QUARTER_MS})) AS counted_from
         FROM {table} FINAL
         WHERE block <= {block} AND created_at < {before} AND {}{conditions}
         GROUP BY user_id, account_id FORMAT JSONEachRow",
        named_by_events.condition("named")
    );
    let tables = [External {
        name: "named",
        structure: removals::STRUCTURE,
        rows: rows.finish(),
    }];
    let answer = Arc::clone(&chosen.node).ask(&sql, &tables).await?;
    let lines = answer.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_slice(line)
                .map_err(|cause| Failure::Clickhouse(format!("an unreadable answer: {cause}")))
        })
        .collect()
}
