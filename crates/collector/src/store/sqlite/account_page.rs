//! The contents of the pages of one account.

use rusqlite::Connection;

use super::{
    account_records,
    account_report::{self, ReportQuery},
    account_rows, account_tree,
    account_tree::TreeRow,
    accounts, adoption,
    alerts::found::{self, AlertFilter},
    people::{self, PeopleQuery},
    portfolio,
    rows::AccountRow,
    tree, usage,
    usage_memo::UsageMemo,
    users,
    visible::VisibleAccounts,
};
use crate::{
    model::{
        bars::{BarDays, Bars},
        page::Page,
        record_kind::RecordKind,
        usage::{Filter, Span},
    },
    store::{
        account_page::{
            AccountHeader, AccountPage, AccountQuestion, Chart, MAX_ALERTS, PagePeriod,
            PeopleQuestion, UsagePage, UsagePageQuestion,
        },
        adoption::FeatureAdoption,
        alerts::Alert,
        people::Person,
        records::{RecordList, RecordsPage},
    },
};

/// The account whose page is read.
pub(super) struct Subject {
    pub(super) account: AccountRow,
    /// Its parent, if the caller may see it.
    parent: Option<AccountRow>,
    pub(super) within: VisibleAccounts,
}

/// Reads the header of an account's pages and the result of `read`; `None` when the account is
/// unknown or the caller may not see it.
pub(super) fn page<T>(
    conn: &Connection,
    question: &AccountQuestion,
    read: impl FnOnce(&Subject) -> rusqlite::Result<T>,
) -> rusqlite::Result<AccountPage<T>> {
    let Some(account) = account_rows::find_row(conn, &question.account_id)? else {
        return Ok(None);
    };
    let within = VisibleAccounts::find(conn, &question.within)?;
    if !within.see(conn, account)? {
        return Ok(None);
    }
    let path = within.cut(account_tree::path(conn, account)?);
    let subject = Subject {
        account,
        parent: parent(&path),
        within,
    };
    let header = AccountHeader {
        account: accounts::find(conn, &question.account_id)?.unwrap_or_default(),
        tree: tree::read(conn, within, path.clone())?,
        path: path.into_iter().map(|(_, entry)| entry).collect(),
        descendants: account_tree::count_descendants(conn, account)?,
        users: users::count(conn, Some(account))?,
        revenue: portfolio::revenue_of(conn, account, question.now)?,
    };
    Ok(Some((header, read(&subject)?)))
}

fn parent(path: &[TreeRow]) -> Option<AccountRow> {
    let above = path.len().checked_sub(2)?;
    Some(path[above].0)
}

/// The query for the figures of an account and the bars of its chart. For all time, the chart
/// covers the span that `first_and_last` returns.
pub(super) fn report_query(
    account: AccountRow,
    rollup: bool,
    period: &PagePeriod,
    filter: Filter,
    kind: Bars,
    first_and_last: impl FnOnce() -> rusqlite::Result<Option<(i64, i64)>>,
) -> rusqlite::Result<(ReportQuery, Vec<BarDays>)> {
    let used = match period.days {
        Some(_) => None,
        None => first_and_last()?,
    };
    let Chart {
        days,
        bars,
        bars_before,
    } = period.chart(kind, used);
    let query = ReportQuery {
        account,
        rollup,
        span: period.span,
        before: period.before,
        filter,
        bars,
        bars_before,
    };
    Ok((query, days))
}

/// Reads the usage of an account.
pub(super) fn read_usage(
    conn: &Connection,
    question: UsagePageQuestion,
    memo: &UsageMemo,
) -> rusqlite::Result<AccountPage<UsagePage>> {
    let UsagePageQuestion {
        account,
        period,
        rollup,
        filter,
        bars,
    } = question;
    page(conn, &account, |subject| {
        let account = subject.account;
        let first_and_last = || {
            memo.first_and_last
                .answer(conn, (account, rollup), Span::ALL, |_| {
                    account_report::first_and_last_use(conn, account, rollup)
                })
        };
        let (query, bars) = report_query(account, rollup, &period, filter, bars, first_and_last)?;
        let of_parent = match subject.parent {
            None => None,
            Some(parent) => {
                let question = (parent, query.span, query.filter.clone());
                let uses = memo.uses.answer(conn, question, query.span, |_| {
                    usage::feature_uses(conn, parent, query.span, &query.filter)
                })?;
                Some(uses)
            }
        };
        let span = query.span;
        let report = memo
            .reports
            .answer(conn, query, span, |query| account_report::read(conn, query))?;
        let alerts = alerts_of(conn, subject)?;
        let last = if report.is_empty() || !alerts.is_empty() {
            first_and_last()?.map(|(_, last)| last)
        } else {
            None
        };
        Ok(UsagePage {
            report,
            bars,
            last,
            of_parent,
            alerts,
        })
    })
}

fn alerts_of(conn: &Connection, subject: &Subject) -> rusqlite::Result<Vec<Alert>> {
    let filter = AlertFilter {
        account: Some(subject.account),
        within: subject.within.root()?,
        holding: true,
        ..AlertFilter::default()
    };
    let page = Page {
        limit: MAX_ALERTS,
        number: 1,
    };
    Ok(found::list(conn, &filter, page)?.0)
}

/// Reads the users of an account.
pub(super) fn read_people(
    conn: &Connection,
    question: PeopleQuestion,
) -> rusqlite::Result<AccountPage<Vec<Person>>> {
    let PeopleQuestion {
        account,
        period,
        rollup,
        filter,
    } = question;
    page(conn, &account, |subject| {
        let query = PeopleQuery {
            account: subject.account,
            within: subject.within,
            rollup,
            span: period.span,
            before: period.before,
            filter,
            time_zone: period.time_zone,
        };
        people::read(conn, &query)?
            .into_iter()
            .map(|(mut person, home)| {
                if !subject.within.see(conn, home)? {
                    person.hide_home();
                }
                Ok(person)
            })
            .collect()
    })
}

/// Reads the features that accounts use.
pub(super) fn read_adoption(
    conn: &Connection,
    account: &AccountQuestion,
    span: Span,
) -> rusqlite::Result<AccountPage<Vec<FeatureAdoption>>> {
    page(conn, account, |subject| {
        adoption::read(conn, subject.account, span)
    })
}

/// Reads the records of an account.
pub(super) fn read_records(
    conn: &Connection,
    account: &AccountQuestion,
    of_list: Page,
    now: i64,
) -> rusqlite::Result<AccountPage<RecordsPage>> {
    page(conn, account, |subject| {
        let summary = account_records::summary(conn, subject.account, now)?;
        let lists = RecordKind::ALL
            .into_iter()
            .map(|kind| {
                let (records, total) = account_records::list(conn, subject.account, kind, of_list)?;
                Ok(RecordList {
                    kind,
                    records,
                    total,
                })
            })
            .collect::<rusqlite::Result<_>>()?;
        Ok(RecordsPage { summary, lists })
    })
}
