//! Questions about the events that arrived last, and their answers.

use serde_json::{Map, Value};

use crate::model::{folding::folded, visibility::Visibility};

/// A question about the events that arrived last.
#[derive(Debug, Clone)]
pub struct LatestQuestion {
    /// Only events that arrived after the one with this number.
    pub after: Option<i64>,
    /// Only events that name this account.
    pub account_id: Option<String>,
    /// Most events that are returned.
    pub limit: usize,
}

/// A question about the events that arrived last, by somebody who looks at them.
#[derive(Debug, Clone)]
pub struct NamedEventsQuestion {
    /// The accounts that whoever asks may see.
    pub within: Visibility,
    /// Only events that name this account.
    pub account_id: Option<String>,
    /// Only events with this text in one of their fields.
    pub text: Option<String>,
    /// Only events that arrived after the one with this number.
    pub after: Option<i64>,
    /// Most events that are returned.
    pub limit: usize,
    /// Number of latest events among which they are searched.
    pub reach: i64,
}

/// An event with the names of its account and user.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedEvent {
    /// The event.
    pub event: Value,
    /// Name of the account, or its id.
    pub account: String,
    /// Name of the user; the id where the user has none, or belongs to an account that
    /// is not to be seen.
    pub user: String,
}

/// The events that arrived last, the newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedEvents {
    /// The events.
    pub events: Vec<NamedEvent>,
    /// Number of the newest of all events; `None` before the first.
    pub last: Option<i64>,
}

/// Whether a text, which is folded, is in one of the fields of an event that people read.
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
