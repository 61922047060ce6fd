//! The form for an alert rule.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    account_fields,
    view::{LIST_LEVELS, View, level_label},
};
use crate::{
    http::error::ApiError,
    model::alert_rule::{AlertRule, Condition, MAX_DAYS, MAX_NAME},
    store::{
        alerts::{Choices, StoredRule},
        portfolio::ListLevel,
    },
};

/// The fields of a form.
pub(super) type Fields = BTreeMap<String, String>;

/// The conditions of a rule, with their labels.
const CONDITIONS: [(&str, &str); 4] = [
    ("uses_down", "Feature uses go down"),
    ("users_down", "Active users go down"),
    ("silent", "Nobody is there any more"),
    ("new_user", "A user is new"),
];

/// What a rule applies to, in words.
pub(super) fn subject_words(rule: &AlertRule) -> String {
    let level = match rule.condition {
        // A rule about users ignores the level.
        Condition::NewUser => "Users",
        Condition::UsesDown { .. } | Condition::UsersDown { .. } | Condition::Silent { .. } => {
            level_label(rule.level.into(), rule.account_id.is_some())
        }
    };
    match rule.filter_words() {
        filters if filters.is_empty() => level.to_owned(),
        filters => format!("{level}; {filters}"),
    }
}

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
        let rule = &stored.rule;
        let filter = &rule.filter;
        let is_without = |name: &Option<String>| name.as_deref() == Some("");
        let names = [&filter.product, &filter.module, &filter.feature];
        if rule.dimensions.len() > 1 || names.into_iter().any(is_without) {
            return None;
        }
        let (when, numbers) = match rule.condition {
            Condition::UsesDown { percent, days } => {
                ("uses_down", vec![("percent", percent), ("days", days)])
            }
            Condition::UsersDown { percent, days } => {
                ("users_down", vec![("percent", percent), ("days", days)])
            }
            Condition::Silent { days } => ("silent", vec![("days", days)]),
            Condition::NewUser => ("new_user", Vec::new()),
        };
        let dimension = rule.dimensions.first_key_value();
        let (_, level, _) = LIST_LEVELS[ListLevel::from(rule.level) as usize];
        let texts = [
            ("name", Some(rule.name.clone())),
            ("when", Some(when.to_owned())),
            ("level", Some(level.to_owned())),
            ("account_id", rule.account_id.clone()),
            ("product", filter.product.clone()),
            ("module", filter.module.clone()),
            ("feature", filter.feature.clone()),
            ("dimension", dimension.map(|(name, _)| name.clone())),
            ("dimension_value", dimension.map(|(_, value)| value.clone())),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)));
        let numbers = numbers
            .into_iter()
            .map(|(name, number)| (name, number.to_string()));
        let fields = texts
            .chain(numbers)
            .map(|(name, text)| (name.to_owned(), text));
        Some(RuleForm {
            id: Some(stored.id),
            fields: fields.collect(),
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
                            "The rule would hit nothing now. Mend it, or send it as it is."
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
                            @for (_, value, label) in LIST_LEVELS { option value=(value) selected[self.is_chosen("level", value)] { (label) } }
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

/// Reads the fields of a rule. An empty field is ignored.
///
/// # Errors
/// 422 when they do not describe a valid rule.
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
    match (field("dimension"), field("dimension_value")) {
        (Some(name), Some(value)) => {
            let name = account_fields::name_of(name);
            record.insert("dimensions".into(), json!({ name: value }));
        }
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => {
            return Err(ApiError::Unprocessable(
                "a dimension needs a value, and a value its dimension; fill in both or neither"
                    .into(),
            ));
        }
    }
    AlertRule::from_record(Value::Object(record))
        .map_err(|invalid| ApiError::Unprocessable(invalid.to_string()))
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
                _ => "Lowest level",
            };
            assert_eq!(
                subject_words(&rule),
                format!("{who}; product: freight, tier: gold")
            );
        }
        for written in ["Tier", "TIER"] {
            let mut labelled = fields("silent");
            labelled.insert("dimension".into(), written.into());
            let rule = read(&labelled).unwrap();
            assert_eq!(
                subject_words(&rule),
                "Lowest level; product: freight, tier: gold"
            );
        }
        let mut half = fields("silent");
        half.remove("dimension_value");
        assert!(
            read(&half)
                .unwrap_err()
                .to_string()
                .contains("needs a value")
        );
        let mut wrong = fields("silent");
        wrong.insert("days".into(), "many".into());
        assert!(read(&wrong).unwrap_err().to_string().contains("`days`"));
    }

    #[test]
    fn a_rule_is_read_back_from_the_form_that_changes_it() {
        for record in [
            json!({"name": "a", "when": "uses_down", "percent": 7, "days": 14, "product": "p", "module": "m"}),
            json!({"name": "b", "when": "users_down", "percent": 99, "days": 1, "level": "all"}),
            json!({"name": "c", "when": "silent", "days": 3, "level": "leaves", "account_id": "acme"}),
            json!({"name": "d", "when": "new_user", "feature": "f", "dimensions": {"tier": "gold"}}),
        ] {
            let rule = AlertRule::from_record(record).unwrap();
            let stored = StoredRule {
                id: 7,
                rule: rule.clone(),
                created_at: 0,
                checked_at: None,
                holding: 0,
            };
            let form = RuleForm::of(&stored).unwrap();
            assert_eq!((form.id, read(&form.fields).unwrap()), (Some(7), rule));
        }
    }

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
