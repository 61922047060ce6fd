//! How batches are posted, and how each answer is handled.

use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, Server};
use crate::page::{builder, track, until};

#[wasm_bindgen_test]
async fn a_batch_is_a_text_that_needs_no_preflight_and_outlives_its_page() {
    let network = Network::new();
    let tracker = track(builder());
    tracker.send_feature("one").expect("a feature");
    tracker.flush().await.expect("a flush");
    let asked = network.asked().remove(0);
    assert!(
        asked.url.starts_with("https://usage.example.com/v1/auth-"),
        "{}",
        asked.url
    );
    assert_eq!(asked.option("method"), "POST");
    assert_eq!(asked.option("keepalive"), true);
    assert_eq!(asked.option("redirect"), "manual");
    assert_eq!(asked.header("content-type"), None);
    assert!(asked.text().is_some_and(|body| body.ends_with('\n')));
}

#[wasm_bindgen_test]
async fn what_is_not_reached_is_tried_again_and_what_is_refused_is_told() {
    let network = Network::new();
    let tracker = track(builder().compress(false));
    for (server, pending) in [
        (Server::Gone, 1),
        (Server::Says(503, ""), 1),
        // A page with status 200 comes from a network that requires signing in.
        (Server::Says(200, "<!doctype html>"), 1),
        (Server::Says(200, "{\"accepted\":1}"), 0),
    ] {
        if tracker.stats().pending == 0 {
            tracker.send_feature("one").expect("a feature");
        }
        network.script([server.clone()]);
        let flushed = tracker.flush().await.expect("a flush");
        assert_eq!(flushed.pending, pending, "{server:?}");
    }
    tracker.send_feature("two").expect("a feature");
    network.script([Server::Says(422, "{\"error\":\"no such action\"}")]);
    let flushed = tracker.flush().await.expect("a flush");
    assert_eq!((flushed.rejected, flushed.pending), (1, 0));
    assert_eq!(tracker.stats().dropped.rejected, 1);
}

#[wasm_bindgen_test]
async fn events_that_wait_leave_by_themselves() {
    let network = Network::new();
    let tracker = track(builder().flush_interval(std::time::Duration::from_millis(20)));
    tracker.send_feature("one").expect("a feature");
    assert_eq!(network.asked().len(), 0);
    until("a request", || network.asked().len() == 1).await;
}

#[wasm_bindgen_test]
async fn a_retry_after_is_waited_for() {
    let network = Network::new();
    let tracker = track(builder().flush_interval(std::time::Duration::from_millis(20)));
    network.script([Server::Later(503, "1")]);
    let start = js_sys::Date::now();
    tracker.send_feature("one").expect("a feature");
    until("another request", || network.asked().len() == 2).await;
    assert!(js_sys::Date::now() - start >= 1_000.0);
}

/// The number of requests that two flushes make, where the first is answered with this
/// `Retry-After`.
async fn requests_after(retry_after: &'static str) -> usize {
    let network = Network::new();
    let tracker = track(builder());
    network.script([Server::Later(503, retry_after)]);
    tracker.send_feature("one").expect("a feature");
    for _ in 0..2 {
        let _ = tracker.flush().await.expect("a flush");
    }
    network.asked().len()
}

#[wasm_bindgen_test]
async fn a_retry_after_is_digits_of_a_list_the_first_item_or_a_date_and_nothing_else() {
    for wait in ["600", "600, 1", "600 ,1", "Fri, 01 Jan 2100 00:00:00 GMT"] {
        assert_eq!(requests_after(wait).await, 1, "{wait}");
    }
    for nothing in [
        "",
        "0",
        "Infinity",
        "1e9",
        "0x200",
        "-600",
        "1.5",
        "600s",
        "soon",
        "2100-01-01",
    ] {
        assert_eq!(requests_after(nothing).await, 2, "{nothing}");
    }
}

#[wasm_bindgen_test]
async fn a_retry_after_without_end_is_waited_for_as_long_as_any_may_be() {
    let digits: &'static str = "9".repeat(400).leak();
    assert_eq!(requests_after(digits).await, 1);
}

#[wasm_bindgen_test]
async fn a_copy_goes_to_the_debug_url_and_its_failure_changes_nothing() {
    let network = Network::new();
    let tracker = track(builder().debug_url("https://copy.example.com/usage"));
    tracker.send_feature("one").expect("a feature");
    network.script([Server::Gone]);
    let flushed = tracker.flush().await.expect("a flush");
    assert_eq!(flushed.delivered, 1);
    let asked = network.asked();
    assert_eq!(asked[0].url, "https://copy.example.com/usage");
    assert_eq!(asked[0].text(), asked[1].text());
    assert_ne!(asked[0].option("keepalive"), JsValue::UNDEFINED);
}
