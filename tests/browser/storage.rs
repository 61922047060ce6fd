//! Unsent events are stored, and those that other pages left are adopted once.

use js_sys::Promise;
use natero_wasm::Persistence;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, Server, page_code};
use crate::page::{builder, builder_of, next_turn, source, track, until};

/// The stored entries of a source, as `name=content` lines.
fn stored(api_key: &str) -> Vec<String> {
    let body = format!(
        "return Object.keys(localStorage).filter((name) => name.startsWith('{api_key}_'))
           .map((name) => name + '=' + localStorage[name]).join('\\u0000');"
    );
    let all = page_code(&body).as_string().expect("a text");
    all.split('\0')
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn of_page(body: &str) -> JsValue {
    JsFuture::from(Promise::resolve(&page_code(body)))
        .await
        .expect(body)
}

/// Waits until no page holds a lock of this source. The browser releases locks with a delay.
async fn until_free(api_key: &str) {
    let body = format!(
        "return navigator.locks.query().then(({{ held }}) => held.some((lock) => lock.name.startsWith('{api_key}_')));"
    );
    for _ in 0..1_000 {
        if of_page(&body).await == false {
            return;
        }
        next_turn().await;
    }
    panic!("a lock is held");
}

#[wasm_bindgen_test]
async fn an_event_is_stored_when_its_task_ends_and_goes_when_it_is_confirmed() {
    let _network = Network::new();
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    next_turn().await;
    assert_eq!(stored(&api_key), [""; 0]);
    tracker.send_feature("one").expect("a feature");
    assert_eq!(stored(&api_key), [""; 0]);
    next_turn().await;
    let lines = stored(&api_key);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("{api_key}_q1.")) && lines[0].contains("\"one\""));
    tracker.flush().await.expect("a flush");
    until("storage to be empty", || stored(&api_key).is_empty()).await;
}

#[wasm_bindgen_test]
async fn what_is_confirmed_after_the_end_is_removed_and_not_sent_again() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    tracker.send_feature("one").expect("a feature");
    next_turn().await;
    assert_eq!(stored(&api_key).len(), 1);
    tracker.shutdown().expect("an end");
    until("storage to be empty", || stored(&api_key).is_empty()).await;
    drop(tracker);
    until_free(&api_key).await;
    let next = track(builder_of(&api_key, &auth_key));
    next.flush().await.expect("a flush");
    assert_eq!(network.features(), ["one"]);
}

#[wasm_bindgen_test]
async fn what_a_closed_page_left_is_adopted_and_removed() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let closed = track(builder_of(&api_key, &auth_key).batch_size(1_000));
    network.script([Server::Gone, Server::Gone]);
    closed.send_feature("left").expect("a feature");
    next_turn().await;
    let left = stored(&api_key);
    assert_eq!(left.len(), 1, "{left:?}");
    // The page closes, and leaves the events that it could not send.
    closed.shutdown().expect("an end");
    drop(closed);
    until_free(&api_key).await;
    let next = track(builder_of(&api_key, &auth_key));
    until("the event to arrive", || {
        network.features().contains(&"left".to_owned())
    })
    .await;
    next.flush().await.expect("a flush");
    until("storage to be empty", || stored(&api_key).is_empty()).await;
}

#[wasm_bindgen_test]
async fn what_a_living_page_has_stored_stays_its_own() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let first = track(builder_of(&api_key, &auth_key));
    network.script([Server::Gone, Server::Gone, Server::Gone]);
    first.send_feature("mine").expect("a feature");
    next_turn().await;
    let mut line = stored(&api_key).remove(0);
    first.shutdown().expect("an end");
    drop(first);
    // The same entry under the name of a page that is still open, in a frame.
    let content = line.split_off(line.find('=').expect("a line") + 1);
    let name = line.trim_end_matches('=').to_owned();
    let start = &name[..name.rfind("q1.").expect("a version") + 3];
    let rest = &name[start.len()..];
    let source_name = &rest[..rest.find('.').expect("a source")];
    let part = format!("{start}{source_name}.another-1");
    page_code(&format!(
        "for (const key of Object.keys(localStorage)) if (key.startsWith('{api_key}_')) localStorage.removeItem(key);"
    ));
    page_code(&format!("localStorage.setItem('{part}.1', {content:?});"));
    of_page(&format!(
        "globalThis.living = document.createElement('iframe');
         document.body.append(living);
         return new Promise((held) => {{
           living.contentWindow.navigator.locks.request('{part}', () => {{
             held();
             return new Promise((release) => {{ globalThis.releaseLock = release; }});
           }});
         }});"
    ))
    .await;
    let before = network.asked().len();
    let second = track(builder_of(&api_key, &auth_key));
    second.flush().await.expect("a flush");
    assert_eq!(network.asked().len(), before);
    assert!(stored(&api_key).iter().any(|line| line.starts_with(&part)));
    second.shutdown().expect("an end");
    drop(second);
    // The other page closes.
    page_code("releaseLock(); living.remove();");
    until_free(&api_key).await;
    let third = track(builder_of(&api_key, &auth_key));
    until("the event to arrive", || {
        network.features().last().is_some_and(|it| it == "mine")
    })
    .await;
    third.flush().await.expect("a flush");
    until("storage to be empty", || stored(&api_key).is_empty()).await;
}

#[wasm_bindgen_test]
async fn full_or_blocked_storage_costs_no_event() {
    let network = Network::new();
    for replaced in [
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
        "Storage.prototype.setItem = Storage.prototype.getItem = Storage.prototype.key = () => { throw new DOMException('no', 'SecurityError'); };",
    ] {
        page_code(&format!(
            "globalThis.kept = {{ ...Object.getOwnPropertyDescriptors(Storage.prototype) }}; {replaced}"
        ));
        let tracker = track(builder());
        tracker.send_feature("anyway").expect("a feature");
        next_turn().await;
        let flushed = tracker.flush().await.expect("a flush");
        page_code("Object.defineProperties(Storage.prototype, kept);");
        assert_eq!(flushed.delivered, 1);
        assert_eq!(network.features().len(), 1);
        network.forget();
    }
}

#[wasm_bindgen_test]
async fn opting_out_erases_what_is_stored() {
    let _network = Network::new();
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    tracker.send_feature("one").expect("a feature");
    next_turn().await;
    assert_eq!(stored(&api_key).len(), 1);
    tracker.opt_out().expect("no consent");
    assert_eq!(stored(&api_key), [""; 0]);
}

#[wasm_bindgen_test]
async fn opting_out_erases_what_an_earlier_version_of_the_page_has_stored() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let earlier = track(builder_of(&api_key, &auth_key));
    network.script([const { Server::Gone }; 4]);
    earlier.send_feature("one").expect("a feature");
    next_turn().await;
    earlier.shutdown().expect("an end");
    next_turn().await;
    assert!(!stored(&api_key).is_empty());
    let now = track(builder_of(&api_key, &auth_key).persistence(Persistence::Memory));
    now.opt_out().expect("no consent");
    assert_eq!(stored(&api_key), [""; 0]);
}

/// The server's requested wait, which all pages of a source share through storage.
fn shared_wait(api_key: &str) -> Option<String> {
    let lines = stored(api_key);
    lines.into_iter().find(|line| line.contains("..wait="))
}

#[wasm_bindgen_test]
async fn other_pages_wait_as_long_as_the_server_asked_one() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    network.script([Server::Later(503, "600")]);
    let told = track(builder_of(&api_key, &auth_key));
    told.send_feature("one").expect("a feature");
    told.flush().await.expect("a flush");
    let line = shared_wait(&api_key).expect("it is shared");
    drop(told);
    until_free(&api_key).await;

    // A page that is opened later.
    network.forget();
    let next = track(builder_of(&api_key, &auth_key));
    next.send_feature("two").expect("a feature");
    next.flush().await.expect("a flush");
    assert_eq!(network.asked().len(), 0);
    next.opt_out().expect("an end");
    assert_eq!(shared_wait(&api_key), None);
    drop(next);

    // A page that is already open, and is notified.
    let living = track(builder_of(&api_key, &auth_key));
    let (name, record) = line.split_once('=').expect("a name and a content");
    for (key, sent) in [("of another", 1), (name, 0)] {
        network.forget();
        // Browsers notify a page of what others store, and a frame counts as another page.
        of_page(&format!(
            "const frame = document.createElement('iframe');
             document.body.append(frame);
             const heard = new Promise((go) => addEventListener('storage', go, {{ once: true }}));
             frame.contentWindow.localStorage.setItem('{key}', {record:?});
             return heard.then(() => frame.remove());"
        ))
        .await;
        living.send_feature("three").expect("a feature");
        living.flush().await.expect("a flush");
        assert_eq!(network.asked().len(), sent, "{key}");
    }
}

#[wasm_bindgen_test]
async fn a_page_without_locks_leaves_nothing_once_all_is_confirmed_after_its_end() {
    let _network = Network::new();
    page_code(
        "Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });",
    );
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    tracker.send_feature("one").expect("a feature");
    next_turn().await;
    let lines = stored(&api_key);
    tracker.shutdown().expect("an end");
    until("storage to be empty", || stored(&api_key).is_empty()).await;
    page_code("delete navigator.locks;");
    assert_eq!(
        lines.len(),
        2,
        "the events, and when the page lived last: {lines:?}"
    );
}
