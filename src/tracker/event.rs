//! An event as `before_send` sees it.

use natero_engine::host_constants::MAX_EVENT_BYTES;
use natero_event::json::{push_ascii, push_str};
use serde_json::{Map, Value};

use crate::browser::Decision;

/// Receivers deduplicate by this field, so nobody may change it.
pub(crate) const EVENT_ID: &str = "event_id";

/// An event before it is queued, with the fields that the Event API receives. Its
/// `event_id` cannot be changed.
///
/// ```
/// use natero_wasm::TrackedEvent;
///
/// fn redact(mut event: TrackedEvent) -> Option<TrackedEvent> {
///     if event.action() == "pageView" {
///         event.fields_mut().remove("referrer");
///     }
///     Some(event)
/// }
///
/// let fields: serde_json::Map<_, _> =
///     serde_json::from_str(r#"{"action":"pageView","referrer":"https://a.example/"}"#)?;
/// let view = redact(TrackedEvent::from(fields)).expect("it passes");
/// assert!(view.fields().get("referrer").is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedEvent(Map<String, Value>);

impl TrackedEvent {
    /// Its action: `feature`, `moduleEnd`, `pageView`, …
    pub fn action(&self) -> &str {
        self.0
            .get("action")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Its fields, by their names on the wire.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Its fields, for changes.
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }
}

impl From<Map<String, Value>> for TrackedEvent {
    /// An event with these fields, for tests of a `before_send`.
    fn from(fields: Map<String, Value>) -> TrackedEvent {
        TrackedEvent(fields)
    }
}

/// The decision of a closure about the event in this line of JSON.
pub(crate) fn decide(
    line: &str,
    before_send: impl FnOnce(TrackedEvent) -> Option<TrackedEvent>,
) -> Decision {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return Decision::Threw;
    };
    let Some(TrackedEvent(mut fields)) = before_send(TrackedEvent(fields)) else {
        return Decision::Drop;
    };
    fields.remove(EVENT_ID);
    with_event_id(line, Value::Object(fields).to_string())
}

/// Appends the id of the event in `line` to what `before_send` returned for it: a JSON
/// object without an id.
pub(crate) fn with_event_id(line: &str, mut json: String) -> Decision {
    // The engine looks for `event_id` at the end.
    if let (Some(id), Some(_)) = (natero_event::event_id(line), json.pop()) {
        if json.len() > 1 {
            push_ascii(&mut json, b',');
        }
        push_str(&mut json, EVENT_ID);
        push_ascii(&mut json, b':');
        push_str(&mut json, id);
        push_ascii(&mut json, b'}');
    }
    if json.len() > MAX_EVENT_BYTES {
        Decision::Threw
    } else {
        Decision::Pass(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"action":"feature","event_id":"a","feature":"export"}"#;

    #[test]
    fn an_event_can_be_changed_but_for_its_id() {
        let decision = decide(LINE, |mut event| {
            assert_eq!(event.action(), "feature");
            event.fields_mut().insert("feature".into(), "other".into());
            event.fields_mut().insert(EVENT_ID.into(), "b".into());
            Some(event)
        });
        let Decision::Pass(line) = decision else {
            panic!("{decision:?}")
        };
        let event: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(
            (&event["feature"], &event[EVENT_ID]),
            (&"other".into(), &"a".into())
        );
    }

    #[test]
    fn the_id_is_found_whatever_else_the_event_is_given() {
        for details in [
            serde_json::json!({ EVENT_ID: "b" }),
            serde_json::json!("\"event_id\":\"b\""),
        ] {
            let decision = decide(LINE, |mut event| {
                event.fields_mut().insert("zone".into(), details.clone());
                Some(event)
            });
            let Decision::Pass(line) = decision else {
                panic!("{decision:?}")
            };
            assert_eq!(natero_event::event_id(&line), Some("a"), "{line}");
        }
        let emptied = decide(LINE, |mut event| {
            event.fields_mut().clear();
            Some(event)
        });
        assert_eq!(emptied, Decision::Pass(r#"{"event_id":"a"}"#.into()));
    }

    #[test]
    fn an_event_can_be_dropped_and_grows_no_larger_than_its_limit() {
        assert_eq!(decide(LINE, |_| None), Decision::Drop);
        let large = decide(LINE, |mut event| {
            let text = "x".repeat(MAX_EVENT_BYTES);
            event.fields_mut().insert("details".into(), text.into());
            Some(event)
        });
        assert_eq!(large, Decision::Threw);
    }
}
