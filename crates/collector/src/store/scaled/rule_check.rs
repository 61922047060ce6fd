//! Checks alert rules: what they match, and which alerts begin and end.

use std::collections::{BTreeMap, HashMap};

use super::{
    account_rows, alerts,
    failure::Result,
    figures::{
        new_users::{self, FirstUse},
        reading::Reading,
    },
    hierarchy, json,
    nodes::Nodes,
    portfolio,
    postgres::{Tx, execute, query, query_one},
};
use crate::{
    model::{alert_rule::AlertRule, calendar::TimeZone},
    store::{
        alerts::StoredRule,
        rule_check::{
            Ancestor, Changes, Hit, KEPT_MS, RuleQuestion, applies_to_users, has_ended, hit, is_new,
        },
    },
};

/// Computes what a check of a rule at `now` changes. Days are those of `zone`. An unknown rule
/// changes nothing.
pub(super) async fn changes(
    tx: &Tx<'_>,
    nodes: &Nodes,
    rule: i64,
    zone: &TimeZone,
    now: i64,
) -> Result<Changes> {
    let Some(stored) = alerts::rule(tx, rule).await? else {
        return Ok(Changes::default());
    };
    let hits = hits(tx, nodes, &stored, zone, now).await?;
    let sql = "SELECT id, account_no, user_no FROM alerts WHERE rule_id = $1 AND ended_at IS NULL";
    let rows = query(tx, sql, &[&rule]).await?;
    let holding = rows
        .iter()
        .map(|row| ((row.get(1), row.get(2)), row.get(0)));
    Ok(Changes::of(holding.collect(), hits))
}

async fn hits(
    tx: &Tx<'_>,
    nodes: &Nodes,
    stored: &StoredRule,
    zone: &TimeZone,
    now: i64,
) -> Result<Vec<Hit>> {
    let rule = &stored.rule;
    let within = match &rule.account_id {
        None => None,
        Some(id) => match account_rows::find_no(tx, id).await? {
            // It is expected that somebody who is no longer a customer is silent.
            Some(account) if has_ended(&line(tx, account).await?) => return Ok(Vec::new()),
            Some(account) => Some(account),
            // An account that no longer exists has no subtree.
            None => return Ok(Vec::new()),
        },
    };
    let question = match RuleQuestion::of(stored, zone, now) {
        RuleQuestion::Accounts(question) => question,
        RuleQuestion::NewUsers { from } => return new_users(tx, nodes, rule, within, from).await,
    };
    let mut hits = Vec::new();
    for row in portfolio::read(tx, nodes, within, &question).await?.rows {
        if let Some(figures) = hit(rule, &row)
            && let Some(account) = account_rows::find_no(tx, &row.account.account_id).await?
        {
            hits.push(Hit {
                account,
                user: None,
                figures,
            });
        }
    }
    Ok(hits)
}

/// The users whose first counted event lies in the quarter of an hour of a time, or later.
async fn new_users(
    tx: &Tx<'_>,
    nodes: &Nodes,
    rule: &AlertRule,
    within: Option<i64>,
    from: i64,
) -> Result<Vec<Hit>> {
    let scope = match within {
        Some(account) => hierarchy::subtree(tx, account, true).await?,
        None => hierarchy::everywhere(tx).await?,
    };
    let numbers: HashMap<String, i64> = scope
        .iter()
        .map(|node| (node.account_id.clone(), node.no))
        .collect();
    let reading = Reading::of(tx, nodes, scope).await?;
    let found = new_users::since(&reading, from, &rule.usage_filter()).await?;
    // For each user: the quarter of an hour of the first event, and its account.
    let mut first: BTreeMap<String, (u32, i64)> = BTreeMap::new();
    for used in found {
        let FirstUse {
            user_id,
            account_id,
            quarter,
        } = used;
        if let Some(account) = numbers.get(&account_id) {
            let used = (quarter, *account);
            let earliest = first.entry(user_id).or_insert(used);
            *earliest = used.min(*earliest);
        }
    }
    let mut rule_scope = RuleScope::new(rule);
    let mut hits = Vec::new();
    let ids: Vec<&str> = first.keys().map(String::as_str).collect();
    let sql = "SELECT no, user_id FROM users WHERE user_id = ANY($1::text[]) AND NOT is_deleted
        ORDER BY no";
    for row in query(tx, sql, &[&ids]).await? {
        let Some((quarter, account)) = first.get(row.get::<_, &str>(1)) else {
            continue;
        };
        if is_new(*quarter, from) && rule_scope.contains(tx, *account).await? {
            hits.push(Hit {
                account: *account,
                user: Some(row.get(0)),
                figures: None,
            });
        }
    }
    Ok(hits)
}

/// Decides whether a rule applies to users of an account.
struct RuleScope<'a> {
    rule: &'a AlertRule,
    known: BTreeMap<i64, bool>,
}

impl<'a> RuleScope<'a> {
    fn new(rule: &'a AlertRule) -> Self {
        RuleScope {
            rule,
            known: BTreeMap::new(),
        }
    }

    async fn contains(&mut self, tx: &Tx<'_>, account: i64) -> Result<bool> {
        if let Some(known) = self.known.get(&account) {
            return Ok(*known);
        }
        let is_in_scope = applies_to_users(self.rule, &line(tx, account).await?);
        self.known.insert(account, is_in_scope);
        Ok(is_in_scope)
    }
}

/// Reads an account and all its ancestors.
async fn line(tx: &Tx<'_>, account: i64) -> Result<Vec<Ancestor>> {
    let sql = "WITH RECURSIVE above (no) AS (
            SELECT $1::bigint
            UNION ALL
            SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
            WHERE a.parent_no IS NOT NULL
        )
        SELECT a.details, a.is_deleted FROM above JOIN accounts a ON a.no = above.no";
    let rows = query(tx, sql, &[&account]).await?;
    let ancestors = rows.iter().map(|row| Ancestor {
        details: json::object(row.get(0)),
        is_deleted: row.get(1),
    });
    Ok(ancestors.collect())
}

/// Stores alerts that begin, at most as many as fit into a message, and queues a message about them
/// if there is a receiver. Returns their number, which may be smaller: a rule, account or user may
/// no longer exist, and another check may have stored the same alert.
pub(super) async fn begin(
    tx: &Tx<'_>,
    rule: i64,
    hits: &[Hit],
    message_id: &str,
    now: i64,
) -> Result<u64> {
    let sql = "SELECT EXISTS (SELECT 1 FROM alert_rules WHERE id = $1)";
    if !query_one(tx, sql, &[&rule]).await?.get::<_, bool>(0) {
        return Ok(0);
    }
    let message = alerts::webhook(tx).await?.map(|_| message_id);
    if let Some(id) = message {
        let sql = "INSERT INTO alert_messages (id, rule_id, created_at, next_at)
            VALUES ($1, $2, $3, $3)";
        execute(tx, sql, &[&id, &rule, &now]).await?;
    }
    let accounts: Vec<i64> = hits.iter().map(|hit| hit.account).collect();
    let users: Vec<Option<i64>> = hits.iter().map(|hit| hit.user).collect();
    let figures_now: Vec<Option<f64>> = hits.iter().map(Hit::now).collect();
    let figures_before: Vec<Option<f64>> = hits.iter().map(Hit::before).collect();
    let sql = "INSERT INTO alerts (rule_id, account_no, user_no, now, before, began_at, message_id)
        SELECT $1, a.no, n.user_no, n.now, n.before, $6, $7
        FROM unnest($2::bigint[], $3::bigint[], $4::double precision[], $5::double precision[])
                WITH ORDINALITY AS n (account_no, user_no, now, before, place)
            JOIN accounts a ON a.no = n.account_no
        WHERE n.user_no IS NULL OR EXISTS (SELECT 1 FROM users WHERE no = n.user_no)
        ORDER BY n.place ON CONFLICT DO NOTHING";
    let params = [
        &rule as _,
        &accounts as _,
        &users as _,
        &figures_now as _,
        &figures_before as _,
        &now as _,
        &message as _,
    ];
    let began = execute(tx, sql, &params).await?;
    if began == 0 {
        execute(tx, "DELETE FROM alert_messages WHERE id = $1", &[&message]).await?;
    }
    Ok(began)
}

/// Marks alerts as ended.
pub(super) async fn end(tx: &Tx<'_>, ended: &[i64], now: i64) -> Result<()> {
    let sql = "UPDATE alerts SET ended_at = $2 WHERE id = ANY($1::bigint[]) AND ended_at IS NULL";
    execute(tx, sql, &[&ended, &now]).await?;
    Ok(())
}

/// Records that a rule was checked. Deletes alerts that ended long ago, and old messages that were
/// delivered or given up.
pub(super) async fn finish(tx: &Tx<'_>, rule: i64, now: i64) -> Result<()> {
    let before = now.saturating_sub(KEPT_MS);
    let sql = "DELETE FROM alerts WHERE id IN (
        SELECT id FROM alerts WHERE ended_at < $1 LIMIT 1000)";
    execute(tx, sql, &[&before]).await?;
    let sql = "DELETE FROM alert_messages WHERE next_at IS NULL AND created_at < $1";
    execute(tx, sql, &[&before]).await?;
    let sql = "UPDATE alert_rules SET checked_at = $2 WHERE id = $1";
    execute(tx, sql, &[&rule, &now]).await?;
    Ok(())
}
