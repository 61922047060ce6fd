//! The calls of a host page, and exactly what is sent for each.

#![cfg(target_arch = "wasm32")]

mod support;

use natero_wasm::npm::{Core, OptionalText, Text};
use serde_json::{Value, json};
use support::{Page, WALL, optional, text};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// An event without the ids that differ from run to run. Checks that these ids exist.
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
    let page = Page::started(json!({}));
    page.at(12.5).feature("export");
    let event = page.sent();
    assert_eq!(
        event,
        json!({
            "account_id": "acme", "user_id": "ann", "created_at": WALL as i64 + 12,
            "session_id": page.session(), "action": "feature", "feature": "export", "total": 1,
            "event_id": event["event_id"], "visitor_id": page.visitor(),
            "stream_id": event["stream_id"], "seq": 0
        })
    );
    assert!(event["event_id"].is_string() && event["stream_id"].is_string());
}

#[wasm_bindgen_test]
fn seq_counts_and_event_ids_are_unique() {
    let page = Page::started(json!({}));
    for _ in 0..3 {
        page.feature("f");
    }
    page.flush(1);
    let events = page.one("send").events();
    let seqs: Vec<&Value> = events.iter().map(|event| &event["seq"]).collect();
    assert_eq!(seqs, [0, 1, 2]);
    assert_ne!(events[0]["event_id"], events[1]["event_id"]);
    assert_ne!(events[1]["event_id"], events[2]["event_id"]);
    assert_eq!(events[0]["stream_id"], events[2]["stream_id"]);
}

/// Total, module, product and details of a feature, in the form in which they are passed to
/// the wasm.
type Given = [Option<&'static str>; 4];

#[wasm_bindgen_test]
fn each_argument_of_a_feature_is_the_field_of_its_name() {
    let cases: [(Given, Value); 7] = [
        ([None; 4], json!({})),
        ([Some("-2.5"), None, None, None], json!({ "total": -2.5 })),
        ([None, Some("own"), None, None], json!({ "module": "own" })),
        ([None, None, Some("own"), None], json!({ "product": "own" })),
        (
            [None, Some(""), Some(""), None],
            json!({ "module": null, "product": null }),
        ),
        (
            [None, None, None, Some("{\"size\":\"xl\"}")],
            json!({ "details": { "size": "xl" } }),
        ),
        (
            [Some("3"), Some("m"), Some("p"), Some("{}")],
            json!({ "total": 3, "module": "m", "product": "p", "details": {} }),
        ),
    ];
    for (given, changes) in cases {
        let page = Page::started(json!({}));
        page.set_module(Some("sticky m"));
        page.set_product(Some("sticky p"));
        let [total, module, product, details] = given.map(optional);
        page.tell(|core, mono, wall| {
            core.feature(mono, wall, &text("f"), &total, &module, &product, &details)
        });
        let mut expected = json!({
            "account_id": "acme", "user_id": "ann", "created_at": WALL as i64,
            "action": "feature", "feature": "f", "total": 1, "seq": 0,
            "module": "sticky m", "product": "sticky p",
        });
        let fields = expected.as_object_mut().expect("an object");
        fields.extend(changes.as_object().expect("an object").clone());
        fields.retain(|_, value| !value.is_null());
        assert_eq!(own_fields(page.sent()), expected, "{given:?}");
        assert_eq!(page.id("moduleId").as_deref(), Some("sticky m"));
        assert_eq!(page.id("productId").as_deref(), Some("sticky p"));
    }
}

#[wasm_bindgen_test]
fn a_module_event_carries_the_time_of_its_caller() {
    for (given, product) in [
        (None, json!("freight")),
        (Some("own"), json!("own")),
        (Some(""), Value::Null),
    ] {
        let page = Page::started(json!({}));
        page.set_product(Some("freight"));
        page.tell(|core, mono, wall| {
            core.module_event(mono, wall, &text("reports"), 1234.9, &optional(given))
        });
        let event = own_fields(page.sent());
        assert_eq!(event["action"], "moduleEnd");
        assert_eq!(event["module"], "reports");
        assert_eq!(event["time_spent"], 1234);
        assert_eq!(event["product"], product, "{given:?}");
    }
}

#[wasm_bindgen_test]
fn sticky_values_can_be_read_and_taken_back() {
    let page = Page::started(json!({}));
    type Set = fn(&mut Core, f64, f64, &OptionalText);
    let methods: [(Set, &str); 4] = [
        (Core::set_account, "accountId"),
        (Core::set_user, "userId"),
        (Core::set_module, "moduleId"),
        (Core::set_product, "productId"),
    ];
    for (set, name) in methods {
        page.tell(|core, mono, wall| set(core, mono, wall, &optional(Some("x y"))));
        assert_eq!(page.id(name).as_deref(), Some("x y"), "{name}");
        page.tell(|core, mono, wall| set(core, mono, wall, &optional(None)));
        assert_eq!(page.id(name), None, "{name}");
    }
}

#[wasm_bindgen_test]
fn leaving_a_module_ends_its_timing_under_its_product() {
    let page = Page::started(json!({}));
    page.set_product(Some("freight"));
    page.set_module(Some("reports"));
    page.at(400.0).set_module(None);
    assert_eq!(
        own_fields(page.sent()),
        json!({
            "account_id": "acme", "user_id": "ann", "created_at": WALL as i64 + 400,
            "action": "moduleEnd", "module": "reports", "product": "freight", "time_spent": 400,
            "seq": 0
        })
    );
}

#[wasm_bindgen_test]
fn identifying_sets_the_identity_and_tells_the_details() {
    for (given, details) in [(None, json!({})), (Some("{\"a\":1}"), json!({ "a": 1 }))] {
        let more = optional(given);
        let user = Page::started(json!({}));
        user.tell(|core, mono, wall| core.identify_user(mono, wall, &text("bob"), &more));
        let account = Page::started(json!({}));
        account.tell(|core, mono, wall| core.identify_account(mono, wall, &text("zoo"), &more));
        for (page, action, ids) in [
            (user, "identifyUser", ["acme", "bob"]),
            (account, "identifyAccount", ["zoo", "ann"]),
        ] {
            let event = page.sent();
            assert_eq!(event["action"], action);
            assert_eq!(event["details"], details);
            assert_eq!([&event["account_id"], &event["user_id"]], ids);
            let current = [page.id("accountId"), page.id("userId")];
            assert_eq!(current, ids.map(|id| Some(id.to_owned())));
        }
    }
}

#[wasm_bindgen_test]
fn a_page_view_has_the_address_and_title_that_were_passed() {
    let page = Page::made(json!({ "trackPageViews": true }));
    page.start_at("https://a.example/one", "One", "https://b.example/");
    let first = own_fields(page.sent());
    assert_eq!(first["action"], "pageView");
    assert_eq!(first["url"], "https://a.example/one");
    assert_eq!(first["title"], "One");
    assert_eq!(first["referrer"], "https://b.example/");

    type Move = fn(&mut Core, f64, f64, &Text, &Text);
    let moves: [(f64, Move); 2] = [(1000.0, Core::page_view), (2000.0, Core::navigated)];
    for (at, go) in moves {
        let page = Page::made(json!({ "trackPageViews": true }));
        page.start_at("https://a.example/one", "One", "");
        page.at(at).tell(|core, mono, wall| {
            go(
                core,
                mono,
                wall,
                &text("https://a.example/two"),
                &text("Two"),
            )
        });
        page.flush(1);
        let events = page.one("send").events();
        let actions: Vec<&Value> = events.iter().map(|event| &event["action"]).collect();
        assert_eq!(actions, ["pageView", "pageViewEnd", "pageView"]);
        assert_eq!(events[1]["url"], "https://a.example/one");
        assert_eq!(events[1]["time_spent"], at);
        assert_eq!(events[2]["url"], "https://a.example/two");
        assert_eq!(events[2]["title"], "Two");
    }
}

#[wasm_bindgen_test]
fn an_event_waits_for_the_ids_that_are_not_known() {
    let page = Page::started(json!({ "accountId": null, "userId": null }));
    page.feature("early");
    page.flush(1);
    assert_eq!(page.all("send"), []);
    page.tell(|core, mono, wall| core.set_account(mono, wall, &optional(Some("acme"))));
    page.tell(|core, mono, wall| core.set_user(mono, wall, &optional(Some("ann"))));
    let event = page.sent();
    assert_eq!(event["feature"], "early");
    assert_eq!([&event["account_id"], &event["user_id"]], ["acme", "ann"]);
}

#[wasm_bindgen_test]
fn another_account_under_the_same_user_is_told() {
    let page = Page::started(json!({}));
    page.tell(|core, mono, wall| core.set_account(mono, wall, &optional(Some("zoo"))));
    assert_eq!(page.one("warnAccountChanged").text("user"), "ann");
}

#[wasm_bindgen_test]
fn debug_shows_each_event_as_it_was_made() {
    let page = Page::started(json!({ "debug": true }));
    page.feature("f");
    let shown: Value = serde_json::from_str(page.one("showEvent").text("line")).expect("JSON");
    assert_eq!(shown["feature"], "f");
}

#[wasm_bindgen_test]
fn numbers_out_of_any_range_break_nothing() {
    let page = Page::started(json!({}));
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300] {
        page.tell(|core, mono, wall| {
            core.module_event(mono, wall, &text("m"), number, &optional(None))
        });
        page.tell(|core, mono, wall| core.other_tab(mono, wall, number));
        page.tell(|core, mono, wall| {
            let (said, none) = (text(""), optional(None));
            core.answered(mono, wall, 1, 429, Some(number), u32::MAX, &said, &none);
        });
    }
    for number in [0, u32::MAX] {
        page.flush(number);
        page.tell(|core, mono, wall| core.unanswered(mono, wall, number));
        page.tell(|core, mono, wall| core.write_failed(mono, wall, number));
    }
    page.online(true);
    let stats = page.stats();
    let count = |value: &Value| value.as_u64().expect("a count");
    let dropped: u64 = stats["dropped"]
        .as_object()
        .expect("counters")
        .values()
        .map(count)
        .sum();
    let kept = count(&stats["delivered"]) + count(&stats["pending"]);
    assert_eq!(count(&stats["accepted"]), kept + dropped);
}

#[wasm_bindgen_test]
fn text_of_every_script_arrives_as_it_was() {
    for text in [
        "größer",
        "日本語",
        "🦀",
        "a\u{301}",
        "\u{feff}begins with a mark",
        "\u{0}nul\u{0}",
        "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}",
        "quote\" back\\slash",
        "line\nend\r\ttab",
        "\u{2028}\u{2029}",
        "\u{2}\u{1f}",
    ] {
        let page = Page::started(json!({}));
        page.set_module(Some(text));
        assert_eq!(page.id("moduleId").as_deref(), Some(text));
        page.feature(text);
        let event = page.sent();
        assert_eq!(event["feature"], text);
        assert_eq!(event["module"], text);
    }
}

#[wasm_bindgen_test]
fn long_text_crosses_whole() {
    let page = Page::started(json!({}));
    let long = "ü🦀x".repeat(50_000);
    page.set_module(Some(&long));
    assert_eq!(page.id("moduleId"), Some(long));
}
