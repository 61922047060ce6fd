//! Usage by product, module and feature: three levels of one table, each read
//! when it is opened.

use maud::{Markup, html};

use super::{
    address::{self, View},
    asked::OfAccount,
    format,
    layout::{
        self,
        Column::{Number, Text},
    },
    period::Period,
};
use crate::{
    error::ApiError,
    store::{
        accounts::AccountNo,
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

/// The question after what a view shows of an account.
pub(super) fn question(account: AccountNo, by: By, view: &View, period: &Period) -> Question {
    Question {
        account,
        rollup: view.rolls_up(),
        by: Some(by),
        span: period.span(),
        filter: Filter {
            product: view.product.clone(),
            module: view.module.clone(),
            ..Filter::default()
        },
    }
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
    let columns = [
        Text(Level::of(view).words()),
        Number("Feature uses"),
        Number("Time in modules"),
        Number("Active time"),
        Number("Sessions"),
        Number("Users"),
    ];
    let rows = html! { tbody { (level(account_id, view, answer, 0)) } };
    let name = "Usage by product, module and feature";
    layout::table(name, Some("breakdown"), &columns, rows)
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
pub(super) fn time(ms: i64) -> Markup {
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
pub(super) async fn rows(asked: OfAccount) -> Result<Markup, ApiError> {
    let answer = asked
        .read(|conn, no, OfAccount { view, period, .. }| {
            let question = question(no, Level::of(view).by(), view, period);
            let mut answer = usage::answer(conn, &question)?;
            sort(&mut answer);
            Ok(answer)
        })
        .await?;
    let view = &asked.view;
    let base: usize = view
        .base
        .as_deref()
        .and_then(|base| base.parse().ok())
        .unwrap_or(0);
    let depth = (Level::of(view) as usize).saturating_sub(base);
    Ok(level(&asked.account_id, view, &answer, depth))
}
