//! When batches leave, and what becomes of each answer.

#![cfg(target_arch = "wasm32")]

mod support;

use support::{Effect, PENDING, Page, Settings};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const ONE: [f64; 4] = [1.0, 0.0, 0.0, 0.0];

// Reasons of a loss, in the order of the counters.
const OVERFLOW: f64 = 3.0;
const REJECTED: f64 = 4.0;
const TOO_LARGE: f64 = 5.0;

// Places among the counters.
const ACCEPTED: usize = 0;
const DELIVERED: usize = 1;
const WAITING: usize = 2;
const REQUESTS: usize = 3;
const RETRIES: usize = 4;
const DROPPED_CONSENT: usize = 5;
const BYTES: usize = 11;

/// A page that sends every event at once.
fn eager() -> Page {
    let mut settings = Settings::default();
    settings.numbers[4] = 1.0;
    Page::started(settings)
}

/// A page with so many events in its first request.
fn sending(events: usize) -> (Page, Effect) {
    let page = Page::started(Settings::default());
    for n in 0..events {
        page.feature(&format!("f{n}"));
    }
    page.tell_with("Flush", "", ONE);
    let request = page.one("Send");
    assert_eq!(request.b, events as f64);
    (page, request)
}

/// The features of a batch, which may tell of time as well.
fn features(request: &Effect) -> Vec<String> {
    let events = request.events();
    let names = events.iter().filter_map(|event| event["feature"].as_str());
    names.map(str::to_owned).collect()
}

#[wasm_bindgen_test]
fn a_batch_leaves_when_it_is_full() {
    let mut settings = Settings::default();
    settings.numbers[4] = 3.0;
    let page = Page::started(settings);
    page.feature("one");
    page.feature("two");
    assert_eq!(page.all("Send"), []);
    page.feature("three");
    let request = page.one("Send");
    assert_eq!(features(&request), ["one", "two", "three"]);
    assert_eq!(request.numbers(), [1.0, 3.0, 1.0, 0.0]);
    let counters = page.counters();
    assert_eq!(counters[REQUESTS], 1);
    assert_eq!(counters[BYTES] as usize, request.text.len());
}

#[wasm_bindgen_test]
fn the_host_is_asked_to_wake_the_engine_in_time() {
    let page = Page::started(Settings::default());
    page.at(100.0).feature("one");
    assert_eq!(page.one("Wake").a, 5100.0);
    page.at(400.0).feature("two");
    assert_eq!(page.all("Wake"), [], "a timer that is set stays");
    page.at(5099.0).tell("Timer", "");
    assert_eq!(page.one("Wake").a, 5100.0, "woken too early, it asks again");
    page.at(5100.0).tell("Timer", "");
    assert_eq!(features(&page.one("Send")), ["one", "two"]);
}

#[wasm_bindgen_test]
fn while_nothing_is_to_be_done_no_wake_is_asked_for() {
    let page = Page::made(Settings::default());
    page.tell("Start", "");
    assert_eq!(page.all("Wake"), [], "hidden, and nothing to send");
}

#[wasm_bindgen_test]
fn a_confirmed_batch_is_delivered_once() {
    let (page, request) = sending(2);
    page.answer(&request, 200.0, 0.0, 0.0, "");
    page.answer(&request, 200.0, 0.0, 0.0, "");
    let counters = page.counters();
    assert_eq!(counters[ACCEPTED], 2);
    assert_eq!([counters[DELIVERED], counters[WAITING]], [2, 0]);
}

#[wasm_bindgen_test]
fn an_answer_to_no_request_changes_nothing() {
    let (page, _) = sending(2);
    let before = page.counters();
    page.tell_with("Response", "", [77.0, 200.0, 0.0, 0.0]);
    page.tell_with("Response", "", [0.0, 0.0, 0.0, 0.0]);
    assert_eq!(page.counters(), before);
}

#[wasm_bindgen_test]
fn refused_lines_are_told_with_what_the_server_said() {
    let (page, request) = sending(3);
    page.answer(&request, 200.0, 0.0, 1.0, "line 2: no action\0 here");
    let lost = page.one("Lost");
    assert_eq!(lost.text, "line 2: no action\0 here");
    assert_eq!(lost.numbers(), [REJECTED, 1.0, 200.0, 0.0]);
    let counters = page.counters();
    assert_eq!([counters[DELIVERED], counters[WAITING]], [2, 0]);
}

#[wasm_bindgen_test]
fn more_refused_lines_than_events_refuse_them_all_and_no_more() {
    let (page, request) = sending(2);
    page.answer(&request, 200.0, 0.0, 9.0, "");
    assert_eq!(page.one("Lost").b, 2.0);
    assert_eq!(page.counters()[DELIVERED], 0);
}

#[wasm_bindgen_test]
fn a_refused_batch_is_lost_and_the_next_goes_on() {
    for status in [400.0, 401.0, 403.0, 404.0, 415.0] {
        let (page, request) = sending(2);
        page.feature("next");
        page.answer(&request, status, 0.0, 0.0, "no such key");
        let effects = page.effects();
        let named = |name: &str| {
            effects
                .iter()
                .find(|e| e.name == name)
                .expect("it is there")
        };
        let lost = named("Lost");
        assert_eq!(lost.numbers(), [REJECTED, 2.0, status, 0.0]);
        assert_eq!(lost.text, "no such key");
        assert_eq!(features(named("Send")), ["next"]);
    }
}

#[wasm_bindgen_test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let (page, request) = sending(4);
    page.answer(&request, 413.0, 0.0, 0.0, "");
    let half = page.one("Send");
    assert_eq!(features(&half), ["f0", "f1"]);
    page.answer(&half, 413.0, 0.0, 0.0, "");
    let quarter = page.one("Send");
    assert_eq!(features(&quarter), ["f0"]);
    page.answer(&quarter, 413.0, 0.0, 0.0, "16 KiB at most");
    let lost = page.one("Lost");
    assert_eq!(lost.numbers(), [TOO_LARGE, 1.0, 413.0, 0.0]);
    assert_eq!(lost.text, "16 KiB at most");
    assert_eq!(page.counters()[WAITING], 3);
}

#[wasm_bindgen_test]
fn retry_after_is_obeyed_even_by_flush() {
    for status in [429.0, 503.0] {
        let (page, request) = sending(2);
        page.at(1000.0).answer(&request, status, 90_000.0, 0.0, "");
        page.at(1001.0).tell_with("Flush", "", [2.0, 0.0, 0.0, 0.0]);
        page.at(90_999.0).tell("Timer", "");
        assert_eq!(page.all("Send"), []);
        page.at(91_000.0).tell("Timer", "");
        assert_eq!(features(&page.one("Send")), ["f0", "f1"]);
        let counters = page.counters();
        assert_eq!([counters[REQUESTS], counters[RETRIES]], [2, 1]);
    }
}

#[wasm_bindgen_test]
fn the_wake_after_retry_after_is_asked_for_in_time() {
    // A worker: no page whose idleness would come first.
    let page = Page::made(Settings::default());
    page.tell("Start", "");
    page.feature("f");
    page.tell_with("Flush", "", ONE);
    let request = page.one("Send");
    page.at(100.0).answer(&request, 429.0, 90_000.0, 0.0, "");
    // What it was asked for before comes first, and then this.
    page.at(30_000.0).tell("Timer", "");
    assert_eq!(page.one("Wake").a, 90_100.0);
}

#[wasm_bindgen_test]
fn what_had_no_answer_or_a_failing_server_is_sent_again() {
    for status in [0.0, 408.0, 429.0, 500.0, 502.0, 599.0] {
        let (page, request) = sending(2);
        page.at(10.0).answer(&request, status, 0.0, 0.0, "");
        assert_eq!(page.all("Lost"), [], "{status}");
        // The first wait is at most 1 s.
        page.at(1010.0).tell("Timer", "");
        let again = page.one("Send");
        assert_eq!(features(&again), ["f0", "f1"], "{status}");
        assert_ne!(again.a, request.a);
        assert_eq!(again.text, request.text, "the same events, byte for byte");
        page.answer(&again, 204.0, 0.0, 0.0, "");
        assert_eq!(page.counters()[DELIVERED], 2);
    }
}

#[wasm_bindgen_test]
fn a_flush_is_settled_when_it_was_tried() {
    let page = Page::started(Settings::default());
    page.tell_with("Flush", "", [7.0, 0.0, 0.0, 0.0]);
    assert_eq!(page.one("Flushed").numbers(), [7.0, 0.0, 0.0, 0.0]);

    page.feature("f0");
    page.feature("f1");
    page.feature("f2");
    page.tell_with("Flush", "", [8.0, 0.0, 0.0, 0.0]);
    let effects = page.effects();
    assert!(effects.iter().all(|effect| effect.name != "Flushed"));
    let request = effects.into_iter().find(|effect| effect.name == "Send");
    page.answer(&request.expect("a request"), 200.0, 0.0, 1.0, "");
    assert_eq!(page.one("Flushed").numbers(), [8.0, 2.0, 0.0, 1.0]);

    let (page, request) = sending(2);
    page.answer(&request, 500.0, 0.0, 0.0, "");
    assert_eq!(page.one("Flushed").numbers(), [1.0, 0.0, 2.0, 0.0]);
}

#[wasm_bindgen_test]
fn over_the_bound_the_oldest_are_lost() {
    let mut settings = Settings::default();
    settings.numbers[5] = 1000.0;
    let page = Page::started(settings);
    for n in 0..20 {
        page.feature(&format!("f{n}"));
    }
    let lost = page.all("Lost");
    assert!(!lost.is_empty());
    for loss in &lost {
        assert_eq!([loss.a, loss.c, loss.d], [OVERFLOW, 0.0, 0.0]);
    }
    let gone: f64 = lost.iter().map(|loss| loss.b).sum();
    let counters = page.counters();
    assert_eq!(counters[WAITING], 20 - gone as u32);
    page.tell_with("Flush", "", ONE);
    let kept = features(&page.one("Send"));
    assert_eq!(kept.last().map(String::as_str), Some("f19"));
    assert_eq!(kept.len() as u32, counters[WAITING]);
}

#[wasm_bindgen_test]
fn a_hidden_page_sends_at_once_what_may_outlive_it() {
    let page = Page::started(Settings::default());
    page.feature("last");
    page.tell("Hidden", "");
    let request = page.one("Send");
    assert_eq!(features(&request), ["last"]);
    assert_eq!(request.numbers(), [1.0, 1.0, 1.0, 1.0]);
}

#[wasm_bindgen_test]
fn a_body_over_what_browsers_grant_does_not_ask_to_outlive_the_page() {
    let page = eager();
    page.feature(&"x".repeat(70_000));
    let request = page.one("Send");
    assert_eq!([request.c, request.d], [0.0, 0.0]);
}

#[wasm_bindgen_test]
fn offline_nothing_is_sent_and_online_everything_at_once() {
    for went in ["told later", "told at the start"] {
        let page = Page::made(Settings::default());
        if went == "told later" {
            page.tell_with("Start", "", ONE);
            page.tell("Online", "");
        } else {
            page.tell_with("Start", "", [3.0, 0.0, 0.0, 0.0]);
        }
        page.feature("f");
        page.at(50_000.0).tell("Timer", "");
        assert_eq!(page.all("Send"), [], "{went}");
        page.tell_with("Online", "", ONE);
        assert_eq!(features(&page.one("Send")), ["f"], "{went}");
    }
}

#[wasm_bindgen_test]
fn consent_that_is_given_later_sends_what_was_held() {
    let page = Page::started(Settings::flags(PENDING));
    page.feature("held");
    page.tell_with("Flush", "", ONE);
    let before = page.effects();
    for touch in ["Send", "SetSession", "SetVisitor"] {
        assert!(before.iter().all(|effect| effect.name != touch), "{touch}");
    }
    page.tell("OptIn", "");
    let effects = page.effects();
    assert!(effects.iter().any(|effect| effect.name == "SetVisitor"));
    page.tell_with("Flush", "", ONE);
    assert_eq!(features(&page.one("Send")), ["held"]);
}

#[wasm_bindgen_test]
fn refused_consent_drops_what_waits_and_erases_the_cookies() {
    let (page, request) = sending(2);
    page.feature("waits");
    page.tell("OptOut", "");
    page.one("EraseCookies");
    page.answer(&request, 200.0, 0.0, 0.0, "");
    page.feature("later");
    let counters = page.counters();
    assert_eq!([counters[DELIVERED], counters[WAITING]], [0, 0]);
    assert_eq!(counters[DROPPED_CONSENT], counters[ACCEPTED]);
    assert_eq!(page.all("Send"), []);
}

#[wasm_bindgen_test]
fn a_reset_sends_under_the_old_identity_and_then_forgets_it() {
    let page = Page::started(Settings::default());
    page.tell("SetModule", "m");
    page.tell("SetProduct", "p");
    page.feature("f");
    let ids = [page.read(4), page.read(5)];
    page.tell("Reset", "");
    let events = page.one("Send").events();
    assert!(events.iter().all(|event| event["user_id"] == "ann"));
    for which in 0..4 {
        assert_eq!(page.read(which), "");
    }
    assert_ne!(page.read(4), ids[0]);
    assert_ne!(page.read(5), ids[1]);
}

#[wasm_bindgen_test]
fn a_shutdown_sends_detaches_and_ignores_later_calls() {
    let page = Page::started(Settings::default());
    page.feature("last");
    page.tell("Shutdown", "");
    let names: Vec<String> = page.effects().into_iter().map(|e| e.name).collect();
    assert!(names.contains(&"Send".into()), "{names:?}");
    assert!(names.contains(&"Detach".into()), "{names:?}");
    let counters = page.counters();
    page.feature("late");
    page.tell("SetModule", "late");
    assert_eq!(page.counters(), counters);
    assert_eq!(page.read(2), "");
    page.tell_with("Flush", "", [3.0, 0.0, 0.0, 0.0]);
    page.tell_with("Response", "", [1.0, 200.0, 0.0, 0.0]);
    let effects = page.effects();
    assert!(
        effects.iter().any(|effect| effect.name == "Flushed"),
        "whoever waits for a flush must not wait for ever"
    );
}
