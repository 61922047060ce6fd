//! The users of an account: how much each uses, since when, who stopped, and who never used
//! it.

mod active_table;
mod columns;
mod silent_table;
pub(super) mod standing;

use axum::response::Response;
use maud::{Markup, html};

use self::{active_table::active_table, silent_table::silent_table};
use super::{
    account_header::{AccountHeader, Tab},
    account_page::AccountRequest,
    error::PageError,
    format, layout,
    period::Period,
    selection_path,
    sheet::Sheet,
    table::{Table, counted},
    view::View,
};
use crate::store::{
    account_page::PeopleQuestion,
    people::{Person, Presence},
};

/// Shows the users of an account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Response, PageError> {
    let AccountRequest { view, period, .. } = &request;
    let question = PeopleQuestion {
        account: request.question(),
        period: period.question(),
        rollup: view.rolls_up(),
        filter: view.selection.filter(),
    };
    let people = request.store().page_people(question).await?;
    let (header, people) = request.shown(people)?;
    let sheet = Sheet::of(&request.account_id);
    let page = page(&sheet, people, &header, &request.view, &request.period);
    Ok(sheet.answer(&request.view, page))
}

fn page(
    sheet: &Sheet,
    people: Vec<Person>,
    header: &AccountHeader,
    view: &View,
    period: &Period,
) -> Markup {
    let path = header.address(Tab::Users);
    let shows_account = header.descendants > 0 && view.rolls_up();
    let is_active = |person: &Person| matches!(person.presence, Presence::Active | Presence::New);
    let (active, silent): (Vec<_>, Vec<_>) = people
        .into_iter()
        .filter(|person| person.is_awaited || is_active(person))
        .partition(is_active);
    let never = silent
        .iter()
        .filter(|person| person.presence == Presence::NeverCame)
        .count();
    let stopped = silent
        .iter()
        .filter(|person| person.presence == Presence::Stopped)
        .count();
    let active_table = active_table(&active, shows_account, &path, view, period);
    let silent_table = silent_table(shows_account, header.shows_quality(), &path, view, period);
    let content = html! {
        div .controls {
            (period.picker(&path, view))
            (header.roll_up_switch(Tab::Users, view))
        }
        (selection_path::show(&path, view))
        section .card {
            h2 { (found(&active_table, &active)) (counted(active.len(), "active user", "active users")) }
            @if active.iter().any(|person| person.before.is_some()) && let Some(words) = period.comparison() {
                p .hint { "Changes compare with " (words) "." }
            }
            (sheet.table_or(&active_table, active, layout::empty(
                "Nobody was active in this period",
                html! { "Users appear here with the first event that names them." },
            )))
        }
        @if !silent.is_empty() || view.csv.is_some() {
            section .card #silent-users {
                h2 { "Not active in this period" }
                p .hint {
                    (found(&silent_table, &silent)) (counted(silent.len(), "user", "users"))
                    @if stopped > 0 { ", " (format::number(stopped as i64)) " stopped" }
                    @if never > 0 { ", " (format::number(never as i64)) " never seen" }
                    "."
                }
                (sheet.table(&silent_table, silent))
            }
        }
    };
    header.page(Tab::Users, view, content)
}

/// A prefix for the number of users of a table: how many match the search.
fn found(table: &Table<'_, Person>, all: &[Person]) -> String {
    table.found(all).map_or_else(String::new, |found| {
        let found = i64::try_from(found).unwrap_or(i64::MAX);
        format!("{} of ", format::number(found))
    })
}
