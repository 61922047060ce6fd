//! A new tracker, and the settings that it starts with.

#![cfg(target_arch = "wasm32")]

mod support;

use natero_wasm::npm::Core;
use serde_json::{Value, json};
use support::{Page, kinds};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn construction_asks_the_host_for_nothing() {
    assert_eq!(Page::made(json!({})).effects(), []);
}

#[wasm_bindgen_test]
fn account_and_user_of_the_settings_are_current_at_once() {
    for (account, user) in [
        (Some("acme"), Some("ann é🦀")),
        (Some("a"), None),
        (None, Some("u")),
        (None, None),
    ] {
        let page = Page::made(json!({ "accountId": account, "userId": user }));
        assert_eq!(page.id("accountId").as_deref(), account);
        assert_eq!(page.id("userId").as_deref(), user);
        assert_eq!([page.id("moduleId"), page.id("productId")], [None, None]);
    }
}

#[wasm_bindgen_test]
fn session_and_visitor_come_from_the_seed() {
    let ids = |seed| {
        let page = Page::seeded(seed, json!({}));
        [page.session(), page.visitor()]
    };
    let first = ids([1, 2, 3, 4]);
    assert!(first.iter().all(|id| id.len() == 16), "{first:?}");
    assert_ne!(first[0], first[1]);
    assert_eq!(first, ids([1, 2, 3, 4]));
    for other in [
        [9, 2, 3, 4],
        [1, 9, 3, 4],
        [1, 2, 9, 4],
        [1, 2, 3, 9],
        [u32::MAX, 2, 3, 4],
    ] {
        assert_ne!(first, ids(other), "{other:?}");
    }
}

#[wasm_bindgen_test]
fn counters_begin_at_0() {
    let none = json!({
        "accepted": 0, "delivered": 0, "pending": 0, "requests": 0, "retries": 0, "bytesSent": 0,
        "dropped": { "consent": 0, "disabled": 0, "before_send": 0, "identity": 0, "overflow": 0, "rejected": 0, "too_large": 0 }
    });
    assert_eq!(Page::made(json!({})).stats(), none);
}

/// A page with an address that is visible, used for a second and then hidden, with these
/// settings.
fn visit(changes: Value) -> Page {
    let page = Page::made(changes);
    page.start_at("https://a.example/", "title", "");
    page.at(1000.0).tell(Core::hidden);
    page
}

fn actions(page: &Page) -> Vec<String> {
    let sends = page.all("send");
    let events = sends.iter().flat_map(|send| send.events());
    events
        .map(|event| event["action"].as_str().expect("an action").to_owned())
        .collect()
}

#[wasm_bindgen_test]
fn each_flag_is_the_setting_of_its_name() {
    assert_eq!(actions(&visit(json!({}))), [""; 0]);
    assert_eq!(
        actions(&visit(json!({ "trackUnload": true }))),
        ["sessionSync"]
    );
    assert_eq!(
        actions(&visit(json!({ "trackPageViews": true }))),
        ["pageView"]
    );
    let both = visit(json!({ "trackUnload": true, "trackPageViews": true }));
    assert_eq!(actions(&both), ["pageView", "sessionSync", "pageViewEnd"]);

    let disabled = visit(json!({ "trackPageViews": true, "disableEventSend": true }));
    assert_eq!(disabled.all("send"), []);
    assert_eq!(disabled.stats()["dropped"]["disabled"], 1);

    for (setting, effect) in [("debug", "showEvent"), ("filter", "filter")] {
        assert_eq!(visit(json!({ "trackPageViews": true })).all(effect), []);
        assert_eq!(
            visit(json!({ "trackPageViews": true, setting: true }))
                .all(effect)
                .len(),
            1
        );
    }
}

#[wasm_bindgen_test]
fn persistence_and_consent_are_the_settings_of_their_names() {
    assert_eq!(visit(json!({})).all("setVisitor").len(), 1);
    assert_eq!(
        visit(json!({ "persistence": "memory" })).all("setVisitor"),
        []
    );

    let pending = visit(json!({ "trackPageViews": true, "consent": "pending" }));
    assert_eq!(pending.all("send"), []);
    assert_eq!(pending.stats()["pending"], 1);

    let denied = visit(json!({ "trackPageViews": true, "consent": "denied" }));
    let touches = ["send", "setSession", "setVisitor", "readCookies"];
    assert_eq!(kinds(&denied.effects(), &touches), [""; 0]);
    assert_eq!(denied.stats()["dropped"]["consent"], 1);
}

/// A tracker with one numeric setting changed.
fn with(setting: &str, value: f64) -> Page {
    let page = Page::made(json!({ setting: value }));
    page.start(true);
    page
}

#[wasm_bindgen_test]
fn each_number_is_the_setting_of_its_name() {
    let session = with("sessionTimeout", 90_000.0);
    assert_eq!(session.one("setSession")["maxAge"], 90);
    assert_eq!(with("idleTimeout", 2_000.0).wake_at(), Some(2_000.0));
    assert_eq!(
        with("sessionSyncInterval", 3_000.0).wake_at(),
        Some(3_000.0)
    );

    let flush = with("flushInterval", 700.0);
    flush.feature("f");
    assert_eq!(flush.wake_at(), Some(700.0));

    let batch = with("batchSize", 2.0);
    batch.effects();
    batch.feature("one");
    assert_eq!(batch.all("send"), []);
    batch.feature("two");
    assert_eq!(batch.one("send")["events"], 2);

    let small = with("maxQueueBytes", 10.0);
    small.feature("f");
    assert_eq!(small.one("reportLoss")["count"], 1);

    let unstored = with("maxStoredBytes", 10.0);
    unstored.feature("f");
    unstored.tell(Core::task_ended);
    assert_eq!(unstored.all("store"), []);
}
