//! Batches that are aborted before their request has begun.

use std::{cell::RefCell, rc::Rc};

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

type Fetch = Closure<dyn FnMut() -> JsValue>;

/// Replaces `fetch`, until it is dropped, by one that accepts everything, and counts its
/// calls.
struct Network {
    original: JsValue,
    asked: Rc<Cell<u32>>,
    _fetch: Fetch,
}

impl Network {
    fn new(answer: impl Fn() -> JsValue + 'static) -> Network {
        let asked = Rc::new(Cell::new(0));
        let count = Rc::clone(&asked);
        let fetch = Fetch::new(move || {
            count.set(count.get() + 1);
            answer()
        });
        let original = global("fetch");
        put(&super::super::page::global_this(), "fetch", fetch.as_ref());
        Network {
            original,
            asked,
            _fetch: fetch,
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        put(&super::super::page::global_this(), "fetch", &self.original);
    }
}

/// A batch that is large enough to be compressed.
fn large(abort: &Rc<Abort>) -> Posting {
    Posting {
        url: "https://usage.example.com".to_owned(),
        body: "x".repeat(2 * COMPRESS_OVER_BYTES),
        keepalive: true,
        unloading: false,
        compress: true,
        abort: Some(Rc::clone(abort)),
        is_posted: Cell::new(false),
        counts: None,
        transport: Box::leak(Box::default()),
    }
}

/// Posts a batch, and waits for the outcome.
async fn outcome_of(posting: Posting, meanwhile: impl FnOnce()) -> Outcome {
    let outcome = Rc::new(RefCell::new(None));
    let ended = Rc::clone(&outcome);
    post(posting, Box::new(move |it| drop(ended.replace(Some(it)))));
    meanwhile();
    for _ in 0..1_000 {
        if let Some(outcome) = outcome.take() {
            return outcome;
        }
        TimeoutFuture::new(0).await;
    }
    panic!("it does not end");
}

fn gone() -> JsValue {
    js_sys::Promise::reject(&JsValue::NULL).unchecked_into()
}

#[wasm_bindgen_test]
async fn a_batch_that_is_aborted_while_it_is_packed_is_never_posted() {
    let network = Network::new(gone);
    let abort = Abort::new();
    let outcome = outcome_of(large(&abort), || abort.abort()).await;
    assert_eq!((outcome, network.asked.get()), (Outcome::Unanswered, 0));
}

#[wasm_bindgen_test]
async fn a_batch_that_is_aborted_once_it_was_posted_is_posted_in_no_other_form_or_way() {
    let answers: [fn() -> JsValue; 2] = [gone, || JsValue::NULL];
    for answer in answers {
        let abort = Abort::new();
        let aborted = Rc::clone(&abort);
        let network = Network::new(move || {
            aborted.abort();
            answer()
        });
        let outcome = outcome_of(large(&abort), || {}).await;
        assert_eq!((outcome, network.asked.get()), (Outcome::Unanswered, 1));
    }
}

/// Counts the beacons, until it is dropped.
struct Beacons {
    sent: Rc<Cell<u32>>,
    _beacon: Closure<dyn FnMut() -> JsValue>,
}

impl Beacons {
    fn new() -> Beacons {
        let sent = Rc::new(Cell::new(0));
        let count = Rc::clone(&sent);
        let beacon = Closure::new(move || {
            count.set(count.get() + 1);
            JsValue::TRUE
        });
        put(&global("navigator"), "sendBeacon", beacon.as_ref());
        Beacons {
            sent,
            _beacon: beacon,
        }
    }
}

impl Drop for Beacons {
    fn drop(&mut self) {
        let navigator = global("navigator");
        let _ = js_sys::Reflect::delete_property(
            navigator.unchecked_ref::<js_sys::Object>(),
            &"sendBeacon".into(),
        );
    }
}

#[wasm_bindgen_test]
async fn a_batch_whose_request_fails_as_the_page_unloads_is_a_beacon_if_the_page_goes_on() {
    let _network = Network::new(gone);
    let beacons = Beacons::new();
    let unloading = || Posting {
        unloading: true,
        ..large(&Abort::new())
    };
    // A page that unloads gets no further turn, however long its last one is.
    let (sent, within_turn) = (Rc::clone(&beacons.sent), Rc::new(Cell::new(1)));
    let noted = Rc::clone(&within_turn);
    let outcome = outcome_of(unloading(), || {
        executor::spawn(async move {
            for _ in 0..50 {
                let now = js_sys::Promise::resolve(&JsValue::NULL);
                let _ = executor::JsFuture::from_promise(&now).await;
            }
            noted.set(sent.get());
        });
    })
    .await;
    let seen = (outcome, within_turn.get(), beacons.sent.get());
    assert_eq!(seen, (Outcome::Unanswered, 0, 1));
}

#[wasm_bindgen_test]
async fn an_answer_that_is_cut_short_as_the_page_unloads_is_no_reason_for_a_beacon() {
    let cut =
        "return Promise.resolve(new Response(new ReadableStream({ start: (it) => it.error(1) })));";
    let _network = Network::new(move || {
        let cut = js_sys::Function::new_no_args(cut);
        cut.call0(&JsValue::NULL).expect("an answer")
    });
    let beacons = Beacons::new();
    let posting = Posting {
        unloading: true,
        ..large(&Abort::new())
    };
    let outcome = outcome_of(posting, || {}).await;
    assert_eq!((outcome, beacons.sent.get()), (Outcome::Unanswered, 0));
}
