//! The forms for a rule of alerts and for its receiver.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{format, view::View};
use crate::{
    http::error::ApiError,
    model::alert_rule::{AlertRule, Condition, MAX_DAYS, MAX_NAME, RuleLevel},
    store::alerts::{Standing, Webhook},
};

/// The fields of a form.
pub(super) type Fields = BTreeMap<String, String>;

/// What a rule waits for, with its label.
const CONDITIONS: [(&str, &str); 4] = [
    ("uses_down", "Feature uses go down"),
    ("users_down", "Active users go down"),
    ("silent", "Nobody is there any more"),
    ("new_user", "A user is new"),
];

/// The accounts that a rule is about, with their label.
const LEVELS: [(RuleLevel, &str, &str); 3] = [
    (RuleLevel::Top, "top", "Customers"),
    (RuleLevel::Leaves, "leaves", "Where people work"),
    (RuleLevel::All, "all", "All accounts"),
];

/// What a rule is about, in words.
pub(super) fn subject_words(rule: &AlertRule) -> String {
    let level = match rule.condition {
        // Users are those of any level.
        Condition::NewUser => "Users",
        Condition::UsesDown { .. } | Condition::UsersDown { .. } | Condition::Silent { .. } => {
            LEVELS[rule.level as usize].2
        }
    };
    match rule.filter_words() {
        filters if filters.is_empty() => level.to_owned(),
        filters => format!("{level}; {filters}"),
    }
}

/// Renders the form for a new rule.
pub(super) fn rule_form(view: &View) -> Markup {
    html! {
        section .card {
            h2 { "New rule" }
            form .fields-form.two method="post" action=(view.at("/alerts/rules")) {
                label { "Name" input name="name" required maxlength=(MAX_NAME) placeholder="Customers that use less"; }
                label {
                    "When"
                    select name="when" {
                        @for (value, label) in CONDITIONS { option value=(value) { (label) } }
                    }
                }
                label {
                    "By how many percent"
                    input name="percent" type="number" min="1" max="100" value="30";
                    small { "Where uses or users go down." }
                }
                label {
                    "Days"
                    input name="days" type="number" min="1" max=(MAX_DAYS) value="28";
                    small { "Whole days, which are compared with as many before, or which are silent." }
                }
                label {
                    "Of which accounts"
                    select name="level" {
                        @for (_, value, label) in LEVELS { option value=(value) { (label) } }
                    }
                }
                label { "Only below the account" input name="account_id" maxlength="256"; small { "Its id. Empty: anywhere." } }
                label { "Only this product" input name="product" maxlength="256"; }
                label { "Only this module" input name="module" maxlength="256"; }
                label { "Only this feature" input name="feature" maxlength="256"; }
                label { "Only accounts with this dimension" input name="dimension" maxlength="256" placeholder="tier"; }
                label { "Value of the dimension" input name="dimension_value" maxlength="256" placeholder="enterprise"; }
                div .actions { button .button.primary type="submit" { "Add the rule" } }
            }
        }
    }
}

/// Reads the form for a new rule. An empty field says nothing.
///
/// # Errors
/// 422 for what is no rule.
pub(super) fn read(fields: &Fields) -> Result<AlertRule, ApiError> {
    let field = |name: &str| {
        let text = fields.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    };
    let when = field("when").unwrap_or_default();
    let numbers: &[&str] = match when {
        "uses_down" | "users_down" => &["percent", "days"],
        "silent" => &["days"],
        _ => &[],
    };
    let mut record = Map::new();
    for name in [
        "name",
        "when",
        "level",
        "account_id",
        "product",
        "module",
        "feature",
    ] {
        record.extend(field(name).map(|text| (name.to_owned(), json!(text))));
    }
    for name in numbers {
        let number = field(name).and_then(|text| text.parse::<u32>().ok());
        record.extend(number.map(|number| ((*name).to_owned(), json!(number))));
    }
    if let (Some(name), Some(value)) = (field("dimension"), field("dimension_value")) {
        record.insert("dimensions".into(), json!({ name: value }));
    }
    AlertRule::from_record(Value::Object(record))
        .map_err(|invalid| ApiError::Unprocessable(format!("{invalid}; go back and mend it")))
}

/// Renders the receiver and the form for it. `secret` is that of one that was just
/// set.
pub(super) fn webhook_form(
    webhook: Option<&Webhook>,
    messages: &Standing,
    secret: Option<&str>,
    view: &View,
) -> Markup {
    html! {
        section .card #webhook {
            h2 { "Webhook" }
            @if let Some(secret) = secret {
                div .notice role="status" {
                    p { "The webhook is set. Give its secret to the receiver; it is shown this once." }
                    p { code { (secret) } }
                }
            }
            @if let Some(webhook) = webhook {
                p .hint {
                    "Alerts that begin are posted to " code { (webhook.url.origin()) "/…" } ", signed as Standard Webhooks says. "
                    (format::count(messages.delivered, "message", "messages")) " arrived, "
                    (format::number(messages.waiting)) " wait, " (format::number(messages.given_up)) " were given up after three days."
                }
                @if let Some(error) = &messages.last_error { p { "Latest failure: " (error) "." } }
                form method="post" action=(view.at("/alerts/webhook/remove")) {
                    button .button type="submit" { "Remove the webhook" }
                }
            } @else {
                p .hint { "Without a webhook, alerts are only shown here." }
            }
            form .fields-form method="post" action=(view.at("/alerts/webhook")) {
                label {
                    @if webhook.is_some() { "Another address" } @else { "Address" }
                    input name="url" type="url" required maxlength="2000" placeholder="https://hooks.example.com/natero";
                    small { "It gets a new secret." }
                }
                div .actions { button .button type="submit" { "Set the webhook" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_other_conditions_are_left_out() {
        let fields = |when: &str| -> Fields {
            [
                ("name", " Down "),
                ("when", when),
                ("percent", "30"),
                ("days", "28"),
                ("level", "leaves"),
                ("account_id", ""),
                ("product", "freight"),
                ("dimension", "tier"),
                ("dimension_value", "gold"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
        };
        for (when, _) in CONDITIONS {
            let rule = read(&fields(when)).unwrap();
            assert_eq!(rule.name, "Down");
            let who = match when {
                "new_user" => "Users",
                _ => "Where people work",
            };
            assert_eq!(
                subject_words(&rule),
                format!("{who}; product: freight, tier: gold")
            );
        }
        let mut wrong = fields("silent");
        wrong.insert("days".into(), "many".into());
        assert!(read(&wrong).unwrap_err().to_string().contains("`days`"));
    }

    #[test]
    fn every_level_has_its_words() {
        for (at, (level, ..)) in LEVELS.into_iter().enumerate() {
            assert_eq!(level as usize, at);
        }
    }
}
