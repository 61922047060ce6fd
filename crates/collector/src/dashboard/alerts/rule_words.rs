//! A rule in words.

use crate::{
    model::alert_rule::{AlertRule, Condition},
    store::portfolio::ListLevel,
};

/// What a rule applies to, in words.
pub(super) fn subject_words(rule: &AlertRule) -> String {
    let level = match rule.condition {
        // A rule about users ignores the level.
        Condition::NewUser => "Users",
        Condition::UsesDown { .. } | Condition::UsersDown { .. } | Condition::Silent { .. } => {
            let level = ListLevel::from(rule.level);
            match rule.account_id {
                Some(_) => level.label_below_account(),
                None => level.label(),
            }
        }
    };
    match rule.filter_words() {
        filters if filters.is_empty() => level.to_owned(),
        filters => format!("{level}; {filters}"),
    }
}
