//! The fields of the form for an alert rule: a rule is written into them and read back.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    dashboard::account_fields,
    http::error::ApiError,
    model::alert_rule::{AlertRule, Condition},
    store::portfolio::ListLevel,
};

/// The values of the fields, by name.
pub(super) type Fields = BTreeMap<String, String>;

/// The values of the field for the condition, with their labels.
pub(super) const CONDITIONS: [(&str, &str); 4] = [
    ("uses_down", "Feature uses go down"),
    ("users_down", "Active users go down"),
    ("silent", "No use any more"),
    ("new_user", "A user is new"),
];

/// The fields of a rule; `None` for a rule with settings for which the form has no fields.
pub(super) fn write(rule: &AlertRule) -> Option<Fields> {
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
    let level = ListLevel::from(rule.level).name();
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
    Some(fields.collect())
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
    use crate::dashboard::alerts::rule_words::subject_words;

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
            assert_eq!(read(&write(&rule).unwrap()).unwrap(), rule);
        }
    }
}
