//! What somebody who is signed in may see and do.

use crate::{http::error::ApiError, model::visibility::Visibility, store::keys::Reader};

/// What the key of a session allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The accounts that it may see.
    pub(crate) within: Visibility,
    /// Whether it may change anything.
    pub(crate) may_change: bool,
}

impl Rights {
    /// Those of an account key.
    pub(crate) const ALL: Rights = Rights {
        within: Visibility::All,
        may_change: true,
    };

    /// Those of a key.
    pub(crate) fn of(reader: Reader) -> Self {
        Rights {
            within: reader.within,
            may_change: !reader.is_viewer,
        }
    }

    /// Refuses who may only look.
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
