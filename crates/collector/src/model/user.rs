//! Users and what changes them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    change::{Change, Precedence},
    details::{cleared_fields, merge_details, short_text, take_field},
    public_fields::PublicFields,
    read_value::keep_types,
    record::{RecordError, RecordFields},
};

/// A person, who belongs to exactly one account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// Id that clients use.
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

/// The changes that a record or an identification asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPatch {
    /// Id of the user.
    pub user_id: String,
    /// Id of the account the user is to belong to; absent to keep it.
    pub account_id: Option<String>,
    /// Whether the user may be moved out of another account.
    pub is_move: bool,
    /// First name.
    pub first_name: Change<String>,
    /// Last name.
    pub last_name: Change<String>,
    /// Deactivates or reactivates it; absent to leave it as it is.
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
        let mut fields = RecordFields::new(record)?;
        Ok(UserPatch {
            user_id: fields.own_id("user_id", in_address)?,
            account_id: match fields.id("account_id")? {
                Change::Set(account_id) => Some(account_id),
                // A user always has one: none is no other.
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
    /// Id of the account to which the user belongs once the record is stored.
    /// `belongs_to` is that to which the user belongs now; `None` for an unknown user.
    ///
    /// # Errors
    /// Says why the record is rejected.
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
    /// The name, or the id of a user without one.
    pub fn title(&self) -> String {
        let names = [&self.first_name, &self.last_name];
        let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() {
            self.user_id.clone()
        } else {
            names.join(" ")
        }
    }

    /// This user, with the fields that it leaves empty as public sources set them.
    #[must_use]
    pub fn filled(&self, public: &PublicFields) -> Self {
        let mut filled = self.clone();
        let patch = UserPatch::from_identify(&self.user_id, public.values());
        // Where both do not fit, the own fields are all that is shown.
        match filled.apply(patch, Precedence::Older) {
            Ok(()) => filled,
            Err(_) => self.clone(),
        }
    }

    /// Applies all changes except that of the account: whether the user may be
    /// moved is for the caller to decide.
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
