//! Keys of sources, which send events, and of readers.

use std::fmt;

use serde::Serialize;

use crate::model::{
    keys::{KeyId, SourceId},
    visibility::Visibility,
};

/// A source as the Event API sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Whether what its events say about accounts replaces what is stored.
    pub trusted: bool,
    /// Whether its events may set the parent of an account that has none yet.
    pub allow_hierarchy: bool,
    /// Origins of the pages that may use it; empty for any.
    pub origins: Vec<String>,
    /// Time at which it was created, in ms since the Unix epoch.
    pub created_at: i64,
}

/// A key as `keys list` shows it, without its secret.
#[derive(Debug, Clone, Serialize)]
pub struct ListedKey {
    /// Id for `keys revoke`, such as `source-1`.
    pub id: String,
    /// `source`, `account` or `viewer`.
    pub kind: &'static str,
    /// Id of the account to whose subtree a viewer key is limited.
    pub within: Option<String>,
    /// Name that the operator gave it.
    pub name: String,
    /// Whether a source is trusted; false for account keys.
    pub trusted: bool,
    /// Whether events of a source may set the parent of accounts that have none
    /// yet; false for account keys.
    pub allow_hierarchy: bool,
    /// Origins of the pages that may use a source; empty for any.
    pub origins: Vec<String>,
    /// Time at which it was created, in ms since the Unix epoch.
    pub created_at: i64,
    /// Time at which it was revoked.
    pub revoked_at: Option<i64>,
}

impl fmt::Display for ListedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {}", self.id, self.name)?;
        if self.trusted {
            write!(f, " (trusted)")?;
        }
        if self.allow_hierarchy {
            write!(f, " (allows hierarchy)")?;
        }
        if !self.origins.is_empty() {
            write!(f, " ({})", self.origins.join(", "))?;
        }
        if let Some(within) = &self.within {
            write!(f, " (sees {within} and what is below)")?;
        }
        if self.revoked_at.is_some() {
            write!(f, " (revoked)")?;
        }
        Ok(())
    }
}

/// What the holder of an account key or a viewer key may see and do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Its id.
    pub id: KeyId,
    /// Whether it is read-only.
    pub is_viewer: bool,
    /// The accounts that it may see.
    pub within: Visibility,
}
