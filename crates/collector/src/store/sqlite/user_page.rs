//! The contents of the page of a user.

use rusqlite::Connection;

use super::{
    account_page::report_query, account_report, account_tree, accounts, former_accounts,
    hierarchy::Scope, quality, tree, user_sessions, users, visible::VisibleAccounts,
};
use crate::{
    model::usage::{Filter, Uncaptured},
    store::user_page::{UserPage, UserPageQuestion, UserSession},
};

/// Reads what a user did; `None` when the user is unknown or the caller may not see the user.
pub(super) fn read(
    conn: &Connection,
    question: UserPageQuestion,
) -> rusqlite::Result<Option<UserPage>> {
    let user_id = &question.user_id;
    let Some((row, account)) = users::find_with_account(conn, user_id)? else {
        return Ok(None);
    };
    let Some(user) = users::find(conn, user_id)? else {
        return Ok(None);
    };
    let within = VisibleAccounts::find(conn, &question.within)?;
    if !within.see(conn, account)? {
        return Ok(None);
    }
    let path = account_tree::path(conn, account)?;
    // Usage that counted before the user was moved stays in the former account.
    let mut accounts = vec![account];
    for former in former_accounts::read(conn, row)? {
        if former != account && within.see(conn, former)? {
            accounts.push(former);
        }
    }
    let scope = Scope::of_each(conn, &accounts)?;
    let (period, span) = (&question.period, question.period.span);
    let mut filter = question.filter.clone();
    filter.user = Some(user_id.clone());
    let rollup = question.rollup;
    let first_and_last = || {
        let mut used = account_report::first_and_last_use(conn, account, rollup)?;
        for former in &accounts[1..] {
            let there = account_report::first_and_last_use(conn, *former, false)?;
            used = match (used, there) {
                (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
                (one, other) => one.or(other),
            };
        }
        Ok(used)
    };
    let (query, bars) = report_query(
        account,
        rollup,
        period,
        filter,
        question.bars,
        first_and_last,
    )?;
    let all = user_sessions::read(conn, row, &scope, span)?;
    let ids = user_sessions::ids(conn, &accounts)?;
    let count = all.len();
    let has_loose_events = all.iter().any(|session| session.session_id.is_none());
    let (page, shown) = question.page_of(count);
    let sessions = all
        .into_iter()
        .skip(shown.start)
        .take(shown.len())
        .map(|session| {
            let (events, has_more) =
                user_sessions::events(conn, &ids, user_id, &session, span, question.events)?;
            Ok(UserSession {
                begins: session.begins(),
                session_id: session.session_id,
                count: session.sums.events,
                features: session.sums.features,
                active_time: session.sums.active_time,
                events,
                has_more,
            })
        })
        .collect::<rusqlite::Result<_>>()?;
    let name = accounts::find(conn, &user.account_id)?.and_then(|account| account.name);
    let mut report = account_report::read_of(conn, &scope, &query)?;
    // The page reports uncounted events separately, whatever account they name.
    report.uncaptured = Uncaptured::default();
    let is_whole = question.filter == Filter::default();
    let uncounted = if is_whole && report.totals.now.events == 0 {
        quality::uncounted_of_users(conn, within, span)?.remove(&row)
    } else {
        None
    };
    Ok(Some(UserPage {
        account_name: name.unwrap_or_else(|| user.account_id.clone()),
        seen: user_sessions::first_and_last(conn, row, &scope)?,
        tree: tree::read(conn, within, path)?,
        report,
        uncounted: uncounted.unwrap_or(0),
        user,
        bars,
        sessions,
        count,
        has_loose_events,
        page,
    }))
}
