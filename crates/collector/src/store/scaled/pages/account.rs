//! The contents of the pages of one account.

use std::collections::HashMap;

use super::tree;
use crate::{
    model::{
        page::Page,
        record_kind::RecordKind,
        usage::{Filter, Span},
    },
    store::{
        account_page::{
            AccountHeader, AccountQuestion, MAX_ALERTS, PeopleQuestion, UsagePage,
            UsagePageQuestion,
        },
        adoption::FeatureAdoption,
        alerts::AlertsQuestion,
        people::Person,
        records::{RecordList, RecordsPage},
        scaled::{
            account_rows, account_tree, accounts,
            alerts::{self, AlertScope},
            failure::Result,
            figures::{
                adoption, first_use, people,
                reading::Reading,
                report::{self, ReportQuestion},
                uncounted,
            },
            hierarchy,
            nodes::Nodes,
            portfolio,
            postgres::{Tx, query},
            records,
            visible::VisibleAccounts,
        },
    },
};

/// The account whose page is read.
#[derive(Debug)]
pub(in crate::store::scaled) struct Subject {
    /// Its number.
    pub(in crate::store::scaled) account: i64,
    /// The number of its parent, if the caller may see it.
    parent: Option<i64>,
    /// What the caller may see.
    pub(in crate::store::scaled) within: VisibleAccounts,
    /// What all pages of the account show.
    pub(in crate::store::scaled) header: AccountHeader,
}

impl Subject {
    /// Reads an account with the header of its pages; `None` when it is unknown or the caller may
    /// not see it.
    pub(in crate::store::scaled) async fn find(
        tx: &Tx<'_>,
        question: &AccountQuestion,
    ) -> Result<Option<Self>> {
        let Some(account) = account_rows::find_no(tx, &question.account_id).await? else {
            return Ok(None);
        };
        let within = VisibleAccounts::find(tx, &question.within).await?;
        if !within.see(tx, account).await? {
            return Ok(None);
        }
        let path = within.cut(account_tree::path(tx, account).await?);
        let above = path.len().checked_sub(2);
        let (descendants, users) = account_tree::count_below(tx, account).await?;
        let found = accounts::find(tx, &question.account_id).await?;
        Ok(Some(Subject {
            account,
            parent: above.map(|above| path[above].0),
            within,
            header: AccountHeader {
                account: found.unwrap_or_default(),
                tree: tree::read(tx, within, path.clone()).await?,
                path: path.into_iter().map(|(_, entry)| entry).collect(),
                descendants,
                users,
                revenue: portfolio::revenue_of(tx, account, question.now).await?,
            },
        }))
    }
}

/// Reads the usage of an account.
pub(in crate::store::scaled) async fn usage(
    tx: &Tx<'_>,
    nodes: &Nodes,
    subject: &Subject,
    question: &UsagePageQuestion,
) -> Result<UsagePage> {
    let period = &question.period;
    let scope = hierarchy::subtree(tx, subject.account, question.rollup).await?;
    let reading = Reading::of(tx, nodes, scope).await?;
    let used = match period.days {
        Some(_) => None,
        None => first_use::first_and_last(&reading, &Filter::default()).await?,
    };
    let chart = period.chart(question.bars, used);
    let of_parent = match subject.parent {
        None => None,
        Some(parent) => {
            let scope = hierarchy::subtree(tx, parent, true).await?;
            let reading = Reading::of(tx, nodes, scope).await?;
            let (span, filter) = (period.span, &question.filter);
            Some(first_use::feature_uses(&reading, span, filter).await?)
        }
    };
    let report_question = ReportQuestion {
        span: period.span,
        before: period.before,
        filter: &question.filter,
        chart: &chart,
    };
    let report = report::read(&reading, &report_question).await?;
    let holding = AlertsQuestion {
        holding: true,
        ..AlertsQuestion::default()
    };
    let scope = AlertScope {
        account: Some(subject.account),
        within: subject.within.root()?,
    };
    let first = Page {
        limit: MAX_ALERTS,
        number: 1,
    };
    let alerts = alerts::list(tx, &holding, scope, first).await?.0;
    let last = if report.is_empty() || !alerts.is_empty() {
        let used = first_use::first_and_last(&reading, &Filter::default()).await?;
        used.map(|(_, last)| last)
    } else {
        None
    };
    Ok(UsagePage {
        report,
        bars: chart.days,
        last,
        of_parent,
        alerts,
    })
}

/// Reads the users who belong to an account, and those who were active in it, ordered by id.
pub(in crate::store::scaled) async fn users(
    tx: &Tx<'_>,
    nodes: &Nodes,
    subject: &Subject,
    question: &PeopleQuestion,
) -> Result<Vec<Person>> {
    let period = &question.period;
    let scope = hierarchy::subtree(tx, subject.account, question.rollup).await?;
    let accounts: Vec<i64> = scope.iter().map(|node| node.no).collect();
    let awaited = hierarchy::active_below(tx, subject.account, question.rollup).await?;
    let reading = Reading::of(tx, nodes, scope).await?;
    let (span, before) = (period.span, period.before);
    let zone = &period.time_zone;
    let mut uses = people::read(&reading, span, before, &question.filter, zone).await?;
    let active: Vec<&str> = uses.keys().map(String::as_str).collect();
    let sql =
        "SELECT u.user_id, u.first_name, u.last_name, a.account_id, a.name, u.is_deleted, a.no
        FROM users u JOIN accounts a ON a.no = u.account_no
        WHERE u.account_no = ANY($1::bigint[]) OR u.user_id = ANY($2::text[]) ORDER BY u.user_id";
    let rows = query(tx, sql, &[&accounts, &active]).await?;
    let is_whole = question.filter == Filter::default();
    let mut listed = rows.iter().map(|row| row.get::<_, &str>(0));
    let uncounted = if is_whole && listed.any(|id| !uses.contains_key(id)) {
        let seen = subject.within.nodes(tx).await?;
        let reading = Reading::of(tx, nodes, seen).await?;
        uncounted::of_users(&reading, Span::ALL, &question.filter).await?
    } else {
        HashMap::new()
    };
    // The accounts of the page are visible.
    let mut is_seen: HashMap<i64, bool> = accounts.into_iter().map(|no| (no, true)).collect();
    let mut people = Vec::with_capacity(rows.len());
    for row in rows {
        let mut person = Person {
            user_id: row.get(0),
            first_name: row.get(1),
            last_name: row.get(2),
            account_id: row.get(3),
            account_name: row.get(4),
            is_deleted: row.get(5),
            ..Person::default()
        };
        let used = uses.remove(&person.user_id).unwrap_or_default();
        used.add_to(&mut person, span, before);
        let events = uncounted.get(&person.user_id);
        person.set_uncounted(events.copied().unwrap_or(0));
        let home = row.get(6);
        person.is_awaited = !person.is_deleted && awaited.contains(&home);
        let is_home_seen = match is_seen.get(&home) {
            Some(is_seen) => *is_seen,
            None => subject.within.see(tx, home).await?,
        };
        is_seen.insert(home, is_home_seen);
        if !is_home_seen {
            person.hide_home();
        }
        people.push(person);
    }
    Ok(people)
}

/// Reads the features that accounts use.
pub(in crate::store::scaled) async fn features(
    tx: &Tx<'_>,
    nodes: &Nodes,
    subject: &Subject,
    span: Span,
) -> Result<Vec<FeatureAdoption>> {
    let here = hierarchy::subtree(tx, subject.account, true).await?;
    let here = here.iter().map(|node| node.account_id.as_str());
    let everywhere = hierarchy::everywhere(tx).await?;
    let reading = Reading::of(tx, nodes, everywhere).await?;
    adoption::read(&reading, here, span).await
}

/// Reads the records of an account.
pub(in crate::store::scaled) async fn records(
    tx: &Tx<'_>,
    subject: &Subject,
    of_list: Page,
    now: i64,
) -> Result<RecordsPage> {
    let mut lists = Vec::with_capacity(RecordKind::ALL.len());
    for kind in RecordKind::ALL {
        let (records, total) = records::list(tx, subject.account, kind, of_list).await?;
        lists.push(RecordList {
            kind,
            records,
            total,
        });
    }
    Ok(RecordsPage {
        summary: records::summary(tx, subject.account, now).await?,
        lists,
    })
}
