//! Alerts: the accounts and users that rules hit, the rules, and the receiver that is
//! told.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    address,
    alert_forms::{self, rule_form, webhook_form},
    error::PageError,
    format,
    layout::{self, NavigationEntry},
    mends::{ChangeForm, Nothing},
    query::Query,
    rights::Rights,
    sheet::Sheet,
    signed_in::SignedIn,
    state::Dashboard,
    table::{Column, Table, counted},
    table_choice::Sort,
    value::Value,
    view::View,
};
use crate::{
    clock::now_ms,
    http::{
        alerting::check_all,
        api::alerts::{add_rule, set_webhook},
    },
    model::{calendar::TimeZone, page::Page},
    store::alerts::{Alert, AlertsPage, StoredRule},
};

/// The path of the page.
const PATH: &str = "/alerts";

/// Most alerts that are read, those that hold and the latest.
const LIMIT: i64 = 10_000;

/// Parameters besides the view.
#[derive(Debug, Deserialize)]
pub(crate) struct DoneQuery {
    /// What a form has just done.
    done: Option<String>,
}

/// Shows the alerts, and to whom sees all accounts also the rules.
///
/// # Errors
/// 400 for invalid parameters.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
    Query(DoneQuery { done }): Query<DoneQuery>,
) -> Result<Response, PageError> {
    page(
        &dashboard,
        &rights,
        &view,
        done.as_deref().and_then(done_words),
        None,
    )
    .await
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "added" => Some("The rule is stored and was checked."),
        "removed" => Some("The rule and its alerts are removed."),
        "checked" => Some("All rules were checked."),
        "webhook-removed" => Some("The webhook is removed. Nobody is told of alerts any more."),
        _ => None,
    }
}

async fn page(
    dashboard: &Dashboard,
    rights: &Rights,
    view: &View,
    done: Option<&'static str>,
    secret: Option<&str>,
) -> Result<Response, PageError> {
    let of = Page {
        limit: LIMIT,
        number: 1,
    };
    let store = &dashboard.app.store;
    let read = store.page_alerts(rights.within.clone(), of).await?;
    let sheet = Sheet::default();
    let configured = &dashboard.app.config.timezone;
    let zone = view.time_zone.as_ref().unwrap_or(configured);
    let content = html! {
        div .title { h1 { "Alerts" } }
        p .lead { "Accounts and users that rules hit. Every rule is checked once an hour." }
        @if let Some(words) = done { p .notice role="status" { (words) } }
        (read.alerts(&sheet, view, zone))
        // Rules are about all accounts.
        @if rights.within.is_all() {
            (read.rules(&sheet, view, zone, rights))
            @if rights.may_change {
                (rule_form(view))
                (webhook_form(read.webhook.as_ref(), &read.messages, secret, view))
            }
        }
    };
    let page = layout::page(
        "Alerts",
        Some(NavigationEntry::Alerts),
        view,
        rights,
        read.tree.show(view),
        content,
    );
    Ok(sheet.answer(view, page))
}

impl AlertsPage {
    fn alerts(&self, sheet: &Sheet, view: &View, zone: &TimeZone) -> Markup {
        let holding = self
            .alerts
            .iter()
            .filter(|of| of.ended_at.is_none())
            .count();
        let links = view.only_period();
        let to_user = view.only_period();
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
                            @if let Some(id) = &of.user_id {
                                a href=(to_user.at(&address::user(id))) { (id) }
                            } @else { (Value::None.show()) }
                        }
                    },
                ),
            )
            .with(Column::text("rule", "Rule", |of: &Alert| Value::Text(of.rule.clone())))
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
            .with(Column::number("since", "Since", |of: &Alert| {
                Value::time(of.began_at, zone)
            }))
            .with(
                Column::number("until", "Until", |of: &Alert| {
                    of.ended_at.map_or(Value::None, |at| Value::time(at, zone))
                })
                .shown(|of| {
                    html! {
                        @match of.ended_at {
                            None => span .badge.warn { "holds" },
                            Some(at) => (Value::time(at, zone).show()),
                        }
                    }
                })
                .meaning("When a check found that it no longer holds."),
            );
        html! {
            section .card #alerts-list {
                h2 { (counted(holding, "alert holds", "alerts hold")) }
                (sheet.table_or(&table, self.alerts.clone(), html! {
                    p .none { "No rule has hit an account or a user." }
                }))
            }
        }
    }

    fn rules(&self, sheet: &Sheet, view: &View, zone: &TimeZone, rights: &Rights) -> Markup {
        let mut table = Table::new("rules", "Rules", Sort::up("rule"), PATH, view)
            .with(Column::text("rule", "Rule", |of: &StoredRule| {
                Value::Text(of.rule.name.clone())
            }))
            .with(Column::text("when", "When", |of: &StoredRule| {
                Value::Text(of.rule.condition.words())
            }))
            .with(Column::text("accounts", "Of", |of: &StoredRule| {
                Value::Text(alert_forms::subject_words(&of.rule))
            }))
            .with(Column::number("holding", "Holding", |of: &StoredRule| {
                Value::Count(of.holding)
            }))
            .with(Column::number("checked", "Checked", |of: &StoredRule| {
                of.checked_at
                    .map_or(Value::None, |at| Value::time(at, zone))
            }));
        if rights.may_change {
            table = table.with(
                Column::action("remove", "Remove", move |of: &StoredRule| {
                    html! {
                        form .mend method="post" action=(view.at(&format!("/alerts/rules/{}/delete", of.id))) {
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

/// Leads back to the page, as it was shown, with what was done and the section in
/// which that was.
fn done(view: &View, done: &str, section: &str) -> Response {
    let page = view.at(&format!("{PATH}?done={done}"));
    Redirect::to(&format!("{page}{section}")).into_response()
}

/// Stores a new rule.
///
/// # Errors
/// 403 for who may only look, 409 when the name is in use, 422 for what is no rule.
pub(crate) async fn add(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<alert_forms::Fields>,
) -> Result<Response, PageError> {
    add_rule(&dashboard.app, alert_forms::read(&fields)?).await?;
    Ok(done(&view, "added", "#rules"))
}

/// Removes a rule with its alerts.
///
/// # Errors
/// 403 for who may only look.
pub(crate) async fn delete(
    State(dashboard): State<Dashboard>,
    crate::http::extract::Path(id): crate::http::extract::Path<i64>,
    Query(view): Query<View>,
    ChangeForm(Nothing {}): ChangeForm<Nothing>,
) -> Result<Response, PageError> {
    dashboard.app.store.delete_alert_rule(id).await?;
    Ok(done(&view, "removed", "#rules"))
}

/// Checks all rules.
///
/// # Errors
/// 403 for who may only look.
pub(crate) async fn check(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(Nothing {}): ChangeForm<Nothing>,
) -> Result<Response, PageError> {
    check_all(&dashboard.app, now_ms()).await?;
    Ok(done(&view, "checked", ""))
}

/// The address of a receiver.
#[derive(Debug, Deserialize)]
pub(crate) struct NewWebhook {
    url: String,
}

/// Sets the receiver, and shows its secret this once.
///
/// # Errors
/// 403 for who may only look, 422 for an invalid address.
pub(crate) async fn set(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(NewWebhook { url }): ChangeForm<NewWebhook>,
) -> Result<Response, PageError> {
    let secret = set_webhook(&dashboard.app, &url).await?;
    // An answer and no redirect: a secret does not belong into an address.
    page(&dashboard, &Rights::ALL, &view, None, Some(&secret)).await
}

/// Removes the receiver.
///
/// # Errors
/// 403 for who may only look.
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(Nothing {}): ChangeForm<Nothing>,
) -> Result<Response, PageError> {
    dashboard.app.store.remove_webhook().await?;
    Ok(done(&view, "webhook-removed", "#webhook"))
}

/// Renders the alerts of an account that hold, on its own page.
pub(super) fn of_account(alerts: &[Alert], view: &View) -> Markup {
    html! {
        @if !alerts.is_empty() {
            section .notice #alerts aria-label="Alerts" {
                h2 { (counted(alerts.len(), "alert", "alerts")) }
                ul {
                    @for alert in alerts {
                        li .inline {
                            a href=(view.only_period().at(PATH)) { (alert.rule) }
                            @if let Some(user) = &alert.user_id { ": " a href=(address::user(user)) { (user) } }
                            @if let (Some(now), Some(before)) = (alert.now, alert.before) {
                                ": " (format::sum(now)) " after " (format::sum(before))
                            }
                        }
                    }
                }
            }
        }
    }
}
