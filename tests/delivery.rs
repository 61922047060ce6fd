//! When batches are sent, and how each answer is handled.

#![cfg(target_arch = "wasm32")]

mod support;

use natero_wasm::npm::Core;
use serde_json::{Value, json};
use support::{Effect, Page, kinds, optional, text};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A page with this many events in its first request.
fn sending(events: usize) -> (Page, Effect) {
    let page = Page::started(json!({}));
    for n in 0..events {
        page.feature(&format!("f{n}"));
    }
    page.flush(1);
    let request = page.one("send");
    assert_eq!(request["events"], events);
    (page, request)
}

/// The values of some counters.
fn counted<const N: usize>(page: &Page, names: [&str; N]) -> [u64; N] {
    let stats = page.stats();
    names.map(|name| stats[name].as_u64().expect("a counter"))
}

/// What the host is told about lost events.
fn loss(reason: &str, count: u32, status: u16, message: &str) -> Value {
    json!({ "type": "reportLoss", "reason": reason, "count": count, "status": status, "message": message })
}

#[wasm_bindgen_test]
fn a_batch_leaves_when_it_is_full() {
    let page = Page::started(json!({ "batchSize": 3 }));
    page.feature("one");
    page.feature("two");
    assert_eq!(page.all("send"), []);
    page.feature("three");
    let request = page.one("send");
    assert_eq!(request.features(), ["one", "two", "three"]);
    let expected = json!({
        "type": "send", "request": 1, "events": 3, "body": request["body"], "asked": "", "keepalive": true, "unloading": false
    });
    assert_eq!(request.0, expected);
    let sent = counted(&page, ["requests", "bytesSent"]);
    assert_eq!(sent, [1, request.text("body").len() as u64]);
}

#[wasm_bindgen_test]
fn the_engine_names_the_time_to_wake_it() {
    let page = Page::started(json!({}));
    page.at(100.0).feature("one");
    assert_eq!(page.wake_at(), Some(5100.0));
    page.at(400.0).feature("two");
    assert_eq!(page.wake_at(), Some(5100.0));
    page.at(5099.0).tell(Core::timer);
    assert_eq!(
        page.wake_at(),
        Some(5100.0),
        "woken too early, it says so again"
    );
    page.at(5100.0).tell(Core::timer);
    assert_eq!(page.one("send").features(), ["one", "two"]);
}

#[wasm_bindgen_test]
fn while_nothing_is_to_be_done_nobody_needs_to_wake_the_engine() {
    let page = Page::made(json!({}));
    page.start(false);
    assert_eq!(page.wake_at(), None, "hidden, and nothing to send");
}

#[wasm_bindgen_test]
fn a_confirmed_batch_is_delivered_once() {
    let (page, request) = sending(2);
    page.answer(&request, 200);
    page.answer(&request, 200);
    assert_eq!(
        counted(&page, ["accepted", "delivered", "pending"]),
        [2, 2, 0]
    );
}

#[wasm_bindgen_test]
fn an_answer_to_no_request_changes_nothing() {
    let (page, _) = sending(2);
    let before = page.stats();
    for number in [77, 0] {
        page.tell(|core, mono, wall| {
            core.answered(mono, wall, number, 200, None, 0, &text(""), &optional(None));
        });
        page.tell(|core, mono, wall| core.unanswered(mono, wall, number));
    }
    assert_eq!(page.stats(), before);
}

#[wasm_bindgen_test]
fn refused_lines_are_told_with_what_the_server_said() {
    let (page, request) = sending(3);
    page.answer_with(&request, 200, None, 1, "line 2: no action\0 here");
    let told = loss("rejected", 1, 200, "line 2: no action\0 here");
    assert_eq!(page.one("reportLoss").0, told);
    assert_eq!(counted(&page, ["delivered", "pending"]), [2, 0]);
}

#[wasm_bindgen_test]
fn more_refused_lines_than_events_refuse_them_all_and_no_more() {
    let (page, request) = sending(2);
    page.answer_with(&request, 200, None, 9, "");
    assert_eq!(page.one("reportLoss")["count"], 2);
    assert_eq!(counted(&page, ["delivered"]), [0]);
}

#[wasm_bindgen_test]
fn a_refused_batch_is_lost_and_the_next_goes_on() {
    for status in [400, 401, 410, 422] {
        let (page, request) = sending(2);
        page.feature("next");
        page.answer_with(&request, status, None, 0, "no such key");
        let effects = page.effects();
        let named = |name: &str| {
            effects
                .iter()
                .find(|effect| effect.kind() == name)
                .expect("it is there")
        };
        assert_eq!(
            named("reportLoss").0,
            loss("rejected", 2, status, "no such key")
        );
        assert_eq!(named("send").features(), ["next"]);
    }
}

#[wasm_bindgen_test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let (page, request) = sending(4);
    page.answer(&request, 413);
    let half = page.one("send");
    assert_eq!(half.features(), ["f0", "f1"]);
    page.answer(&half, 413);
    let quarter = page.one("send");
    assert_eq!(quarter.features(), ["f0"]);
    page.answer_with(&quarter, 413, None, 0, "16 KiB at most");
    assert_eq!(
        page.one("reportLoss").0,
        loss("too_large", 1, 413, "16 KiB at most")
    );
    assert_eq!(counted(&page, ["pending"]), [3]);
}

#[wasm_bindgen_test]
fn retry_after_is_obeyed_even_by_flush() {
    for status in [429, 503] {
        let (page, request) = sending(2);
        page.at(1000.0)
            .answer_with(&request, status, Some(90_000.0), 0, "");
        page.at(1001.0).flush(2);
        page.at(90_999.0).tell(Core::timer);
        assert_eq!(page.all("send"), []);
        // Clients that got the same answer come back spread over a quarter of the time.
        page.at(91_000.0 + 22_501.0).tell(Core::timer);
        assert_eq!(page.one("send").features(), ["f0", "f1"]);
        assert_eq!(counted(&page, ["requests", "retries"]), [2, 1]);
    }
}

#[wasm_bindgen_test]
fn the_engine_is_to_be_woken_when_retry_after_is_over() {
    // A worker, so that no idle timeout of a page comes first.
    let page = Page::made(json!({}));
    page.start(false);
    page.feature("f");
    page.flush(1);
    let request = page.one("send");
    page.at(100.0)
        .answer_with(&request, 429, Some(90_000.0), 0, "");
    // Before that, the page is told that the server accepts nothing.
    assert_eq!(page.wake_at(), Some(60_000.0));
    page.at(60_000.0).tell(Core::timer);
    let told = json!({ "type": "warnUnreachable", "status": 429 });
    assert_eq!(page.one("warnUnreachable").0, told);
    let due = page.wake_at().expect("it will be tried again");
    assert!((90_100.0..=112_601.0).contains(&due), "{due}");
}

#[wasm_bindgen_test]
fn what_had_no_answer_or_a_failing_server_is_sent_again() {
    for status in [None, Some(408), Some(429), Some(500), Some(502), Some(599)] {
        let (page, request) = sending(2);
        match status {
            Some(status) => page.at(10.0).answer(&request, status),
            None => page.at(10.0).unanswered(&request),
        }
        assert_eq!(page.all("reportLoss"), [], "{status:?}");
        // The first wait takes at most 1 s.
        page.at(1010.0).tell(Core::timer);
        let again = page.one("send");
        assert_eq!(again.features(), ["f0", "f1"], "{status:?}");
        assert_ne!(again["request"], request["request"]);
        assert_eq!(
            again["body"], request["body"],
            "the same events, byte for byte"
        );
        page.answer(&again, 204);
        assert_eq!(counted(&page, ["delivered"]), [2]);
    }
}

#[wasm_bindgen_test]
fn a_flush_is_settled_when_it_was_tried() {
    let outcome = |flush: u32, delivered: u32, pending: u32, rejected: u32| {
        json!({
            "type": "resolveFlush", "flush": flush, "delivered": delivered, "pending": pending, "rejected": rejected
        })
    };
    let page = Page::started(json!({}));
    page.flush(7);
    assert_eq!(page.one("resolveFlush").0, outcome(7, 0, 0, 0));

    for feature in ["f0", "f1", "f2"] {
        page.feature(feature);
    }
    page.flush(8);
    let effects = page.effects();
    assert_eq!(kinds(&effects, &["send", "resolveFlush"]), ["send"]);
    let request = effects.iter().find(|effect| effect.kind() == "send");
    page.answer_with(request.expect("a request"), 200, None, 1, "");
    assert_eq!(page.one("resolveFlush").0, outcome(8, 2, 0, 1));

    let (page, request) = sending(2);
    page.answer(&request, 500);
    assert_eq!(page.one("resolveFlush").0, outcome(1, 0, 2, 0));
}

#[wasm_bindgen_test]
fn over_the_bound_the_oldest_are_lost() {
    let page = Page::started(json!({ "maxQueueBytes": 1000 }));
    for n in 0..20 {
        page.feature(&format!("f{n}"));
    }
    let lost = page.all("reportLoss");
    assert!(!lost.is_empty());
    for loss in &lost {
        assert_eq!(loss["reason"], "overflow");
        assert_eq!(loss["status"], Value::Null);
    }
    let gone: u64 = lost.iter().filter_map(|loss| loss["count"].as_u64()).sum();
    let [pending] = counted(&page, ["pending"]);
    assert_eq!(pending, 20 - gone);
    page.flush(1);
    let kept = page.one("send").features();
    assert_eq!(kept.last().map(String::as_str), Some("f19"));
    assert_eq!(kept.len() as u64, pending);
}

#[wasm_bindgen_test]
fn a_hidden_page_sends_at_once_what_may_outlive_it() {
    let page = Page::started(json!({}));
    page.feature("last");
    page.tell(Core::hidden);
    let request = page.one("send");
    assert_eq!(request.features(), ["last"]);
    assert_eq!([&request["keepalive"], &request["unloading"]], [true, true]);
}

#[wasm_bindgen_test]
fn a_body_over_what_browsers_grant_does_not_ask_to_outlive_the_page() {
    let page = Page::started(json!({ "batchSize": 1 }));
    page.feature(&"x".repeat(70_000));
    let request = page.one("send");
    assert_eq!(
        [&request["keepalive"], &request["unloading"]],
        [false, false]
    );
}

#[wasm_bindgen_test]
fn offline_is_a_hint_and_online_sends_at_once() {
    for went in ["told later", "told at the start"] {
        let page = Page::made(json!({}));
        if went == "told later" {
            page.start(true);
            page.online(false);
        } else {
            page.start_offline();
        }
        page.feature("f");
        page.at(5000.0).tell(Core::timer);
        let request = page.one("send");
        assert_eq!(request.features(), ["f"], "{went}");
        page.unanswered(&request);
        page.online(true);
        assert_eq!(page.one("send").features(), ["f"], "{went}");
    }
}

#[wasm_bindgen_test]
fn a_request_that_is_not_answered_is_to_be_aborted() {
    let (page, request) = sending(1);
    page.at(30_000.0).tell(Core::timer);
    let aborted = json!({ "type": "abortRequest", "request": request["request"] });
    assert_eq!(page.one("abortRequest").0, aborted);
}

#[wasm_bindgen_test]
fn what_an_earlier_page_sent_is_asked_about() {
    let (gone, _) = sending(2);
    gone.tell(Core::hidden);
    let left = gone.all("store");
    let page = Page::seeded([9; 4], json!({}));
    page.start(true);
    page.effects();
    let records = left.last().expect("it was stored").text("records");
    page.adopted(records);
    page.at(250.0).tell(Core::timer);
    let request = page.one("send");
    assert_eq!(request["events"], 0);
    let asked = request.text("asked");
    let lacking = asked.split(',').next().expect("an id");
    page.answer_lacking(&request, lacking);
    assert_eq!(page.one("send").features(), ["f0"]);
    assert_eq!(counted(&page, ["delivered", "pending"]), [1, 1]);
}

#[wasm_bindgen_test]
fn consent_that_is_given_later_sends_what_was_held() {
    let page = Page::started(json!({ "consent": "pending" }));
    page.feature("held");
    page.flush(1);
    let touches = ["send", "setSession", "setVisitor"];
    assert_eq!(kinds(&page.effects(), &touches), [""; 0]);
    page.tell(Core::opt_in);
    page.one("readCookies");
    page.cookies("", "");
    page.one("setVisitor");
    page.flush(1);
    assert_eq!(page.one("send").features(), ["held"]);
}

#[wasm_bindgen_test]
fn refused_consent_drops_what_waits_and_erases_the_cookies() {
    let (page, request) = sending(2);
    page.feature("waits");
    page.tell(Core::opt_out);
    page.one("eraseCookies");
    page.answer(&request, 200);
    page.feature("later");
    let stats = page.stats();
    assert_eq!([&stats["delivered"], &stats["pending"]], [0, 0]);
    assert_eq!(stats["dropped"]["consent"], stats["accepted"]);
    assert_eq!(page.all("send"), []);
}

#[wasm_bindgen_test]
fn a_reset_sends_under_the_old_identity_and_then_forgets_it() {
    let page = Page::started(json!({}));
    page.set_module(Some("m"));
    page.set_product(Some("p"));
    page.feature("f");
    let ids = [page.session(), page.visitor()];
    page.tell(Core::reset);
    let events = page.one("send").events();
    assert!(events.iter().all(|event| event["user_id"] == "ann"));
    for name in ["accountId", "userId", "moduleId", "productId"] {
        assert_eq!(page.id(name), None, "{name}");
    }
    assert_ne!(page.session(), ids[0]);
    assert_ne!(page.visitor(), ids[1]);
}

#[wasm_bindgen_test]
fn a_shutdown_sends_detaches_and_ignores_later_calls() {
    let page = Page::started(json!({}));
    page.feature("last");
    page.tell(Core::shutdown);
    let effects = page.effects();
    assert_eq!(kinds(&effects, &["send", "detach"]), ["send", "detach"]);
    let stats = page.stats();
    page.feature("late");
    page.set_module(Some("late"));
    assert_eq!(page.stats(), stats);
    assert_eq!(page.id("moduleId"), None);
    page.flush(3);
    let request = effects.iter().find(|effect| effect.kind() == "send");
    page.answer(request.expect("a request"), 200);
    // The promise of a flush must not stay pending for ever.
    page.one("resolveFlush");
}
