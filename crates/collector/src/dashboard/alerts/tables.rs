//! Tables of alerts and of rules.

use maud::{Markup, html};

use crate::{
    clock::now_ms,
    dashboard::{
        address,
        alerts::{rule_form::RuleForm, rule_words::subject_words},
        format,
        rights::Rights,
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column, counted},
        value::{Value, near_day},
        view::View,
    },
    model::{alert_rule::Condition, calendar::TimeZone},
    store::alerts::{Alert, AlertsPage, StoredRule},
};

/// The path of the page.
pub(super) const PATH: &str = "/alerts";

impl AlertsPage {
    /// The active alerts, and the past ones.
    pub(super) fn alerts(
        &self,
        sheet: &Sheet,
        view: &View,
        zone: &TimeZone,
        rights: &Rights,
    ) -> Markup {
        // Only who sees all accounts sees the rules.
        let with_conditions = rights.within.is_all();
        let holding = self
            .alerts
            .iter()
            .filter(|of| of.ended_at.is_none())
            .count();
        let links = view.only_period();
        let to_user = view.only_period();
        let today = zone.day_at(now_ms());
        let last_seen = move |of: &Alert| Value::day(of.last_seen, zone);
        let table = Table::new("alerts", "Alerts", Sort::down("since"), PATH, view)
            .with(
                Column::text("account", "Account", |of: &Alert| {
                    Value::Text(of.account_title().to_owned())
                })
                .shown(move |of| {
                    html! { a href=(links.at(&address::account(&of.account_id, ""))) { (of.account_title()) } }
                }),
            )
            .with(
                Column::text("account_id", "Id", |of: &Alert| Value::Text(of.account_id.clone()))
                    .only_in_csv(),
            )
            .with(
                Column::text("user", "User", |of: &Alert| Value::text(of.user_id.clone())).shown(
                    move |of| {
                        html! {
                            @match &of.user_id {
                                Some(id) => (user(of, id, &to_user)),
                                None => (Value::None.show()),
                            }
                        }
                    },
                ),
            )
            .with(
                Column::text("rule", "Rule", |of: &Alert| Value::Text(of.rule.clone())).shown(move |of| {
                    html! {
                        span .text { (of.rule) }
                        @if with_conditions { small { (of.condition.words()) } }
                    }
                }),
            )
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
            .with(
                Column::number("last_seen", "Last seen", move |of: &Alert| last_seen(of))
                    .shown(move |of| near_day(of.last_seen.map(|at| zone.day_at(at)), today))
                    .meaning(
                        "Day of the latest event of an account that an active alert reports as \
                         silent, of any product.",
                    )
                    .only_on_page()
                    .on_page_if(self.alerts.iter().any(|of| of.last_seen.is_some())),
            )
            .with(Column::number("since", "Since", |of: &Alert| {
                Value::time(of.began_at, zone)
            }))
            .with(
                Column::number("until", "Ended", |of: &Alert| {
                    of.ended_at.map_or(Value::None, |at| Value::time(at, zone))
                })
                .shown(|of| {
                    html! {
                        @match of.ended_at {
                            None => span .badge.warn { "active" },
                            Some(at) => (Value::time(at, zone).show()),
                        }
                    }
                })
                .meaning("When a check found that the rule no longer matches."),
            )
            .with(
                Column::number("last_seen", "Last seen", move |of: &Alert| last_seen(of))
                    .only_in_csv(),
            );
        html! {
            section .card #alerts-list {
                h2 { (counted(holding, "active alert", "active alerts")) }
                (sheet.table_or(&table, self.alerts.clone(), html! {
                    p .none { "No account or user has matched a rule." }
                }))
            }
        }
    }

    /// The rules, with buttons for those who may change them.
    pub(super) fn rules(
        &self,
        sheet: &Sheet,
        view: &View,
        zone: &TimeZone,
        rights: &Rights,
    ) -> Markup {
        let mut table = Table::new("rules", "Rules", Sort::up("rule"), PATH, view)
            .with(Column::text("rule", "Rule", |of: &StoredRule| {
                Value::Text(of.rule.name.clone())
            }))
            .with(
                Column::text("when", "When", |of: &StoredRule| {
                    // Programs and searches expect plain spaces.
                    Value::Text(of.rule.condition.words().replace('\u{a0}', " "))
                })
                .shown(|of| html! { (of.rule.condition.words()) }),
            )
            .with(Column::text("accounts", "Of", |of: &StoredRule| {
                Value::Text(subject_words(&of.rule))
            }))
            .with(Column::number(
                "holding",
                "Active alerts",
                |of: &StoredRule| Value::Count(of.holding),
            ))
            .with(Column::number("checked", "Checked", |of: &StoredRule| {
                of.checked_at
                    .map_or(Value::None, |at| Value::time(at, zone))
            }));
        if rights.may_change {
            table = table.with(
                Column::action("change", "Change", move |of: &StoredRule| {
                    html! {
                        form .row-actions method="post" action=(view.at(&format!("/alerts/rules/{}/delete", of.id))) {
                            @if RuleForm::of(of).is_some() {
                                a .button href={(view.at(&format!("{PATH}?edit={}", of.id))) "#rule"} aria-label={"Change " (of.rule.name)} { "Change" }
                            }
                            button .button type="submit" aria-label={"Remove " (of.rule.name)} { "Remove" }
                        }
                    }
                }),
            );
        }
        html! {
            section .card #rules {
                h2 { (counted(self.rules.len(), "rule", "rules")) }
                @if self.rules.is_empty() && view.csv.is_none() {
                    p .none { "No rule yet. A rule waits for accounts whose use goes down, that are silent, or that have a new user." }
                } @else {
                    (sheet.table(&table, self.rules.clone()))
                    @if rights.may_change {
                        form method="post" action=(view.at("/alerts/check")) {
                            button .button type="submit" { "Check all rules now" }
                        }
                    }
                }
            }
        }
    }
}

/// Renders the active alerts of an account, on the account's own page.
///
/// `last` is the time of the latest use of the account. `with_conditions` says whether the
/// reader may see the rules.
pub(in crate::dashboard) fn of_account(
    alerts: &[Alert],
    last: Option<i64>,
    with_conditions: bool,
    view: &View,
    zone: &TimeZone,
) -> Markup {
    html! {
        @if !alerts.is_empty() {
            section .notice #alerts aria-label="Alerts" {
                h2 { (counted(alerts.len(), "active alert", "active alerts")) }
                ul {
                    @for alert in alerts {
                        li .inline {
                            a href=(view.only_period().at(PATH)) { (alert.rule) }
                            @if with_conditions { ": " (alert.condition.words()) }
                            @if let Some(id) = &alert.user_id { ", " (user(alert, id, view)) }
                            @if let (Some(now), Some(before)) = (alert.now, alert.before) {
                                ", " (format::sum(now)) " after " (format::sum(before)) " (" (percent(alert).show()) ")"
                            }
                            @if matches!(alert.condition, Condition::Silent { .. }) && let Some(last) = last {
                                ", last seen on " (format::date(zone.day_at(last)))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The change of the figure of an alert, as a share of the one before.
fn percent(of: &Alert) -> Value {
    match (of.before, of.now) {
        (Some(before), Some(now)) => Value::change(before, now),
        _ => Value::None,
    }
}

/// Renders the id of the user of an alert, with a link to the user's page if the reader may see it.
fn user(of: &Alert, id: &str, view: &View) -> Markup {
    html! {
        @if of.is_user_visible {
            a href=(view.only_period().at(&address::user(id))) { (id) }
        } @else { (id) }
    }
}
