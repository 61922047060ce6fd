//! Reads the lines of a batch.

use natero_event::received::{LineError, account_of, lines, stream_position};
use serde::Serialize;

use crate::{
    http::error::ApiError,
    store::{
        batch::{EventError, RejectedEvent},
        event_key::IdScope,
        new_event::NewEvent,
    },
};

/// Most lines in one batch. The smallest valid event has some 110 bytes, so 8 MiB of the
/// smallest valid events exceed this only slightly. A batch with more lines consists mostly
/// of junk, and the response that lists its errors would be larger than the batch.
const MAX_LINES: usize = 65_536;

/// A rejected line, numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RejectedLine {
    pub(super) line: usize,
    pub(super) error: String,
    /// The kind of the error, without any value from the line.
    #[serde(skip)]
    pub(super) kind: String,
    /// The account that the line names, if that can be read.
    #[serde(skip)]
    pub(super) account_id: Option<String>,
}

impl RejectedLine {
    /// The lines that the store rejected.
    pub(super) fn by_store(rejected: &[(usize, EventError)]) -> impl Iterator<Item = RejectedLine> {
        rejected.iter().map(|(line, error)| RejectedLine {
            line: *line,
            error: error.to_string(),
            kind: String::new(),
            account_id: None,
        })
    }
}

/// The lines of a body, as events and errors.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<NewEvent>,
    pub(super) rejected: Vec<RejectedLine>,
    /// The rejected lines that name a stream and a `seq`.
    pub(super) rejected_events: Vec<RejectedEvent>,
    /// Whether a line is rejected because its event was made in the future.
    pub(super) has_future: bool,
}

impl Batch {
    /// Reads every line of `body`. `scope` is that of its source, and `now` the server's
    /// clock in ms since the Unix epoch.
    ///
    /// # Errors
    /// 400 when no line is a JSON object, 413 when the batch has too many lines.
    pub(super) fn read(body: &[u8], scope: IdScope, now: i64) -> Result<Self, ApiError> {
        let mut batch = Batch::default();
        let mut first_unreadable: Option<LineError> = None;
        let mut is_readable = false;
        for (at, line) in lines(body).enumerate() {
            if at == MAX_LINES {
                return Err(ApiError::TooLarge(format!(
                    "the batch has more than {MAX_LINES} lines; split it"
                )));
            }
            match NewEvent::read(&line, scope, now) {
                Ok(event) => {
                    is_readable = true;
                    batch.events.push(event);
                }
                Err(error) => {
                    batch.has_future |= matches!(error, LineError::InTheFuture { .. });
                    batch.rejected.push(RejectedLine {
                        line: line.number,
                        error: error.to_string(),
                        kind: kind_of(&error),
                        account_id: account_of(line.bytes),
                    });
                    is_readable |= error.is_readable();
                    let position = stream_position(line.bytes);
                    batch.rejected_events.extend(
                        position.map(|(stream_id, seq)| RejectedEvent::new(stream_id, seq)),
                    );
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

/// The kind of an error, with the name of the field that it concerns.
fn kind_of(error: &LineError) -> String {
    match error.field() {
        Some(field) => format!("{} {field}", error.code()),
        None => error.code().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;
    const EVENT: &str = r#"{"account_id":"a","user_id":"u","session_id":"s","created_at":1600000000000,"action":"feature","feature":"f"}"#;

    #[test]
    fn broken_lines_are_reported_by_number_and_the_others_are_read() {
        let body = format!("{EVENT}\r\n{{broken\n\n{EVENT}\n{{}}\n");
        let batch = Batch::read(body.as_bytes(), IdScope::Public, NOW).unwrap();
        assert_eq!(batch.events.len(), 2);
        let lines: Vec<_> = batch.rejected.iter().map(|line| line.line).collect();
        assert_eq!(lines, [2, 5]);
    }

    #[test]
    fn a_body_without_a_json_object_is_unreadable() {
        for body in ["", "\n \r\n", "hello", "[1]\n[2]"] {
            assert!(matches!(
                Batch::read(body.as_bytes(), IdScope::Public, NOW),
                Err(ApiError::BadRequest(_))
            ));
        }
        assert_eq!(
            Batch::read(b"{}", IdScope::Public, NOW)
                .unwrap()
                .rejected
                .len(),
            1
        );
    }

    #[test]
    fn a_rejected_line_names_its_account_in_any_form_and_the_kind_of_its_error() {
        let body = format!(
            "{}\naccount_id=b&user_id=u&created_at=5&action=x",
            EVENT.replace("1600000000000", "5")
        );
        let batch = Batch::read(body.as_bytes(), IdScope::Public, NOW).unwrap();
        let rejected = batch.rejected;
        let rejected: Vec<_> = rejected
            .iter()
            .map(|line| (&*line.kind, line.account_id.as_deref()))
            .collect();
        assert_eq!(
            rejected,
            [("too_early", Some("a")), ("too_early", Some("b"))]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_without_a_look_into_it() {
        let zeros = "0,".repeat(natero_event::received::MAX_LINE_BYTES / 2);
        let long = format!(r#"{{"account_id":"a","x":[{zeros}0]}}"#);
        let batch = Batch::read(long.as_bytes(), IdScope::Public, NOW).unwrap();
        let rejected: Vec<_> = (batch.rejected.iter())
            .map(|line| (&*line.kind, line.account_id.as_deref()))
            .collect();
        assert_eq!(rejected, [("line_too_long", None)]);
    }

    #[test]
    fn a_body_whose_only_line_has_a_number_out_of_range_is_readable() {
        for line in [
            EVENT.replacen('{', r#"{"total":1e400,"#, 1),
            EVENT.replacen('{', r#"{"details":{"a":1e999},"#, 1),
        ] {
            let batch = Batch::read(line.as_bytes(), IdScope::Public, NOW).unwrap();
            let [rejected] = &batch.rejected[..] else {
                panic!("{batch:?}");
            };
            assert!(rejected.error.contains("out of range"), "{rejected:?}");
            assert_eq!(rejected.account_id.as_deref(), Some("a"));
        }
    }

    #[test]
    fn without_an_event_id_the_content_is_the_key() {
        let respelled = r#"{ "user_id":"u", "account_id":"a","session_id":"s","action":"feature","feature":"f", "created_at":1600000000000}"#;
        let other = EVENT.replace("\"f\"", "\"g\"");
        let body = format!("{EVENT}\n{respelled}\n{other}");
        let events = Batch::read(body.as_bytes(), IdScope::Public, NOW)
            .unwrap()
            .events;
        assert_eq!(events[0].event_id, events[1].event_id);
        assert_ne!(events[0].event_id, events[2].event_id);
        // The ids of ordinary events must stay the same across versions.
        assert_eq!(
            events[0].event_id,
            "sha256:178f213c4d64164deb87b08626e00909"
        );
    }

    #[test]
    fn events_that_differ_in_what_a_double_cannot_hold_or_in_half_a_character_count_each() {
        let [one, other, y, z] = [
            "12345678901234567890123",
            "12345678901234567890124",
            r#""\ud83d""#,
            r#""\ud83e""#,
        ]
        .map(|x| EVENT.replacen('{', &format!(r#"{{"x":{x},"#), 1));
        let body = [&*one, &other, &y, &z, &one, &y].join("\n");
        let batch = Batch::read(body.as_bytes(), IdScope::Public, NOW).unwrap();
        let ids: Vec<_> = (batch.events.iter()).map(|new| &new.event_id).collect();
        let first: std::collections::BTreeSet<_> = ids[..4].iter().collect();
        assert_eq!(first.len(), 4, "{ids:?}");
        assert_eq!(ids[4..], [ids[0], ids[2]], "what is sent again is the same");
    }
}
