//! The table of active users.

use maud::html;

use crate::{
    dashboard::{
        period::Period,
        share_bar::bar,
        table::{Table, choice::Sort, column::Column},
        users::columns::{account_column, account_id_column, id_column, name_column},
        value::Value,
        view::View,
    },
    model::calendar::TimeZone,
    store::people::{Person, Presence},
};

type PeopleTable<'v> = Table<'v, Person>;

/// The users who were active. `shows_account` says whether they may be in several accounts.
pub(super) fn active_table<'v>(
    active: &[Person],
    shows_account: bool,
    path: &str,
    view: &'v View,
    period: &'v Period,
) -> PeopleTable<'v> {
    let features = active.iter().map(|person| person.now.features);
    let most = features.fold(0.0, f64::max);
    let table = Table::new("users", "Active users", Sort::down("uses"), path, view)
        .with(name_column(view))
        .with(id_column())
        .with(account_column(view).on_page_if(shows_account));
    let table = uses(table, most, period.before().is_some());
    let table = presence(table);
    let table = times(table, shows_account);
    seen(table, period.time_zone()).with(account_id_column())
}

/// Adds the feature uses, with bars whose whole is `most`, and their change.
fn uses(table: PeopleTable<'_>, most: f64, is_compared: bool) -> PeopleTable<'_> {
    table
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
            Column::number("change", "Change", difference)
                .shown(|person| {
                    html! {
                        (difference(person).show())
                        @if person.before.is_some() { small .change { (relative(person).show()) } }
                    }
                })
                .meaning(
                    "Feature uses of the period less those of the period before. Nothing where \
                     the period before reaches before the first use.",
                )
                .on_page_if(is_compared),
        )
        .with(Column::number("percent", "%", relative).only_in_csv())
}

fn difference(person: &Person) -> Value {
    match person.before {
        Some(before) => Value::Difference(person.now.features - before.features),
        None => Value::None,
    }
}

fn relative(person: &Person) -> Value {
    match person.before {
        Some(before) => Value::change(before.features, person.now.features),
        None => Value::None,
    }
}

/// Adds how often each user came.
fn presence(table: PeopleTable<'_>) -> PeopleTable<'_> {
    table
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
}

/// Adds how long each user was active, and in modules where the account leaves room for it.
fn times(table: PeopleTable<'_>, shows_account: bool) -> PeopleTable<'_> {
    table
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
            .on_page_if(!shows_account),
        )
}

/// Adds when each user was first and last seen.
fn seen<'v>(table: PeopleTable<'v>, zone: &'v TimeZone) -> PeopleTable<'v> {
    let first = |person: &Person| Value::day(person.first_seen, zone);
    let last = |person: &Person| Value::day(person.last_seen, zone);
    table
        .with(
            Column::number("first_seen", "First seen", first)
                .shown(move |person| {
                    html! {
                        (first(person).show())
                        @if person.presence == Presence::New { " " span .badge { "new" } }
                    }
                })
                .meaning("Day of the first event of all, also before the period."),
        )
        .with(
            Column::number("last_seen", "Last seen", last)
                .meaning("Day of the latest event up to the end of the period."),
        )
}
