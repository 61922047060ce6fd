//! Reads events that a client of the Event API sent, whether it is our tracker or
//! another.
//!
//! [`lines()`] splits a body, and [`ReceivedEvent::read`] reads each line on its own, so
//! that an invalid line never affects its neighbours.

mod action;
mod canonical;
mod error;
mod field;
mod field_value;
mod fields;
mod form;
mod lines;
mod numbers;
mod partial;
mod surrogates;
mod unreadable;

use std::borrow::Cow;

use crate::ActionKind;
pub use crate::limits::{MAX_DURATION_MS, MAX_TOTAL, MIN_CREATED_AT};

use serde_json::{Map, Value};
use smol_str::SmolStr;

pub use action::ReceivedAction;
pub use canonical::canonical;
pub use error::LineError;
pub use fields::{NO_ADDRESS, id, is_address, number};
pub use lines::{Line, lines};
pub use partial::{account_of, stream_position};

use field::Field;
use fields::Fields;
use surrogates::replace_lone_surrogates;

/// Longest line that is read, in bytes. An event of our tracker carries at most
/// 16 KiB of details; the limit leaves room for the additional fields of other
/// clients and keeps one line from filling a batch.
pub const MAX_LINE_BYTES: usize = 256 * 1024;

/// How far `created_at` may be ahead of the receiver's clock, in ms: one day.
pub const MAX_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// Longest `action`, `url`, `title` or `referrer` that is read, in characters.
const MAX_TEXT_CHARS: usize = 8 * 1024;

/// A received event. Its known fields are valid; unknown fields are in `extra`. Ids take no memory
/// of their own if they have at most 23 bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedEvent {
    /// Unique key for deduplication. Clients of the original Natero API send none.
    pub event_id: Option<SmolStr>,
    /// The customer. Absent where the client leaves it to the receiver, which then
    /// takes the account that the user belongs to.
    pub account_id: Option<SmolStr>,
    /// The user.
    pub user_id: SmolStr,
    /// One visit of the user. Servers that send events have none.
    pub session_id: Option<SmolStr>,
    /// When it happened, in ms since the Unix epoch.
    pub created_at: i64,
    /// What happened.
    pub action: ReceivedAction,
    /// The feature used. Always there on a `feature` event.
    pub feature: Option<SmolStr>,
    /// The module it belongs to. Always there on a `moduleEnd`.
    pub module: Option<SmolStr>,
    /// The product it belongs to.
    pub product: Option<SmolStr>,
    /// How often the feature was used; 1 on a `feature` event that does not say.
    pub total: Option<f64>,
    /// Active ms in a module or on a page.
    pub time_spent: Option<i64>,
    /// Active ms since the previous `sessionSync`.
    pub active_duration: Option<i64>,
    /// The browser, recognised across sessions.
    pub visitor_id: Option<SmolStr>,
    /// The page instance that recorded the event.
    pub stream_id: Option<SmolStr>,
    /// Place of the event in its stream, from 0.
    pub seq: Option<u32>,
    /// Address of the page.
    pub url: Option<String>,
    /// Title of the page.
    pub title: Option<String>,
    /// Where the page was reached from.
    pub referrer: Option<String>,
    /// Additional data: a JSON object, as text. Parsed, it would take six times the
    /// memory, and most of it is only stored.
    pub details: Option<String>,
    /// Fields outside the contract, unchanged: a JSON object, as text.
    pub extra: Option<String>,
}

impl ReceivedEvent {
    /// Reads one line. `now` is the receiver's clock in ms since the Unix epoch.
    ///
    /// # Errors
    /// The error names the invalid field and says what to send instead.
    pub fn read(line: &[u8], now: i64) -> Result<Self, LineError> {
        let mut fields = object(line)?;
        let action = fields.action(Field::Action, crate::limits::MAX_ID_CHARS)?;
        let mut event = ReceivedEvent {
            event_id: fields.optional_id(Field::EventId)?,
            account_id: fields.subject_id(Field::AccountId)?,
            user_id: fields
                .subject_id(Field::UserId)?
                .ok_or(LineError::Missing("user_id"))?,
            session_id: fields.optional_id(Field::SessionId)?,
            created_at: created_at(&mut fields, now)?,
            feature: fields.optional_id(Field::Feature)?,
            module: fields.optional_id(Field::Module)?,
            product: fields.optional_id(Field::Product)?,
            total: fields.total(Field::Total)?,
            time_spent: fields.duration(Field::TimeSpent)?,
            active_duration: fields.duration(Field::ActiveDuration)?,
            visitor_id: fields.optional_id(Field::VisitorId)?,
            stream_id: fields.optional_id(Field::StreamId)?,
            seq: fields.seq(Field::Seq)?,
            url: fields.text(Field::Url, MAX_TEXT_CHARS)?,
            title: fields.text(Field::Title, MAX_TEXT_CHARS)?,
            referrer: fields.text(Field::Referrer, MAX_TEXT_CHARS)?,
            details: fields.object(Field::Details)?,
            extra: None,
            action,
        };
        event.check_own_fields()?;
        event.extra = fields.others().map(|others| text(&others));
        Ok(event)
    }

    /// Checks that the fields are present that an event with this action needs to be
    /// counted.
    fn check_own_fields(&mut self) -> Result<(), LineError> {
        let needs = |field: &'static str, is_there: bool| {
            if is_there {
                Ok(())
            } else {
                Err(LineError::Missing(field))
            }
        };
        match self.action.kind() {
            Some(ActionKind::Feature) => {
                needs("feature", self.feature.is_some())?;
                self.total.get_or_insert(1.0);
            }
            Some(ActionKind::ModuleEnd) => {
                needs("module", self.module.is_some())?;
                needs("time_spent", self.time_spent.is_some())?;
            }
            Some(ActionKind::SessionSync) => {
                needs("active_duration", self.active_duration.is_some())?;
            }
            Some(
                ActionKind::SessionIdle
                | ActionKind::PageView
                | ActionKind::PageViewEnd
                | ActionKind::IdentifyUser
                | ActionKind::IdentifyAccount,
            )
            | None => {}
        }
        Ok(())
    }
}

/// Writes JSON as text. Writing to memory does not fail.
fn text(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap_or_default()
}

/// Parses JSON. A client may have truncated a text within a character; half of a
/// surrogate pair is read as U+FFFD.
///
/// # Errors
/// When the text is invalid JSON for any other reason.
pub fn value(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).or_else(|error| match replace_lone_surrogates(text) {
        Cow::Owned(repaired) => serde_json::from_slice(&repaired),
        Cow::Borrowed(_) => Err(error),
    })
}

fn object(line: &[u8]) -> Result<Fields<'_>, LineError> {
    if line.len() > MAX_LINE_BYTES {
        return Err(LineError::TooLong { bytes: line.len() });
    }
    // Checked at once, a line takes less time than its texts one by one.
    if let Ok(Ok(fields)) = std::str::from_utf8(line).map(serde_json::from_str) {
        return Ok(fields);
    }
    match value(line) {
        Ok(Value::Object(map)) => Ok(map.into()),
        Ok(Value::Array(_)) => Err(LineError::Array),
        Ok(_) => Err(LineError::NotAnObject),
        Err(error) => match form::object(line) {
            Some(map) => Ok(map.into()),
            None => Err(unreadable::reason(line, &error)),
        },
    }
}

fn created_at(fields: &mut Fields, now: i64) -> Result<i64, LineError> {
    let at = fields
        .time(Field::CreatedAt)?
        .ok_or(LineError::Missing("created_at"))?;
    if at > now.saturating_add(MAX_AHEAD_MS) {
        return Err(LineError::InTheFuture { at });
    }
    if at < MIN_CREATED_AT {
        return Err(LineError::TooEarly { at });
    }
    Ok(at)
}

#[cfg(test)]
mod tests;
