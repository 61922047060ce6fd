//! The NDJSON reader, with any body that a client may send.
//!
//! Reading must not panic, and an accepted event must respect the limits on which the store
//! relies.

#![no_main]

use libfuzzer_sys::fuzz_target;
use natero_event::limits::MAX_ID_CHARS;
use natero_event::received::{
    MAX_AHEAD_MS, MAX_DURATION_MS, MAX_LINE_BYTES, MAX_TOTAL, MIN_CREATED_AT, ReceivedEvent,
    canonical, lines, stream_position,
};
use serde_json::{Map, Value};

/// The receiver's clock, in ms since the Unix epoch.
const NOW: i64 = 1_700_000_000_000;

fuzz_target!(|body: &[u8]| {
    let mut last_number = 0;
    for line in lines(body) {
        assert!(line.number > last_number, "lines are numbered upwards");
        last_number = line.number;
        assert!(!line.bytes.contains(&b'\n') && !line.bytes.is_empty());
        match ReceivedEvent::read(line.bytes, NOW) {
            Ok(event) => check(&event, line.bytes),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        if let Some(text) = canonical(line.bytes) {
            assert!(canonical(text.as_bytes()).is_some(), "{text:?} is JSON");
        }
    }
});

fn check(event: &ReceivedEvent, line: &[u8]) {
    assert!(line.len() <= MAX_LINE_BYTES);
    let ids = [
        event.account_id.as_ref(),
        Some(&event.user_id),
        event.event_id.as_ref(),
        event.session_id.as_ref(),
        event.feature.as_ref(),
        event.module.as_ref(),
        event.product.as_ref(),
        event.visitor_id.as_ref(),
        event.stream_id.as_ref(),
    ];
    for id in ids.into_iter().flatten() {
        assert!((1..=MAX_ID_CHARS).contains(&id.chars().count()), "{id:?}");
    }
    assert!((MIN_CREATED_AT..=NOW + MAX_AHEAD_MS).contains(&event.created_at));
    for duration in [event.time_spent, event.active_duration]
        .into_iter()
        .flatten()
    {
        assert!((0..=MAX_DURATION_MS).contains(&duration), "{duration}");
    }
    assert!(
        event
            .total
            .is_none_or(|total| (0.0..=MAX_TOTAL).contains(&total))
    );
    for object in [&event.details, &event.extra].into_iter().flatten() {
        let parsed = serde_json::from_str::<Map<String, Value>>(object);
        assert!(parsed.is_ok(), "{object:?} is stored as a JSON object");
    }
    if let (Some(stream_id), Some(seq)) = (&event.stream_id, event.seq) {
        assert_eq!(stream_position(line), Some((stream_id.to_string(), seq)));
    }
}
