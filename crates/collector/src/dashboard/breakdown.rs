//! Usage by product, module and feature: three levels of one table, each read
//! when it is opened.

use axum::extract::State;
use maud::{Markup, html};
use rusqlite::Connection;

use super::{
    Dashboard,
    address::{self, View},
    error::PageError,
    format,
    period::Period,
    session::SignedIn,
};
use crate::{
    accounts::unknown,
    app::now_ms,
    extract::{Path, Query},
    store::{
        accounts::{self, AccountNo},
        usage::{self, Answer, Question, UsageRow},
    },
    usage::{By, Filter},
};

/// Rows of a level that are shown; products with more features than this have
/// none that anyone would look for here.
const MOST: usize = 200;

/// A level of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Products,
    Modules,
    Features,
}

impl Level {
    /// The level that a view opens.
    pub(super) fn of(view: &View) -> Self {
        match (&view.product, &view.module) {
            (_, Some(_)) => Level::Features,
            (Some(_), None) => Level::Modules,
            (None, None) => Level::Products,
        }
    }

    pub(super) fn by(self) -> By {
        match self {
            Level::Products => By::Product,
            Level::Modules => By::Module,
            Level::Features => By::Feature,
        }
    }

    /// What its rows are, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Level::Products => "Product",
            Level::Modules => "Module",
            Level::Features => "Feature",
        }
    }

    /// What stands for events that name none.
    fn without(self) -> &'static str {
        match self {
            Level::Products => "Without a product",
            Level::Modules => "Without a module",
            Level::Features => "Without a feature",
        }
    }
}

/// The filter of a view.
pub(super) fn filter(view: &View) -> Filter {
    Filter {
        product: view.product.clone(),
        module: view.module.clone(),
        ..Filter::default()
    }
}

/// Reads the level that a view opens.
///
/// # Errors
/// Those of SQLite.
pub(super) fn read(
    conn: &Connection,
    account: AccountNo,
    view: &View,
    period: &Period,
) -> rusqlite::Result<Answer> {
    let question = Question {
        account,
        rollup: view.rolls_up(),
        by: Some(Level::of(view).by()),
        span: period.span(),
        filter: filter(view),
    };
    let mut answer = usage::answer(conn, &question)?;
    sort(&mut answer);
    Ok(answer)
}

/// Puts the rows in the order in which they are shown: the most used first,
/// what has no name last.
pub(super) fn sort(answer: &mut Answer) {
    answer.rows.sort_by(|left, right| {
        let of = |row: &UsageRow| (row.totals.features, row.totals.events as f64);
        let (left_key, right_key) = (left.key.is_null(), right.key.is_null());
        let by_size = of(right).partial_cmp(&of(left));
        left_key
            .cmp(&right_key)
            .then(by_size.unwrap_or(std::cmp::Ordering::Equal))
    });
}

/// The table of the level that a view opens.
pub(super) fn table(account_id: &str, view: &View, answer: &Answer) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="Usage by product, module and feature" {
            table .breakdown {
                thead { tr {
                    th scope="col" { (Level::of(view).words()) }
                    th .n scope="col" { "Feature uses" }
                    th .n scope="col" { "Time in modules" }
                    th .n scope="col" { "Active time" }
                    th .n scope="col" { "Sessions" }
                    th .n scope="col" { "Users" }
                } }
                tbody { (level(account_id, view, answer, 0)) }
            }
        }
    }
}

/// The rows of one level, `depth` levels below the first of the table.
fn level(account_id: &str, view: &View, answer: &Answer, depth: usize) -> Markup {
    let here = Level::of(view);
    let most = answer
        .rows
        .iter()
        .map(|row| row.totals.features)
        .fold(0.0, f64::max);
    html! {
        @for row in answer.rows.iter().take(MOST) {
            @let key = row.key.as_str();
            @let name = key.unwrap_or(here.without());
            @let below = opened(view, here, key);
            tr data-depth=(depth) {
                th scope="row" {
                    div .name {
                        @if let Some(below) = &below {
                            button .twist type="button" aria-expanded="false"
                                aria-label={"What is in " (name)}
                                data-src=(rows_at(account_id, below, view, here)) {}
                            a .none[key.is_none()] href=(below.at(&address::account(account_id, ""))) { (name) }
                        } @else {
                            span .twist {}
                            span .none[key.is_none()] { (name) }
                        }
                    }
                }
                td .n.barred {
                    @if row.totals.features == 0.0 {
                        span .zero { "–" }
                    } @else {
                        (format::sum(row.totals.features))
                        (bar(row.totals.features, most))
                    }
                }
                td .n { (time(row.totals.module_time)) }
                td .n { (time(row.totals.active_time)) }
                td .n { (format::number(row.totals.sessions)) }
                td .n { (format::number(row.totals.users)) }
            }
        }
        @if answer.rows.len() > MOST {
            tr data-depth=(depth) {
                td .note colspan="6" { "and " (format::number((answer.rows.len() - MOST) as i64)) " more" }
            }
        }
    }
}

/// A time, or a dash: most rows have none, and zeros would shout.
fn time(ms: i64) -> Markup {
    html! {
        @if ms > 0 { (format::duration(ms)) } @else { span .zero { "–" } }
    }
}

/// How much of the largest a row has.
pub(super) fn bar(part: f64, most: f64) -> Markup {
    let width = if most > 0.0 {
        (part / most * 100.0).clamp(0.0, 100.0)
    } else {
        0.0
    };
    html! {
        svg .bar viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true" {
            rect width=(format!("{width:.1}")) height="3" {}
        }
    }
}

/// The view that opens a row; features open nothing.
fn opened(view: &View, here: Level, key: Option<&str>) -> Option<View> {
    let key = Some(key.unwrap_or_default().to_owned());
    let mut below = View {
        page: None,
        base: None,
        ..view.clone()
    };
    match here {
        Level::Products => below.product = key,
        Level::Modules => below.module = key,
        Level::Features => return None,
    }
    Some(below)
}

fn rows_at(account_id: &str, below: &View, view: &View, here: Level) -> String {
    let base = view
        .base
        .clone()
        .unwrap_or_else(|| (here as u8).to_string());
    let below = View {
        base: Some(base),
        ..below.clone()
    };
    below.at(&format!(
        "/fragments/breakdown/{}",
        address::escaped(account_id)
    ))
}

/// Answers the rows below one.
///
/// # Errors
/// 404 where the account is unknown.
pub(super) async fn rows(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
    Path(account_id): Path<String>,
    Query(view): Query<View>,
) -> Result<Markup, PageError> {
    let period = Period::of(&view, now_ms())?;
    let (id, asked) = (account_id.clone(), view.clone());
    let answer = dashboard
        .app
        .store
        .read(move |conn| {
            let Some(no) = accounts::no(conn, &id)? else {
                return Ok(None);
            };
            read(conn, no, &asked, &period).map(Some)
        })
        .await?
        .ok_or_else(|| unknown(&account_id))?;
    let base: usize = view
        .base
        .as_deref()
        .and_then(|base| base.parse().ok())
        .unwrap_or(0);
    let depth = (Level::of(&view) as usize).saturating_sub(base);
    Ok(level(&account_id, &view, &answer, depth))
}
