//! The table of users who were not active.

use maud::html;

use crate::{
    dashboard::{
        period::Period,
        period_choice::{NamedPeriod, PeriodChoice},
        table::{Table, choice::Sort, column::Column},
        users::{
            columns::{account_column, account_id_column, id_column, name_column},
            standing::{presence_text, uncounted},
        },
        value::Value,
        view::View,
    },
    store::people::Person,
};

/// The users who were not active. `shows_account` says whether they may be in several accounts,
/// and `shows_quality` whether the reader may see the data-quality page.
pub(super) fn silent_table<'v>(
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
    .with(standing_column(whole, shows_quality))
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

/// Whether somebody stopped or never came. `whole` has all time as its period.
fn standing_column(whole: View, shows_quality: bool) -> Column<'static, Person> {
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
    )
}
