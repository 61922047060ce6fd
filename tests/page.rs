//! The life of the page: cookies, coming into use, idling, going.

#![cfg(target_arch = "wasm32")]

mod support;

use serde_json::Value;
use support::{Effect, MEMORY, PENDING, Page, Settings, TRACK_UNLOAD, WALL};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const VISIBLE: [f64; 4] = [1.0, 0.0, 0.0, 0.0];

/// Starts on a visible page with these cookies.
fn start(settings: Settings, session: &str, visitor: &str) -> Page {
    let page = Page::made(settings);
    page.tell_with("Start", &format!("\0\0\0{session}\0{visitor}"), VISIBLE);
    page
}

fn named<'a>(effects: &'a [Effect], name: &str) -> Vec<&'a Effect> {
    effects.iter().filter(|e| e.name == name).collect()
}

/// The session of a cookie: a wall time of this many ms ago.
fn session(id: &str, ago: f64) -> String {
    format!("{id}.{}", WALL - ago)
}

/// Flushes, and returns the actions that were sent, with their durations.
fn told(page: &Page) -> Vec<(String, Option<i64>)> {
    page.tell_with("Flush", "", VISIBLE);
    let sends = page.all("Send");
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
    let page = start(Settings::default(), "", "");
    let effects = page.effects();
    let [kept] = named(&effects, "SetSession")[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(kept.text, format!("{}.{WALL}", page.read(4)));
    assert_eq!(kept.numbers(), [1800.0, 0.0, 0.0, 0.0]);
    let [visitor] = named(&effects, "SetVisitor")[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(visitor.text, page.read(5));
}

#[wasm_bindgen_test]
fn a_next_page_goes_on_with_the_session_and_the_visitor() {
    let page = start(Settings::default(), &session("sess", 60_000.0), "visit");
    assert_eq!([page.read(4), page.read(5)], ["sess", "visit"]);
    assert_eq!(page.one("SetSession").text, format!("sess.{WALL}"));
}

#[wasm_bindgen_test]
fn a_session_that_timed_out_does_not_go_on_but_its_visitor_does() {
    let old = session("sess", 1_800_000.0);
    let page = start(Settings::default(), &old, "visit");
    assert_ne!(page.read(4), "sess");
    assert_eq!(page.read(5), "visit");
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
        let page = start(Settings::default(), foreign, visitor);
        assert_eq!([page.read(4).len(), page.read(5).len()], [16, 16]);
    }
}

#[wasm_bindgen_test]
fn in_memory_or_before_consent_no_cookie_is_touched() {
    for flags in [MEMORY, PENDING] {
        let page = start(Settings::flags(flags), "", "");
        page.at(60_000.0).tell("Activity", "");
        page.at(120_000.0).tell("Hidden", "");
        let effects = page.effects();
        for touch in ["SetSession", "SetVisitor", "ReadCookies", "EraseCookies"] {
            assert!(named(&effects, touch).is_empty(), "{touch}");
        }
    }
}

#[wasm_bindgen_test]
fn activity_looks_at_the_cookies_but_not_each_time() {
    let page = Page::started(Settings::default());
    page.at(4_999.0).tell("Activity", "");
    assert_eq!(page.effects(), []);
    page.at(5_000.0).tell("Activity", "");
    assert_eq!(page.one("ReadCookies").numbers(), [0.0; 4]);
    let value = format!("{}.{}", page.read(4), WALL + 5_000.0);
    page.tell("Cookies", &format!("{value}\0{}", page.read(5)));
    assert_eq!(page.one("SetSession").text, value);
    page.at(5_001.0).tell("Activity", "");
    assert_eq!(page.all("ReadCookies"), []);
}

#[wasm_bindgen_test]
fn the_session_that_another_tab_began_is_taken_over() {
    let page = Page::started(Settings::default());
    page.at(10_000.0).tell("Activity", "");
    page.one("ReadCookies");
    page.tell("Cookies", &format!("other.{}\0visit", WALL + 9_000.0));
    assert_eq!([page.read(4), page.read(5)], ["other", "visit"]);
}

#[wasm_bindgen_test]
fn activity_after_the_session_timed_out_begins_another() {
    let page = Page::started(Settings::default());
    let first = page.read(4);
    page.at(1_900_000.0).tell("Activity", "");
    page.tell("Cookies", "\0");
    assert_ne!(page.read(4), first);
}

#[wasm_bindgen_test]
fn a_page_that_comes_into_use_announces_it() {
    let page = Page::made(Settings::default());
    page.tell("Start", "");
    assert_eq!(page.all("Announce"), [], "hidden");
    page.at(10_000.0).tell("Shown", "");
    page.tell("Cookies", "\0");
    assert_eq!(page.all("Announce").len(), 1);
    page.at(10_001.0).tell("Activity", "");
    assert_eq!(page.all("Announce"), [], "it is in use already");
}

#[wasm_bindgen_test]
fn time_counts_until_the_page_is_hidden() {
    let page = Page::started(Settings::flags(TRACK_UNLOAD));
    page.tell("SetModule", "m");
    page.at(3_000.0).tell("Hidden", "");
    page.at(50_000.0).tell("Hidden", "");
    let events = page.all("Send");
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
    let page = Page::started(Settings::default());
    page.tell("SetModule", "m");
    page.at(5_000.0)
        .tell_with("OtherTab", "", [WALL + 2_000.0, 0.0, 0.0, 0.0]);
    page.at(9_000.0).tell("SetModule", "");
    let told = told(&page);
    assert_eq!(told[0], ("moduleEnd".into(), Some(2_000)));
}

#[wasm_bindgen_test]
fn idling_is_noticed_when_woken_and_counts_up_to_the_last_activity() {
    let page = Page::started(Settings::default());
    page.tell("SetModule", "m");
    page.at(1_500.0).tell("Activity", "");
    // Hours late: a laptop slept.
    page.at(9_000_000.0).tell("Timer", "");
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
    let mut settings = Settings::default();
    settings.numbers[2] = 10_000.0;
    let page = Page::started(settings);
    page.at(4_000.0).tell("Activity", "");
    page.at(10_000.0).tell("Timer", "");
    assert_eq!(told(&page), [("sessionSync".to_owned(), Some(4_000))]);
}

#[wasm_bindgen_test]
fn a_worker_has_no_active_time() {
    let page = Page::made(Settings::flags(TRACK_UNLOAD));
    page.tell("Start", "");
    page.at(1_000.0).tell("Activity", "");
    page.at(90_000.0).tell("Hidden", "");
    let counters = page.counters();
    assert_eq!(counters[0], 0, "nothing to tell");
}
