//! The form for an alert rule.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use maud::{Markup, html};

use crate::{
    dashboard::{
        alerts::rule_fields::{self, CONDITIONS, Fields},
        list_level::LIST_LEVELS,
        view::View,
    },
    model::alert_rule::{AlertRule, MAX_DAYS, MAX_NAME},
    store::alerts::{Choices, StoredRule},
};

/// The form for a rule.
#[derive(Debug, Default)]
pub(super) struct RuleForm {
    /// The number of the rule to change; absent for a new one.
    pub(super) id: Option<i64>,
    /// The values of its fields; empty before anything was filled in.
    pub(super) fields: Fields,
    /// Why it was refused.
    pub(super) refused: Option<String>,
    /// Warnings that the rule would match nothing. Submitting the form again confirms it.
    pub(super) warnings: Vec<String>,
}

impl RuleForm {
    /// The form to change a rule; `None` for a rule with settings for which the form has no
    /// fields.
    pub(super) fn of(stored: &StoredRule) -> Option<Self> {
        Some(RuleForm {
            id: Some(stored.id),
            fields: rule_fields::write(&stored.rule)?,
            ..RuleForm::default()
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn is_chosen(&self, name: &str, value: &str) -> bool {
        self.text(name) == Some(value)
    }

    /// Whether the user submitted the form again after seeing exactly these warnings.
    pub(super) fn is_confirmed(&self, warnings: &[String]) -> bool {
        self.text("meant") == Some(joined(warnings).as_str())
    }

    /// Renders the form. `choices` are the values that its filters offer.
    pub(super) fn show(&self, choices: &Choices, view: &View) -> Markup {
        let action = match self.id {
            None => view.at("/alerts/rules"),
            Some(id) => view.at(&format!("/alerts/rules/{id}")),
        };
        let is_sent = self.refused.is_some() || !self.warnings.is_empty();
        html! {
            section .card #rule data-once[self.id.is_some() || is_sent] {
                h2 { @if self.id.is_some() { "Change a rule" } @else { "New rule" } }
                form .fields-form.two method="post" action=(action) {
                    @if let Some(refused) = &self.refused { p .refused role="alert" { (refused) } }
                    @if !self.warnings.is_empty() {
                        input type="hidden" name="meant" value=(joined(&self.warnings));
                        p .refused role="alert" {
                            @for warning in &self.warnings { (warning) " " }
                            "The rule matches nothing at present. Correct it, or submit it as it is."
                        }
                    }
                    label { "Name" input name="name" required maxlength=(MAX_NAME) placeholder="Customers that use less" value=[self.text("name")] autofocus[is_sent || self.id.is_some()]; }
                    label {
                        "When"
                        select name="when" {
                            @for (value, label) in CONDITIONS { option value=(value) selected[self.is_chosen("when", value)] { (label) } }
                        }
                    }
                    label {
                        "By how many percent"
                        input name="percent" type="number" min="1" max="100" value=(self.text("percent").unwrap_or("30"));
                        small { "Where uses or users go down." }
                    }
                    label {
                        "Days"
                        input name="days" type="number" min="1" max=(MAX_DAYS) value=(self.text("days").unwrap_or("28"));
                        small { "Whole days, which are compared with as many before, or which are silent." }
                    }
                    label {
                        "Of which accounts"
                        select name="level" {
                            @for level in LIST_LEVELS { option value=(level.name()) selected[self.is_chosen("level", level.name())] { (level.label()) } }
                        }
                    }
                    label { "Only below the account" input name="account_id" maxlength="256" value=[self.text("account_id")]; small { "Its id. Empty: anywhere." } }
                    @for (name, label, known) in [
                        ("product", "Only this product", &choices.names.products),
                        ("module", "Only this module", &choices.names.modules),
                        ("feature", "Only this feature", &choices.names.features),
                    ] {
                        label { (label) input name=(name) maxlength="256" list={"known-" (name)} value=[self.text(name)]; }
                        (offered(name, most_used(known)))
                    }
                    label {
                        "Only accounts with this dimension"
                        input name="dimension" maxlength="256" placeholder="tier" list="known-dimension" value=[self.text("dimension")];
                    }
                    (offered("dimension", choices.dimensions.keys().map(String::as_str).take(MAX_OFFERED).collect()))
                    label {
                        "Value of the dimension"
                        input name="dimension_value" maxlength="256" placeholder="enterprise" list="known-dimension_value" value=[self.text("dimension_value")];
                    }
                    (offered("dimension_value", values(choices)))
                    div .actions {
                        button .button.primary type="submit" {
                            @if self.id.is_some() { "Change the rule" } @else { "Add the rule" }
                            @if !self.warnings.is_empty() { " as it is" }
                        }
                        @if self.id.is_some() || is_sent { a .quiet href=(view.at("/alerts")) { "Cancel" } }
                    }
                }
            }
        }
    }

    /// Warnings about values in the filters of a rule that do not occur in the data.
    pub(super) fn warnings(rule: &AlertRule, choices: &Choices) -> Vec<String> {
        let names = &choices.names;
        let filter = &rule.filter;
        let used = [
            ("product", &filter.product, &names.products),
            ("module", &filter.module, &names.modules),
            ("feature", &filter.feature, &names.features),
        ];
        let unused = used.into_iter().filter_map(|(kind, name, known)| {
            let name = name.as_ref().filter(|name| !name.is_empty())?;
            (!known.contains_key(name)).then(|| format!("No event has the {kind} “{name}” so far."))
        });
        let absent =
            rule.dimensions
                .iter()
                .filter_map(|(name, value)| match choices.dimensions.get(name) {
                    None => Some(format!("No account has the dimension “{name}”.")),
                    Some(values) if !values.contains(value) => {
                        Some(format!("No account has “{value}” as its {name}."))
                    }
                    Some(_) => None,
                });
        unused.chain(absent).collect()
    }
}

/// The warnings that the form showed, as it sends them back.
fn joined(warnings: &[String]) -> String {
    warnings.join(" ")
}

/// Most names that are offered of each kind.
const MAX_OFFERED: usize = 200;

/// The names that are used most.
fn most_used(known: &BTreeMap<String, u64>) -> Vec<&str> {
    let mut names: Vec<(&str, u64)> = known
        .iter()
        .map(|(name, events)| (name.as_str(), *events))
        .collect();
    names.sort_by_key(|(_, events)| Reverse(*events));
    names.truncate(MAX_OFFERED);
    names.into_iter().map(|(name, _)| name).collect()
}

/// The values of those dimensions that have only a few, such as a tier.
fn values(choices: &Choices) -> Vec<&str> {
    /// A dimension with more values holds dates or names, which are not useful in a list.
    const FEW: usize = 60;
    let few = choices
        .dimensions
        .values()
        .filter(|values| values.len() <= FEW);
    let values: BTreeSet<&str> = few.flatten().map(String::as_str).collect();
    values.into_iter().take(MAX_OFFERED).collect()
}

fn offered(name: &str, names: Vec<&str>) -> Markup {
    html! {
        datalist id={"known-" (name)} { @for name in names { option value=(name) {} } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_that_nothing_has_is_doubted() {
        let rule = |product: &str, tier: &str| {
            let record = json!({"name": "a", "when": "silent", "days": 3, "product": product,
                "dimensions": {"tier": tier}});
            AlertRule::from_record(record).unwrap()
        };
        let mut choices = Choices::default();
        choices.names.products.insert("freight".into(), 1);
        choices
            .dimensions
            .insert("tier".into(), ["gold".to_owned()].into());
        assert_eq!(
            RuleForm::warnings(&rule("freight", "gold"), &choices),
            [""; 0]
        );
        assert_eq!(
            RuleForm::warnings(&rule("frieght", "glod"), &choices),
            [
                "No event has the product “frieght” so far.",
                "No account has “glod” as its tier."
            ]
        );
        assert_eq!(
            RuleForm::warnings(&rule("freight", "gold"), &Choices::default()).len(),
            2
        );
    }
}
