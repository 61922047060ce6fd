//! The host may call back in while it performs an effect.

#![cfg(target_arch = "wasm32")]

mod support;

use std::cell::Cell;
use std::rc::Rc;
use support::{BEFORE_SEND, Page, Settings};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const ONE: [f64; 4] = [1.0, 0.0, 0.0, 0.0];

const DROPPED_BEFORE_SEND: usize = 7;

#[wasm_bindgen_test]
fn before_send_sees_the_event_that_would_be_sent() {
    let page = Page::started(Settings::flags(BEFORE_SEND));
    page.feature("f");
    let filter = page.one("Filter");
    assert_eq!(filter.numbers(), [0.0; 4]);
    let event: serde_json::Value = serde_json::from_str(&filter.text).expect("JSON");
    assert_eq!(event["feature"], "f");
    assert_eq!(event["account_id"], "acme");
    page.tell_with("Flush", "", ONE);
    assert_eq!(page.all("Send"), [], "nothing leaves before it decided");
}

#[wasm_bindgen_test]
fn what_before_send_returns_within_the_call_is_what_is_sent() {
    let page = Page::started(Settings::flags(BEFORE_SEND));
    page.whenever(|page, effect| {
        if effect.name == "Filter" {
            page.tell("Filtered", &effect.text.replace("secret", "***"));
        }
    });
    page.feature("secret 🦀");
    let event = page.sent();
    assert_eq!(event["feature"], "*** 🦀");
    assert_eq!(event["seq"], 0);
}

#[wasm_bindgen_test]
fn what_before_send_drops_is_counted_and_only_a_throw_is_told() {
    let page = Page::started(Settings::flags(BEFORE_SEND));
    let threw = Rc::new(Cell::new(0.0));
    let throws = Rc::clone(&threw);
    page.whenever(move |page, effect| {
        if effect.name == "Filter" {
            page.tell_with("FilteredOut", "", [throws.get(), 0.0, 0.0, 0.0]);
        }
    });
    page.feature("dropped");
    assert_eq!(page.all("Lost"), []);
    threw.set(1.0);
    page.feature("threw");
    assert_eq!(page.one("Lost").numbers(), [2.0, 1.0, 0.0, 0.0]);
    let counters = page.counters();
    assert_eq!(counters[DROPPED_BEFORE_SEND], 2);
    assert_eq!(counters[2], 0, "none is pending");
}

#[wasm_bindgen_test]
fn seq_leaves_no_gap_where_before_send_dropped_an_event() {
    let page = Page::started(Settings::flags(BEFORE_SEND));
    page.whenever(|page, effect| {
        if effect.name == "Filter" {
            if effect.text.contains("drop") {
                page.tell("FilteredOut", "");
            } else {
                page.tell("Filtered", &effect.text);
            }
        }
    });
    for feature in ["one", "drop", "two"] {
        page.feature(feature);
    }
    page.tell_with("Flush", "", ONE);
    let events = page.one("Send").events();
    let seqs: Vec<i64> = events.iter().filter_map(|e| e["seq"].as_i64()).collect();
    assert_eq!(seqs, [0, 1]);
}

#[wasm_bindgen_test]
fn decisions_that_come_later_are_of_the_oldest_event_first() {
    let page = Page::started(Settings::flags(BEFORE_SEND));
    for feature in ["one", "two", "three"] {
        page.feature(feature);
    }
    let lines = page.all("Filter");
    assert_eq!(lines.len(), 3);
    page.tell("Filtered", &lines[0].text);
    page.tell("FilteredOut", "");
    page.tell("Filtered", &lines[2].text);
    page.tell_with("Flush", "", ONE);
    let events = page.one("Send").events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["feature"], "one");
    assert_eq!(events[1]["feature"], "three");
}

#[wasm_bindgen_test]
fn decisions_that_nobody_asked_for_are_ignored() {
    for flags in [0, BEFORE_SEND] {
        let page = Page::started(Settings::flags(flags));
        page.tell("Filtered", "{\"action\":\"forged\"}");
        page.tell_with("FilteredOut", "", ONE);
        page.tell_with("Flush", "", ONE);
        assert_eq!(page.all("Send"), []);
        assert_eq!(page.counters()[0], 0);
    }
}

#[wasm_bindgen_test]
fn an_effect_ends_before_the_next_begins_whatever_the_host_calls() {
    let mut settings = Settings::flags(BEFORE_SEND);
    settings.numbers[4] = 1.0;
    let page = Page::started(settings);
    let depth = Rc::new(Cell::new(0));
    let more = Rc::new(Cell::new(5));
    let (deep, left) = (Rc::clone(&depth), Rc::clone(&more));
    page.whenever(move |page, effect| {
        assert_eq!(deep.replace(1), 0, "within another: {effect:?}");
        match effect.name.as_str() {
            "Filter" => page.tell("Filtered", &effect.text),
            "Send" => {
                page.answer(effect, 200.0, 0.0, 0.0, "");
                if left.get() > 0 {
                    left.set(left.get() - 1);
                    page.feature("from within");
                    page.tell("Activity", "");
                    page.counters();
                }
            }
            _ => {}
        }
        deep.set(0);
    });
    page.feature("first");
    assert_eq!((depth.get(), more.get()), (0, 0));
    let counters = page.counters();
    assert_eq!(counters[..4], [6, 6, 0, 6], "all was taken in");
    let sent: Vec<String> = page
        .all("Send")
        .iter()
        .map(|send| send.event()["feature"].to_string())
        .collect();
    assert_eq!(sent[0], "\"first\"");
    assert_eq!(sent.len(), 6);
}

#[wasm_bindgen_test]
fn effects_of_a_call_from_within_follow_those_that_were_due() {
    let page = Page::started(Settings::flags(support::DEBUG));
    page.whenever(|page, effect| {
        if effect.name == "Debug" && effect.text.contains("\"outer\"") {
            page.feature("inner");
            page.tell_with("Flush", "", ONE);
        }
    });
    page.feature("outer");
    let mut effects = page.effects();
    effects.retain(|effect| ["Debug", "Send"].contains(&effect.name.as_str()));
    let order: Vec<&str> = effects.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(order, ["Debug", "Debug", "Send"]);
    let events = effects[2].events();
    assert_eq!(events[0]["feature"], "outer");
    assert_eq!(events[1]["feature"], "inner");
}

#[wasm_bindgen_test]
fn a_host_may_shut_the_tracker_down_from_within() {
    let page = Page::started(Settings::default());
    page.whenever(|page, effect| {
        if effect.name == "Send" {
            page.tell("Shutdown", "");
            page.feature("late");
        }
    });
    page.feature("f");
    page.tell_with("Flush", "", ONE);
    let effects = page.effects();
    let count = |name: &str| effects.iter().filter(|e| e.name == name).count();
    assert_eq!(count("Send"), 1);
    assert_eq!(count("Detach"), 1);
}

#[wasm_bindgen_test]
fn what_is_read_from_within_is_current() {
    let page = Page::started(Settings::flags(support::DEBUG));
    let read = Rc::new(Cell::new(String::new()));
    let heard = Rc::clone(&read);
    page.whenever(move |page, effect| {
        if effect.name == "Debug" {
            heard.set(page.read(2));
        }
    });
    page.tell("SetModule", "m");
    page.feature("f");
    assert_eq!(read.take(), "m");
}

#[wasm_bindgen_test]
fn two_trackers_of_a_page_share_nothing() {
    let one = Page::started(Settings::default());
    let two = Page::started(Settings {
        seed: [5, 6, 7, 8],
        ..Settings::default()
    });
    let other = two.clone();
    one.whenever(move |_, effect| {
        if effect.name == "Send" {
            other.feature("of two");
        }
    });
    one.tell("SetModule", "m");
    one.feature("of one");
    one.tell_with("Flush", "", ONE);
    assert_eq!(one.one("Send").event()["feature"], "of one");
    assert_eq!(two.read(2), "");
    assert_eq!(two.sent()["feature"], "of two");
}
