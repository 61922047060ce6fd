//! When bodies are sent compressed.

use natero_wasm::Feature;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, Server};
use crate::page::{Tracked, builder, track};

#[wasm_bindgen_test]
async fn a_large_batch_is_compressed_and_sent_again_as_it_is_where_that_is_refused() {
    let network = Network::new();
    let tracker = track(builder());
    for _ in 0..20 {
        tracker.send_feature("x".repeat(100)).expect("a feature");
    }
    network.script([Server::Says(415, "")]);
    let flushed = tracker.flush().await.expect("a flush");
    assert_eq!(flushed.delivered, 20);
    let asked = network.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(asked[0].text(), None);
    assert_eq!(asked[1].events().len(), 20);
    let stats = tracker.stats();
    let bytes = asked[1].text().expect("a text").len() as f64;
    assert_eq!((stats.requests, stats.bytes_sent), (2, 2.0 * bytes));
}

/// Sends events that are large enough to be compressed, each after the previous one was
/// delivered.
async fn deliver(tracker: &Tracked, count: usize) {
    for _ in 0..count {
        let large = Feature::new("large").details(&json!({ "text": "x".repeat(3_000) }));
        tracker.send_feature(large).expect("a feature");
        for tries in 0.. {
            let flushed = tracker.flush().await.expect("a flush");
            if flushed.pending == 0 {
                break;
            }
            assert!(tries < 20, "it is never delivered");
        }
    }
}

fn are_packed(network: &Network) -> Vec<bool> {
    let asked = network.asked();
    asked
        .iter()
        .map(|asked| asked.header("content-encoding").is_some())
        .collect()
}

#[wasm_bindgen_test]
async fn where_packed_bodies_alone_fail_they_go_as_they_are_from_the_second_trial_on() {
    for status in [404, 405, 409, 417, 500, 502] {
        let network = Network::new();
        let tracker = track(builder());
        let (failure, fine) = (|| Server::Says(status, "no"), || Server::Says(200, "{}"));
        // The bodies in order: all are compressed, except the fourth and those from the
        // sixth on.
        network.script([failure(), failure(), failure(), fine(), failure(), fine()]);
        deliver(&tracker, 4).await;
        let expected = [true, true, true, false, true, false, false, false];
        assert_eq!(are_packed(&network), expected, "{status}");
        assert_eq!(tracker.stats().dropped.rejected, 0, "{status}");
    }
}

#[wasm_bindgen_test]
async fn after_a_server_has_failed_for_long_bodies_are_packed_as_before() {
    let network = Network::new();
    let tracker = track(builder());
    network.script([const { Server::Says(502, "") }; 6]);
    deliver(&tracker, 3).await;
    assert_eq!(are_packed(&network)[6..], [true, true, true]);
}
