//! The contents of the pages about all accounts.

use std::time::Instant;

use rusqlite::Connection;

use super::{
    account_tree,
    alerts::{
        found::{self, AlertFilter},
        messages, rules, webhook,
    },
    json, loss,
    name_roles::NameCache,
    portfolio, quality, refusals,
    rows::AccountRow,
    saved_views, search, stream_owners, tree, undescribed,
    visible::VisibleAccounts,
};
use crate::{
    model::{
        page::Page,
        usage::{Filter, Span},
        visibility::Visibility,
    },
    store::{
        accounts_page::{AccountsContent, AccountsPage, AccountsPageQuestion, Wanted},
        alerts::{AlertsPage, Choices},
        loss::{LossPage, Owned},
        portfolio::{ListQuestion, Portfolio},
        quality::QualityPage,
    },
};

/// Reads the first page.
pub(super) fn accounts(
    conn: &Connection,
    question: AccountsPageQuestion,
    names: &NameCache,
) -> rusqlite::Result<AccountsPage> {
    let within = VisibleAccounts::find(conn, &question.within)?;
    let tree = tree::read(conn, within, Vec::new())?;
    let root = within.root()?;
    let (accounts, users) = account_tree::counts(conn, root)?;
    let content = match question.wanted {
        Wanted::Found { text, limit } => {
            AccountsContent::Found(search::find(conn, &text, within, limit)?)
        }
        Wanted::List(question) => AccountsContent::List(
            Box::new(list(conn, root, question, names)?),
            saved_views::list(conn)?,
        ),
    };
    Ok(AccountsPage {
        tree,
        accounts,
        users,
        content,
    })
}

/// Reads a list of accounts: all of them, or those of one subtree.
pub(super) fn list(
    conn: &Connection,
    within: Option<AccountRow>,
    question: ListQuestion,
    names: &NameCache,
) -> rusqlite::Result<Portfolio> {
    // A caller who sees only some accounts must not be offered the names of others.
    let with_names = within.is_some() || question.filter != Filter::default();
    let mut portfolio = portfolio::read(conn, within, &question, with_names)?;
    if !with_names {
        portfolio.names = (*names.get(conn, Instant::now())?).clone();
    }
    Ok(portfolio)
}

/// Reads the page for alerts.
pub(super) fn alerts(
    conn: &Connection,
    within: &Visibility,
    page: Page,
) -> rusqlite::Result<AlertsPage> {
    let within = VisibleAccounts::find(conn, within)?;
    let filter = AlertFilter {
        within: within.root()?,
        ..AlertFilter::default()
    };
    Ok(AlertsPage {
        alerts: found::list_with_last_uses(conn, &filter, page)?.0,
        rules: rules::list(conn)?,
        webhook: webhook::find(conn)?,
        messages: messages::delivery_state(conn)?,
        tree: tree::read(conn, within, Vec::new())?,
    })
}

/// Reads the names of products, modules, features and dimensions.
pub(super) fn choices(conn: &Connection, names: &NameCache) -> rusqlite::Result<Choices> {
    let mut choices = Choices {
        names: (*names.get(conn, Instant::now())?).clone(),
        ..Choices::default()
    };
    let mut statement = conn
        .prepare_cached("SELECT details FROM accounts WHERE is_deleted = 0 AND details <> '{}'")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        choices.add(&json::object(row.get_ref(0)?.as_str()?));
    }
    Ok(choices)
}

/// Reads the page for data quality.
pub(super) fn quality(conn: &Connection, span: Span) -> rusqlite::Result<QualityPage> {
    let mut loss = loss::report(conn, span)?;
    let implausible = std::mem::take(&mut loss.implausible_streams);
    Ok(QualityPage {
        implausible: owned(conn, implausible, |stream| &stream.stream_id)?,
        uncounted: quality::uncounted(conn, span)?,
        phantoms: quality::phantom_parents(conn)?,
        nameless: undescribed::with_usage(conn)?,
        undescribed: undescribed::find(conn)?,
        refusals: refusals::list(conn)?,
        losses: quality::losses(conn, span)?,
        loss,
        tree: tree::read(conn, VisibleAccounts::All, Vec::new())?,
    })
}

/// Reads the page for the loss report.
pub(super) fn loss(conn: &Connection, span: Span) -> rusqlite::Result<LossPage> {
    let report = loss::report(conn, span)?;
    Ok(LossPage {
        worst: owned(conn, report.worst.clone(), |stream| &stream.stream_id)?,
        implausible: owned(conn, report.implausible_streams.clone(), |stream| {
            &stream.stream_id
        })?,
        report,
        tree: tree::read(conn, VisibleAccounts::All, Vec::new())?,
    })
}

/// Adds their owners to streams.
fn owned<T>(
    conn: &Connection,
    streams: Vec<T>,
    id: impl Fn(&T) -> &String,
) -> rusqlite::Result<Vec<Owned<T>>> {
    streams
        .into_iter()
        .map(|stream| {
            let owner = stream_owners::find(conn, id(&stream))?;
            Ok((stream, owner))
        })
        .collect()
}
