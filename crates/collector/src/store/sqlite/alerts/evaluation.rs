//! Evaluates alert rules.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use crate::{
    model::{alert_rule::AlertRule, calendar::TimeZone, usage::Span},
    store::{
        alerts::StoredRule,
        rule_check::{Ancestor, Hit, RuleQuestion, applies_to_users, has_ended, hit, is_new},
        sqlite::{
            accounts,
            hierarchy::Scope,
            json, portfolio,
            rows::{AccountRow, UserRow},
            usage::{CaptureStatus, Detail, RowFilter, scan},
        },
    },
};

/// Finds the matches of a rule at `now`. Days are those of `zone`.
///
/// # Errors
/// Fails when SQLite fails.
pub fn evaluate(
    conn: &Connection,
    stored: &StoredRule,
    zone: &TimeZone,
    now: i64,
) -> rusqlite::Result<Vec<Hit>> {
    let rule = &stored.rule;
    let within = match &rule.account_id {
        None => None,
        Some(id) => match accounts::find_row(conn, id)? {
            // It is expected that somebody who is no longer a customer is silent.
            Some(account) if has_ended(&line(conn, account)?) => return Ok(Vec::new()),
            Some(account) => Some(account),
            // An account that no longer exists has no subtree.
            None => return Ok(Vec::new()),
        },
    };
    let question = match RuleQuestion::of(stored, zone, now) {
        RuleQuestion::Accounts(question) => question,
        RuleQuestion::NewUsers { from } => return new_users(conn, rule, within, from),
    };
    let mut hits = Vec::new();
    for row in portfolio::read(conn, within, &question, false)?.rows {
        if let Some(figures) = hit(rule, &row)
            && let Some(account) = accounts::find_row(conn, &row.account.account_id)?
        {
            hits.push(Hit {
                account: account.number(),
                user: None,
                figures,
            });
        }
    }
    Ok(hits)
}

/// The users whose first counted event lies in the quarter of an hour of a time, or later.
fn new_users(
    conn: &Connection,
    rule: &AlertRule,
    within: Option<AccountRow>,
    from: i64,
) -> rusqlite::Result<Vec<Hit>> {
    let Some(filter) = RowFilter::find(conn, &rule.usage_filter())? else {
        return Ok(Vec::new());
    };
    let scope = match within {
        Some(account) => Scope::of(conn, account, true)?,
        None => Scope::of_all(conn)?,
    };
    let detail = if filter.needs_names() {
        Detail::Facts
    } else {
        Detail::Groups
    };
    // For each user: the quarter of an hour of the first event, and its account.
    let mut first: Vec<Option<(u32, AccountRow)>> = Vec::new();
    scan(conn, &scope, Span::ALL, detail, |account, status, fact| {
        if status != CaptureStatus::Counted || !filter.contains(&fact.key) {
            return;
        }
        let place = fact.key.user.number() as usize;
        if place >= first.len() {
            first.resize(place + 1, None);
        }
        let found = (fact.key.quarter, account);
        let earliest = first[place].map_or(found, |earlier| earlier.min(found));
        first[place] = Some(earliest);
    })?;
    let mut rule_scope = RuleScope::new(rule);
    let mut hits = Vec::new();
    for (user, found) in first.into_iter().enumerate() {
        let Some((quarter, account)) = found else {
            continue;
        };
        let user = u32::try_from(user).ok().and_then(UserRow::from_number);
        if let Some(user) = user
            && is_new(quarter, from)
            && !is_deactivated(conn, user)?
            && rule_scope.contains(conn, account)?
        {
            hits.push(Hit {
                account: account.number(),
                user: Some(user.number().into()),
                figures: None,
            });
        }
    }
    Ok(hits)
}

/// Decides whether a rule applies to users of an account.
struct RuleScope<'a> {
    rule: &'a AlertRule,
    known: BTreeMap<AccountRow, bool>,
}

impl<'a> RuleScope<'a> {
    fn new(rule: &'a AlertRule) -> Self {
        RuleScope {
            rule,
            known: BTreeMap::new(),
        }
    }

    fn contains(&mut self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        if let Some(known) = self.known.get(&account) {
            return Ok(*known);
        }
        let is_in_scope = applies_to_users(self.rule, &line(conn, account)?);
        self.known.insert(account, is_in_scope);
        Ok(is_in_scope)
    }
}

/// Reads an account and all its ancestors.
fn line(conn: &Connection, account: AccountRow) -> rusqlite::Result<Vec<Ancestor>> {
    conn.prepare_cached(
        "WITH RECURSIVE above (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
             WHERE a.parent_no IS NOT NULL
         )
         SELECT a.details, a.is_deleted FROM above JOIN accounts a ON a.no = above.no",
    )?
    .query_map([account], |row| {
        Ok(Ancestor {
            details: json::object(row.get_ref(0)?.as_str()?),
            is_deleted: row.get(1)?,
        })
    })?
    .collect()
}

/// Whether a user was deactivated.
fn is_deactivated(conn: &Connection, user: UserRow) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT is_deleted FROM users WHERE no = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()
        .map(|found| found.unwrap_or(false))
}
