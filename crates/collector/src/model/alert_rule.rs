//! Alert rules: which change in which accounts somebody wants to be notified of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    calendar::TimeZone, label::on_one_line, nul::value_without_nul, read_value, usage::Filter,
};

/// Maximum length of a rule's name, in characters.
pub const MAX_NAME: usize = 80;

/// Maximum period of a rule, in days. A comparison reads twice as many days.
pub const MAX_DAYS: u32 = 366;

/// The condition on which a rule matches an account or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "snake_case")]
pub enum Condition {
    /// Feature uses in the last complete days are fewer than in as many days before, by at
    /// least this percentage.
    UsesDown {
        /// The percentage, 1 to 100.
        percent: u32,
        /// The length of each of the two periods, in days.
        days: u32,
    },
    /// The same for active users.
    UsersDown {
        /// The percentage, 1 to 100.
        percent: u32,
        /// The length of each of the two periods, in days.
        days: u32,
    },
    /// An account that was in use has no event in the last complete days and today.
    Silent {
        /// The number of days.
        days: u32,
    },
    /// A user sends the first event.
    NewUser,
}

/// When the days begin in which a silent account has no event. They end with today.
pub fn start_of_silence(zone: &TimeZone, now: i64, days: u32) -> i64 {
    zone.start_of(zone.day_at(now).plus(-i64::from(days)))
}

impl Condition {
    /// The condition in words, as the end of a sentence. A no-break space keeps each number and its
    /// unit on one line.
    pub fn words(self) -> String {
        let days = |days: u32| {
            if days == 1 {
                "day".to_owned()
            } else {
                format!("{days}\u{a0}days")
            }
        };
        match self {
            Condition::UsesDown { percent, days: of } => {
                let of = days(of);
                format!("feature uses of the last {of} down by {percent}\u{a0}% or more")
            }
            Condition::UsersDown { percent, days: of } => {
                let of = days(of);
                format!("active users of the last {of} down by {percent}\u{a0}% or more")
            }
            Condition::Silent { days: of } => format!("no use in the last {}", days(of)),
            Condition::NewUser => "a new user".to_owned(),
        }
    }
}

/// The accounts that a rule applies to, by their place in the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// Accounts without a parent; within an account, those directly below it.
    #[default]
    Top,
    /// Accounts without children.
    Leaves,
    /// All accounts.
    All,
}

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRule {
    /// Its name.
    pub name: String,
    /// Its condition.
    #[serde(flatten)]
    pub condition: Condition,
    /// The part of the usage that counts.
    #[serde(flatten)]
    pub filter: RuleFilter,
    /// The accounts that it applies to. For rules about users, the level is ignored.
    #[serde(default)]
    pub level: RuleLevel,
    /// Only accounts below this one.
    #[serde(default)]
    pub account_id: Option<String>,
    /// Values that the accounts must have, by the name of the dimension.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
}

/// The part of the usage that counts for a rule. An empty text stands for events without that
/// name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RuleFilter {
    #[serde(default)]
    pub product: Option<String>,
    #[serde(default)]
    pub module: Option<String>,
    #[serde(default)]
    pub feature: Option<String>,
}

/// The fields of a rule, as clients send it.
const FIELDS: [&str; 10] = [
    "name",
    "when",
    "percent",
    "days",
    "product",
    "module",
    "feature",
    "level",
    "account_id",
    "dimensions",
];

/// Why a rule is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRule(String);

impl AlertRule {
    /// Reads a rule of a client.
    ///
    /// # Errors
    /// Names the field that is missing or wrong.
    pub fn from_record(record: Value) -> Result<Self, InvalidRule> {
        let mut record = value_without_nul(record);
        let Value::Object(fields) = &mut record else {
            return Err(InvalidRule("a rule must be a JSON object".into()));
        };
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(InvalidRule(format!(
                "a rule has no field {unknown:?}; its fields are {}",
                FIELDS.join(", ")
            )));
        }
        for name in ["percent", "days"] {
            if let Some(value) = fields.get_mut(name)
                && let Some(count) = read_value::count(value)
            {
                *value = count.into();
            }
        }
        let mut rule: AlertRule = serde_json::from_value(record).map_err(|cause| {
            InvalidRule(format!(
                "{cause}; `when` is uses_down or users_down with `percent` and `days`, silent with `days`, or new_user"
            ))
        })?;
        rule.name = on_one_line(&rule.name);
        rule.check()?;
        Ok(rule)
    }

    fn check(&self) -> Result<(), InvalidRule> {
        if self.name.is_empty() || self.name.chars().count() > MAX_NAME {
            return Err(InvalidRule(format!(
                "`name` must be a string of 1 to {MAX_NAME} characters"
            )));
        }
        let texts = [
            &self.filter.product,
            &self.filter.module,
            &self.filter.feature,
            &self.account_id,
        ];
        let dimensions = self
            .dimensions
            .iter()
            .flat_map(|(name, value)| [name, value]);
        let is_long = |text: &String| text.chars().count() > natero_event::limits::MAX_ID_CHARS;
        if texts.into_iter().flatten().chain(dimensions).any(is_long) || self.dimensions.len() > 8 {
            return Err(InvalidRule(
                "the filters of a rule must be strings of at most 256 characters, and at most 8 dimensions".into(),
            ));
        }
        let (percent, days) = match self.condition {
            Condition::UsesDown { percent, days } | Condition::UsersDown { percent, days } => {
                (percent, days)
            }
            Condition::Silent { days } => (1, days),
            Condition::NewUser => (1, 1),
        };
        if !(1..=100).contains(&percent) {
            return Err(InvalidRule(
                "`percent` must be a whole number from 1 to 100".into(),
            ));
        }
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(InvalidRule(format!(
                "`days` must be a whole number from 1 to {MAX_DAYS}"
            )));
        }
        Ok(())
    }

    /// The filter of its usage.
    pub fn usage_filter(&self) -> Filter {
        Filter {
            product: self.filter.product.clone(),
            module: self.filter.module.clone(),
            feature: self.filter.feature.clone(),
            user: None,
        }
    }

    /// The parts of the usage that its filters select, in words; empty without filters.
    pub fn filter_words(&self) -> String {
        let names = [
            ("product", &self.filter.product),
            ("module", &self.filter.module),
            ("feature", &self.filter.feature),
            ("below", &self.account_id),
        ];
        let names = names.into_iter().filter_map(|(name, value)| {
            let value = value.as_deref()?;
            let value = if value.is_empty() { "none" } else { value };
            Some(format!("{name}: {value}"))
        });
        let dimensions = self.dimensions.iter();
        let dimensions = dimensions.map(|(name, value)| format!("{name}: {value}"));
        names.chain(dimensions).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_written_as_it_is_read() {
        for record in [
            json!({"name": "Down", "when": "uses_down", "percent": 30, "days": 28}),
            json!({"name": "People", "when": "users_down", "percent": 100, "days": 1, "level": "all"}),
            json!({"name": "Quiet", "when": "silent", "days": 14, "product": "", "dimensions": {"tier": "gold"}}),
            json!({"name": "New", "when": "new_user", "account_id": "a", "feature": "f"}),
        ] {
            let rule = AlertRule::from_record(record.clone()).unwrap();
            let written = serde_json::to_value(&rule).unwrap();
            for (name, value) in record.as_object().unwrap() {
                assert_eq!(&written[name], value, "{written}");
            }
            assert_eq!(serde_json::from_value::<AlertRule>(written).unwrap(), rule);
        }
    }

    #[test]
    fn numbers_of_a_rule_may_come_as_text() {
        let of = |percent: Value, days: Value| {
            let when = json!({"name": "x", "when": "uses_down", "percent": percent, "days": days});
            AlertRule::from_record(when).unwrap()
        };
        assert_eq!(of(json!("30"), json!("3")), of(json!(30), json!(3.0)));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_named() {
        for (record, message) in [
            (json!([]), "JSON object"),
            (json!({"when": "new_user"}), "`name`"),
            (json!({"name": " \n", "when": "new_user"}), "`name`"),
            (
                json!({"name": "x".repeat(81), "when": "new_user"}),
                "`name`",
            ),
            (json!({"name": "x", "when": "sometimes"}), "new_user"),
            (json!({"name": "x", "when": "silent"}), "`days`"),
            (json!({"name": "x", "when": "silent", "days": 0}), "`days`"),
            (
                json!({"name": "x", "when": "silent", "days": 367}),
                "`days`",
            ),
            (
                json!({"name": "x", "when": "uses_down", "days": 7, "percent": 101}),
                "`percent`",
            ),
            (
                json!({"name": "x", "when": "uses_down", "days": 7, "percent": 1.5}),
                "percent",
            ),
            (
                json!({"name": "x", "when": "new_user", "url": "https://x"}),
                "\"url\"",
            ),
            (
                json!({"name": "x", "when": "new_user", "product": "x".repeat(257)}),
                "256",
            ),
        ] {
            let error = AlertRule::from_record(record.clone())
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{record}: {error}");
        }
    }

    #[test]
    fn a_rule_has_words() {
        let rule = json!({"name": "x", "when": "silent", "days": 1, "product": "p", "dimensions": {"tier": "gold"}});
        let rule = AlertRule::from_record(rule).unwrap();
        assert_eq!(rule.condition.words(), "no use in the last day");
        let down = Condition::UsesDown {
            percent: 30,
            days: 28,
        };
        assert_eq!(
            down.words(),
            "feature uses of the last 28\u{a0}days down by 30\u{a0}% or more"
        );
        assert_eq!(rule.filter_words(), "product: p, tier: gold");
    }
}
