//! What a rule hits.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::found::Hit;
use crate::{
    model::{
        alert_rule::{AlertRule, Condition, RuleLevel},
        calendar::TimeZone,
        period::Before,
        usage::Span,
    },
    store::{
        alerts::StoredRule,
        portfolio::{ListLevel, PeriodFigures, PortfolioRow, dimension_text},
        sqlite::{
            accounts,
            facts::QUARTER_MS,
            hierarchy::Scope,
            json,
            portfolio::{self, PortfolioQuery},
            rows::{AccountRow, UserRow},
            usage::{Detail, RowFilter, Standing, scan},
        },
    },
};

/// How long a user counts as new: trackers keep events of a page without a
/// connection for days, so that a first event may arrive late.
const NEW_MS: i64 = 7 * 86_400_000;

/// Finds what a rule hits at `now`. Days are those of `zone`.
///
/// # Errors
/// Those of SQLite.
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
            Some(account) => Some(account),
            // Nothing is below an account that is gone.
            None => return Ok(Vec::new()),
        },
    };
    match rule.condition {
        Condition::UsesDown { percent, days } => {
            let uses = |figures: &PeriodFigures| figures.features;
            down(
                conn,
                rule,
                within,
                days_before(zone, now, days),
                percent,
                now,
                uses,
            )
        }
        Condition::UsersDown { percent, days } => {
            let users = |figures: &PeriodFigures| figures.users as f64;
            down(
                conn,
                rule,
                within,
                days_before(zone, now, days),
                percent,
                now,
                users,
            )
        }
        Condition::Silent { days } => {
            let from = zone.start_of(zone.day_at(now).plus(-i64::from(days)));
            silent(conn, rule, within, from, now)
        }
        Condition::NewUser => {
            let from = stored.created_at.max(now.saturating_sub(NEW_MS));
            new_users(conn, rule, within, from)
        }
    }
}

/// The last whole days, and as many before.
fn days_before(zone: &TimeZone, now: i64, days: u32) -> (Span, Before) {
    let today = zone.day_at(now);
    let days = i64::from(days);
    let start = |back: i64| zone.start_of(today.plus(-back));
    let span = Span {
        from: start(days),
        to: start(0),
    };
    let before = Before {
        span: Span {
            from: start(2 * days),
            to: span.from,
        },
        first_day_end: start(2 * days - 1),
    };
    (span, before)
}

/// Reads the figures of the accounts of a rule. Accounts that were deactivated are
/// left out: that they are silent is no news.
fn rows(
    conn: &Connection,
    rule: &AlertRule,
    within: Option<AccountRow>,
    span: Span,
    before: Before,
    now: i64,
) -> rusqlite::Result<Vec<PortfolioRow>> {
    let query = PortfolioQuery {
        within,
        level: match rule.level {
            RuleLevel::Top => ListLevel::Top,
            RuleLevel::Leaves => ListLevel::Leaves,
            RuleLevel::All => ListLevel::All,
        },
        with_deactivated: false,
        span,
        before: Some(before),
        filter: rule.usage_filter(),
        dimensions: rule.dimensions.clone(),
        with_names: false,
        now,
    };
    Ok(portfolio::read(conn, &query)?.rows)
}

fn down(
    conn: &Connection,
    rule: &AlertRule,
    within: Option<AccountRow>,
    (span, before): (Span, Before),
    percent: u32,
    now: i64,
    figure: impl Fn(&PeriodFigures) -> f64,
) -> rusqlite::Result<Vec<Hit>> {
    let most = f64::from(100 - percent.min(100)) / 100.0;
    let mut hits = Vec::new();
    for row in rows(conn, rule, within, span, before, now)? {
        // Nothing is compared with a time before the first use.
        let Some(before) = row.before.as_ref().map(&figure) else {
            continue;
        };
        let now = figure(&row.now);
        if before > 0.0 && now <= before * most {
            hits.extend(hit(conn, &row, Some((now, before)))?);
        }
    }
    Ok(hits)
}

/// What a rule hits of an account, with the figures that it compares.
fn hit(
    conn: &Connection,
    row: &PortfolioRow,
    figures: Option<(f64, f64)>,
) -> rusqlite::Result<Option<Hit>> {
    let account = accounts::find_row(conn, &row.account.account_id)?;
    Ok(account.map(|account| Hit {
        account,
        user: None,
        now: figures.map(|figures| figures.0),
        before: figures.map(|figures| figures.1),
    }))
}

fn silent(
    conn: &Connection,
    rule: &AlertRule,
    within: Option<AccountRow>,
    from: i64,
    now: i64,
) -> rusqlite::Result<Vec<Hit>> {
    // What is made now or by a clock that is ahead is use, too.
    let span = Span {
        from,
        to: Span::ALL.to,
    };
    // All time before: whoever was never there is not silent.
    let before = Before {
        span: Span {
            from: Span::ALL.from,
            to: from,
        },
        first_day_end: from,
    };
    let mut hits = Vec::new();
    for row in rows(conn, rule, within, span, before, now)? {
        let was_used = row.before.as_ref().is_some_and(|before| before.events > 0);
        if row.now.events == 0 && was_used {
            hits.extend(hit(conn, &row, None)?);
        }
    }
    Ok(hits)
}

/// The users whose first counted event is of the quarter of an hour of a time, or
/// later.
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
    // By user: the quarter of an hour of the first event, and where it was.
    let mut first: Vec<Option<(u32, AccountRow)>> = Vec::new();
    scan(
        conn,
        &scope,
        Span::ALL,
        detail,
        |account, standing, fact| {
            if standing != Standing::Counted || !filter.contains(&fact.key) {
                return;
            }
            let place = fact.key.user.number() as usize;
            if place >= first.len() {
                first.resize(place + 1, None);
            }
            let found = (fact.key.quarter, account);
            let earliest = first[place].map_or(found, |earlier| earlier.min(found));
            first[place] = Some(earliest);
        },
    )?;
    let mut has = DimensionsOf::new(rule);
    let mut hits = Vec::new();
    for (user, found) in first.into_iter().enumerate() {
        let Some((quarter, account)) = found else {
            continue;
        };
        let user = u32::try_from(user).ok().and_then(UserRow::from_number);
        // The quarter in which the rule was made counts: better told once too often.
        let is_new = (i64::from(quarter) + 1) * QUARTER_MS > from;
        if is_new && user.is_some() && has.all(conn, account)? {
            hits.push(Hit {
                account,
                user,
                now: None,
                before: None,
            });
        }
    }
    Ok(hits)
}

/// Tells whether an account, or one above it, has the values that a rule names.
struct DimensionsOf<'a> {
    rule: &'a AlertRule,
    known: BTreeMap<AccountRow, bool>,
}

impl<'a> DimensionsOf<'a> {
    fn new(rule: &'a AlertRule) -> Self {
        DimensionsOf {
            rule,
            known: BTreeMap::new(),
        }
    }

    fn all(&mut self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        if self.rule.dimensions.is_empty() {
            return Ok(true);
        }
        if let Some(known) = self.known.get(&account) {
            return Ok(*known);
        }
        let mut above = conn.prepare_cached(
            "WITH RECURSIVE above (no) AS (
                 SELECT ?1
                 UNION ALL
                 SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
                 WHERE a.parent_no IS NOT NULL
             )
             SELECT a.details FROM above JOIN accounts a ON a.no = above.no",
        )?;
        let mut rows = above.query([account])?;
        let mut has_all = false;
        while let Some(row) = rows.next()? {
            let details = json::object(row.get_ref(0)?.as_str()?);
            has_all |= self.rule.dimensions.iter().all(|(name, value)| {
                details.get(name).and_then(dimension_text).as_ref() == Some(value)
            });
        }
        self.known.insert(account, has_all);
        Ok(has_all)
    }
}
