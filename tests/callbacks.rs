//! The host may call back in while it performs an effect.

#![cfg(target_arch = "wasm32")]

mod support;

use std::cell::Cell;
use std::rc::Rc;

use natero_wasm::npm::Core;
use serde_json::{Value, json};
use support::{Page, kinds};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn filtering() -> Page {
    Page::started(json!({ "filter": true }))
}

#[wasm_bindgen_test]
fn before_send_sees_the_event_that_would_be_sent() {
    let page = filtering();
    page.feature("f");
    let filter = page.one("filter");
    let event: Value = serde_json::from_str(filter.text("line")).expect("JSON");
    assert_eq!(event["feature"], "f");
    assert_eq!(event["account_id"], "acme");
    page.flush(1);
    assert_eq!(page.all("send"), [], "nothing leaves before it decided");
}

#[wasm_bindgen_test]
fn what_before_send_returns_within_the_call_is_what_is_sent() {
    let page = filtering();
    page.whenever(|page, effect| {
        if effect.kind() == "filter" {
            page.filtered(&effect.text("line").replace("secret", "***"));
        }
    });
    page.feature("secret 🦀");
    let event = page.sent();
    assert_eq!(event["feature"], "*** 🦀");
    assert_eq!(event["seq"], 0);
}

#[wasm_bindgen_test]
fn what_before_send_drops_is_counted_and_only_a_throw_is_told() {
    let page = filtering();
    let threw = Rc::new(Cell::new(false));
    let throws = Rc::clone(&threw);
    page.whenever(move |page, effect| {
        if effect.kind() == "filter" {
            page.filtered_out(throws.get());
        }
    });
    page.feature("dropped");
    assert_eq!(page.all("reportLoss"), []);
    threw.set(true);
    page.feature("threw");
    let loss = json!({ "type": "reportLoss", "reason": "before_send", "count": 1, "message": "" });
    assert_eq!(page.one("reportLoss").0, loss);
    let stats = page.stats();
    assert_eq!(stats["dropped"]["before_send"], 2);
    assert_eq!(stats["pending"], 0);
}

#[wasm_bindgen_test]
fn seq_leaves_no_gap_where_before_send_dropped_an_event() {
    let page = filtering();
    page.whenever(|page, effect| {
        if effect.kind() == "filter" {
            let line = effect.text("line");
            if line.contains("drop") {
                page.filtered_out(false)
            } else {
                page.filtered(line)
            }
        }
    });
    for feature in ["one", "drop", "two"] {
        page.feature(feature);
    }
    page.flush(1);
    let events = page.one("send").events();
    let seqs: Vec<i64> = events.iter().filter_map(|e| e["seq"].as_i64()).collect();
    assert_eq!(seqs, [0, 1]);
}

#[wasm_bindgen_test]
fn decisions_that_come_later_are_of_the_oldest_event_first() {
    let page = filtering();
    for feature in ["one", "two", "three"] {
        page.feature(feature);
    }
    let lines = page.all("filter");
    assert_eq!(lines.len(), 3);
    page.filtered(lines[0].text("line"));
    page.filtered_out(false);
    page.filtered(lines[2].text("line"));
    page.flush(1);
    assert_eq!(page.one("send").features(), ["one", "three"]);
}

#[wasm_bindgen_test]
fn decisions_that_nobody_asked_for_are_ignored() {
    for filter in [false, true] {
        let page = Page::started(json!({ "filter": filter }));
        page.filtered("{\"action\":\"forged\"}");
        page.filtered_out(true);
        page.flush(1);
        assert_eq!(page.all("send"), []);
        assert_eq!(page.stats()["accepted"], 0);
    }
}

#[wasm_bindgen_test]
fn an_effect_ends_before_the_next_begins_whatever_the_host_calls() {
    let page = Page::started(json!({ "filter": true, "batchSize": 1 }));
    let depth = Rc::new(Cell::new(0));
    let more = Rc::new(Cell::new(5));
    let (deep, left) = (Rc::clone(&depth), Rc::clone(&more));
    page.whenever(move |page, effect| {
        assert_eq!(deep.replace(1), 0, "within another: {effect:?}");
        match effect.kind() {
            "filter" => page.filtered(effect.text("line")),
            "send" => {
                page.answer(effect, 200);
                if left.get() > 0 {
                    left.set(left.get() - 1);
                    page.feature("from within");
                    page.tell(Core::activity);
                    page.stats();
                }
            }
            _ => {}
        }
        deep.set(0);
    });
    page.feature("first");
    assert_eq!((depth.get(), more.get()), (0, 0));
    let stats = page.stats();
    let counted = ["accepted", "delivered", "pending", "requests"].map(|name| stats[name].as_u64());
    assert_eq!(
        counted,
        [Some(6), Some(6), Some(0), Some(6)],
        "all was taken in"
    );
    let sent = page.all("send");
    assert_eq!(sent[0].features(), ["first"]);
    assert_eq!(sent.len(), 6);
}

#[wasm_bindgen_test]
fn effects_of_a_call_from_within_follow_those_that_were_due() {
    let page = Page::started(json!({ "debug": true }));
    page.whenever(|page, effect| {
        if effect.kind() == "showEvent" && effect.text("line").contains("\"outer\"") {
            page.feature("inner");
            page.flush(1);
        }
    });
    page.feature("outer");
    let effects = page.effects();
    let order = kinds(&effects, &["showEvent", "send"]);
    assert_eq!(order, ["showEvent", "showEvent", "send"]);
    let send = effects.iter().find(|effect| effect.kind() == "send");
    assert_eq!(send.expect("a request").features(), ["outer", "inner"]);
}

#[wasm_bindgen_test]
fn a_host_may_shut_the_tracker_down_from_within() {
    let page = Page::started(json!({}));
    page.whenever(|page, effect| {
        if effect.kind() == "send" {
            page.tell(Core::shutdown);
            page.feature("late");
        }
    });
    page.feature("f");
    page.flush(1);
    assert_eq!(
        kinds(&page.effects(), &["send", "detach"]),
        ["send", "detach"]
    );
}

#[wasm_bindgen_test]
fn what_is_read_from_within_is_current() {
    let page = Page::started(json!({ "debug": true }));
    let read = Rc::new(Cell::new(None));
    let heard = Rc::clone(&read);
    page.whenever(move |page, effect| {
        if effect.kind() == "showEvent" {
            heard.set(page.id("moduleId"));
        }
    });
    page.set_module(Some("m"));
    page.feature("f");
    assert_eq!(read.take().as_deref(), Some("m"));
}

#[wasm_bindgen_test]
fn two_trackers_of_a_page_share_nothing() {
    let one = Page::started(json!({}));
    let two = Page::seeded([5, 6, 7, 8], json!({}));
    two.start(true);
    two.effects();
    let other = two.clone();
    one.whenever(move |_, effect| {
        if effect.kind() == "send" {
            other.feature("of two");
        }
    });
    one.set_module(Some("m"));
    one.feature("of one");
    one.flush(1);
    assert_eq!(one.one("send").event()["feature"], "of one");
    assert_eq!(two.id("moduleId"), None);
    assert_eq!(two.sent()["feature"], "of two");
}
