//! The life cycle of a page, as far as a script can simulate it: events that scripts dispatch
//! change nothing. The end-to-end tests cover real visibility and the back/forward cache.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code};
use crate::page::{builder, next_turn, track};

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
