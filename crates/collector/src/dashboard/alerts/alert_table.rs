//! The table of alerts: the active ones, and the past ones.

use maud::{Markup, html};

use crate::{
    clock::now_ms,
    dashboard::{
        address,
        alerts::{
            PATH,
            alert_cells::{percent, user},
        },
        rights::Rights,
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column, counted},
        value::{Value, near_day},
        view::View,
    },
    model::calendar::TimeZone,
    store::alerts::{Alert, AlertsPage},
};

type AlertTable<'a> = Table<'a, Alert>;

impl AlertsPage {
    /// The active alerts, and the past ones.
    pub(super) fn alerts(
        &self,
        sheet: &Sheet,
        view: &View,
        zone: &TimeZone,
        rights: &Rights,
    ) -> Markup {
        let active = self.alerts.iter().filter(|of| of.ended_at.is_none());
        let table = Table::new("alerts", "Alerts", Sort::down("since"), PATH, view);
        let table = subject(table, view);
        // Only who sees all accounts sees the rules.
        let table = table.with(rule_column(rights.within.is_all()));
        let table = figures(table);
        let has_last_use = self.alerts.iter().any(|of| of.last_seen.is_some());
        let table = table.with(last_seen_column(zone).on_page_if(has_last_use));
        let table = times(table, zone).with(last_seen_in_csv(zone));
        html! {
            section .card #alerts-list {
                h2 { (counted(active.count(), "active alert", "active alerts")) }
                (sheet.table_or(&table, self.alerts.clone(), html! {
                    p .none { "No account or user has matched a rule." }
                }))
            }
        }
    }
}

/// Adds whom an alert is about.
fn subject<'a>(table: AlertTable<'a>, view: &View) -> AlertTable<'a> {
    let to_account = view.only_period();
    let to_user = view.only_period();
    table
        .with(
            Column::text("account", "Account", |of: &Alert| {
                Value::Text(of.account_title().to_owned())
            })
            .shown(move |of| {
                html! {
                    a href=(to_account.at(&address::account(&of.account_id, ""))) { (of.account_title()) }
                    @if let Some(parent) = &of.parent_title { small { "in " (parent) } }
                }
            }),
        )
        .with(
            Column::text("account_id", "Id", |of: &Alert| {
                Value::Text(of.account_id.clone())
            })
            .only_in_csv(),
        )
        .with(
            Column::text("user", "User", |of: &Alert| Value::text(of.user_id.clone())).shown(
                move |of| match &of.user_id {
                    Some(id) => user(of, id, &to_user),
                    None => Value::None.show(),
                },
            ),
        )
}

/// The rule of an alert, with its condition for those who may see the rules.
fn rule_column(with_conditions: bool) -> Column<'static, Alert> {
    Column::text("rule", "Rule", |of: &Alert| Value::Text(of.rule.clone())).shown(move |of| {
        html! {
            span .text { (of.rule) }
            @if with_conditions { small { (of.condition.words()) } }
        }
    })
}

/// Adds what the rule compared.
fn figures(table: AlertTable<'_>) -> AlertTable<'_> {
    table
        .with(
            Column::number("now", "Figure", |of: &Alert| {
                of.now.map_or(Value::None, Value::Sum)
            })
            .meaning("What the rule compares, when the alert began."),
        )
        .with(
            Column::number("before", "Before", |of: &Alert| {
                of.before.map_or(Value::None, Value::Sum)
            })
            .meaning("The same of as many days before."),
        )
        .with(
            Column::number("percent", "%", percent)
                .meaning("The change from before, as a share of it."),
        )
}

fn last_seen_column(zone: &TimeZone) -> Column<'_, Alert> {
    let today = zone.day_at(now_ms());
    Column::number("last_seen", "Last seen", |of: &Alert| {
        Value::day(of.last_seen, zone)
    })
    .shown(move |of| near_day(of.last_seen.map(|at| zone.day_at(at)), today))
    .meaning(
        "Day of the latest event of an account that an active alert reports as silent, of any \
         product.",
    )
    .only_on_page()
}

/// The same at the end of CSV, whose first columns stay where they are.
fn last_seen_in_csv(zone: &TimeZone) -> Column<'_, Alert> {
    Column::number("last_seen", "Last seen", |of: &Alert| {
        Value::day(of.last_seen, zone)
    })
    .only_in_csv()
}

/// Adds when an alert began and ended.
fn times<'a>(table: AlertTable<'a>, zone: &'a TimeZone) -> AlertTable<'a> {
    table
        .with(Column::number("since", "Since", |of: &Alert| {
            Value::time(of.began_at, zone)
        }))
        .with(
            Column::number("until", "Ended", |of: &Alert| {
                of.ended_at.map_or(Value::None, |at| Value::time(at, zone))
            })
            .shown(|of| match of.ended_at {
                None => html! { span .badge.warn { "active" } },
                Some(at) => Value::time(at, zone).show(),
            })
            .meaning("When a check found that the rule no longer matches."),
        )
}
