//! Calls of the class `na` within its own calls, and its methods apart from their handle.

use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::class::{awaited, told, track, track_in_page};
use crate::network::{Network, page_code, put};

#[wasm_bindgen_test]
async fn a_console_that_is_handed_a_line_of_debug_may_refuse_tracking() {
    let network = Network::new();
    let tracker = track("debug: true");
    put("tracker", &JsValue::from(tracker.0));
    let stats = page_code(
        "const { log } = console;
         console.log = () => { tracker.setUserId('printed'); tracker.optOut(); };
         tracker.sendFeatureEvent('one');
         console.log = log;
         tracker.sendFeatureEvent('two');
         const stats = JSON.stringify(tracker.stats().dropped);
         tracker.shutdown();
         return stats;",
    );
    let stats: Value = serde_json::from_str(&stats.as_string().expect("a text")).expect("JSON");
    assert_eq!(
        (&stats["consent"], &stats["invalid"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(network.asked().len(), 0);
}

#[wasm_bindgen_test]
fn a_construction_within_before_send_sets_no_id() {
    let _network = Network::new();
    track_in_page("beforeSend: (event) => { globalThis.decide?.(); return event; }");
    page_code(
        "globalThis.times = 0;
         globalThis.decide = () => {
           times += 1;
           if (times > 50) throw new Error('it loops');
           globalThis.other = again({ userId: 'u' + times, accountId: 'another' });
         };
         tracker.sendFeatureEvent('one');
         globalThis.decide = undefined;",
    );
    assert_eq!(
        told("[times, tracker.getUserId(), other.getAccountId(), tracker.stats().dropped.invalid]"),
        json!([1, "ann", "acme", 2])
    );
    page_code("other.shutdown(); tracker.shutdown();");
}

#[wasm_bindgen_test]
fn a_construction_by_a_console_that_is_handed_a_line_of_debug_sets_no_id() {
    let _network = Network::new();
    track_in_page("debug: true");
    page_code(
        "globalThis.times = 0;
         const { log } = console;
         console.log = () => {
           times += 1;
           if (times > 50) return;
           again({ userId: 'u' + times }).shutdown();
         };
         try { tracker.sendFeatureEvent('one'); } finally { console.log = log; }",
    );
    assert_eq!(
        told("[times, tracker.getUserId(), tracker.stats().dropped.invalid]"),
        json!([1, "ann", 0])
    );
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn a_handle_that_is_made_within_before_send_is_ready() {
    let _network = Network::new();
    track_in_page("beforeSend: (event) => { globalThis.inner ??= again({}); return event; }");
    page_code("tracker.sendFeatureEvent('one');");
    assert_eq!(awaited("return inner.ready;").await, true);
    page_code("inner.shutdown(); tracker.shutdown(); delete globalThis.inner;");
}

#[wasm_bindgen_test]
async fn arguments_that_call_the_tracker_as_they_are_read_exhaust_nothing() {
    let network = Network::new();
    for levels in [1, 58] {
        network.forget();
        track_in_page("");
        page_code(&format!(
            "globalThis.count = 0;
             const details = () => {{
               let inner = {{ get again() {{
                 if (count < 100) tracker.sendFeatureEvent('f' + count++, {{ details: details() }});
                 return 1;
               }} }};
               for (let level = 0; level < {levels}; level += 1) inner = {{ inner }};
               return inner;
             }};
             tracker.sendFeatureEvent('outermost', {{ details: details() }});"
        ));
        assert_eq!(
            told("[count, tracker.stats().dropped.invalid]"),
            json!([8, 1])
        );
        awaited("return tracker.flush();").await;
        assert_eq!(network.features().len(), 8);
        page_code("tracker.shutdown();");
    }
}

#[wasm_bindgen_test]
fn settings_that_make_a_tracker_as_they_are_read_exhaust_nothing() {
    let _network = Network::new();
    track_in_page("");
    page_code(
        "globalThis.made = [];
         const settings = { get userId() { if (made.length < 100) made.push(again(settings)); return 'ann'; } };
         made.push(again(settings));",
    );
    assert_eq!(
        told("made.map((it) => it.stats().dropped.invalid)"),
        json!([1, 0, 0, 0, 0, 0, 0, 0, 0])
    );
    page_code(
        "tracker.sendFeatureEvent('one'); for (const it of [...made, tracker]) it.shutdown();",
    );
    assert_eq!(told("tracker.stats().accepted > 0"), json!(true));
}

#[wasm_bindgen_test]
async fn methods_work_wherever_they_are_called() {
    let network = Network::new();
    track_in_page("");
    page_code(
        "const { sendFeatureEvent, setUserId, getUserId } = tracker;
         sendFeatureEvent('taken out');
         setUserId('bob');
         globalThis.user = getUserId();
         const target = new EventTarget();
         target.addEventListener('click', tracker.reset);
         target.dispatchEvent(new Event('click'));
         globalThis.isOne = tracker.reset === tracker.reset;
         new Proxy(tracker, {}).sendFeatureEvent('by a proxy');",
    );
    assert_eq!(
        told("[user, tracker.getUserId(), isOne]"),
        json!(["bob", null, true])
    );
    awaited("const { flush } = tracker; return flush();").await;
    assert_eq!(network.features(), ["taken out"]);
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn a_class_of_the_page_has_its_own_methods_in_place_of_some() {
    let network = Network::new();
    track_in_page("");
    page_code(
        "class Ours extends tracker.constructor {
           sendFeatureEvent(feature) { super.sendFeatureEvent('ours: ' + feature); }
         }
         const { constructor } = tracker;
         tracker.constructor = Ours;
         const ours = again({});
         tracker.constructor = constructor;
         const { sendFeatureEvent } = ours;
         sendFeatureEvent('one');
         globalThis.isOurs = ours instanceof Ours;
         ours.shutdown();",
    );
    assert_eq!(told("isOurs"), json!(true));
    awaited("return tracker.flush();").await;
    assert_eq!(network.features(), ["ours: one"]);
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
fn a_handle_that_was_freed_refuses_and_throws_nothing() {
    let _network = Network::new();
    track_in_page("");
    page_code("tracker.free(); tracker.sendFeatureEvent('late'); tracker.free();");
    assert_eq!(
        told("[tracker.stats().dropped.invalid, tracker.getUserId()]"),
        json!([2, "ann"])
    );
}

#[wasm_bindgen_test]
fn a_function_of_another_frame_is_a_function() {
    let _network = Network::new();
    page_code(
        "const frame = document.createElement('iframe');
         document.body.append(frame);
         globalThis.ofFrame = (...all) => new frame.contentWindow.Function(...all);",
    );
    track_in_page("beforeSend: ofFrame('return null;'), onError: ofFrame('')");
    page_code("tracker.sendFeatureEvent('one');");
    assert_eq!(
        told("[tracker.stats().dropped.before_send, tracker.stats().dropped.invalid]"),
        json!([1, 0])
    );
    page_code("tracker.shutdown(); document.querySelector('iframe').remove();");
}
