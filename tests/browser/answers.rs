//! Answers of a `fetch` that the page has replaced.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, Server, page_code};
use crate::page::{builder, builder_of, source, track};

/// Replaces `XMLHttpRequest` by one that always reports success, from this address.
fn put_xhr(answered_by: &str) {
    page_code(&format!(
        "globalThis.OriginalRequest = globalThis.XMLHttpRequest;
         globalThis.posted = 0;
         globalThis.XMLHttpRequest = class extends EventTarget {{
           open() {{}} abort() {{}} getResponseHeader() {{ return null; }}
           send() {{
             posted += 1;
             Object.assign(this, {{ status: 200, responseText: '', responseURL: '{answered_by}' }});
             setTimeout(() => this.dispatchEvent(new Event('loadend')));
           }}
         }};"
    ));
}

/// Restores the browser's own one, and returns how often the replacement was used.
fn take_xhr() -> f64 {
    let posted = page_code("globalThis.XMLHttpRequest = OriginalRequest; return posted;");
    posted.as_f64().expect("a number")
}

#[wasm_bindgen_test]
async fn a_fetch_that_tells_nothing_is_left_for_another_way() {
    let network = Network::new();
    for server in [
        Server::Throws,
        Server::Nonsense,
        Server::Alike,
        Server::Read,
    ] {
        put_xhr("");
        let tracker = track(builder());
        tracker.send_feature("one").expect("a feature");
        network.script([server.clone()]);
        let flushed = tracker.flush().await.expect("a flush");
        assert_eq!(flushed.delivered, 1, "{server:?}");
        tracker.send_feature("two").expect("a feature");
        let flushed = tracker.flush().await.expect("a flush");
        assert_eq!(flushed.delivered, 1, "{server:?}");
        let stats = tracker.stats();
        assert_eq!((stats.requests, stats.retries), (3, 0), "{server:?}");
        assert_eq!(network.asked().len(), 1);
        assert_eq!(take_xhr(), 2.0);
        network.forget();
    }
}

#[wasm_bindgen_test]
async fn a_packed_batch_goes_another_way_at_once_where_fetch_tells_nothing() {
    let network = Network::new();
    put_xhr("");
    let tracker = track(builder());
    for _ in 0..20 {
        tracker.send_feature("x".repeat(100)).expect("a feature");
    }
    network.script([const { Server::Alike }; 2]);
    let flushed = tracker.flush().await.expect("a flush");
    assert_eq!(flushed.delivered, 20);
    assert_eq!((network.asked().len(), take_xhr()), (1, 1.0));
}

#[wasm_bindgen_test]
async fn a_fetch_whose_answers_can_never_be_read_to_their_end_is_given_up() {
    let network = Network::new();
    put_xhr("");
    let tracker = track(builder());
    tracker.send_feature("one").expect("a feature");
    network.script([const { Server::Kept }; 4]);
    let mut pending = Vec::new();
    for _ in 0..3 {
        pending.push(tracker.flush().await.expect("a flush").pending);
    }
    assert_eq!(pending, [1, 1, 0]);
    assert_eq!((network.asked().len(), take_xhr()), (3, 1.0));
}

#[wasm_bindgen_test]
async fn an_answer_of_another_address_than_was_asked_confirms_nothing() {
    let network = Network::new();
    put_xhr("https://login.example.com/");
    let tracker = track(builder());
    tracker.send_feature("one").expect("a feature");
    network.script([Server::Nonsense]);
    let flushed = tracker.flush().await.expect("a flush");
    assert_eq!((flushed.delivered, flushed.pending), (0, 1));
    assert_eq!(take_xhr(), 1.0);
}

#[wasm_bindgen_test]
async fn a_signal_that_fetch_would_not_take_is_not_passed_to_it() {
    let network = Network::new();
    page_code(
        "globalThis.OriginalController = AbortController;
         globalThis.AbortController = class { signal = { aborted: false }; abort() {} };",
    );
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    tracker.send_feature("one").expect("a feature");
    let flushed = tracker.flush().await.expect("a flush");
    page_code("globalThis.AbortController = OriginalController;");
    assert_eq!(flushed.delivered, 1);
    // The tracker of an earlier test may retry meanwhile.
    let asked = network.asked();
    let own = asked.iter().find(|asked| {
        let address = asked.url.split('?').next();
        address.is_some_and(|it| it.ends_with(&format!("/{api_key}")))
    });
    assert!(own.expect("a request").option("signal").is_undefined());
}

#[wasm_bindgen_test]
async fn what_a_page_gives_to_all_objects_is_no_answer_of_the_server() {
    let network = Network::new();
    let tracker = track(builder());
    tracker.send_feature("one").expect("a feature");
    network.script([Server::Says(200, "{}")]);
    page_code("Object.prototype.rejected = [{ line: 1, error: 'of the page' }];");
    let flushed = tracker.flush().await.expect("a flush");
    page_code("delete Object.prototype.rejected;");
    assert_eq!((flushed.delivered, flushed.rejected), (1, 0));
}
