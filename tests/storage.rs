//! What the host is asked to store, to take over and to forget.

#![cfg(target_arch = "wasm32")]

mod support;

use support::{DENIED, DISABLE_EVENT_SEND, Effect, MEMORY, PENDING, Page, Settings};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const ONE: [f64; 4] = [1.0, 0.0, 0.0, 0.0];

/// Places among the counters.
const DELIVERED: usize = 1;
const WAITING: usize = 2;

/// Names of what has to do with storage, in order.
fn of_storage(effects: &[Effect]) -> Vec<&str> {
    const NAMES: [&str; 6] = ["Own", "Adopt", "StoreSoon", "Store", "Unstore", "Forget"];
    let names = effects.iter().map(|effect| effect.name.as_str());
    names.filter(|name| NAMES.contains(name)).collect()
}

/// A page that starts, and what it asks for by that.
fn starting(flags: u32) -> (Page, Vec<Effect>) {
    let page = Page::made(Settings::flags(flags));
    page.tell_with("Start", "", ONE);
    let effects = page.effects();
    (page, effects)
}

/// A page that stored a feature under number 1, and the text of it.
fn stored(feature: &str) -> (Page, String) {
    let page = Page::started(Settings::default());
    page.feature(feature);
    page.tell("Store", "");
    let store = page.one("Store");
    assert_eq!(store.numbers(), ONE);
    (page, store.text)
}

/// The lines of stored records, without the letter before each.
fn lines(records: &str) -> Vec<&str> {
    records.lines().map(|record| &record[1..]).collect()
}

#[wasm_bindgen_test]
fn a_page_names_its_part_by_its_stream_and_looks_for_what_others_left() {
    let (page, effects) = starting(0);
    assert_eq!(of_storage(&effects), ["Own", "Adopt"]);
    let own = effects.iter().find(|effect| effect.name == "Own");
    page.feature("f");
    assert_eq!(
        page.sent()["stream_id"].as_str(),
        own.map(|own| own.text.as_str())
    );
}

#[wasm_bindgen_test]
fn nothing_is_stored_in_memory_or_without_consent_or_with_sending_disabled() {
    for flags in [MEMORY, PENDING, DENIED, DISABLE_EVENT_SEND] {
        let (page, effects) = starting(flags);
        assert!(of_storage(&effects).is_empty(), "{flags}: {effects:?}");
        page.feature("f");
        page.tell("Store", "");
        page.tell("Restored", "");
        page.tell("Hidden", "");
        let effects = page.effects();
        assert!(of_storage(&effects).is_empty(), "{flags}: {effects:?}");
    }
}

#[wasm_bindgen_test]
fn a_task_costs_one_write_of_the_bytes_that_are_sent() {
    let page = Page::started(Settings::default());
    page.feature("one");
    page.feature("two 🦀");
    assert_eq!(of_storage(&page.effects()), ["StoreSoon"]);
    page.tell("Store", "");
    let store = page.one("Store");
    assert_eq!(store.numbers(), ONE);
    page.tell_with("Flush", "", ONE);
    let sent = page.one("Send").text;
    assert_eq!(lines(&store.text), sent.lines().collect::<Vec<_>>());
    page.tell("Store", "");
    assert_eq!(page.all("Store"), [], "it is stored already");
}

#[wasm_bindgen_test]
fn a_page_that_is_hidden_stores_before_it_sends() {
    let page = Page::started(Settings::default());
    page.feature("f");
    page.effects();
    page.tell("Hidden", "");
    let mut effects = page.effects();
    effects.retain(|effect| ["Store", "Send"].contains(&effect.name.as_str()));
    let order: Vec<&str> = effects.iter().map(|effect| effect.name.as_str()).collect();
    assert_eq!(order, ["Store", "Send"]);
}

#[wasm_bindgen_test]
fn what_the_server_confirmed_is_removed() {
    let (page, _) = stored("f");
    page.tell_with("Flush", "", ONE);
    let request = page.one("Send");
    page.answer(&request, 503.0, 0.0, 0.0, "");
    assert_eq!(page.all("Unstore"), []);
    page.tell_with("Flush", "", ONE);
    let request = page.one("Send");
    page.answer(&request, 200.0, 0.0, 0.0, "");
    assert_eq!(page.one("Unstore").numbers(), ONE);
}

#[wasm_bindgen_test]
fn what_could_not_be_stored_is_tried_again_with_what_comes_next() {
    let page = Page::started(Settings::default());
    page.whenever(|page, effect| {
        if effect.name == "Store" && !effect.text.contains("two") {
            page.tell_with("NotStored", "", [effect.a, 0.0, 0.0, 0.0]);
        }
    });
    page.feature("one");
    page.tell("Store", "");
    assert_eq!(lines(&page.one("Store").text).len(), 1);
    page.feature("two");
    page.tell("Store", "");
    assert_eq!(lines(&page.one("Store").text).len(), 2);
}

#[wasm_bindgen_test]
fn what_another_page_left_is_stored_anew_within_the_call_and_sent_as_it_was() {
    let (gone, records) = stored("of the other");
    let stream = gone.sent()["stream_id"].clone();
    let page = Page::started(Settings {
        seed: [5, 6, 7, 8],
        ..Settings::default()
    });
    page.tell("Adopted", &records);
    assert_eq!(page.one("Store").text, records);
    let event = page.sent();
    assert_eq!(event["feature"], "of the other");
    assert_eq!(event["stream_id"], stream);
}

#[wasm_bindgen_test]
fn what_is_no_record_is_not_taken_over() {
    let page = Page::started(Settings::default());
    for text in ["", "garbage", "\u{0}\u{0}", "Z{}", "A{", "\n\n", "🦀{}"] {
        page.tell("Adopted", text);
        assert_eq!(page.all("Store"), [], "{text:?}");
    }
    assert_eq!(page.counters()[WAITING], 0);
}

#[wasm_bindgen_test]
fn a_page_that_comes_back_leaves_its_part_and_begins_another() {
    let (page, records) = stored("before");
    page.tell("Hidden", "");
    let request = page.one("Send");
    page.tell("Restored", "");
    let effects = page.effects();
    assert_eq!(of_storage(&effects), ["Own", "Adopt"]);
    assert_eq!(page.counters()[WAITING], 0);
    // Nobody else was there: it takes over what it left itself.
    page.tell("Adopted", &records);
    assert_eq!(page.one("Store").text, records);
    assert_eq!(page.counters()[WAITING], 1);
    // An answer from before is of events that are no longer its own.
    page.answer(&request, 200.0, 0.0, 0.0, "");
    let counters = page.counters();
    assert_eq!((counters[DELIVERED], counters[WAITING]), (0, 1));
}

#[wasm_bindgen_test]
fn a_page_in_use_looks_for_what_others_left_whenever_it_syncs() {
    let page = Page::started(Settings::default());
    page.whenever(|page, effect| {
        if effect.name == "ReadCookies" {
            page.tell("Cookies", "\0");
        }
    });
    page.at(59_999.0).tell("Activity", "");
    assert_eq!(page.all("Adopt"), []);
    page.at(60_000.0).tell("Timer", "");
    page.one("Adopt");
}

#[wasm_bindgen_test]
fn refusing_removes_all_that_is_stored_and_agreeing_begins_anew() {
    let (page, _) = stored("f");
    page.tell("OptOut", "");
    assert_eq!(of_storage(&page.effects()), ["Forget"]);
    page.feature("refused");
    page.tell("Store", "");
    assert!(of_storage(&page.effects()).is_empty());
    page.tell("OptIn", "");
    assert_eq!(of_storage(&page.effects()), ["Own", "Adopt"]);
    page.feature("agreed");
    page.tell("Store", "");
    assert!(page.one("Store").text.contains("agreed"));
}
