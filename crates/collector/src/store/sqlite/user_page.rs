//! What the page of a user shows.

use rusqlite::Connection;

use super::{
    account_page::report_query, account_report, account_tree, accounts, quality, tree,
    user_sessions, users, visible::Within,
};
use crate::{
    model::usage::Filter,
    store::user_page::{UserPage, UserPageQuestion, UserSession},
};

/// Reads what a user did; `None` when the user is unknown or not to be seen.
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
    let within = Within::find(conn, &question.within)?;
    if !within.see(conn, account)? {
        return Ok(None);
    }
    let path = account_tree::path(conn, account)?;
    let (period, span) = (&question.period, question.period.span);
    let mut filter = question.filter.clone();
    filter.user = Some(user_id.clone());
    let rollup = question.rollup;
    let first_and_last = || account_report::first_and_last_use(conn, account, rollup);
    let (mut query, bars) = report_query(
        account,
        rollup,
        period,
        filter,
        question.bars,
        first_and_last,
    )?;
    query.rollup = false;
    let all = user_sessions::read(conn, row, account, span)?;
    let count = all.len();
    let has_loose_events = all.iter().any(|session| session.session_id.is_none());
    let (page, shown) = question.page_of(count);
    let sessions = all
        .into_iter()
        .skip(shown.start)
        .take(shown.len())
        .map(|session| {
            let account_id = &user.account_id;
            let (events, has_more) =
                user_sessions::events(conn, account_id, user_id, &session, span, question.events)?;
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
    let report = account_report::read(conn, &query)?;
    let is_whole = question.filter == Filter::default();
    let uncounted = if is_whole && report.totals.now.events == 0 {
        quality::uncounted_of_users(conn, within, span)?.remove(&row)
    } else {
        None
    };
    Ok(Some(UserPage {
        account_name: name.unwrap_or_else(|| user.account_id.clone()),
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
