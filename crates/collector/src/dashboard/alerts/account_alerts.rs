//! The active alerts of an account, on the account's own page.

use maud::{Markup, html};

use crate::{
    dashboard::{
        alerts::{
            PATH,
            alert_cells::{percent, user},
        },
        format,
        table::counted,
        view::View,
    },
    model::{alert_rule::Condition, calendar::TimeZone},
    store::alerts::Alert,
};

/// Renders the active alerts of an account.
///
/// `last` is the time of the latest use of the account. `with_conditions` says whether the
/// reader may see the rules.
pub(in crate::dashboard) fn show(
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
