//! What a signed-in person may see and do.

use crate::{http::error::ApiError, model::visibility::Visibility, store::keys::Reader};

/// The rights of a session, from the key with which it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The accounts that the person may see.
    pub(crate) within: Visibility,
    /// Whether the person may change anything.
    pub(crate) may_change: bool,
}

impl Rights {
    /// The rights of an account key.
    pub(crate) const ALL: Rights = Rights {
        within: Visibility::All,
        may_change: true,
    };

    /// The rights of a key.
    pub(crate) fn of(reader: Reader) -> Self {
        Rights {
            within: reader.within,
            may_change: !reader.is_viewer,
        }
    }

    /// Refuses somebody who may only view.
    ///
    /// # Errors
    /// 403 for a viewer key.
    pub(crate) fn require_change(&self) -> Result<(), ApiError> {
        if self.may_change {
            return Ok(());
        }
        Err(ApiError::Forbidden(
            "a viewer key looks and changes nothing; sign in with an account key".into(),
        ))
    }
}
