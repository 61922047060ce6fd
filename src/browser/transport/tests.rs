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
