//! The users of an account: how much each uses, since when, who stopped, and who never used
//! it.

use axum::response::Response;
use maud::{Markup, html};

use super::{
    account_header::{AccountHeader, Tab},
    account_page::AccountRequest,
    address,
    error::PageError,
    format, layout,
    period::Period,
    period_choice::{NamedPeriod, PeriodChoice},
    quality, selection_path,
    share_bar::bar,
    sheet::Sheet,
    table::{Table, choice::Sort, column::Column, counted},
    value::Value,
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

fn name_column(view: &View) -> Column<'static, Person> {
    let links = view.only_period();
    Column::text("user", "User", |person: &Person| {
        Value::Text(person.title())
    })
    .shown(move |person| {
        let title = person.title();
        html! {
            @if person.account_id.is_empty() {
                (title)
            } @else {
                a .gone[person.is_deleted] href=(links.at(&address::user(&person.user_id))) { (title) }
            }
            @if title != person.user_id { small { (person.user_id) } }
        }
    })
}

fn id_column() -> Column<'static, Person> {
    Column::text("user_id", "Id", |person: &Person| {
        Value::Text(person.user_id.clone())
    })
    .only_in_csv()
}

fn account_id_column() -> Column<'static, Person> {
    Column::text("account_id", "Account id", |person: &Person| {
        let id = &person.account_id;
        Value::text(Some(id.clone()).filter(|id| !id.is_empty()))
    })
    .only_in_csv()
}

fn account_column(view: &View) -> Column<'static, Person> {
    let links = view.only_period();
    let title = |person: &Person| {
        let name = person.account_name.as_ref();
        name.unwrap_or(&person.account_id).clone()
    };
    Column::text("account", "Account", move |person: &Person| {
        Value::Text(title(person))
    })
    .shown(move |person| {
        html! {
            @if person.account_id.is_empty() {
                (title(person))
            } @else {
                a title={(title(person)) " (" (person.account_id) ")"} href=(links.at(&address::account(&person.account_id, ""))) { (title(person)) }
            }
        }
    })
    .class("place")
}

fn active_table<'v>(
    active: &[Person],
    shows_account: bool,
    path: &str,
    view: &'v View,
    period: &'v Period,
) -> Table<'v, Person> {
    let zone = period.time_zone();
    let most = active
        .iter()
        .map(|person| person.now.features)
        .fold(0.0, f64::max);
    let is_compared = period.before().is_some();
    Table::new("users", "Active users", Sort::down("uses"), path, view)
        .with(name_column(view))
        .with(id_column())
        .with(account_column(view).on_page_if(shows_account))
        .with(
            Column::number("uses", "Feature uses", |person: &Person| {
                Value::Sum(person.now.features)
            })
            .shown(move |person| {
                html! { (Value::Sum(person.now.features).show()) (bar(person.now.features, most)) }
            })
            .class("barred")
            .meaning("Sum of the amounts of feature events in the period."),
        )
        .with(
            Column::number("change", "Change", |person: &Person| match person.before {
                Some(before) => Value::Difference(person.now.features - before.features),
                None => Value::None,
            })
            .shown(|person| {
                html! {
                    @if let Some(before) = person.before {
                        (Value::Difference(person.now.features - before.features).show())
                        small .change {
                            (Value::change(before.features, person.now.features).show())
                        }
                    } @else { (Value::None.show()) }
                }
            })
            .meaning(
                "Feature uses of the period less those of the period before. Nothing where \
                     the period before reaches before the first use.",
            )
            .on_page_if(is_compared),
        )
        .with(
            Column::number("percent", "%", |person: &Person| match person.before {
                Some(before) => Value::change(before.features, person.now.features),
                None => Value::None,
            })
            .only_in_csv(),
        )
        .with(
            Column::number("active_days", "Active days", |person: &Person| {
                Value::Count(person.active_days)
            })
            .meaning("Days of the period with an event."),
        )
        .with(
            Column::number("sessions", "Sessions", |person: &Person| {
                Value::Count(person.now.sessions)
            })
            .meaning("Different sessions in the period."),
        )
        .with(
            Column::number("active_time", "Active time", |person: &Person| {
                Value::Duration(person.now.active_time)
            })
            .meaning("Time in which the user did something, as trackers report it."),
        )
        .with(
            Column::number("module_time", "Time in modules", |person: &Person| {
                Value::Duration(person.now.module_time)
            })
            .meaning("Time with a module open and in use.")
            // The account needs its room.
            .on_page_if(!shows_account),
        )
        .with(
            Column::number("first_seen", "First seen", move |person: &Person| {
                Value::day(person.first_seen, zone)
            })
            .shown(move |person| {
                html! {
                    (Value::day(person.first_seen, zone).show())
                    @if person.presence == Presence::New { " " span .badge { "new" } }
                }
            })
            .meaning("Day of the first event of all, also before the period."),
        )
        .with(
            Column::number("last_seen", "Last seen", move |person: &Person| {
                Value::day(person.last_seen, zone)
            })
            .meaning("Day of the latest event up to the end of the period."),
        )
        .with(account_id_column())
}

fn silent_table<'v>(
    shows_account: bool,
    shows_quality: bool,
    path: &str,
    view: &'v View,
    period: &'v Period,
) -> Table<'v, Person> {
    let zone = period.time_zone();
    // Somebody counts as never seen only if there is no usage at any time, so the period is
    // ignored.
    let whole = View {
        period: PeriodChoice::Named(NamedPeriod::AllTime),
        ..view.only_period()
    };
    Table::new(
        "silent",
        "Users who were not active",
        Sort::down("last_seen"),
        path,
        view,
    )
    .with(name_column(view))
    .with(id_column())
    .with(account_column(view).on_page_if(shows_account))
    .with(
        Column::text("standing", "Standing", |person: &Person| {
            Value::Text(presence_text(person.presence).to_owned())
        })
        .shown(move |person| {
            html! {
                (presence_text(person.presence))
                @if person.uncounted > 0 {
                    small { (uncounted(person.uncounted, &whole, shows_quality)) }
                }
            }
        })
        .meaning(
            "Stopped: seen before the period, last on the day beside it. Came later: seen only \
                 after the period. Not counted: has only events that do not count, in an account \
                 with accounts below it or in one to which the user does not belong. Never came: \
                 no event at all, or none of what is selected.",
        ),
    )
    .with(Column::number(
        "last_seen",
        "Last seen",
        move |person: &Person| Value::day(person.last_seen, zone),
    ))
    .with(Column::number(
        "first_seen",
        "First seen",
        move |person: &Person| Value::day(person.first_seen, zone),
    ))
    .with(
        Column::number(
            "uses_before",
            "Uses before",
            |person: &Person| match person.before {
                Some(before) => Value::Sum(before.features),
                None => Value::None,
            },
        )
        .meaning("Feature uses in the period before."),
    )
    .with(account_id_column())
}

/// Renders a note that a user has events which do not count, with a link to the reason.
/// `view` has the period of these events.
pub(super) fn uncounted(events: u64, view: &View, shows_quality: bool) -> Markup {
    let events = i64::try_from(events).unwrap_or(i64::MAX);
    let words = if events == 1 {
        "1 event is kept but not counted".to_owned()
    } else {
        format!("{} events are kept but not counted", format::number(events))
    };
    html! {
        @if shows_quality {
            a href=(view.only_period().at(quality::page::PATH)) { (words) }
        } @else { (words) }
    }
}

/// The presence of a user in words.
pub(crate) fn presence_text(presence: Presence) -> &'static str {
    match presence {
        Presence::Active => "Active",
        Presence::New => "New",
        Presence::Stopped => "Stopped",
        Presence::Later => "Came later",
        Presence::Uncounted => "Not counted",
        Presence::NeverCame => "Never came",
    }
}
