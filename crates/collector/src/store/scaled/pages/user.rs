//! The contents of the page of a user.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::tree;
use crate::{
    model::usage::{Filter, Uncaptured},
    store::{
        scaled::{
            account_rows, account_tree, accounts,
            failure::Result,
            figures::{
                first_use, lookup,
                reading::Reading,
                report::{self, ReportQuestion},
                sessions, uncounted,
            },
            hierarchy::{self, Node},
            latest,
            nodes::Nodes,
            postgres::Tx,
            users,
            visible::VisibleAccounts,
        },
        user_page::{MAX_QUARTERS, UserPage, UserPageQuestion, UserSession},
    },
};

/// Reads what a user did; `None` when the user is unknown or the caller may not see the user.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    nodes: &Nodes,
    question: &UserPageQuestion,
) -> Result<Option<UserPage>> {
    let user_id = &question.user_id;
    let Some(user) = users::find(tx, user_id).await? else {
        return Ok(None);
    };
    let Some(account) = account_rows::find_no(tx, &user.account_id).await? else {
        return Ok(None);
    };
    let within = VisibleAccounts::find(tx, &question.within).await?;
    if !within.see(tx, account).await? {
        return Ok(None);
    }
    let path = account_tree::path(tx, account).await?;
    let (period, span) = (&question.period, question.period.span);
    let own = own_accounts(tx, nodes, within, account, user_id).await?;
    let used = match period.days {
        Some(_) => None,
        None => {
            let mut scope = hierarchy::subtree(tx, account, question.rollup).await?;
            let known: HashSet<i64> = scope.iter().map(|node| node.no).collect();
            scope.extend(own.iter().filter(|node| !known.contains(&node.no)).cloned());
            let reading = Reading::of(tx, nodes, scope).await?;
            first_use::first_and_last(&reading, &Filter::default()).await?
        }
    };
    let chart = period.chart(question.bars, used);
    let reading = Reading::of(tx, nodes, own).await?;
    let of_user = Filter {
        user: Some(user_id.clone()),
        ..Filter::default()
    };
    let seen = first_use::first_and_last(&reading, &of_user).await?;
    let mut filter = question.filter.clone();
    filter.user = Some(user_id.clone());
    let report_question = ReportQuestion {
        span,
        before: period.before,
        filter: &filter,
        chart: &chart,
    };
    let mut report = report::read(&reading, &report_question).await?;
    // The page reports uncounted events separately, whatever account they name.
    report.uncaptured = Uncaptured::default();
    let is_whole = question.filter == Filter::default();
    let uncounted = if is_whole && report.totals.now.events == 0 {
        let seen = Reading::of(tx, nodes, within.nodes(tx).await?).await?;
        let events = uncounted::of_users(&seen, span, &filter).await?;
        events.into_values().sum()
    } else {
        0
    };
    let mut all = sessions::read(&reading, user_id, span).await?;
    let count = all.len();
    let has_loose_events = all.iter().any(|session| session.session_id.is_none());
    let (page, shown) = question.page_of(count);
    let shown: Vec<_> = all.drain(shown).collect();
    let limit = question.events;
    let keys = sessions::first_events(&reading, user_id, span, &shown, limit).await?;
    let mut events: HashMap<Option<String>, Vec<Value>> = HashMap::new();
    for event in latest::made(tx, &keys).await? {
        let session_id = event["session_id"].as_str().map(str::to_owned);
        events.entry(session_id).or_default().push(event);
    }
    let sessions = shown.into_iter().map(|session| {
        let mut events = events.remove(&session.session_id).unwrap_or_default();
        let has_more = events.len() > limit || session.quarters.len() > MAX_QUARTERS;
        events.truncate(limit);
        UserSession {
            begins: session.begins(),
            count: session.sums.events,
            features: session.sums.features,
            active_time: session.sums.active_time,
            session_id: session.session_id,
            events,
            has_more,
        }
    });
    let name = accounts::find(tx, &user.account_id)
        .await?
        .and_then(|account| account.name);
    Ok(Some(UserPage {
        account_name: name.unwrap_or_else(|| user.account_id.clone()),
        seen,
        tree: tree::read(tx, within, path).await?,
        report,
        uncounted,
        sessions: sessions.collect(),
        user,
        bars: chart.days,
        count,
        has_loose_events,
        page,
    }))
}

/// The account to which a user belongs, and the visible accounts to which the user belonged before:
/// what counted there remains there.
async fn own_accounts(
    tx: &Tx<'_>,
    nodes: &Nodes,
    within: VisibleAccounts,
    home: i64,
    user_id: &str,
) -> Result<Vec<Node>> {
    let mut own = hierarchy::subtree(tx, home, false).await?;
    let seen = within.nodes(tx).await?;
    let reading = Reading::of(tx, nodes, seen.clone()).await?;
    let named = lookup::accounts_of_user(&reading, user_id).await?;
    let former = |node: &Node| node.no != home && named.contains(&node.account_id);
    own.extend(seen.into_iter().filter(former));
    Ok(own)
}
