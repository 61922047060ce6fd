use natero_event::received::id;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Change, Precedence, RecordError,
    change::{RecordFields, merge_details, short_text, taken},
};

/// A customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Account {
    /// Its id.
    pub account_id: String,
    /// What people call it.
    pub name: Option<String>,
    /// The account above it.
    pub parent_account_id: Option<String>,
    /// What its level of the hierarchy is called, such as `region`.
    pub hierarchy_label: Option<String>,
    /// When it became a customer, in ms since the Unix epoch.
    pub join_date: Option<i64>,
    /// Everything else that is known.
    pub details: Map<String, Value>,
    /// Whether no active account is below it.
    pub is_leaf: bool,
    /// Whether it was deactivated.
    pub is_deleted: bool,
}

/// What a record or an identification says about an account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountPatch {
    /// Which account.
    pub account_id: String,
    /// Its name.
    pub name: Change<String>,
    /// The account above it.
    pub parent_account_id: Change<String>,
    /// Its level.
    pub hierarchy_label: Change<String>,
    /// When it joined.
    pub join_date: Change<i64>,
    /// Everything else.
    pub details: Map<String, Value>,
}

impl AccountPatch {
    /// Reads a record of the Account API. `in_address` is the id of a PUT.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn from_record(record: Value, in_address: Option<&str>) -> Result<Self, RecordError> {
        let mut fields = RecordFields::new(record)?;
        Ok(AccountPatch {
            account_id: fields.own_id("account_id", in_address)?,
            name: fields.text("name")?,
            parent_account_id: fields.id("parent_account_id")?,
            hierarchy_label: fields.text("hierarchy_label")?,
            join_date: fields.time("join_date")?,
            details: fields.details(&["is_leaf", "is_deleted"])?,
        })
    }

    /// Reads the details of an `identifyAccount`. The parent is taken only
    /// where the sender may set it; otherwise it stays a mere detail.
    pub fn from_identify(
        account_id: &str,
        mut details: Map<String, Value>,
        may_set_parent: bool,
    ) -> Self {
        let parent_account_id = if may_set_parent {
            taken(&mut details, "parent_account_id", id)
        } else {
            Change::Keep
        };
        AccountPatch {
            account_id: account_id.to_owned(),
            name: taken(&mut details, "name", short_text),
            parent_account_id,
            hierarchy_label: taken(&mut details, "hierarchy_label", short_text),
            join_date: taken(&mut details, "join_date", Value::as_i64),
            details,
        }
    }
}

impl Account {
    /// Takes over everything but the parent, which cannot be judged without
    /// the other accounts.
    ///
    /// # Errors
    /// Where the details would grow too large.
    pub fn apply(
        &mut self,
        patch: AccountPatch,
        precedence: Precedence,
    ) -> Result<(), RecordError> {
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
    fn a_record_changes_what_it_names_and_keeps_the_rest() {
        let mut account = Account {
            name: Some("Acme".into()),
            join_date: Some(5),
            details: object(json!({"tier": 1, "stage": "trial"})),
            ..Account::default()
        };
        let record = json!({
            "account_id": " acme ", "join_date": null, "details": {"stage": null}, "tier": 2,
            "is_leaf": false, "is_deleted": true,
        });
        let patch = AccountPatch::from_record(record, None).unwrap();
        assert_eq!(patch.account_id, "acme");
        account.apply(patch, Precedence::Newer).unwrap();
        assert_eq!(account.name.as_deref(), Some("Acme"));
        assert_eq!(account.join_date, None);
        assert_eq!(account.details, object(json!({"tier": 2})));
        assert!(!account.is_deleted, "read-only fields say nothing");
    }

    #[test]
    fn wrong_records_say_which_field() {
        for (record, told) in [
            (json!([]), "JSON object"),
            (json!({}), "account_id"),
            (json!({"account_id": ""}), "account_id"),
            (json!({"account_id": "a", "name": 7}), "name"),
            (
                json!({"account_id": "a", "join_date": "today"}),
                "join_date",
            ),
            (json!({"account_id": "a", "details": []}), "details"),
        ] {
            let error = AccountPatch::from_record(record, None).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
        }
        let other = AccountPatch::from_record(json!({"account_id": "b"}), Some("a")).unwrap_err();
        assert_eq!(
            other.to_string(),
            "`account_id` is \"b\", but the address says \"a\"; send the same, or leave it out"
        );
    }

    #[test]
    fn an_identification_that_comes_late_fills_gaps_only() {
        let mut account = Account {
            name: Some("New".into()),
            details: object(json!({"tier": 2})),
            ..Account::default()
        };
        let said =
            object(json!({"name": "Old", "hierarchy_label": "region", "tier": 1, "size": 9}));
        let patch = AccountPatch::from_identify("acme", said, false);
        account.apply(patch, Precedence::Older).unwrap();
        assert_eq!(account.name.as_deref(), Some("New"));
        assert_eq!(account.hierarchy_label.as_deref(), Some("region"));
        assert_eq!(account.details, object(json!({"tier": 2, "size": 9})));
    }

    #[test]
    fn a_parent_that_may_not_be_set_is_recorded_only() {
        let said = || object(json!({"parent_account_id": "top"}));
        let believed = AccountPatch::from_identify("a", said(), true);
        assert_eq!(believed.parent_account_id, Change::Set("top".into()));
        let recorded = AccountPatch::from_identify("a", said(), false);
        assert_eq!(recorded.parent_account_id, Change::Keep);
        assert_eq!(recorded.details, said());
    }

    #[test]
    fn details_stay_bounded() {
        let mut account = Account::default();
        let said = object(json!({"k": "x".repeat(super::super::MAX_DETAILS_BYTES)}));
        let patch = AccountPatch::from_identify("a", said, false);
        assert!(account.apply(patch, Precedence::Newer).is_err());
        assert!(account.details.is_empty());
    }
}
