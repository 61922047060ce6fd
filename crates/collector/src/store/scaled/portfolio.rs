//! The list of accounts with their figures.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    failure::Result,
    figures::{
        names,
        portfolio::{self, Places, UserNumbers, read_span},
        reading::Reading,
    },
    hierarchy::{self, Node},
    json,
    nodes::Nodes,
    postgres::{Tx, query},
    users,
};
use crate::{
    model::{financial::Amount, usage::Filter},
    store::portfolio::{
        Forest, ListQuestion, ListedAccount, Money, Names, Own, Portfolio, RECURRING_REVENUE,
        sum_of_latest,
    },
};

/// Reads the figures of all accounts, or of one subtree.
pub(super) async fn read(
    tx: &Tx<'_>,
    nodes: &Nodes,
    within: Option<i64>,
    question: &ListQuestion,
) -> Result<Portfolio> {
    let forest = forest(tx, within).await?;
    let mut own = Own::none(&forest, question);
    let mut users = UserNumbers::default();
    read_members(tx, &forest, within, &mut users, &mut own).await?;
    read_money(tx, &forest, question.now, &mut own).await?;
    let reading = Reading::of(tx, nodes, scope(&forest)).await?;
    let places = Places::of(&forest);
    portfolio::read(&reading, question, &places, &mut users, &mut own).await?;
    Ok(own.listed(&forest, question))
}

/// Reads the latest use of accounts, each with its descendants, in ms since the Unix epoch. `within`
/// is the root of the accounts that the caller may see.
pub(super) async fn last_uses(
    tx: &Tx<'_>,
    nodes: &Nodes,
    within: Option<i64>,
    ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, i64>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let forest = forest(tx, within).await?;
    let places: Vec<usize> = forest.places(ids).collect();
    let covered = forest.covered(&places);
    let mut nodes_of = scope(&forest);
    let mut is_covered = covered.iter();
    nodes_of.retain(|_| is_covered.next() == Some(&true));
    let reading = Reading::of(tx, nodes, nodes_of).await?;
    let uses = portfolio::uses(&reading, &Places::of(&forest)).await?;
    Ok(forest.last_uses_of(ids, &uses))
}

/// Reads the names in the usage of these accounts in the periods of a question.
pub(super) async fn names(
    tx: &Tx<'_>,
    nodes: &Nodes,
    within: Option<i64>,
    question: &ListQuestion,
) -> Result<Names> {
    let filter = &question.filter;
    if *filter != Filter::default() {
        let everywhere = Reading::of(tx, nodes, hierarchy::everywhere(tx).await?).await?;
        let is_user_known = match &filter.user {
            None => true,
            Some(user_id) => users::find(tx, user_id).await?.is_some(),
        };
        // The filter selects nothing, so there are no choices either.
        if !is_user_known || !names::are_known(&everywhere, filter).await? {
            return Ok(Names::default());
        }
    }
    let scope = match within {
        None => hierarchy::everywhere(tx).await?,
        Some(root) => hierarchy::subtree(tx, root, true).await?,
    };
    let reading = Reading::of(tx, nodes, scope).await?;
    names::counted(&reading, read_span(question), filter).await
}

/// All accounts, or those of one subtree.
async fn forest(tx: &Tx<'_>, within: Option<i64>) -> Result<Forest> {
    const COLUMNS: &str = "a.no, a.account_id, a.name, a.hierarchy_label, a.join_date,
        a.details, a.is_deleted, a.parent_no";
    let sql = match within {
        None => format!("SELECT {COLUMNS} FROM accounts a WHERE $1::bigint IS NULL ORDER BY a.no"),
        Some(_) => format!(
            "WITH RECURSIVE below (no) AS (
                 SELECT $1::bigint UNION ALL
                 SELECT c.no FROM below JOIN accounts c ON c.parent_no = below.no
             )
             SELECT {COLUMNS} FROM below JOIN accounts a ON a.no = below.no ORDER BY a.no"
        ),
    };
    let rows = query(tx, &sql, &[&within]).await?;
    let numbers = rows.iter().map(|row| row.get(0)).collect();
    let parents: Vec<Option<i64>> = rows.iter().map(|row| row.get(7)).collect();
    let accounts = rows.iter().map(|row| ListedAccount {
        account_id: row.get(1),
        name: row.get(2),
        hierarchy_label: row.get(3),
        join_date: row.get(4),
        details: json::object(row.get(5)),
        is_deleted: row.get(6),
        is_churned: false,
        children: 0,
    });
    Ok(Forest::of(accounts.collect(), numbers, &parents, within))
}

fn scope(forest: &Forest) -> Vec<Node> {
    let nodes = (0..forest.len()).map(|at| Node {
        no: forest.number(at),
        account_id: forest.account(at).account_id.clone(),
        is_leaf: forest.is_leaf(at),
    });
    nodes.collect()
}

/// Reads which users belong to the accounts.
async fn read_members(
    tx: &Tx<'_>,
    forest: &Forest,
    within: Option<i64>,
    users: &mut UserNumbers,
    own: &mut Own,
) -> Result<()> {
    let accounts: Option<Vec<i64>> =
        within.map(|_| (0..forest.len()).map(|at| forest.number(at)).collect());
    let sql = "SELECT user_id, account_no FROM users
        WHERE NOT is_deleted AND ($1::bigint[] IS NULL OR account_no = ANY($1::bigint[]))";
    for row in query(tx, sql, &[&accounts]).await? {
        own.members.add(forest, users.of(row.get(0)), row.get(1));
    }
    Ok(())
}

/// Reads the latest recurring revenue of each account, without its subtree, in its currency.
/// Deactivated accounts have none, so they do not count for their ancestors.
async fn read_money(tx: &Tx<'_>, forest: &Forest, now: i64, own: &mut Own) -> Result<()> {
    let sql = "SELECT account_no, currency, amount FROM financials
        WHERE lower(btrim(name) COLLATE \"C\") = $1 AND date <= $2 ORDER BY date, no";
    for row in query(tx, sql, &[&RECURRING_REVENUE, &now]).await? {
        if let Some(at) = forest.index(row.get(0))
            && !forest.account(at).is_deleted
        {
            // A later record replaces an earlier one, whatever its currency.
            let amount = Amount(row.get::<_, i64>(2).into());
            own.money[at] = Money([(row.get(1), amount)].into());
        }
    }
    Ok(())
}

/// Reads the latest recurring revenue of an account with its descendants. Deactivated accounts, and
/// those below one, have none.
pub(super) async fn revenue_of(tx: &Tx<'_>, account: i64, now: i64) -> Result<Money> {
    let sql = "WITH RECURSIVE above (no, parent_no, is_deleted) AS (
            SELECT no, parent_no, is_deleted FROM accounts WHERE no = $1
            UNION ALL
            SELECT a.no, a.parent_no, a.is_deleted
            FROM above JOIN accounts a ON a.no = above.parent_no
        ), below (no) AS (
            SELECT $1::bigint WHERE NOT EXISTS (SELECT 1 FROM above WHERE is_deleted)
            UNION ALL
            SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
            WHERE NOT a.is_deleted
        )
        SELECT f.account_no, f.currency, f.amount
        FROM below JOIN financials f ON f.account_no = below.no
        WHERE lower(btrim(f.name) COLLATE \"C\") = $2 AND f.date <= $3 ORDER BY f.date, f.no";
    let rows = query(tx, sql, &[&account, &RECURRING_REVENUE, &now]).await?;
    let mut latest = BTreeMap::new();
    for row in rows {
        // A later record replaces an earlier one, whatever its currency.
        let amount = Amount(row.get::<_, i64>(2).into());
        latest.insert(row.get(0), (row.get(1), amount));
    }
    Ok(sum_of_latest(latest))
}
