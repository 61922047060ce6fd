//! Posts batches. A plain-text body needs no preflight request, so a collector on another
//! origin is reached by a single request, even while the page unloads.

mod abort;
mod answer;
mod fetch;
#[cfg(all(test, target_arch = "wasm32"))]
mod tests;
mod xhr;

use std::{cell::Cell, num::NonZeroU32, rc::Rc};

use natero_event::json::push_int;
use wasm_bindgen::prelude::*;

use self::{
    fetch::{Fetched, init},
    xhr::Xhr,
};
use super::{
    executor, gzip,
    packing::{Form, Packing},
    page::{call, global, object_of, put},
    timer::next_turn,
};

pub(super) use self::fetch::fetch;
pub(crate) use self::{
    abort::Abort,
    answer::{Outcome, ServerAnswer},
};

const GZIP_OVER_BYTES: usize = 1024;

/// Statuses with which firewalls, old proxies and servers without decompression answer a
/// compressed body.
const NOT_PACKED: [u16; 7] = [400, 403, 406, 411, 415, 422, 501];

/// What a tracker has learned about the ways to reach a server.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    packing: Packing,
    /// The page's replacement of `fetch`, or of the methods that read answers, does not
    /// reveal the outcome of requests.
    fetch_failed: Cell<bool>,
    /// How many answers in a row could not be read to their end.
    unreadable: Cell<u32>,
}

/// A batch to post.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub url: String,
    /// Newline-separated JSON.
    pub body: String,
    /// It fits into the quota that browsers grant to requests that outlive their page.
    pub keepalive: bool,
    /// Nothing asynchronous may come before the request.
    pub unloading: bool,
    /// It may be compressed.
    pub compress: bool,
    /// Aborts the request.
    pub abort: Option<Rc<Abort>>,
    pub ways: &'static Ways,
}

impl Posting {
    fn is_aborted(&self) -> bool {
        self.abort.as_ref().is_some_and(|abort| abort.is_aborted())
    }
}

/// Posts a batch. The request begins before this returns, unless the body is compressed
/// first. `ended` receives the outcome.
pub(crate) fn post(posting: Posting, ended: Box<dyn FnOnce(Outcome)>) {
    // Compression takes a turn of the event loop, which an unloading page may not get.
    let may_compress = posting.compress
        && !posting.unloading
        && posting.body.len() > GZIP_OVER_BYTES
        && !posting.ways.fetch_failed.get()
        && gzip::is_there();
    let form = if may_compress {
        posting.ways.packing.next()
    } else {
        Form::Plain
    };
    let begun = (form != Form::Packed).then(|| begin(&posting));
    executor::spawn(async move {
        let packing = &posting.ways.packing;
        let begun = match begun {
            Some(begun) => begun,
            None => match compressed(&posting).await {
                Ok(outcome) => return ended(outcome),
                Err(NotPacked) => {
                    packing.give_up();
                    begin(&posting)
                }
            },
        };
        let outcome = plain(&posting, begun).await;
        if form == Form::Trial {
            packing.tried(outcome.is_taken());
        }
        ended(outcome);
    });
}

/// The server did not accept a compressed batch.
struct NotPacked;

async fn compressed(posting: &Posting) -> Result<Outcome, NotPacked> {
    let Ways { packing, .. } = posting.ways;
    // If compression never finishes, it is not started again for later batches.
    packing.give_up();
    let body = gzip::gzip(&posting.body).await.map_err(|_| NotPacked)?;
    packing.go_on();
    if posting.is_aborted() {
        return Ok(Outcome::Silence);
    }
    let init = init(posting, &body);
    let headers = [("content-type", "text/plain"), ("content-encoding", "gzip")];
    put(&init, "headers", &object_of(&headers));
    match posting.ways.answer_of(fetch(&posting.url, &init)).await {
        Fetched::Said(outcome @ Outcome::Answered(ServerAnswer { status, .. }))
            if !NOT_PACKED.contains(&status) =>
        {
            packing.answered(outcome.is_taken());
            Ok(outcome)
        }
        Fetched::Said(Outcome::Silence) => {
            // When a page unloads, browsers fail its requests although they arrive. Such
            // a page gets no further turn, so it does not send the batch again.
            next_turn().await;
            Err(NotPacked)
        }
        Fetched::Nonsense => {
            posting.ways.fetch_failed.set(true);
            Err(NotPacked)
        }
        Fetched::Said(_) => Err(NotPacked),
    }
}

/// A request that began.
enum Begun {
    Fetch(Result<JsValue, JsValue>),
    /// Nothing reports whether a beacon arrived. Its events stay until an answer confirms
    /// them, and receivers deduplicate.
    Beacon,
    Other(Option<Xhr>),
}

fn begin(posting: &Posting) -> Begun {
    // The visitor may have opted out while the body was compressed, or while another way
    // was tried.
    if posting.is_aborted() {
        return Begun::Other(None);
    }
    if !posting.ways.fetch_failed.get() {
        let body = posting.body.as_str().into();
        return Begun::Fetch(fetch(&posting.url, &init(posting, &body)));
    }
    if posting.unloading {
        send_beacon(posting);
        return Begun::Beacon;
    }
    Begun::Other(Xhr::begin(posting).ok())
}

async fn plain(posting: &Posting, begun: Begun) -> Outcome {
    let xhr = match begun {
        Begun::Beacon => return Outcome::Silence,
        Begun::Other(xhr) => xhr,
        Begun::Fetch(begun) => match posting.ways.answer_of(begun).await {
            Fetched::Said(outcome) => {
                if outcome == Outcome::Silence && posting.unloading {
                    send_beacon(posting);
                }
                return outcome;
            }
            Fetched::Nonsense => {
                posting.ways.fetch_failed.set(true);
                match begin(posting) {
                    Begun::Other(xhr) => xhr,
                    Begun::Beacon | Begun::Fetch(_) => None,
                }
            }
        },
    };
    match xhr {
        Some(xhr) => xhr.ended().await,
        None => Outcome::Silence,
    }
}

fn send_beacon(posting: &Posting) {
    let navigator = global("navigator");
    if !posting.is_aborted() {
        let (url, body) = (posting.url.as_str(), posting.body.as_str());
        let _ = call(&navigator, "sendBeacon", &[url.into(), body.into()]);
    }
}

/// The line that `debug` prints about a request.
pub(crate) fn described(request: NonZeroU32, what: &[&str]) -> String {
    let mut text = String::from("request ");
    push_int(&mut text, i64::from(request.get()));
    text.push_str(": ");
    text.extend(what.iter().copied());
    text
}
