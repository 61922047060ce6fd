//! What the host page calls, and what is sent for it, to the field.

#![cfg(target_arch = "wasm32")]

mod support;

use serde_json::{Value, json};
use support::{Page, Settings, TRACK_PAGE_VIEWS, WALL};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// An event without the ids that differ from run to run, which are there.
fn own_fields(mut event: Value) -> Value {
    let fields = event.as_object_mut().expect("an object");
    for id in ["session_id", "event_id", "visitor_id", "stream_id"] {
        let id = fields.remove(id).unwrap_or_else(|| panic!("no {id}"));
        assert!(id.as_str().is_some_and(|id| !id.is_empty()));
    }
    event
}

#[wasm_bindgen_test]
fn a_feature_becomes_one_line_with_the_fields_of_the_contract() {
    let page = Page::started(Settings::default());
    page.at(12.5).feature("export");
    let event = page.sent();
    assert_eq!(
        event,
        json!({
            "account_id": "acme", "user_id": "ann", "created_at": WALL as i64 + 12,
            "session_id": page.read(4), "action": "feature", "feature": "export", "total": 1,
            "event_id": event["event_id"], "visitor_id": page.read(5),
            "stream_id": event["stream_id"], "seq": 0
        })
    );
    assert!(event["event_id"].is_string() && event["stream_id"].is_string());
}

#[wasm_bindgen_test]
fn seq_counts_and_event_ids_are_unique() {
    let page = Page::started(Settings::default());
    for _ in 0..3 {
        page.feature("f");
    }
    page.tell_with("Flush", "", [1.0, 0.0, 0.0, 0.0]);
    let events = page.one("Send").events();
    let seqs: Vec<&Value> = events.iter().map(|event| &event["seq"]).collect();
    assert_eq!(seqs, [0, 1, 2]);
    assert_ne!(events[0]["event_id"], events[1]["event_id"]);
    assert_ne!(events[1]["event_id"], events[2]["event_id"]);
    assert_eq!(events[0]["stream_id"], events[2]["stream_id"]);
}

#[wasm_bindgen_test]
fn the_parts_of_a_feature_are_told_apart_by_nul() {
    let cases = [
        ("f", json!({})),
        ("f\0\0\0\0", json!({})),
        ("f\0-2.5", json!({ "total": -2.5 })),
        ("f\0\0own", json!({ "module": "own" })),
        ("f\0\0\0own", json!({ "product": "own" })),
        ("f\0\0 \0 ", json!({ "module": null, "product": null })),
        (
            "f\0\0\0\0{\"size\":\"xl\"}",
            json!({ "details": { "size": "xl" } }),
        ),
        (
            "f\x003\0m\0p\0{}",
            json!({ "total": 3, "module": "m", "product": "p", "details": {} }),
        ),
    ];
    for (text, changes) in cases {
        let page = Page::started(Settings::default());
        page.tell("SetModule", "sticky m");
        page.tell("SetProduct", "sticky p");
        page.tell("Feature", text);
        let mut expected = json!({
            "account_id": "acme", "user_id": "ann", "created_at": WALL as i64,
            "action": "feature", "feature": "f", "total": 1, "seq": 0,
            "module": "sticky m", "product": "sticky p",
        });
        let fields = expected.as_object_mut().expect("an object");
        fields.extend(changes.as_object().expect("an object").clone());
        fields.retain(|_, value| !value.is_null());
        assert_eq!(own_fields(page.sent()), expected, "{text:?}");
    }
}

#[wasm_bindgen_test]
fn overrides_of_one_event_leave_the_sticky_values() {
    let page = Page::started(Settings::default());
    page.tell("SetModule", "m");
    page.tell("Feature", "f\0\0other\0other");
    assert_eq!([page.read(2), page.read(3)], ["m", ""]);
}

#[wasm_bindgen_test]
fn a_module_event_carries_the_time_of_its_caller() {
    for (text, product) in [
        ("reports", json!("freight")),
        ("reports\0", json!("freight")),
        ("reports\0own", json!("own")),
        ("reports\0 ", Value::Null),
    ] {
        let page = Page::started(Settings::default());
        page.tell("SetProduct", "freight");
        page.tell_with("ModuleEvent", text, [1234.9, 0.0, 0.0, 0.0]);
        let event = own_fields(page.sent());
        assert_eq!(event["action"], "moduleEnd");
        assert_eq!(event["module"], "reports");
        assert_eq!(event["time_spent"], 1234);
        assert_eq!(event["product"], product, "{text:?}");
    }
}

#[wasm_bindgen_test]
fn sticky_values_can_be_read_and_taken_back() {
    let page = Page::started(Settings::default());
    for (op, which) in [
        ("SetAccount", 0),
        ("SetUser", 1),
        ("SetModule", 2),
        ("SetProduct", 3),
    ] {
        page.tell(op, "x y");
        assert_eq!(page.read(which), "x y", "{op}");
        page.tell(op, "");
        assert_eq!(page.read(which), "", "{op}");
    }
}

#[wasm_bindgen_test]
fn leaving_a_module_ends_its_timing_under_its_product() {
    let page = Page::started(Settings::default());
    page.tell("SetProduct", "freight");
    page.tell("SetModule", "reports");
    page.at(400.0).tell("SetModule", "");
    let event = own_fields(page.sent());
    assert_eq!(
        event,
        json!({
            "account_id": "acme", "user_id": "ann", "created_at": WALL as i64 + 400,
            "action": "moduleEnd", "module": "reports", "product": "freight", "time_spent": 400,
            "seq": 0
        })
    );
}

#[wasm_bindgen_test]
fn identifying_sets_the_identity_and_tells_the_details() {
    for (op, action, text, details) in [
        ("IdentifyUser", "identifyUser", "bob", json!({})),
        (
            "IdentifyUser",
            "identifyUser",
            "bob\0{\"a\":1}",
            json!({ "a": 1 }),
        ),
        ("IdentifyAccount", "identifyAccount", "zoo", json!({})),
        (
            "IdentifyAccount",
            "identifyAccount",
            "zoo\0{\"a\":1}",
            json!({ "a": 1 }),
        ),
    ] {
        let page = Page::started(Settings::default());
        page.tell(op, text);
        let event = page.sent();
        assert_eq!(event["action"], action);
        assert_eq!(event["details"], details);
        let (account, user) = match op {
            "IdentifyUser" => ("acme", "bob"),
            _ => ("zoo", "ann"),
        };
        assert_eq!([page.read(0), page.read(1)], [account, user]);
        assert_eq!(event["account_id"], account);
        assert_eq!(event["user_id"], user);
    }
}

#[wasm_bindgen_test]
fn a_page_view_has_the_address_and_title_that_were_passed() {
    let page = Page::made(Settings::flags(TRACK_PAGE_VIEWS));
    page.tell_with(
        "Start",
        "https://a.example/one\0One\0https://b.example/\0\0",
        [1.0, 0.0, 0.0, 0.0],
    );
    let first = own_fields(page.sent());
    assert_eq!(first["action"], "pageView");
    assert_eq!(first["url"], "https://a.example/one");
    assert_eq!(first["title"], "One");
    assert_eq!(first["referrer"], "https://b.example/");

    for (at, op) in [(1000.0, "PageView"), (2000.0, "Navigated")] {
        let page = Page::made(Settings::flags(TRACK_PAGE_VIEWS));
        page.tell_with("Start", "https://a.example/one\0One", [1.0, 0.0, 0.0, 0.0]);
        page.at(at).tell(op, "https://a.example/two\0Two");
        page.tell_with("Flush", "", [1.0, 0.0, 0.0, 0.0]);
        let events = page.one("Send").events();
        let actions: Vec<&Value> = events.iter().map(|event| &event["action"]).collect();
        assert_eq!(actions, ["pageView", "pageViewEnd", "pageView"], "{op}");
        assert_eq!(events[1]["url"], "https://a.example/one");
        assert_eq!(events[1]["time_spent"], at);
        assert_eq!(events[2]["url"], "https://a.example/two");
        assert_eq!(events[2]["title"], "Two");
    }
}

#[wasm_bindgen_test]
fn an_event_waits_for_the_ids_that_are_not_known() {
    let page = Page::started(Settings {
        text: "".into(),
        ..Settings::default()
    });
    page.feature("early");
    page.tell_with("Flush", "", [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(page.all("Send"), []);
    page.tell("SetAccount", "acme");
    page.tell("SetUser", "ann");
    let event = page.sent();
    assert_eq!(event["feature"], "early");
    assert_eq!([&event["account_id"], &event["user_id"]], ["acme", "ann"]);
}

#[wasm_bindgen_test]
fn another_account_under_the_same_user_is_told() {
    let page = Page::started(Settings::default());
    page.tell("SetAccount", "zoo");
    assert_eq!(page.one("UserInTwoAccounts").text, "ann");
}

#[wasm_bindgen_test]
fn debug_shows_each_event_as_it_was_made() {
    let page = Page::started(Settings::flags(support::DEBUG));
    page.feature("f");
    let shown: Value = serde_json::from_str(&page.one("Debug").text).expect("JSON");
    assert_eq!(shown["feature"], "f");
}

#[wasm_bindgen_test]
fn a_number_that_means_nothing_is_ignored() {
    let page = Page::started(Settings::default());
    let before: Vec<String> = (0..6).map(|which| page.read(which)).collect();
    for op in support::unknown_ops() {
        page.tell_number(op, "text\0more", [f64::NAN, 1.0, -1.0, f64::INFINITY]);
    }
    assert_eq!(page.effects(), []);
    let after: Vec<String> = (0..6).map(|which| page.read(which)).collect();
    assert_eq!(before, after);
}

#[wasm_bindgen_test]
fn numbers_out_of_any_range_break_nothing() {
    let page = Page::started(Settings::default());
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300] {
        for op in [
            "ModuleEvent",
            "Flush",
            "OtherTab",
            "Online",
            "Response",
            "FilteredOut",
        ] {
            page.tell_with(op, "m", [number; 4]);
        }
    }
    page.tell_with("Online", "", [1.0, 0.0, 0.0, 0.0]);
    let counters = page.counters();
    let dropped: u32 = counters[5..11].iter().sum();
    assert_eq!(counters[0], counters[1] + counters[2] + dropped);
}

#[wasm_bindgen_test]
fn text_of_every_script_arrives_as_it_was() {
    for text in [
        "größer",
        "日本語",
        "🦀",
        "a\u{301}",
        "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}",
        "quote\" back\\slash",
        "line\nend\r\ttab",
        "\u{2028}\u{2029}",
        "\u{2}\u{1f}",
    ] {
        let page = Page::started(Settings::default());
        page.tell("SetModule", text);
        assert_eq!(page.read(2), text);
        page.feature(text);
        let event = page.sent();
        assert_eq!(event["feature"], text);
        assert_eq!(event["module"], text);
    }
}

#[wasm_bindgen_test]
fn long_text_crosses_whole() {
    let page = Page::started(Settings::default());
    let long = "ü🦀x".repeat(50_000);
    page.tell("SetModule", &long);
    assert_eq!(page.read(2), long);
}
