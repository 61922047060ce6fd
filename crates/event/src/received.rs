//! Reading what a tracker, ours or any other client of the Event API, sent.
//!
//! A body is split by [`lines()`] and each line read by [`ReceivedEvent::read`]
//! on its own, so that a broken line never costs its neighbours.

mod error;
mod fields;
mod lines;
mod surrogates;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use error::LineError;
pub use fields::id;
pub use lines::{Line, lines};

use fields::Fields;
use surrogates::mended;

/// Longest line that is read, in bytes. An event of ours carries at most
/// 16 KiB of details; this leaves room for clients with fields of their own
/// and keeps one line from being most of a batch.
pub const MAX_LINE_BYTES: usize = 256 * 1024;

/// Longest `time_spent` or `active_duration`, in ms: one year. Nothing longer
/// is measured in one piece, and sums of it stay far from overflow.
pub const MAX_DURATION_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// How far `created_at` may lie ahead of the receiver's clock, in ms: one day.
pub const MAX_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// Longest `action`, `url`, `title` or `referrer` that is read, in characters.
const MAX_TEXT_CHARS: usize = 8 * 1024;

/// One event as it was received: known fields checked, everything else kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedEvent {
    /// Unique key for deduplication. Clients of the original have none.
    pub event_id: Option<String>,
    /// The customer.
    pub account_id: String,
    /// The person.
    pub user_id: String,
    /// One visit of a person. Servers that send events have none.
    pub session_id: Option<String>,
    /// When it happened, in ms since the Unix epoch.
    pub created_at: i64,
    /// What happened: `feature`, `moduleEnd` and so on, or a name of the client's own.
    pub action: String,
    /// The feature used. Always there on a `feature` event.
    pub feature: Option<String>,
    /// The module it belongs to. Always there on a `moduleEnd`.
    pub module: Option<String>,
    /// The product it belongs to.
    pub product: Option<String>,
    /// How often the feature was used; 1 on a `feature` event that does not say.
    pub total: Option<f64>,
    /// Active ms in a module or on a page.
    pub time_spent: Option<i64>,
    /// Active ms since the previous `sessionSync`.
    pub active_duration: Option<i64>,
    /// The browser, across sessions.
    pub visitor_id: Option<String>,
    /// The page instance that made the event.
    pub stream_id: Option<String>,
    /// Place of the event in its stream, from 0.
    pub seq: Option<u32>,
    /// Address of the page.
    pub url: Option<String>,
    /// Title of the page.
    pub title: Option<String>,
    /// Where the page was reached from.
    pub referrer: Option<String>,
    /// Data of the caller's own: a JSON object, as text. A parsed one takes six
    /// times the memory, and most are only stored.
    pub details: Option<String>,
    /// Fields that are not part of the contract, as they came: a JSON object, as text.
    pub extra: Option<String>,
}

impl ReceivedEvent {
    /// Reads one line. `now` is the receiver's clock in ms since the Unix epoch.
    ///
    /// # Errors
    /// Says which field is wrong and what to send instead.
    pub fn read(line: &[u8], now: i64) -> Result<Self, LineError> {
        let mut fields = Fields::new(object(line)?);
        let action = fields.required_text("action", crate::limits::MAX_ID_CHARS)?;
        let mut event = ReceivedEvent {
            event_id: fields.id("event_id")?,
            account_id: fields.required_id("account_id")?,
            user_id: fields.required_id("user_id")?,
            session_id: fields.name("session_id")?,
            created_at: created_at(&mut fields, now)?,
            feature: fields.name("feature")?,
            module: fields.name("module")?,
            product: fields.name("product")?,
            total: fields.number("total")?,
            time_spent: fields.duration("time_spent")?,
            active_duration: fields.duration("active_duration")?,
            visitor_id: fields.id("visitor_id")?,
            stream_id: fields.id("stream_id")?,
            seq: fields.place("seq")?,
            url: fields.text("url", MAX_TEXT_CHARS)?,
            title: fields.text("title", MAX_TEXT_CHARS)?,
            referrer: fields.text("referrer", MAX_TEXT_CHARS)?,
            details: fields.object("details")?,
            extra: None,
            action,
        };
        event.check_own_fields()?;
        event.extra = fields.rest().map(|rest| text(&rest));
        Ok(event)
    }

    /// What an action cannot be counted without.
    fn check_own_fields(&mut self) -> Result<(), LineError> {
        let needs = |field: &'static str, is_there: bool| {
            if is_there {
                Ok(())
            } else {
                Err(LineError::Missing(field))
            }
        };
        match self.action.as_str() {
            "feature" => {
                needs("feature", self.feature.is_some())?;
                self.total.get_or_insert(1.0);
            }
            "moduleEnd" => {
                needs("module", self.module.is_some())?;
                needs("time_spent", self.time_spent.is_some())?;
            }
            "sessionSync" => needs("active_duration", self.active_duration.is_some())?,
            _ => {}
        }
        Ok(())
    }
}

/// Writing to memory does not fail.
fn text(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap_or_default()
}

/// Reads JSON in which a text may have been cut within a character: half a
/// surrogate pair is read as U+FFFD.
///
/// # Errors
/// Where it is no JSON in any other way.
pub fn value(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).or_else(|error| match mended(text) {
        Cow::Owned(mended) => serde_json::from_slice(&mended),
        Cow::Borrowed(_) => Err(error),
    })
}

/// The stream that a line names and its place in that, also where the event
/// itself is refused: so a receiver can tell what it refused from what was lost.
pub fn place(line: &[u8]) -> Option<(String, u32)> {
    let Ok(Value::Object(map)) = value(line) else {
        return None;
    };
    let mut fields = Fields::new(map);
    let stream_id = fields.id("stream_id").ok()??;
    let seq = fields.place("seq").ok()??;
    Some((stream_id, seq))
}

/// An event of a client without ids in one form for all spellings: key order
/// and white space are gone. `None` where the line is no JSON.
pub fn canonical(line: &[u8]) -> Option<String> {
    // serde_json keeps objects sorted.
    value(line).ok().map(|value| value.to_string())
}

fn object(line: &[u8]) -> Result<Map<String, Value>, LineError> {
    if line.len() > MAX_LINE_BYTES {
        return Err(LineError::TooLong { bytes: line.len() });
    }
    match value(line) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Array(_)) => Err(LineError::Array),
        Ok(_) => Err(LineError::NotAnObject),
        Err(error) => Err(LineError::NotJson(error.to_string())),
    }
}

fn created_at(fields: &mut Fields, now: i64) -> Result<i64, LineError> {
    let at = fields
        .time("created_at")?
        .ok_or(LineError::Missing("created_at"))?;
    if at > now.saturating_add(MAX_AHEAD_MS) {
        return Err(LineError::InTheFuture { at });
    }
    Ok(at)
}

#[cfg(test)]
mod tests;
