//! An event that is passed to the store.

use natero_event::received::{Line, LineError, ReceivedEvent, canonical};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::event_key::{self, IdKey, IdScope};
use crate::model::nul::{json_without_nul, without_nul};

/// A valid event with its key for deduplication.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Number of its line in the batch, from 1.
    pub line: usize,
    /// The client's unique id, or one derived from the content.
    pub event_id: SmolStr,
    /// The key that the store keeps of that id.
    pub(super) key: IdKey,
    /// The event.
    pub event: ReceivedEvent,
}

impl NewEvent {
    /// Makes an event of what was read from a line. `scope` is the scope of its source. NUL is
    /// replaced in all texts.
    pub fn new(
        line: usize,
        mut event_id: SmolStr,
        scope: IdScope,
        mut event: ReceivedEvent,
    ) -> Self {
        replace_in_id(&mut event_id);
        replace_nul(&mut event);
        NewEvent {
            line,
            key: event_key::key(&event_id, scope),
            event_id,
            event,
        }
    }

    /// Reads a line of a batch. `scope` is the scope of its source, and `now` the time of its
    /// arrival in ms since the Unix epoch.
    ///
    /// # Errors
    /// The error names the invalid field and says what to send instead.
    pub fn read(line: &Line<'_>, scope: IdScope, now: i64) -> Result<Self, LineError> {
        let mut event = ReceivedEvent::read(line.bytes, now)?;
        let event_id = event.event_id.take();
        let event_id = event_id.unwrap_or_else(|| derived_id(line.bytes).into());
        Ok(NewEvent::new(line.number, event_id, scope, event))
    }
}

/// Replaces NUL in all texts of an event.
fn replace_nul(event: &mut ReceivedEvent) {
    replace_in_id(&mut event.user_id);
    for id in [
        &mut event.account_id,
        &mut event.session_id,
        &mut event.feature,
        &mut event.module,
        &mut event.product,
        &mut event.visitor_id,
        &mut event.stream_id,
    ] {
        id.iter_mut().for_each(replace_in_id);
    }
    for text in [&mut event.url, &mut event.title, &mut event.referrer] {
        let text = text.iter_mut();
        text.for_each(|text| *text = without_nul(std::mem::take(text)));
    }
    for json in [&mut event.details, &mut event.extra].into_iter().flatten() {
        *json = json_without_nul(std::mem::take(json));
    }
    if event.action.name().contains('\0') {
        event.action = without_nul(event.action.name().to_owned()).as_str().into();
    }
}

fn replace_in_id(id: &mut SmolStr) {
    if id.contains('\0') {
        *id = without_nul(id.to_string()).into();
    }
}

/// Derives an `event_id` from the content, for clients of the original library, which send none.
/// When such a client repeats an event after a lost response, the content is the same. The order of
/// keys and white space do not matter, except in events with more digits than can be read. Two
/// events that agree in every field, the ms included, count as one.
fn derived_id(line: &[u8]) -> String {
    let canonical = canonical(line).unwrap_or_default();
    let digest = Sha256::digest(canonical.as_bytes());
    let mut id = String::from("sha256:");
    for byte in &digest[..16] {
        id.push_str(&format!("{byte:02x}"));
    }
    id
}

#[cfg(test)]
mod tests {
    use natero_event::received::lines;
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_of_an_event_has_a_nul() {
        let texts = [
            "event_id",
            "account_id",
            "user_id",
            "session_id",
            "feature",
            "module",
            "product",
            "visitor_id",
            "stream_id",
            "url",
            "title",
            "referrer",
        ];
        let line = |text: &str| {
            let mut line = json!({
                "action": text, "created_at": 1_700_000_000_000_i64, "more": text,
                "details": {text: [text]},
            });
            for name in texts {
                line[name] = json!(text);
            }
            line.to_string()
        };
        let read = |text: &str| {
            let line = line(text);
            let line = lines(line.as_bytes()).next().unwrap();
            NewEvent::read(&line, IdScope::Public, 1_700_000_000_000).unwrap()
        };
        let (with, without) = (read("a\0b"), read("a␀b"));
        assert_eq!(format!("{with:?}"), format!("{without:?}"));
    }
}
