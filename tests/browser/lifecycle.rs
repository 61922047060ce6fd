//! The life cycle of a page, as far as a script can simulate it: events that scripts dispatch
//! change nothing. The end-to-end tests cover real visibility and the back/forward cache.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, Server, page_code};
use crate::page::{builder, builder_of, next_turn, source, track};

#[wasm_bindgen_test]
async fn events_that_a_script_dispatches_change_nothing() {
    let network = Network::new();
    let tracker = track(builder().track_unload(true));
    let session = tracker.session_id();
    tracker.send_feature("one").expect("a feature");
    page_code(
        "for (const kind of ['pagehide', 'visibilitychange', 'pageshow', 'mousemove', 'keydown', 'scroll', 'focus'])
           dispatchEvent(new Event(kind));",
    );
    next_turn().await;
    assert_eq!(network.asked().len(), 0);
    assert_eq!(tracker.stats().accepted, 1);
    assert_eq!(tracker.session_id(), session);
}

#[wasm_bindgen_test]
async fn a_tracker_that_is_shut_down_listens_to_nothing() {
    let _network = Network::new();
    page_code(
        "globalThis.listening = 0;
         globalThis.added = EventTarget.prototype.addEventListener;
         globalThis.removed = EventTarget.prototype.removeEventListener;
         EventTarget.prototype.addEventListener = function (...all) { listening += 1; return added.apply(this, all); };
         EventTarget.prototype.removeEventListener = function (...all) { listening -= 1; return removed.apply(this, all); };
         globalThis.pushed = History.prototype.pushState;",
    );
    let tracker = track(builder().track_page_views(natero_wasm::PageViews::Path));
    let listening = || page_code("return listening;").as_f64().expect("a number");
    assert!(listening() > 5.0);
    tracker.shutdown().expect("an end");
    assert_eq!(listening(), 0.0);
    let is_as_before = page_code("return History.prototype.pushState === pushed;");
    assert_eq!(is_as_before, true);
    page_code(
        "EventTarget.prototype.addEventListener = added; EventTarget.prototype.removeEventListener = removed;",
    );
}

/// How many locks with this prefix are held or requested.
async fn locks(prefix: &str) -> f64 {
    let query = format!(
        "return navigator.locks.query().then(({{ held, pending }}) =>
           [...held, ...pending].filter(({{ name }}) => name.startsWith('{prefix}_')).length);"
    );
    let count = js_sys::Promise::from(page_code(&query));
    let count = wasm_bindgen_futures::JsFuture::from(count).await;
    count.expect("an answer").as_f64().expect("a number")
}

#[wasm_bindgen_test]
async fn a_tracker_that_is_shut_down_leaves_no_timer_channel_observer_or_lock() {
    let network = Network::new();
    page_code(
        "globalThis.ofPage = { setTimeout, clearTimeout, BroadcastChannel, MutationObserver };
         const { setTimeout: start, clearTimeout: stop } = ofPage;
         globalThis.timers = new Set();
         globalThis.begun = globalThis.ended = 0;
         globalThis.setTimeout = (task, ms) => {
           const timer = start(() => { timers.delete(timer); task(); }, ms);
           timers.add(timer);
           return timer;
         };
         globalThis.clearTimeout = (timer) => { timers.delete(timer); stop(timer); };
         globalThis.BroadcastChannel = class extends ofPage.BroadcastChannel {
           constructor(name) { super(name); begun += 1; }
           close() { ended += 1; super.close(); }
         };
         globalThis.MutationObserver = class extends ofPage.MutationObserver {
           observe(...all) { begun += 1; super.observe(...all); }
           disconnect() { ended += 1; super.disconnect(); }
         };",
    );
    let (api_key, auth_key) = source();
    let tracker =
        track(builder_of(&api_key, &auth_key).track_page_views(natero_wasm::PageViews::Path));
    tracker.set_module_id("reports").expect("an id");
    tracker.send_feature("one").expect("a feature");
    network.script([Server::Later(503, "100")]);
    tracker.flush().await.expect("a flush");
    page_code("history.pushState(null, '', '?a#b');");
    let left = || page_code("return timers.size + begun - ended;").as_f64();
    assert!(left() >= Some(3.0));
    assert_eq!(locks(&api_key).await, 1.0);
    tracker.shutdown().expect("an end");
    assert_eq!(left(), Some(0.0));
    page_code("Object.assign(globalThis, ofPage);");
    for _ in 0..1_000 {
        if locks(&api_key).await == 0.0 {
            return;
        }
        next_turn().await;
    }
    panic!("a lock is held");
}
