//! A page that breaks what the tracker uses is not disturbed by the tracker.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use natero_wasm::{Tracker, TrackerError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code};
use crate::page::{builder, next_turn, track, until};

/// Runs with globals of the page replaced, and restores them.
async fn with_page<Outcome>(
    broken: &str,
    repair: &str,
    run: impl AsyncFnOnce() -> Outcome,
) -> Outcome {
    page_code(broken);
    let outcome = run().await;
    page_code(repair);
    outcome
}

#[wasm_bindgen_test]
async fn a_console_that_calls_the_tracker_for_each_line_of_debug_does_not_loop() {
    let network = Network::new();
    let tracker = track(builder().debug(true));
    let copy = tracker.0;
    let calls = Rc::new(RefCell::new(Vec::new()));
    let noting = Rc::clone(&calls);
    let within = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
        noting.borrow_mut().push(copy.send_feature("printed"));
        assert!(noting.borrow().len() < 100, "it loops");
    });
    crate::network::put("callWithin", within.as_ref());
    with_page(
        "globalThis.original = console.log; console.log = () => callWithin();",
        "console.log = original;",
        async || {
            tracker.send_feature("one").expect("a feature");
            tracker.flush().await.expect("a flush");
        },
    )
    .await;
    let calls = calls.borrow();
    assert!(calls.len() >= 2, "an event and a request are printed");
    for call in calls.iter() {
        assert!(
            matches!(call, Err(TrackerError::InDebugLine { .. })),
            "{call:?}"
        );
    }
    assert_eq!(network.features(), ["one"]);
    tracker.send_feature("two").expect("a feature");
}

#[wasm_bindgen_test]
async fn a_console_that_is_handed_a_line_of_debug_may_end_tracking() {
    let network = Network::new();
    let end = [Tracker::opt_out, Tracker::shutdown];
    for end in end {
        let tracker = track(builder().debug(true));
        let copy = tracker.0;
        let ends = Rc::new(RefCell::new(Vec::new()));
        let noting = Rc::clone(&ends);
        let within = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
            noting.borrow_mut().push(end(&copy));
        });
        crate::network::put("callWithin", within.as_ref());
        with_page(
            "globalThis.original = console.log; console.log = () => { console.log = original; callWithin(); };",
            "console.log = original;",
            async || tracker.send_feature("one").expect("a feature"),
        )
        .await;
        assert_eq!(*ends.borrow(), [Ok(())]);
        let _ = tracker.send_feature("two");
        let _ = tracker.flush().await;
    }
    assert_eq!(network.features(), ["one"], "what was sent at the shutdown");
}

#[wasm_bindgen_test]
async fn a_console_that_throws_harms_nothing() {
    let network = Network::new();
    let tracker = track(builder().debug(true));
    with_page(
        "globalThis.original = { log: console.log, error: console.error };
         console.log = console.error = () => { throw new Error('console'); };",
        "Object.assign(console, original);",
        async || {
            tracker.send_feature("one").expect("a feature");
            assert!(tracker.set_user_id("").is_err());
            tracker.flush().await.expect("a flush");
        },
    )
    .await;
    assert_eq!(network.features(), ["one"]);
}

#[wasm_bindgen_test]
async fn broken_timers_clocks_and_chance_cost_no_event() {
    let network = Network::new();
    let tracker = with_page(
        "globalThis.original = { setTimeout, now: performance.now, date: Date.now, random: crypto.getRandomValues };
         globalThis.setTimeout = () => { throw new Error('timer'); };
         performance.now = () => { throw new Error('clock'); };
         Date.now = () => 'late';
         crypto.getRandomValues = () => { throw new Error('chance'); };",
        "globalThis.setTimeout = original.setTimeout; delete performance.now; Date.now = original.date;
         delete crypto.getRandomValues;",
        async || {
            let tracker = track(builder());
            tracker.send_feature("one").expect("a feature");
            tracker
        },
    )
    .await;
    tracker.flush().await.expect("a flush");
    assert_eq!(network.features(), ["one"]);
}

#[wasm_bindgen_test]
async fn an_element_that_is_named_like_an_attribute_does_not_shadow_it() {
    let network = Network::new();
    with_page(
        "document.title = 'the title';
         document.body.insertAdjacentHTML('beforeend', '<form name=title></form><img name=cookie><form name=referrer></form>');",
        "for (const name of ['title', 'cookie', 'referrer']) document.getElementsByName(name)[0].remove();",
        async || {
            let tracker = track(builder());
            tracker.track_page_view(None, None).expect("a page view");
            tracker.flush().await.expect("a flush");
        },
    )
    .await;
    assert_eq!(network.actions("pageView")[0]["title"], "the title");
}

#[wasm_bindgen_test]
async fn a_call_from_within_fetch_is_made_in_turn() {
    let network = Network::new();
    let tracker = track(builder());
    let copy = tracker.0;
    let within = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
        copy.send_feature("from within").expect("a feature");
    });
    crate::network::put("fromWithin", within.as_ref());
    tracker.send_feature("one").expect("a feature");
    with_page(
        "globalThis.stubbed = globalThis.fetch;
         globalThis.fetch = (...all) => { globalThis.fetch = stubbed; fromWithin(); return stubbed(...all); };",
        "globalThis.fetch = stubbed;",
        async || tracker.flush().await.expect("a flush"),
    )
    .await;
    tracker.flush().await.expect("a flush");
    assert_eq!(network.features(), ["one", "from within"]);
}

#[wasm_bindgen_test]
async fn what_on_error_throws_reaches_nobody() {
    let _network = Network::new();
    page_code(
        "globalThis.uncaught = 0;
         globalThis.counting = () => { uncaught += 1; };
         addEventListener('error', counting); addEventListener('unhandledrejection', counting);",
    );
    let reached = Rc::new(RefCell::new(false));
    let noting = Rc::clone(&reached);
    let tracker = track(builder().on_error(move |_| {
        noting.replace(true);
        js_sys::Function::new_no_args("throw new Error('in on_error')")
            .call0(&wasm_bindgen::JsValue::UNDEFINED)
            .map(drop)
            .unwrap_or_else(|error| wasm_bindgen::throw_val(error));
    }));
    let refused = tracker.set_module_id("");
    assert!(matches!(refused, Err(TrackerError::InvalidArgument { .. })));
    until("on_error", || *reached.borrow()).await;
    next_turn().await;
    next_turn().await;
    let uncaught = page_code(
        "removeEventListener('error', counting); removeEventListener('unhandledrejection', counting); return uncaught;",
    );
    assert_eq!(uncaught, 0.0);
    assert!(tracker.is_ready());
}

#[wasm_bindgen_test]
async fn losses_that_a_repeated_message_hides_are_reported_when_its_second_is_over() {
    let _network = Network::new();
    let reported = Rc::new(Cell::new((0, 0)));
    let noting = Rc::clone(&reported);
    let tracker = track(builder().max_queue_bytes(1).on_error(move |problem| {
        let (reports, lost) = noting.get();
        noting.set((reports + 1, lost + problem.dropped));
    }));
    for _ in 0..10 {
        tracker.send_feature("one").expect("a feature");
        next_turn().await;
    }
    let lost = tracker.stats().dropped.overflow;
    assert!(lost >= 10 && reported.get().1 < lost, "{reported:?}");
    until("the other losses", || reported.get().1 == lost).await;
    assert!(reported.get().0 <= 3, "{reported:?}");
}

#[wasm_bindgen_test]
async fn a_page_whose_chance_is_the_same_everywhere_gets_ids_of_its_own() {
    let network = Network::new();
    for _ in 0..2 {
        with_page(
            "crypto.getRandomValues = (words) => words; globalThis.original = Math.random; Math.random = () => 0.5;",
            "delete crypto.getRandomValues; Math.random = original;",
            async || {
                let tracker = track(builder());
                tracker.send_feature("one").expect("a feature");
                tracker.flush().await.expect("a flush");
            },
        )
        .await;
    }
    let events = network.actions("feature");
    assert_eq!(events.len(), 2);
    assert_ne!(events[0]["stream_id"], events[1]["stream_id"]);
    assert_ne!(events[0]["visitor_id"], events[1]["visitor_id"]);
}
