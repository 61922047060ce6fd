//! What is under way when a tracker ends or its user changes.

use std::cell::RefCell;
use std::rc::Rc;

use natero_wasm::{Feature, Tracker, TrackerError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, Server, page_code};
use crate::page::{builder, next_turn, track};

#[wasm_bindgen_test]
async fn a_flush_under_way_ends_with_its_tracker() {
    let network = Network::new();
    let ends = [Tracker::shutdown, Tracker::reset, Tracker::opt_out];
    for (name, end) in ["shutdown", "reset", "opt_out"].into_iter().zip(ends) {
        for server in [Server::Gone, Server::Says(503, ""), Server::Says(200, "")] {
            let tracker = track(builder());
            tracker.send_feature("one").expect("a feature");
            network.script([server.clone()]);
            let flush = tracker.flush();
            end(&tracker).expect(name);
            flush
                .await
                .unwrap_or_else(|error| panic!("{name} {server:?}: {error}"));
        }
    }
}

#[wasm_bindgen_test]
async fn before_send_can_neither_flush_nor_end_the_tracker() {
    let network = Network::new();
    let handle: Rc<RefCell<Option<Tracker>>> = Rc::default();
    let within = Rc::clone(&handle);
    let refused = Rc::new(RefCell::new(Vec::new()));
    let noting = Rc::clone(&refused);
    let tracker = track(builder().before_send(move |event| {
        if let Some(tracker) = *within.borrow() {
            noting.borrow_mut().push(tracker.shutdown());
            noting.borrow_mut().push(tracker.opt_out());
            noting.borrow_mut().push(tracker.reset());
            drop(tracker.flush());
        }
        Some(event)
    }));
    handle.replace(Some(tracker.0));
    tracker.send_feature("one").expect("a feature");
    tracker.flush().await.expect("a flush");
    assert_eq!(network.features(), ["one"]);
    assert!(!refused.borrow().is_empty());
    for refused in refused.borrow().iter() {
        assert!(
            matches!(refused, Err(TrackerError::InBeforeSend { .. })),
            "{refused:?}"
        );
    }
    assert!(tracker.is_ready());
}

#[wasm_bindgen_test]
async fn a_guard_of_a_module_that_outlives_its_tracker_changes_nothing() {
    let network = Network::new();
    let tracker = track(builder());
    let guard = tracker.enter_module("reports").expect("an id");
    tracker.shutdown().expect("an end");
    drop(guard);
    next_turn().await;
    assert_eq!(tracker.stats().dropped, natero_wasm::Dropped::default());
    assert!(network.features().is_empty());
}

#[wasm_bindgen_test]
async fn a_whole_total_is_what_was_passed_whatever_a_page_made_of_json() {
    let network = Network::new();
    let tracker = track(builder().compress(false));
    page_code("globalThis.stringify = JSON.stringify; JSON.stringify = () => 'wrong';");
    for total in [3.0, -0.0, -2.0, 9_007_199_254_740_991.0] {
        let feature = Feature::new("one").total(total);
        tracker.send_feature(feature).expect("a feature");
    }
    page_code("JSON.stringify = stringify;");
    for total in [2.5, 1e21, 9_007_199_254_740_993.0, -1e-7] {
        let feature = Feature::new("one").total(total);
        tracker.send_feature(feature).expect("a feature");
    }
    tracker.flush().await.expect("a flush");
    let totals: Vec<_> = network
        .actions("feature")
        .iter()
        .map(|event| event["total"].as_f64().expect("a number"))
        .collect();
    assert_eq!(
        totals,
        [
            3.0,
            0.0,
            -2.0,
            9_007_199_254_740_991.0,
            2.5,
            1e21,
            9_007_199_254_740_992.0,
            -1e-7
        ]
    );
}
