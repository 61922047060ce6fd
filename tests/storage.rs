//! What the host is told to store, to adopt and to erase.

#![cfg(target_arch = "wasm32")]

mod support;

use natero_wasm::npm::Core;
use serde_json::{Value, json};
use support::{Effect, Page, kinds};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The effects that concern storage, in order.
fn of_storage(effects: &[Effect]) -> Vec<&str> {
    const KINDS: [&str; 6] = [
        "claimStorage",
        "adoptOrphans",
        "persistAtTaskEnd",
        "store",
        "removeSegment",
        "eraseStorage",
    ];
    kinds(effects, &KINDS)
}

/// A page that starts, and the effects of its start.
fn starting(changes: Value) -> (Page, Vec<Effect>) {
    let page = Page::made(changes);
    page.start(true);
    let effects = page.effects();
    (page, effects)
}

/// A page that stored a feature as segment 1, and its records.
fn stored(feature: &str) -> (Page, String) {
    let page = Page::started(json!({}));
    page.feature(feature);
    page.tell(Core::task_ended);
    let store = page.one("store");
    assert_eq!(store["segment"], 1);
    (page, store.text("records").to_owned())
}

/// The lines of stored records, without the priority letter at the start of each.
fn lines(records: &str) -> Vec<&str> {
    records.lines().map(|record| &record[1..]).collect()
}

#[wasm_bindgen_test]
fn a_page_names_its_part_by_its_stream_and_looks_for_what_others_left() {
    let (page, effects) = starting(json!({}));
    assert_eq!(of_storage(&effects), ["claimStorage", "adoptOrphans"]);
    let claim = effects
        .iter()
        .find(|effect| effect.kind() == "claimStorage");
    page.feature("f");
    assert_eq!(page.sent()["stream_id"], claim.expect("a claim")["stream"]);
}

#[wasm_bindgen_test]
fn nothing_is_stored_in_memory_or_without_consent_or_with_sending_disabled() {
    for changes in [
        json!({ "persistence": "memory" }),
        json!({ "consent": "pending" }),
        json!({ "consent": "denied" }),
        json!({ "disableEventSend": true }),
    ] {
        let (page, effects) = starting(changes.clone());
        assert!(of_storage(&effects).is_empty(), "{changes}: {effects:?}");
        page.feature("f");
        page.tell(Core::task_ended);
        page.tell(Core::restored);
        page.tell(Core::hidden);
        let effects = page.effects();
        assert!(of_storage(&effects).is_empty(), "{changes}: {effects:?}");
    }
}

#[wasm_bindgen_test]
fn a_task_costs_one_write_of_the_bytes_that_are_sent() {
    let page = Page::started(json!({}));
    page.feature("one");
    page.feature("two 🦀");
    assert_eq!(of_storage(&page.effects()), ["persistAtTaskEnd"]);
    page.tell(Core::task_ended);
    let store = page.one("store");
    assert_eq!(store["segment"], 1);
    page.flush(1);
    let sent = page.one("send");
    assert_eq!(
        lines(store.text("records")),
        sent.text("body").lines().collect::<Vec<_>>()
    );
    page.tell(Core::task_ended);
    assert_eq!(page.all("store"), [], "it is stored already");
}

#[wasm_bindgen_test]
fn a_page_that_is_hidden_sends_and_stores() {
    let page = Page::started(json!({}));
    page.feature("f");
    page.effects();
    page.tell(Core::hidden);
    let effects = page.effects();
    assert_eq!(kinds(&effects, &["store", "send"]), ["send", "store"]);
}

#[wasm_bindgen_test]
fn what_the_server_confirmed_is_removed() {
    let (page, _) = stored("f");
    page.flush(1);
    let request = page.one("send");
    page.answer(&request, 503);
    assert_eq!(page.all("removeSegment"), []);
    page.flush(2);
    let request = page.one("send");
    page.answer(&request, 200);
    assert_eq!(page.one("removeSegment")["segment"], 1);
}

#[wasm_bindgen_test]
fn what_could_not_be_stored_is_tried_again_with_what_comes_next() {
    let page = Page::started(json!({}));
    page.whenever(|page, effect| {
        if effect.kind() == "store" && !effect.text("records").contains("two") {
            let segment = effect["segment"].as_u64().expect("a number") as u32;
            page.tell(|core, mono, wall| core.write_failed(mono, wall, segment));
        }
    });
    page.feature("one");
    page.tell(Core::task_ended);
    assert_eq!(lines(page.one("store").text("records")).len(), 1);
    page.feature("two");
    page.tell(Core::task_ended);
    assert_eq!(lines(page.one("store").text("records")).len(), 2);
}

#[wasm_bindgen_test]
fn what_another_page_left_is_stored_anew_within_the_call_and_sent_as_it_was() {
    let (gone, records) = stored("of the other");
    let stream = gone.sent()["stream_id"].clone();
    let page = Page::seeded([5, 6, 7, 8], json!({}));
    page.start(true);
    page.effects();
    page.adopted(&records);
    assert_eq!(page.one("store").text("records"), records);
    page.flush(1);
    let question = page.one("send");
    page.answer_lacking(&question, question.text("asked"));
    let event = page.one("send").event();
    assert_eq!(event["feature"], "of the other");
    assert_eq!(event["stream_id"], stream);
}

#[wasm_bindgen_test]
fn what_is_no_record_is_not_taken_over() {
    let page = Page::started(json!({}));
    for text in ["", "garbage", "\u{0}\u{0}", "Z{}", "A{", "\n\n", "🦀{}"] {
        page.adopted(text);
        assert_eq!(page.all("store"), [], "{text:?}");
    }
    assert_eq!(page.stats()["pending"], 0);
}

#[wasm_bindgen_test]
fn a_page_that_comes_back_leaves_its_part_and_begins_another() {
    let (page, records) = stored("before");
    page.tell(Core::hidden);
    let request = page.one("send");
    page.tell(Core::restored);
    assert_eq!(
        of_storage(&page.effects()),
        ["claimStorage", "adoptOrphans"]
    );
    assert_eq!(page.stats()["pending"], 0);
    // No other page adopted it, so the page takes back what it left itself.
    page.adopted(&records);
    assert_eq!(page.one("store").text("records"), records);
    assert_eq!(page.stats()["pending"], 1);
    // A late answer concerns events that are no longer the page's own.
    page.answer(&request, 200);
    let stats = page.stats();
    assert_eq!([&stats["delivered"], &stats["pending"]], [0, 1]);
}

#[wasm_bindgen_test]
fn a_page_in_use_looks_for_what_others_left_whenever_it_syncs() {
    let page = Page::started(json!({}));
    page.whenever(|page, effect| {
        if effect.kind() == "readCookies" {
            page.cookies("", "");
        }
    });
    page.at(59_999.0).tell(Core::activity);
    assert_eq!(page.all("adoptOrphans"), []);
    page.at(60_000.0).tell(Core::timer);
    page.one("adoptOrphans");
}

#[wasm_bindgen_test]
fn refusing_removes_all_that_is_stored_and_agreeing_begins_anew() {
    let (page, _) = stored("f");
    page.tell(Core::opt_out);
    assert_eq!(of_storage(&page.effects()), ["eraseStorage"]);
    page.feature("refused");
    page.tell(Core::task_ended);
    assert!(of_storage(&page.effects()).is_empty());
    page.tell(Core::opt_in);
    assert_eq!(
        of_storage(&page.effects()),
        ["claimStorage", "adoptOrphans"]
    );
    page.feature("agreed");
    page.tell(Core::task_ended);
    assert!(page.one("store").text("records").contains("agreed"));
}
