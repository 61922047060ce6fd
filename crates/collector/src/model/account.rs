//! Accounts and their changes.

use natero_event::received::{id, is_address};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    change::{Change, Precedence},
    details::{cleared_fields, merge_details, short_text, take_field},
    hierarchy::Placement,
    nul::value_without_nul,
    public_fields::PublicFields,
    read_value::{flag, free_value, keep_types, settle, time},
    record::{RecordError, RecordFields, invalid},
};

/// A customer, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The id that clients use.
    pub account_id: String,
    /// Display name.
    pub name: Option<String>,
    /// Id of its parent.
    pub parent_account_id: Option<String>,
    /// Name of its level in the hierarchy, such as `region`.
    pub hierarchy_label: Option<String>,
    /// Time at which it became a customer, in ms since the Unix epoch.
    pub join_date: Option<i64>,
    /// All other fields.
    pub details: Map<String, Value>,
    /// Whether it has no active child.
    pub is_leaf: bool,
    /// Whether it was deactivated.
    pub is_deleted: bool,
}

/// The flag in the details of a customer who has left.
pub const CHURNED: &str = "is_churned";

/// Whether the details of an account say that the customer has left.
pub fn has_churned(details: &Map<String, Value>) -> bool {
    details.get(CHURNED).and_then(flag) == Some(true)
}

/// The changes that a record or an identification describes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountPatch {
    /// Id of the account.
    pub account_id: String,
    /// Display name.
    pub name: Change<String>,
    /// Id of the parent.
    pub parent_account_id: Change<String>,
    /// Name of its level of the hierarchy.
    pub hierarchy_label: Change<String>,
    /// Time at which it became a customer, in ms since the Unix epoch.
    pub join_date: Change<i64>,
    /// Deactivates or reactivates it; absent for no change.
    pub is_deleted: Option<bool>,
    /// Changes of all other fields.
    pub details: Map<String, Value>,
}

/// Converts the details of an account that a client sends into the form in which they are
/// stored.
///
/// # Errors
/// Names a field that cannot be read.
pub fn settle_record(details: &mut Map<String, Value>) -> Result<(), RecordError> {
    for (name, value) in details.iter_mut() {
        let sent = std::mem::take(value);
        *value = free_value(name, sent);
    }
    match settle(details).first() {
        Some(unreadable) => Err(invalid(unreadable.field, unreadable.expected)),
        None => Ok(()),
    }
}

impl AccountPatch {
    /// Reads a record of the Account API. `in_address` is the id in the address
    /// of a PUT.
    ///
    /// # Errors
    /// The error names the first invalid field.
    pub fn from_record(record: Value, in_address: Option<&str>) -> Result<Self, RecordError> {
        let mut fields = RecordFields::new(value_without_nul(record))?;
        let mut patch = AccountPatch {
            account_id: fields.own_id("account_id", in_address)?,
            name: fields.text("name")?,
            parent_account_id: fields.id("parent_account_id")?,
            hierarchy_label: fields.text("hierarchy_label")?,
            join_date: fields.time("join_date")?,
            is_deleted: fields.flag("is_deleted")?,
            details: fields.details(&["is_leaf"])?,
        };
        settle_record(&mut patch.details)?;
        Ok(patch)
    }

    /// Reads the details of an `identifyAccount`. If the sender may not set the parent,
    /// `parent_account_id` is stored as a plain detail.
    pub fn from_identify(
        account_id: &str,
        mut details: Map<String, Value>,
        may_set_parent: bool,
    ) -> Self {
        let parent_account_id = if may_set_parent {
            take_field(&mut details, "parent_account_id", |value| {
                id(value).filter(|id| is_address(id))
            })
        } else {
            Change::Keep
        };
        // Unreadable details never make an event invalid.
        for unreadable in settle(&mut details) {
            details.remove(unreadable.field);
        }
        AccountPatch {
            account_id: account_id.to_owned(),
            name: take_field(&mut details, "name", short_text),
            parent_account_id,
            hierarchy_label: take_field(&mut details, "hierarchy_label", short_text),
            join_date: take_field(&mut details, "join_date", time),
            is_deleted: None,
            details,
        }
    }
}

impl AccountPatch {
    /// Id of the parent that the changes set.
    pub fn requested_parent(&self) -> Option<&str> {
        match &self.parent_account_id {
            Change::Set(parent) => Some(parent),
            Change::Keep | Change::Clear => None,
        }
    }

    /// The change of the account's place in the tree.
    pub fn placement(&self) -> Placement<'_> {
        Placement {
            id: &self.account_id,
            parent: self.parent_account_id.as_ref().map(String::as_str),
        }
    }

    /// Names of the fields that the changes clear.
    pub fn cleared(&self) -> Vec<String> {
        let own = [
            ("name", self.name == Change::Clear),
            ("hierarchy_label", self.hierarchy_label == Change::Clear),
            ("join_date", self.join_date == Change::Clear),
        ];
        cleared_fields(&own, &self.details)
    }
}

impl Account {
    /// This account, with its empty fields filled from what public sources set.
    #[must_use]
    pub fn filled(&self, public: &PublicFields) -> Self {
        let mut filled = self.clone();
        let patch = AccountPatch::from_identify(&self.account_id, public.values(), false);
        // If both do not fit, only the account's own fields are shown.
        match filled.apply(patch, Precedence::Older) {
            Ok(()) => filled,
            Err(_) => self.clone(),
        }
    }

    /// Applies all changes except that of the parent: whether a parent would form a cycle
    /// depends on other accounts.
    ///
    /// # Errors
    /// When the merged details would be too large; nothing is changed then.
    pub fn apply(
        &mut self,
        mut patch: AccountPatch,
        precedence: Precedence,
    ) -> Result<(), RecordError> {
        keep_types(&self.details, &mut patch.details);
        if !merge_details(&mut self.details, patch.details, precedence) {
            return Err(RecordError::DetailsTooLarge);
        }
        patch.name.apply(&mut self.name, precedence);
        patch
            .hierarchy_label
            .apply(&mut self.hierarchy_label, precedence);
        patch.join_date.apply(&mut self.join_date, precedence);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else {
            panic!("an object")
        };
        map
    }

    #[test]
    fn a_record_changes_the_fields_it_has_and_keeps_the_others() {
        let mut account = Account {
            name: Some("Acme".into()),
            join_date: Some(5),
            details: object(json!({"tier": 1, "stage": "trial"})),
            ..Account::default()
        };
        let record = json!({
            "account_id": " acme ", "join_date": null, "details": {"stage": null}, "tier": 2,
            "is_leaf": false,
        });
        let patch = AccountPatch::from_record(record, None).unwrap();
        assert_eq!(patch.account_id, "acme");
        account.apply(patch, Precedence::Newer).unwrap();
        assert_eq!(account.name.as_deref(), Some("Acme"));
        assert_eq!(account.join_date, None);
        assert_eq!(account.details, object(json!({"tier": 2})));
        assert!(!account.is_leaf, "read-only fields are ignored");
    }

    #[test]
    fn a_date_is_its_first_ms_in_utc() {
        for (date, ms) in [
            (json!("2024-05-01"), Some(1_714_521_600_000)),
            (json!(1_714_521_600_000_i64), Some(1_714_521_600_000)),
            (json!("1965-03-01"), Some(-152_668_800_000)),
            (Value::Null, None),
        ] {
            let record = json!({"account_id": "a", "join_date": date});
            let patch = AccountPatch::from_record(record, None).unwrap();
            let mut account = Account::default();
            account.apply(patch, Precedence::Newer).unwrap();
            assert_eq!(account.join_date, ms);
        }
        let details = object(json!({"join_date": "2024-05-01"}));
        let patch = AccountPatch::from_identify("a", details, false);
        assert_eq!(patch.join_date, Change::Set(1_714_521_600_000));
    }

    #[test]
    fn a_blank_parent_is_none_and_a_blank_flag_says_nothing() {
        let record = json!({"account_id": "a", "parent_account_id": " ", "is_deleted": ""});
        let patch = AccountPatch::from_record(record, None).unwrap();
        assert_eq!(patch.parent_account_id, Change::Clear);
        assert_eq!(patch.is_deleted, None);
    }

    #[test]
    fn details_may_come_as_the_text_of_an_object() {
        let record = json!({"account_id": "a", "details": "{\"tier\": 2}", "vip": "TRUE"});
        let patch = AccountPatch::from_record(record, None).unwrap();
        assert_eq!(patch.details, object(json!({"tier": 2, "vip": true})));
    }

    #[test]
    fn the_error_names_the_invalid_field() {
        for (record, message) in [
            (json!([]), "JSON object"),
            (json!({}), "account_id"),
            (json!({"account_id": ""}), "account_id"),
            (json!({"account_id": "a", "name": []}), "name"),
            (
                json!({"account_id": "a", "join_date": "today"}),
                "join_date",
            ),
            (
                json!({"account_id": "a", "join_date": "20240501"}),
                "join_date",
            ),
            (json!({"account_id": "a", "details": []}), "details"),
            (json!({"account_id": "a", "details": "[]"}), "details"),
        ] {
            let error = AccountPatch::from_record(record, None).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
        let other = AccountPatch::from_record(json!({"account_id": "b"}), Some("a")).unwrap_err();
        assert_eq!(
            other.to_string(),
            "`account_id` is \"b\", but the address says \"a\"; send the same, or leave it out"
        );
    }

    #[test]
    fn a_late_identification_only_fills_empty_fields() {
        let mut account = Account {
            name: Some("New".into()),
            details: object(json!({"tier": 2})),
            ..Account::default()
        };
        let details =
            object(json!({"name": "Old", "hierarchy_label": "region", "tier": 1, "size": 9}));
        let patch = AccountPatch::from_identify("acme", details, false);
        account.apply(patch, Precedence::Older).unwrap();
        assert_eq!(account.name.as_deref(), Some("New"));
        assert_eq!(account.hierarchy_label.as_deref(), Some("region"));
        assert_eq!(account.details, object(json!({"tier": 2, "size": 9})));
    }

    #[test]
    fn a_parent_that_the_sender_may_not_set_stays_a_detail() {
        let details = || object(json!({"parent_account_id": "top"}));
        let believed = AccountPatch::from_identify("a", details(), true);
        assert_eq!(believed.parent_account_id, Change::Set("top".into()));
        let recorded = AccountPatch::from_identify("a", details(), false);
        assert_eq!(recorded.parent_account_id, Change::Keep);
        assert_eq!(recorded.details, details());
    }

    #[test]
    fn details_stay_bounded() {
        let mut account = Account::default();
        let details = object(json!({"k": "x".repeat(super::super::details::MAX_DETAILS_BYTES)}));
        let patch = AccountPatch::from_identify("a", details, false);
        assert!(account.apply(patch, Precedence::Newer).is_err());
        assert!(account.details.is_empty());
    }
}
