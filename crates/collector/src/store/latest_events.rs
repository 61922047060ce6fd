//! Questions about the latest events, and their answers.

use serde_json::{Map, Value};

use crate::model::{folding::folded, visibility::Visibility};

/// Selects the events that arrived last.
#[derive(Debug, Clone)]
pub struct LatestQuestion {
    /// Only events that arrived after the one with this number.
    pub after: Option<i64>,
    /// Only events that name this account.
    pub account_id: Option<String>,
    /// Maximum number of events that are returned.
    pub limit: usize,
}

/// Selects the events that arrived last, for a page of the dashboard.
#[derive(Debug, Clone)]
pub struct NamedEventsQuestion {
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// Only events that name this account.
    pub account_id: Option<String>,
    /// Only events with this text in one of the fields that people read.
    pub text: Option<String>,
    /// Only events that arrived after the one with this number.
    pub after: Option<i64>,
    /// Maximum number of events that are returned.
    pub limit: usize,
    /// How many of the latest events are searched.
    pub reach: i64,
}

/// An event with the names of its account and user.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedEvent {
    /// The event.
    pub event: Value,
    /// Name of the account, or its id.
    pub account: String,
    /// Name of the user. The id when the user has no name, or belongs to an account that the caller
    /// may not see.
    pub user: String,
    /// Whether the caller may see the user.
    pub is_user_visible: bool,
}

/// The events that arrived last, the newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedEvents {
    /// The events.
    pub events: Vec<NamedEvent>,
    /// Number of the newest event of all; `None` while there are none.
    pub last: Option<i64>,
}

/// Whether one of the fields that people read contains a case-folded text.
pub(in crate::store) fn has_text(event: &Map<String, Value>, folded_text: &str) -> bool {
    const READ: [&str; 6] = [
        "account_id",
        "user_id",
        "action",
        "feature",
        "module",
        "product",
    ];
    READ.iter().any(|name| {
        let text = event.get(*name).and_then(Value::as_str);
        text.is_some_and(|text| folded(text).contains(folded_text))
    })
}
