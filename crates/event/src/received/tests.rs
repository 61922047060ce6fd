use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Action, Event, Id, Json, Number};

const NOW: i64 = 1_700_000_000_000;

fn base() -> Map<String, Value> {
    let Value::Object(map) = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s1",
        "created_at": NOW, "action": "feature", "feature": "export",
    }) else {
        unreachable!()
    };
    map
}

fn read_with(field: &str, value: Value) -> Result<ReceivedEvent, LineError> {
    let mut map = base();
    map.insert(field.to_owned(), value);
    ReceivedEvent::read(Value::Object(map).to_string().as_bytes(), NOW)
}

fn read(text: &str) -> Result<ReceivedEvent, LineError> {
    ReceivedEvent::read(text.as_bytes(), NOW)
}

#[test]
fn what_the_tracker_writes_reads_back_to_the_field() {
    let mut line = String::new();
    Event {
        account_id: Id::new("acme"),
        user_id: Id::new("ann"),
        created_at: NOW,
        session_id: "s",
        action: Action::Feature {
            feature: Id::new("add \"widget\"").unwrap(),
            total: Number("2.5"),
            module: Id::new("dash"),
            product: Id::new("studio"),
            details: Some(Json(r#"{"size":"xl"}"#)),
        },
        ordinal: 3,
        visitor_id: "v",
        stream_id: "t",
    }
    .write(&mut line);
    crate::append_seq(&mut line, 7);
    let event = read(&line).unwrap();
    assert_eq!(event.feature.as_deref(), Some("add \"widget\""));
    assert_eq!(event.total, Some(2.5));
    assert_eq!(event.module.as_deref(), Some("dash"));
    assert_eq!(event.product.as_deref(), Some("studio"));
    assert_eq!(event.details.as_deref(), Some(r#"{"size":"xl"}"#));
    assert_eq!(event.event_id.as_deref(), Some("t-3"));
    assert_eq!(event.visitor_id.as_deref(), Some("v"));
    assert_eq!(event.stream_id.as_deref(), Some("t"));
    assert_eq!(event.seq, Some(7));
    assert_eq!(event.extra, None);
}

#[test]
fn every_field_that_all_events_have_is_required() {
    for field in ["user_id", "created_at", "action"] {
        let mut map = base();
        map.remove(field);
        let error = read(&Value::Object(map).to_string()).unwrap_err();
        assert_eq!(error, LineError::Missing(field));
        assert_eq!(
            read_with(field, Value::Null).unwrap_err(),
            LineError::Missing(field)
        );
    }
}

#[test]
fn an_event_without_a_session_is_taken_since_servers_have_none() {
    assert_eq!(
        read_with("session_id", Value::Null).unwrap().session_id,
        None
    );
    assert_eq!(read_with("session_id", json!("")).unwrap().session_id, None);
    assert!(read_with("session_id", json!({})).is_err());
}

#[test]
fn an_action_needs_its_own_fields() {
    for (action, lacks) in [
        ("feature", "feature"),
        ("moduleEnd", "module"),
        ("sessionSync", "active_duration"),
    ] {
        let mut map = base();
        map.remove("feature");
        map.insert("action".into(), action.into());
        let error = read(&Value::Object(map).to_string()).unwrap_err();
        assert_eq!(error, LineError::Missing(lacks));
    }
}

#[test]
fn an_action_that_a_client_invented_needs_no_fields() {
    let action = read_with("action", json!("licenceRenewed")).unwrap().action;
    assert_eq!(action, ReceivedAction::Custom("licenceRenewed".into()));
    assert_eq!((action.name(), action.kind()), ("licenceRenewed", None));
}

#[test]
fn a_text_keeps_as_many_characters_as_fit_however_it_is_written() {
    for (letter, written) in [("é", "é"), ("é", "\\u00e9"), ("\"", "\\\"")] {
        let line = format!(
            r#"{{"account_id":"a","user_id":"u","created_at":{NOW},"action":"{}","title":"{}"}}"#,
            written.repeat(300),
            written.repeat(MAX_TEXT_CHARS + 1),
        );
        let event = read(&line).unwrap();
        assert_eq!(event.title.unwrap(), letter.repeat(MAX_TEXT_CHARS));
        assert_eq!(event.action.name(), letter.repeat(256));
    }
}

#[test]
fn every_action_of_the_contract_is_known_by_its_name() {
    for kind in ActionKind::ALL {
        let action = ReceivedAction::from(kind.name());
        assert_eq!((action.name(), action.kind()), (kind.name(), Some(kind)));
    }
    for unknown in ["", "Feature", "feature "] {
        assert_eq!(ReceivedAction::from(unknown).kind(), None);
    }
}

#[test]
fn a_feature_without_total_was_used_once() {
    let event = ReceivedEvent::read(Value::Object(base()).to_string().as_bytes(), NOW).unwrap();
    assert_eq!(event.total, Some(1.0));
    assert_eq!(read_with("total", json!(0.5)).unwrap().total, Some(0.5));
    assert!(read_with("total", json!("many")).is_err());
}

#[test]
fn ids_are_trimmed_and_numbers_become_their_decimal_string() {
    assert_eq!(
        read_with("account_id", json!(" acme\t"))
            .unwrap()
            .account_id
            .as_deref(),
        Some("acme")
    );
    assert_eq!(read_with("user_id", json!(42)).unwrap().user_id, "42");
    assert_eq!(read_with("user_id", json!(42.0)).unwrap().user_id, "42");
    for bad in [
        json!("x".repeat(257)),
        json!({}),
        json!([1]),
        json!(true),
        json!(1.5),
    ] {
        let error = read_with("account_id", bad).unwrap_err();
        assert_eq!(error.code(), "invalid_field");
    }
    assert!(read_with("account_id", json!("é".repeat(256))).is_ok());
}

#[test]
fn an_empty_product_is_none() {
    assert_eq!(read_with("product", json!("")).unwrap().product, None);
    assert_eq!(read_with("product", json!(" ")).unwrap().product, None);
}

#[test]
fn created_at_may_be_a_day_ahead_and_no_more() {
    assert!(read_with("created_at", json!(NOW + MAX_AHEAD_MS)).is_ok());
    let error = read_with("created_at", json!(NOW + MAX_AHEAD_MS + 1)).unwrap_err();
    assert_eq!(error.code(), "in_the_future");
    for bad in [
        json!(-1),
        json!("soon"),
        json!("1700000000000 ms"),
        json!(1e300),
    ] {
        assert!(read_with("created_at", bad).is_err());
    }
    assert_eq!(
        read_with("created_at", json!(NOW as f64 - 0.5))
            .unwrap()
            .created_at,
        NOW - 1
    );
}

#[test]
fn durations_are_whole_ms_between_0_and_a_day() {
    assert_eq!(
        read_with("time_spent", json!(1.6)).unwrap().time_spent,
        Some(2)
    );
    assert!(read_with("time_spent", json!(-1)).is_err());
    for field in ["time_spent", "active_duration"] {
        assert!(read_with(field, json!(86_400_000)).is_ok());
        let error = read_with(field, json!(86_400_001)).unwrap_err();
        assert_eq!(error.code(), "duration_too_long");
    }
    assert_eq!(
        read_with("time_spent", json!(1e18)).unwrap_err().code(),
        "duration_too_long"
    );
}

#[test]
fn a_total_is_between_0_and_a_million() {
    for good in [json!(0), json!(0.25), json!(1_000_000), json!("1000000")] {
        assert!(read_with("total", good).is_ok());
    }
    for bad in [
        json!(-1e17),
        json!(-0.5),
        json!(1e308),
        json!(1_000_000.5),
        json!("-1"),
    ] {
        let error = read_with("total", bad).unwrap_err();
        assert_eq!(error.code(), "total_out_of_range");
    }
}

#[test]
fn an_event_is_made_in_2000_or_later() {
    assert!(read_with("created_at", json!(MIN_CREATED_AT)).is_ok());
    for bad in [json!(0), json!(MIN_CREATED_AT - 1), json!("0")] {
        let error = read_with("created_at", bad).unwrap_err();
        assert_eq!(error.code(), "too_early");
    }
}

#[test]
fn numbers_may_be_strings_of_digits() {
    let event = read_with("created_at", json!(NOW.to_string())).unwrap();
    assert_eq!(event.created_at, NOW);
    let total = |text: &str| read_with("total", json!(text)).map(|event| event.total);
    assert_eq!(total(" 2.5 "), Ok(Some(2.5)));
    assert_eq!(read_with("seq", json!("7")).unwrap().seq, Some(7));
    let active = read_with("active_duration", json!("1500")).unwrap();
    assert_eq!(active.active_duration, Some(1500));
    for bad in ["inf", "NaN", "1e3", "0x10", "1,000", "--1", "."] {
        assert_eq!(total(bad).unwrap_err().code(), "invalid_field", "{bad}");
    }
}

#[test]
fn the_account_may_be_left_to_the_receiver() {
    assert_eq!(
        read_with("account_id", Value::Null).unwrap().account_id,
        None
    );
}

#[test]
fn a_form_is_read_as_an_event_of_strings() {
    let form = "account_id=1044&user_id=a%26b&created_at=1700000000000&action=feature\
                &feature=add+bonus&total=3&details[plan]=gold&details%5Bsize%5D=xl&stream_id=t&seq=4";
    let event = read(form).unwrap();
    assert_eq!(event.account_id.as_deref(), Some("1044"));
    assert_eq!((event.user_id.as_str(), event.created_at), ("a&b", NOW));
    assert_eq!(event.feature.as_deref(), Some("add bonus"));
    assert_eq!(event.total, Some(3.0));
    assert_eq!(
        event.details.as_deref(),
        Some(r#"{"plan":"gold","size":"xl"}"#)
    );
    assert_eq!(stream_position(form.as_bytes()), Some(("t".to_owned(), 4)));
    assert_ne!(
        canonical(form.as_bytes()),
        canonical(form.replace("bonus", "malus").as_bytes())
    );
    // Any other text is not a form, and neither is a broken object.
    for other in ["hello", "a=1&b=2", "{\"action\"", "action[x=1"] {
        assert_eq!(read(other).unwrap_err().code(), "not_json", "{other}");
    }
    let nested = read("action=feature&details=1&details[a]=2").unwrap_err();
    assert_eq!(nested.code(), "not_json");
}

#[test]
fn blank_text_in_a_field_that_is_no_text_says_nothing() {
    for blank in ["", " "] {
        for field in ["total", "time_spent", "active_duration", "seq", "details"] {
            let event = read_with(field, blank.into()).unwrap();
            assert_eq!(event, read_with(field, Value::Null).unwrap(), "{field}");
        }
        let error = read_with("created_at", blank.into()).unwrap_err();
        assert_eq!(error, LineError::Missing("created_at"));
    }
    let form = "account_id=1&user_id=2&created_at=1700000000000&action=feature&feature=a&total=";
    assert_eq!(read(form).unwrap().total, Some(1.0));
    let module = form.replace("feature&feature=a&total", "moduleEnd&module=m&time_spent");
    assert_eq!(read(&module).unwrap_err(), LineError::Missing("time_spent"));
}

#[test]
fn details_may_be_the_text_of_an_object() {
    let event = read_with("details", r#"{"size":"xl"}"#.into()).unwrap();
    assert_eq!(event.details.as_deref(), Some(r#"{"size":"xl"}"#));
    for other in ["xl", "[1]", "7", "{"] {
        let error = read_with("details", other.into()).unwrap_err();
        assert_eq!(error.code(), "invalid_field", "{other}");
    }
}

#[test]
fn fields_outside_the_contract_are_kept() {
    let event = read_with("plan", json!({"name": "gold"})).unwrap();
    assert_eq!(event.extra.as_deref(), Some(r#"{"plan":{"name":"gold"}}"#));
}

#[test]
fn arrays_scalars_and_garbage_are_told_apart() {
    assert_eq!(read("[{}]").unwrap_err(), LineError::Array);
    assert_eq!(read("7").unwrap_err(), LineError::NotAnObject);
    assert_eq!(read("{\"a\":").unwrap_err().code(), "not_json");
    assert!(!read("{").unwrap_err().is_readable());
    assert!(read("{}").unwrap_err().is_readable());
    assert_eq!(
        read(&"[".repeat(100_000)).unwrap_err().code(),
        "not_json",
        "deep nesting must not exhaust the stack"
    );
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES));
    assert_eq!(read(&long).unwrap_err().code(), "line_too_long");
}

#[test]
fn a_number_beyond_a_double_is_named_and_the_line_is_readable() {
    let large = "9".repeat(400);
    for (field, number) in [
        ("total", "1e400"),
        ("details", r#"{"a":[-1E999]}"#),
        ("x", &large),
        ("x", r#"["\ud83d",1e400]"#),
    ] {
        let mut line = Value::Object(base()).to_string();
        line.insert_str(
            1,
            &format!(r#""stream_id":"t","seq":4,"{field}":{number},"#),
        );
        let error = read(&line).unwrap_err();
        assert_eq!(error.code(), "number_out_of_range", "{error}");
        assert!(error.is_readable());
        let message = error.to_string();
        let shown = number.trim_start_matches(|c: char| !matches!(c, '-' | '1' | '9'));
        let shown: String = shown.chars().take(5).collect();
        assert!(message.contains(&shown) && message.len() < 200, "{message}");
        assert_eq!(account_of(line.as_bytes()).as_deref(), Some("acme"));
        assert_eq!(stream_position(line.as_bytes()), Some(("t".to_owned(), 4)));
    }
    assert_eq!(read("[1e400]").unwrap_err(), LineError::Array);
    assert_eq!(read("1e400").unwrap_err(), LineError::NotAnObject);
    assert_eq!(read("{\"x\":1e400").unwrap_err().code(), "not_json");
}

#[test]
fn an_object_that_is_nested_too_deeply_is_json_all_the_same() {
    let nested = |depth: usize| {
        let line = Value::Object(base()).to_string();
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        line.replacen('{', &format!(r#"{{"x":{open}{close},"#), 1)
    };
    assert!(read(&nested(unreadable::MAX_DEPTH)).is_ok());
    let error = read(&nested(unreadable::MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error, LineError::TooDeep);
    assert!(error.is_readable());
}

#[test]
fn a_line_that_is_too_long_is_not_looked_into() {
    let long = format!(
        r#"{{"account_id":"a","stream_id":"t","seq":1,"x":"{}"}}"#,
        "x".repeat(MAX_LINE_BYTES)
    );
    assert_eq!(account_of(long.as_bytes()), None);
    assert_eq!(stream_position(long.as_bytes()), None);
}

#[test]
fn lines_that_reading_makes_equal_have_texts_of_their_own() {
    let text = |value: &str| canonical(format!(r#"{{"b":1, "x":{value}}}"#).as_bytes()).unwrap();
    for (one, other) in [
        ("12345678901234567890123", "12345678901234567890124"),
        ("0.1000000000000000055", "0.1000000000000000056"),
        (r#""\ud83d""#, r#""\ud83e""#),
        (r#"["\ud83d"]"#, r#"["\ufffd"]"#),
    ] {
        assert_ne!(text(one), text(other));
        assert_eq!(text(one), text(one));
    }
    for usual in [
        "1",
        "2.5",
        "0.30000000000000004",
        r#""\ud83d\ude00""#,
        "1e22",
    ] {
        let respelled = format!(r#"{{"x":{usual},"b":1}}"#);
        assert_eq!(
            Some(text(usual)),
            canonical(respelled.as_bytes()),
            "{usual}"
        );
    }
    assert_ne!(
        canonical(b"action=x&feature=%ED"),
        canonical(b"action=x&feature=%EE")
    );
    assert_ne!(
        canonical(b"action=x&feature=\xED"),
        canonical(b"action=x&feature=\xEE")
    );
}

#[test]
fn details_over_16_kib_are_refused() {
    let details = |bytes: usize| json!({ "k": "x".repeat(bytes) });
    assert!(read_with("details", details(16_000)).is_ok());
    assert_eq!(
        read_with("details", details(17_000)).unwrap_err().code(),
        "invalid_field"
    );
}

#[test]
fn lines_end_with_lf_or_crlf_and_are_numbered_as_an_editor_does() {
    let found: Vec<_> = lines(b"\xEF\xBB\xBF{\"a\":1}\r\n\n  \r\n{\"b\":2}\n{\"c\":3}")
        .map(|line| (line.number, String::from_utf8(line.bytes.to_vec()).unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            (1, "{\"a\":1}".to_owned()),
            (4, "{\"b\":2}".to_owned()),
            (5, "{\"c\":3}".to_owned())
        ]
    );
    assert_eq!(lines(b"\r\n \n").count(), 0);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        for line in lines(&body) {
            let _ = ReceivedEvent::read(line.bytes, NOW);
        }
    }

    #[test]
    fn a_line_broken_at_any_byte_is_refused_or_whole(cut in 0usize..200) {
        let whole = Value::Object(base()).to_string();
        let cut = cut.min(whole.len());
        let event = read(&whole[..cut]);
        prop_assert_eq!(event.is_ok(), cut == whole.len());
    }
}

#[test]
fn of_a_field_that_a_line_has_twice_the_last_counts() {
    let line = format!(
        r#"{{"user_id":"bob","x":1,"x":2,"user_\u0069d":"ann","account_id":"a","created_at":{NOW},"action":"feature","feature":"f"}}"#
    );
    let event = read(&line).unwrap();
    assert_eq!(event.user_id, "ann");
    assert_eq!(event.extra.as_deref(), Some(r#"{"x":2}"#));
}

#[test]
fn a_line_of_many_fields_keeps_them_all() {
    let mut line = base();
    let mut extra = Map::new();
    for no in 0..200 {
        extra.insert(format!("a{no}"), json!(no));
    }
    line.extend(extra.clone());
    let event = ReceivedEvent::read(Value::Object(line).to_string().as_bytes(), NOW).unwrap();
    assert_eq!(event.feature.as_deref(), Some("export"));
    assert_eq!(event.extra, Some(Value::Object(extra).to_string()));
}

#[test]
fn an_empty_id_that_may_be_absent_is() {
    for field in ["account_id", "visitor_id", "event_id", "stream_id"] {
        for empty in ["", " "] {
            let event = read_with(field, json!(empty)).unwrap();
            let found = match field {
                "account_id" => event.account_id,
                "visitor_id" => event.visitor_id,
                "event_id" => event.event_id,
                _ => event.stream_id,
            };
            assert_eq!(found, None, "{field}");
        }
    }
    let form = format!("account_id=&user_id=ann&action=feature&feature=f&created_at={NOW}");
    assert_eq!(read(&form).unwrap().account_id, None);
    assert_eq!(
        read_with("user_id", json!("")),
        Err(LineError::Missing("user_id"))
    );
}

#[test]
fn an_id_that_no_address_can_have_is_refused() {
    for field in ["account_id", "user_id"] {
        for id in [".", " .. "] {
            let error = read_with(field, json!(id)).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
            assert!(error.to_string().contains("folders"), "{error}");
        }
        assert!(read_with(field, json!("...")).is_ok());
    }
    assert!(read_with("feature", json!("..")).is_ok());
}

#[test]
fn ids_are_trimmed_by_the_rules_of_the_tracker() {
    let event = |feature: &str| {
        format!(
            r#"{{"account_id":"a","user_id":"u","created_at":1600000000000,"action":"feature","feature":"{feature}"}}"#
        )
    };
    for (sent, expected) in [
        ("\u{a0}f\u{feff}", "f"),
        ("f\u{85}", "f\u{85}"),
        ("\u{85}", "\u{85}"),
    ] {
        let event = read(&event(sent)).unwrap();
        assert_eq!(event.feature.as_deref(), Some(expected), "{sent:?}");
    }
    assert!(read(&event("\u{feff}")).is_err());
}
