//! Page views for navigation within the page.

use natero_wasm::PageViews;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code};
use crate::page::{builder, holds_within_frames, track, until};

/// Paths of the page views so far.
fn paths(network: &Network) -> Vec<String> {
    let views = network.actions("pageView");
    let origin = page_code("return location.origin;")
        .as_string()
        .expect("a text");
    views
        .iter()
        .map(|view| {
            view["url"]
                .as_str()
                .expect("an address")
                .replace(&origin, "")
        })
        .collect()
}

#[wasm_bindgen_test]
async fn a_page_view_is_a_change_of_path_with_the_title_of_a_frame_later() {
    let network = Network::new();
    let start = page_code("return location.href;");
    let tracker = track(builder().track_page_views(PageViews::Path).batch_size(1));
    page_code(
        "document.title = 'before'; history.pushState(null, '', '/orders?page=1');
         Promise.resolve().then(() => { document.title = 'orders'; });",
    );
    until("the page view", || paths(&network).len() == 2).await;
    page_code(
        "history.pushState(null, '', '/orders?page=2'); History.prototype.replaceState.call(history, null, '', '/customers');",
    );
    until("the next page view", || paths(&network).len() == 3).await;
    tracker.flush().await.expect("a flush");
    let paths = paths(&network);
    assert_eq!(paths[1..], ["/orders", "/customers"]);
    assert_eq!(network.actions("pageView")[1]["title"], "orders");
    let body = format!(
        "history.replaceState(null, '', {:?});",
        start.as_string().expect("a text")
    );
    drop(tracker);
    page_code(&body);
}

#[wasm_bindgen_test]
async fn a_title_that_a_router_sets_with_the_next_frame_is_that_of_the_page_view() {
    let network = Network::new();
    let start = page_code("return location.href;");
    let tracker = track(builder().track_page_views(PageViews::Path).batch_size(1));
    page_code(
        "document.title = 'before'; history.pushState(null, '', '/framed');
         requestAnimationFrame(() => { document.title = 'framed'; });",
    );
    until("the page view", || paths(&network).len() == 2).await;
    assert_eq!(network.actions("pageView")[1]["title"], "framed");
    drop(tracker);
    page_code(&format!(
        "history.replaceState(null, '', {:?});",
        start.as_string().expect("a text")
    ));
}

#[wasm_bindgen_test]
async fn an_address_that_is_left_and_come_back_to_at_once_is_no_page_view() {
    let network = Network::new();
    let start = page_code("return location.href;");
    let tracker = track(builder().track_page_views(PageViews::Path).batch_size(1));
    page_code(
        "const before = location.href; history.pushState(null, '', '/guarded');
         history.replaceState(null, '', before);",
    );
    page_code(
        "requestAnimationFrame(() => setTimeout(() => history.pushState(null, '', '/next')));",
    );
    until("the page view", || paths(&network).len() == 2).await;
    assert_eq!(paths(&network)[1], "/next");
    drop(tracker);
    page_code(&format!(
        "history.replaceState(null, '', {:?});",
        start.as_string().expect("a text")
    ));
}

#[wasm_bindgen_test]
async fn methods_of_the_history_are_watched_where_the_page_calls_them_and_left_as_they_were() {
    let network = Network::new();
    let start = page_code("return location.href;");
    // A browser without the Navigation API, and a page that has replaced the method.
    page_code(
        "globalThis.native = Object.getOwnPropertyDescriptor(globalThis, 'navigation');
         Object.defineProperty(globalThis, 'navigation', { value: undefined, configurable: true });
         globalThis.own = function (...all) { return History.prototype.pushState.apply(this, all); };
         Object.defineProperty(history, 'pushState', { get: () => own, configurable: true });
         globalThis.described = () => [[history, 'pushState'], [history, 'replaceState'],
           [History.prototype, 'pushState'], [History.prototype, 'replaceState']]
           .map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name));
         globalThis.before = described();",
    );
    let tracker = track(builder().track_page_views(PageViews::Path).batch_size(1));
    for (path, call) in [
        ("/own", "history.pushState(null, '', '/own');"),
        (
            "/of-prototype",
            "History.prototype.pushState.call(history, null, '', '/of-prototype');",
        ),
        ("/replaced", "history.replaceState(null, '', '/replaced');"),
    ] {
        page_code(call);
        until(path, || paths(&network).last().is_some_and(|it| it == path)).await;
    }
    tracker.shutdown().expect("an end");
    let is_as_before = page_code(
        "return described().every((now, at) => now === before[at]
           || ['value', 'get', 'set', 'writable', 'enumerable', 'configurable'].every((part) => now[part] === before[at][part]));",
    );
    page_code(&format!(
        "delete history.pushState; delete globalThis.navigation;
         if (native) Object.defineProperty(globalThis, 'navigation', native);
         history.replaceState(null, '', {:?});",
        start.as_string().expect("a text")
    ));
    assert_eq!(is_as_before, true);
    assert_eq!(paths(&network).len(), 4);
}

#[wasm_bindgen_test]
async fn the_path_in_the_fragment_counts_where_that_is_wanted() {
    let network = Network::new();
    let start = page_code("return location.href;");
    let tracker = track(
        builder()
            .track_page_views(PageViews::PathAndHash)
            .batch_size(1),
    );
    page_code("location.hash = '#/orders?page=1';");
    until("the page view", || paths(&network).len() == 2).await;
    page_code("history.pushState(null, '', '#section');");
    until("the next page view", || paths(&network).len() == 3).await;
    tracker.flush().await.expect("a flush");
    let paths = paths(&network);
    assert!(paths[1].ends_with("#/orders"), "{paths:?}");
    assert!(!paths[2].contains('#'), "{paths:?}");
    drop(tracker);
    page_code(&format!(
        "history.replaceState(null, '', {:?});",
        start.as_string().expect("a text")
    ));
}

#[wasm_bindgen_test]
async fn what_the_method_throws_reaches_the_page_that_called_it() {
    let _network = Network::new();
    let tracker = track(builder().track_page_views(PageViews::Path));
    let thrown = page_code(
        "try { history.pushState(null, '', 'https://elsewhere.example/'); return ''; } catch (error) { return error.name; }",
    );
    assert_eq!(thrown, "SecurityError");
    assert!(tracker.is_ready());
}

#[wasm_bindgen_test]
async fn a_page_without_timers_views_its_pages_a_frame_after_their_navigation() {
    let network = Network::new();
    let start = page_code(
        "globalThis.originalTimer = setTimeout;
         globalThis.setTimeout = () => { throw new Error('timer'); };
         return location.href;",
    );
    let tracker = track(builder().track_page_views(PageViews::Path));
    page_code("history.pushState(null, '', '/untimed');");
    let is_viewed = holds_within_frames(|| paths(&network).len() == 2).await;
    let viewed = paths(&network);
    page_code("globalThis.setTimeout = originalTimer;");
    drop(tracker);
    page_code(&format!(
        "history.replaceState(null, '', {:?});",
        start.as_string().expect("a text")
    ));
    assert!(is_viewed, "{viewed:?}");
    assert_eq!(viewed[1..], ["/untimed"]);
}
