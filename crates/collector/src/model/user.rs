//! Users and their changes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    change::{Change, Precedence},
    details::{cleared_fields, merge_details, short_text, take_field},
    nul::value_without_nul,
    public_fields::PublicFields,
    read_value::keep_types,
    record::{RecordError, RecordFields},
};

/// A person, who belongs to exactly one account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// The id that clients use.
    pub user_id: String,
    /// Id of the account the user belongs to.
    pub account_id: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// All other fields.
    pub details: Map<String, Value>,
    /// Whether the user was deactivated.
    pub is_deleted: bool,
}

/// The changes that a record or an identification describes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPatch {
    /// Id of the user.
    pub user_id: String,
    /// Id of the account that the user is assigned to; absent to keep the current one.
    pub account_id: Option<String>,
    /// Whether the user may be moved from another account.
    pub is_move: bool,
    /// First name.
    pub first_name: Change<String>,
    /// Last name.
    pub last_name: Change<String>,
    /// Deactivates or reactivates it; absent for no change.
    pub is_deleted: Option<bool>,
    /// Changes of all other fields.
    pub details: Map<String, Value>,
}

impl UserPatch {
    /// Reads a record of the Account API. `in_address` is the id in the address
    /// of a PUT.
    ///
    /// # Errors
    /// The error names the first invalid field.
    pub fn from_record(record: Value, in_address: Option<&str>) -> Result<Self, RecordError> {
        let mut fields = RecordFields::new(value_without_nul(record))?;
        Ok(UserPatch {
            user_id: fields.own_id("user_id", in_address)?,
            account_id: match fields.id("account_id")? {
                Change::Set(account_id) => Some(account_id),
                // A user always has an account, so clearing it changes nothing.
                Change::Keep | Change::Clear => None,
            },
            is_move: fields.flag("move")?.unwrap_or(false),
            first_name: fields.text("first_name")?,
            last_name: fields.text("last_name")?,
            is_deleted: fields.flag("is_deleted")?,
            details: fields.details(&[])?,
        })
    }

    /// Reads the details of an `identifyUser`.
    pub fn from_identify(user_id: &str, mut details: Map<String, Value>) -> Self {
        UserPatch {
            user_id: user_id.to_owned(),
            account_id: None,
            is_move: false,
            first_name: take_field(&mut details, "first_name", short_text),
            last_name: take_field(&mut details, "last_name", short_text),
            is_deleted: None,
            details,
        }
    }
}

impl UserPatch {
    /// Id of the account of the user after the record is stored. `belongs_to` is the user's
    /// current account; `None` for an unknown user.
    ///
    /// # Errors
    /// Why the record is rejected.
    pub fn account(&self, belongs_to: Option<&str>) -> Result<String, RecordError> {
        match (belongs_to, &self.account_id) {
            (None, None) => Err(RecordError::Missing("account_id")),
            (Some(account_id), None) => Ok(account_id.to_owned()),
            (Some(account_id), Some(requested)) if account_id != requested && !self.is_move => {
                Err(RecordError::UserElsewhere {
                    user_id: self.user_id.clone(),
                    account_id: account_id.to_owned(),
                })
            }
            (_, Some(requested)) => Ok(requested.clone()),
        }
    }

    /// Names of the fields that the changes clear.
    pub fn cleared(&self) -> Vec<String> {
        let own = [
            ("first_name", self.first_name == Change::Clear),
            ("last_name", self.last_name == Change::Clear),
        ];
        cleared_fields(&own, &self.details)
    }
}

impl User {
    /// The name, or the id if the user has no name.
    pub fn title(&self) -> String {
        let names = [&self.first_name, &self.last_name];
        let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() {
            self.user_id.clone()
        } else {
            names.join(" ")
        }
    }

    /// This user, with empty fields filled from what public sources set.
    #[must_use]
    pub fn filled(&self, public: &PublicFields) -> Self {
        let mut filled = self.clone();
        let patch = UserPatch::from_identify(&self.user_id, public.values());
        // If both do not fit, only the user's own fields are shown.
        match filled.apply(patch, Precedence::Older) {
            Ok(()) => filled,
            Err(_) => self.clone(),
        }
    }

    /// Applies all changes except that of the account: the caller decides whether the user
    /// may be moved.
    ///
    /// # Errors
    /// When the merged details would be too large; nothing is changed then.
    pub fn apply(
        &mut self,
        mut patch: UserPatch,
        precedence: Precedence,
    ) -> Result<(), RecordError> {
        keep_types(&self.details, &mut patch.details);
        if !merge_details(&mut self.details, patch.details, precedence) {
            return Err(RecordError::DetailsTooLarge);
        }
        patch.first_name.apply(&mut self.first_name, precedence);
        patch.last_name.apply(&mut self.last_name, precedence);
        Ok(())
    }
}
