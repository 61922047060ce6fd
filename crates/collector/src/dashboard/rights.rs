//! What somebody who is signed in may see and do.

use rusqlite::Connection;

use crate::{
    http::{auth::Within, error::ApiError},
    store::sqlite::{keys::Reader, rows::AccountRow},
};

/// What the key of a session allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Only this account and what is below it; `None` for everything.
    pub(crate) within: Option<AccountRow>,
    /// Whether it may change anything.
    pub(crate) may_change: bool,
}

impl Rights {
    /// Those of an account key.
    pub(crate) const ALL: Rights = Rights {
        within: None,
        may_change: true,
    };

    /// Those of a key. `None` when it sees nothing, because its account is gone.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn of(conn: &Connection, reader: &Reader) -> rusqlite::Result<Option<Self>> {
        let within = Within::of(conn, reader)?;
        Ok(within.map(|Within(within)| Rights {
            within,
            may_change: !reader.is_viewer,
        }))
    }

    /// Whether the account is one of those that may be seen.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn see(self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        Within(self.within).see(conn, account)
    }

    /// Refuses who may only look.
    ///
    /// # Errors
    /// 403 for a viewer key.
    pub(crate) fn require_change(self) -> Result<(), ApiError> {
        if self.may_change {
            return Ok(());
        }
        Err(ApiError::Forbidden(
            "a viewer key looks and changes nothing; sign in with an account key".into(),
        ))
    }
}
