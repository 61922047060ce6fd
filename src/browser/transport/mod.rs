//! Posts batches. A text body makes no browser ask first (a preflight), so that a
//! collector on another origin is reached by one request, even while the page
//! unloads.

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

/// What firewalls, old proxies and servers without compression answer to a packed
/// body.
const NOT_PACKED: [u16; 7] = [400, 403, 406, 411, 415, 422, 501];

/// What a tracker knows of its ways to a server.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    packing: Packing,
    /// What a page has put in the place of `fetch`, or of what answers are read with,
    /// does not tell what comes of it.
    fetch_failed: Cell<bool>,
    /// Answers in a row that could not be read to their end.
    unreadable: Cell<u32>,
}

/// A batch on its way.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub url: String,
    /// Newline-separated JSON.
    pub body: String,
    /// It fits into what browsers grant to requests that outlive their page.
    pub keepalive: bool,
    /// Nothing asynchronous may come before the request.
    pub unloading: bool,
    /// It may be compressed.
    pub compress: bool,
    /// Aborts it.
    pub abort: Option<Rc<Abort>>,
    pub ways: &'static Ways,
}

impl Posting {
    fn is_aborted(&self) -> bool {
        self.abort.as_ref().is_some_and(|abort| abort.is_aborted())
    }
}

/// Posts a batch. The request begins before this returns, unless it is compressed
/// first; `ended` is told what came of it.
pub(crate) fn post(posting: Posting, ended: Box<dyn FnOnce(Outcome)>) {
    // Compressing takes a turn of the event loop, and an unloading page may get none.
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

/// A compressed batch was not taken as such.
struct NotPacked;

async fn compressed(posting: &Posting) -> Result<Outcome, NotPacked> {
    let Ways { packing, .. } = posting.ways;
    // What never comes to an end is given up with this request, and not begun again.
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
            // Browsers end the requests of a page that goes, though they arrive: such a
            // page gets no further turn.
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
    /// Nobody will say whether a beacon arrived: its events stay until someone does,
    /// and receivers deduplicate.
    Beacon,
    Other(Option<Xhr>),
}

fn begin(posting: &Posting) -> Begun {
    // The visitor may have refused while the body was packed, or another way was tried.
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

/// What is printed of a request under `debug`.
pub(crate) fn described(request: NonZeroU32, what: &[&str]) -> String {
    let mut text = String::from("request ");
    push_int(&mut text, i64::from(request.get()));
    text.push_str(": ");
    text.extend(what.iter().copied());
    text
}
