use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Change, Precedence, RecordError,
    change::{RecordFields, merge_details, short_text, taken},
};

/// A person, in exactly one account.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct User {
    /// Its id.
    pub user_id: String,
    /// The account it belongs to.
    pub account_id: String,
    /// Its first name.
    pub first_name: Option<String>,
    /// Its last name.
    pub last_name: Option<String>,
    /// Everything else that is known.
    pub details: Map<String, Value>,
    /// Whether it was deactivated.
    pub is_deleted: bool,
}

/// What a record or an identification says about a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPatch {
    /// Which user.
    pub user_id: String,
    /// The account it belongs to.
    pub account_id: Option<String>,
    /// Whether it may be taken out of another account for that.
    pub is_move: bool,
    /// Its first name.
    pub first_name: Change<String>,
    /// Its last name.
    pub last_name: Change<String>,
    /// Everything else.
    pub details: Map<String, Value>,
}

impl UserPatch {
    /// Reads a record of the Account API. `in_address` is the id of a PUT.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn from_record(record: Value, in_address: Option<&str>) -> Result<Self, RecordError> {
        let mut fields = RecordFields::new(record)?;
        Ok(UserPatch {
            user_id: fields.own_id("user_id", in_address)?,
            account_id: match fields.id("account_id")? {
                Change::Set(account_id) => Some(account_id),
                Change::Keep => None,
                Change::Clear => return Err(RecordError::Missing("account_id")),
            },
            is_move: fields.flag("move")?,
            first_name: fields.text("first_name")?,
            last_name: fields.text("last_name")?,
            details: fields.details(&["is_deleted"])?,
        })
    }

    /// Reads the details of an `identifyUser`.
    pub fn from_identify(user_id: &str, mut details: Map<String, Value>) -> Self {
        UserPatch {
            user_id: user_id.to_owned(),
            account_id: None,
            is_move: false,
            first_name: taken(&mut details, "first_name", short_text),
            last_name: taken(&mut details, "last_name", short_text),
            details,
        }
    }
}

impl User {
    /// Takes over everything but the account, which the caller decides.
    ///
    /// # Errors
    /// Where the details would grow too large.
    pub fn apply(&mut self, patch: UserPatch, precedence: Precedence) -> Result<(), RecordError> {
        if !merge_details(&mut self.details, patch.details, precedence) {
            return Err(RecordError::DetailsTooLarge);
        }
        patch.first_name.apply(&mut self.first_name, precedence);
        patch.last_name.apply(&mut self.last_name, precedence);
        Ok(())
    }
}
