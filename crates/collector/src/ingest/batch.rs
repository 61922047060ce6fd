use natero_event::received::{LineError, ReceivedEvent, canonical, lines, place};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    error::ApiError,
    store::{events::NewEvent, streams::Refused},
};

/// Events in one batch. The smallest event that can be counted has some 110
/// bytes, so 8 MiB of real events come close to this; beyond it a batch is
/// junk whose answer would be larger than itself.
const MAX_LINES: usize = 65_536;

/// A line that was refused, numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RejectedLine {
    pub(super) line: usize,
    pub(super) error: String,
}

/// A body, read line by line.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) events: Vec<NewEvent>,
    pub(super) rejected: Vec<RejectedLine>,
    /// What of the rejected lines had a place in a stream.
    pub(super) refused: Vec<Refused>,
}

impl Batch {
    /// Reads every line of `body`. `now` is our clock in ms since the Unix epoch.
    pub(super) fn read(body: &[u8], now: i64) -> Result<Self, ApiError> {
        let mut batch = Batch {
            events: Vec::new(),
            rejected: Vec::new(),
            refused: Vec::new(),
        };
        let mut first_unreadable: Option<LineError> = None;
        let mut is_readable = false;
        for (at, line) in lines(body).enumerate() {
            if at == MAX_LINES {
                return Err(ApiError::TooLarge(format!(
                    "the batch has more than {MAX_LINES} lines; split it"
                )));
            }
            match ReceivedEvent::read(line.bytes, now) {
                Ok(event) => {
                    is_readable = true;
                    batch.events.push(identified(event, line.bytes));
                }
                Err(error) => {
                    batch.rejected.push(RejectedLine {
                        line: line.number,
                        error: error.to_string(),
                    });
                    is_readable |= error.is_readable();
                    let place = place(line.bytes);
                    batch
                        .refused
                        .extend(place.map(|(stream_id, seq)| Refused { stream_id, seq }));
                    first_unreadable.get_or_insert(error);
                }
            }
        }
        match first_unreadable {
            _ if is_readable => Ok(batch),
            Some(error) => Err(ApiError::BadRequest(format!(
                "no line can be read; the first is {error}"
            ))),
            None => Err(ApiError::BadRequest(
                "the body is empty; send one JSON object a line".into(),
            )),
        }
    }
}

/// Gives the event its key for deduplication.
fn identified(mut event: ReceivedEvent, line: &[u8]) -> NewEvent {
    let event_id = event.event_id.take().unwrap_or_else(|| derived_id(line));
    NewEvent { event_id, event }
}

/// A client of the original has no `event_id`. What it repeats after a lost
/// answer has the same content, so the content is the key. Key order and white
/// space do not count. Two events that agree in every field, the ms included,
/// cannot be told apart from a repetition and count once.
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
    use super::*;

    const NOW: i64 = 1_700_000_000_000;
    const EVENT: &str = r#"{"account_id":"a","user_id":"u","session_id":"s","created_at":1,"action":"feature","feature":"f"}"#;

    #[test]
    fn broken_lines_are_told_by_number_and_cost_no_other() {
        let body = format!("{EVENT}\r\n{{broken\n\n{EVENT}\n{{}}\n");
        let batch = Batch::read(body.as_bytes(), NOW).unwrap();
        assert_eq!(batch.events.len(), 2);
        let lines: Vec<_> = batch.rejected.iter().map(|line| line.line).collect();
        assert_eq!(lines, [2, 5]);
    }

    #[test]
    fn a_body_without_one_object_is_unreadable() {
        for body in ["", "\n \r\n", "hello", "[1]\n[2]"] {
            assert!(matches!(
                Batch::read(body.as_bytes(), NOW),
                Err(ApiError::BadRequest(_))
            ));
        }
        assert_eq!(Batch::read(b"{}", NOW).unwrap().rejected.len(), 1);
    }

    #[test]
    fn without_an_event_id_the_content_is_the_key() {
        let respelled = r#"{ "user_id":"u", "account_id":"a","session_id":"s","action":"feature","feature":"f", "created_at":1}"#;
        let other = EVENT.replace("\"f\"", "\"g\"");
        let body = format!("{EVENT}\n{respelled}\n{other}");
        let events = Batch::read(body.as_bytes(), NOW).unwrap().events;
        assert_eq!(events[0].event_id, events[1].event_id);
        assert_ne!(events[0].event_id, events[2].event_id);
    }
}
