//! The life cycle of the page: cookies, activity, idleness, leaving.

#![cfg(target_arch = "wasm32")]

mod support;

use natero_wasm::npm::Core;
use serde_json::{Value, json};
use support::{Effect, Page, WALL, kinds};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Starts on a visible page with these cookies.
fn start(changes: Value, session: &str, visitor: &str) -> Page {
    let page = Page::made(changes);
    page.start_with(true, session, visitor);
    page
}

/// The session cookie with a time this many ms ago.
fn session(id: &str, ago: f64) -> String {
    format!("{id}.{}", WALL - ago)
}

/// Flushes, and returns the actions that were sent, with their durations.
fn told(page: &Page) -> Vec<(String, Option<i64>)> {
    page.flush(1);
    let sends = page.all("send");
    let events: Vec<Value> = sends.iter().flat_map(Effect::events).collect();
    events
        .iter()
        .map(|event| {
            let ms = event["time_spent"]
                .as_i64()
                .or(event["active_duration"].as_i64());
            (event["action"].as_str().expect("an action").to_owned(), ms)
        })
        .collect()
}

#[wasm_bindgen_test]
fn a_first_page_sets_both_cookies() {
    let page = start(json!({}), "", "");
    let mut effects = page.effects();
    effects.retain(|effect| effect.kind().starts_with("set"));
    let session = json!({
        "type": "setSession", "value": format!("{}.{WALL}", page.session()), "maxAge": 1800
    });
    let year = 365 * 24 * 3600;
    let visitor = json!({ "type": "setVisitor", "value": page.visitor(), "maxAge": year });
    assert_eq!(effects, [Effect(session), Effect(visitor)]);
}

#[wasm_bindgen_test]
fn a_next_page_goes_on_with_the_session_and_the_visitor() {
    let page = start(json!({}), &session("sess", 60_000.0), "visit");
    assert_eq!([page.session(), page.visitor()], ["sess", "visit"]);
    assert_eq!(page.one("setSession").text("value"), format!("sess.{WALL}"));
}

#[wasm_bindgen_test]
fn a_session_that_timed_out_does_not_go_on_but_its_visitor_does() {
    let old = session("sess", 1_800_000.0);
    let page = start(json!({}), &old, "visit");
    assert_ne!(page.session(), "sess");
    assert_eq!(page.visitor(), "visit");
}

#[wasm_bindgen_test]
fn cookies_that_cannot_be_ours_are_not_taken() {
    for (foreign, visitor) in [
        ("<script>.1700000000000", "<script>"),
        ("sess", "a b"),
        ("sess.", "ä"),
        ("sess.x", "v=1"),
        (".1700000000000", "a;b"),
    ] {
        let page = start(json!({}), foreign, visitor);
        assert_eq!([page.session().len(), page.visitor().len()], [16, 16]);
    }
}

#[wasm_bindgen_test]
fn in_memory_or_before_consent_or_with_sending_disabled_no_cookie_is_touched() {
    for changes in [
        json!({ "persistence": "memory" }),
        json!({ "consent": "pending" }),
        json!({ "disableEventSend": true }),
    ] {
        let page = start(changes, "", "");
        page.at(60_000.0).tell(Core::activity);
        page.at(120_000.0).tell(Core::hidden);
        let touches = ["setSession", "setVisitor", "readCookies", "eraseCookies"];
        assert_eq!(kinds(&page.effects(), &touches), [""; 0]);
    }
}

#[wasm_bindgen_test]
fn activity_looks_at_the_cookies_but_not_each_time() {
    let page = Page::started(json!({}));
    page.at(4_999.0).tell(Core::activity);
    assert_eq!(page.effects(), []);
    page.at(5_000.0).tell(Core::activity);
    page.one("readCookies");
    let value = format!("{}.{}", page.session(), WALL + 5_000.0);
    page.cookies(&value, &page.visitor());
    assert_eq!(page.one("setSession").text("value"), value);
    page.at(5_001.0).tell(Core::activity);
    assert_eq!(page.all("readCookies"), []);
}

#[wasm_bindgen_test]
fn the_session_that_another_tab_began_is_taken_over() {
    let page = Page::started(json!({}));
    page.at(10_000.0).tell(Core::activity);
    page.one("readCookies");
    page.cookies(&format!("other.{}", WALL + 9_000.0), "visit");
    assert_eq!([page.session(), page.visitor()], ["other", "visit"]);
}

#[wasm_bindgen_test]
fn activity_after_the_session_timed_out_begins_another() {
    let page = Page::started(json!({}));
    let first = page.session();
    page.at(1_900_000.0).tell(Core::activity);
    page.cookies("", "");
    assert_ne!(page.session(), first);
}

#[wasm_bindgen_test]
fn a_page_that_comes_into_use_announces_it() {
    let page = Page::made(json!({}));
    page.start(false);
    assert_eq!(page.all("announceTab"), [], "hidden");
    page.at(10_000.0).tell(Core::shown);
    page.cookies("", "");
    assert_eq!(page.all("announceTab").len(), 1);
    page.at(10_001.0).tell(Core::activity);
    assert_eq!(page.all("announceTab"), [], "it is in use already");
}

#[wasm_bindgen_test]
fn time_counts_until_the_page_is_hidden() {
    let page = Page::started(json!({ "trackUnload": true }));
    page.set_module(Some("m"));
    page.at(3_000.0).tell(Core::hidden);
    page.at(50_000.0).tell(Core::hidden);
    let events = page.all("send");
    let actions: Vec<(Value, Value)> = events
        .iter()
        .flat_map(Effect::events)
        .map(|event| (event["action"].clone(), event["created_at"].clone()))
        .collect();
    let at = Value::from((WALL + 3_000.0) as i64);
    assert_eq!(
        actions,
        [("moduleEnd".into(), at.clone()), ("sessionSync".into(), at)]
    );
    for event in events.iter().flat_map(Effect::events) {
        let ms = [&event["time_spent"], &event["active_duration"]];
        assert!(ms.contains(&&Value::from(3_000)), "{event}");
    }
}

#[wasm_bindgen_test]
fn time_counts_no_longer_once_another_tab_came_into_use() {
    let page = Page::started(json!({}));
    page.set_module(Some("m"));
    page.at(5_000.0)
        .tell(|core, mono, wall| core.other_tab(mono, wall, WALL + 2_000.0));
    page.at(9_000.0).set_module(None);
    let told = told(&page);
    assert_eq!(told[0], ("moduleEnd".into(), Some(2_000)));
}

#[wasm_bindgen_test]
fn time_that_another_tab_has_counted_is_left_out() {
    let page = Page::started(json!({}));
    page.set_module(Some("m"));
    page.at(5_000.0)
        .tell(|core, mono, wall| core.other_tab(mono, wall, -(WALL + 2_000.0)));
    page.at(9_000.0).set_module(None);
    let told = told(&page);
    assert_eq!(told[0], ("moduleEnd".into(), Some(7_000)));
}

#[wasm_bindgen_test]
fn an_announcement_that_overlaps_counted_time_is_answered_with_its_end() {
    let page = Page::started(json!({}));
    page.at(4_000.0).tell(Core::activity);
    page.at(5_000.0)
        .tell(|core, mono, wall| core.other_tab(mono, wall, WALL + 2_000.0));
    let announcement = page.one("announceTab")["announcement"].as_f64();
    assert_eq!(announcement, Some(-(WALL + 4_000.0)));
}

#[wasm_bindgen_test]
fn idling_is_noticed_when_woken_and_counts_up_to_the_last_activity() {
    let page = Page::started(json!({}));
    page.set_module(Some("m"));
    page.at(1_500.0).tell(Core::activity);
    // The timer fires hours late, because the laptop slept.
    page.at(9_000_000.0).tell(Core::timer);
    assert_eq!(
        told(&page),
        [
            ("sessionIdle".to_owned(), None),
            ("moduleEnd".to_owned(), Some(1_500)),
            ("sessionSync".to_owned(), Some(1_500)),
        ]
    );
}

#[wasm_bindgen_test]
fn an_active_session_is_synced_at_its_interval() {
    let page = Page::started(json!({ "sessionSyncInterval": 10_000 }));
    page.at(4_000.0).tell(Core::activity);
    page.at(10_000.0).tell(Core::timer);
    assert_eq!(told(&page), [("sessionSync".to_owned(), Some(4_000))]);
}

#[wasm_bindgen_test]
fn a_worker_has_no_active_time() {
    let page = Page::made(json!({ "trackUnload": true }));
    page.start(false);
    page.at(1_000.0).tell(Core::activity);
    page.at(90_000.0).tell(Core::hidden);
    assert_eq!(page.stats()["accepted"], 0, "nothing to tell");
}
