//! Posts batches. A plain-text body needs no preflight request, so a collector on another
//! origin is reached by a single request, even while the page unloads.

mod abort;
mod answer;
mod fetch;
#[cfg(all(test, target_arch = "wasm32"))]
mod tests;
mod xhr;

use std::{cell::Cell, num::NonZeroU32, rc::Rc};

use natero_engine::{Input, RequestId, host_constants::COMPRESS_OVER_BYTES};
use natero_event::json::push_int;
use wasm_bindgen::prelude::*;

use self::{
    fetch::{FetchResult, init},
    xhr::Xhr,
};
use super::{
    BrowserHost,
    compression::{Compression, Form},
    executor, gzip,
    page::{call, global, object_of, put},
    timer::next_turn,
};

pub(super) use self::fetch::fetch;
pub(crate) use self::{
    abort::Abort,
    answer::{Outcome, ServerAnswer},
};

/// Statuses with which firewalls, old proxies and servers without decompression answer a
/// compressed body.
const COMPRESSION_REFUSED: [u16; 7] = [400, 403, 406, 411, 415, 422, 501];

/// What a tracker has learned about how to reach its server.
#[derive(Debug, Default)]
pub(crate) struct TransportState {
    compression: Compression,
    /// The page's replacement of `fetch`, or of the methods that read answers, does not
    /// reveal the outcome of requests.
    fetch_failed: Cell<bool>,
    /// How many answers in a row could not be read to their end.
    unreadable: Cell<usize>,
}

/// A batch to post.
#[derive(Clone)]
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
    /// A request with this body has begun.
    pub is_posted: Cell<bool>,
    /// Who counts each further request with this body, in another form or way.
    pub counts: Option<(BrowserHost, RequestId)>,
    pub transport: &'static TransportState,
}

impl Posting {
    fn is_aborted(&self) -> bool {
        self.abort.as_ref().is_some_and(|abort| abort.is_aborted())
    }

    /// Notes that a request begins.
    fn note_request(&self) {
        if self.is_posted.replace(true)
            && let Some((host, request)) = self.counts
        {
            host.send_input(Input::SentAgain(request));
        }
    }
}

/// Posts a batch. The request begins before this returns, unless the body is compressed
/// first. `ended` receives the outcome.
pub(crate) fn post(posting: Posting, ended: Box<dyn FnOnce(Outcome)>) {
    // Compression takes a turn of the event loop, which an unloading page may not get.
    let may_compress = posting.compress
        && !posting.unloading
        && posting.body.len() > COMPRESS_OVER_BYTES
        && !posting.transport.fetch_failed.get()
        && gzip::is_supported();
    let form = if may_compress {
        posting.transport.compression.next()
    } else {
        Form::Plain
    };
    let started = (form != Form::Compressed).then(|| start(&posting));
    executor::spawn(async move {
        let compression = &posting.transport.compression;
        let started = match started {
            Some(started) => started,
            None => match compressed(&posting).await {
                Ok(outcome) => return ended(outcome),
                Err(CompressionRefused) => {
                    compression.give_up();
                    start(&posting)
                }
            },
        };
        let outcome = uncompressed(&posting, started).await;
        if form == Form::Trial {
            compression.count_trial(outcome.is_success());
        }
        ended(outcome);
    });
}

/// The server did not accept a compressed batch.
struct CompressionRefused;

async fn compressed(posting: &Posting) -> Result<Outcome, CompressionRefused> {
    let TransportState { compression, .. } = posting.transport;
    // If compression never finishes, it is not started again for later batches.
    compression.give_up();
    let body = gzip::gzip(&posting.body)
        .await
        .map_err(|_| CompressionRefused)?;
    compression.allow();
    if posting.is_aborted() {
        return Ok(Outcome::Unanswered);
    }
    let init = init(posting, &body);
    let headers = [("content-type", "text/plain"), ("content-encoding", "gzip")];
    put(&init, "headers", &object_of(&headers));
    posting.note_request();
    match posting
        .transport
        .answer_of(fetch(&posting.url, &init))
        .await
    {
        FetchResult::Outcome(outcome @ Outcome::Answered(ServerAnswer { status, .. }))
            if !COMPRESSION_REFUSED.contains(&status) =>
        {
            compression.count_result(outcome.is_success());
            Ok(outcome)
        }
        FetchResult::Failed | FetchResult::Outcome(Outcome::Unanswered) => {
            // When a page unloads, browsers fail its requests although they arrive. Such
            // a page gets no further turn, so it does not send the batch again.
            next_turn().await;
            Err(CompressionRefused)
        }
        FetchResult::Unusable => {
            posting.transport.fetch_failed.set(true);
            Err(CompressionRefused)
        }
        FetchResult::Outcome(_) => Err(CompressionRefused),
    }
}

/// A request that began.
enum Started {
    Fetch(Result<JsValue, JsValue>),
    /// Nothing reports whether a beacon arrived. Its events stay until an answer confirms
    /// them, and receivers deduplicate.
    Beacon,
    Xhr(Option<Xhr>),
}

fn start(posting: &Posting) -> Started {
    // The visitor may have opted out while the body was compressed, or while another way
    // was tried.
    if posting.is_aborted() {
        return Started::Xhr(None);
    }
    posting.note_request();
    if !posting.transport.fetch_failed.get() {
        let body = posting.body.as_str().into();
        return Started::Fetch(fetch(&posting.url, &init(posting, &body)));
    }
    if posting.unloading {
        send_beacon(posting);
        return Started::Beacon;
    }
    Started::Xhr(Xhr::begin(posting).ok())
}

async fn uncompressed(posting: &Posting, started: Started) -> Outcome {
    let xhr = match started {
        Started::Beacon => return Outcome::Unanswered,
        Started::Xhr(xhr) => xhr,
        Started::Fetch(started) => match posting.transport.answer_of(started).await {
            FetchResult::Outcome(outcome) => return outcome,
            FetchResult::Failed => {
                if posting.unloading {
                    // When a page unloads, browsers fail its requests although they
                    // arrive. Such a page gets no further turn.
                    next_turn().await;
                    if !posting.is_aborted() {
                        posting.note_request();
                        send_beacon(posting);
                    }
                }
                return Outcome::Unanswered;
            }
            FetchResult::Unusable => {
                posting.transport.fetch_failed.set(true);
                match start(posting) {
                    Started::Xhr(xhr) => xhr,
                    Started::Beacon | Started::Fetch(_) => None,
                }
            }
        },
    };
    match xhr {
        Some(xhr) => xhr.ended().await,
        None => Outcome::Unanswered,
    }
}

fn send_beacon(posting: &Posting) {
    let (url, body) = (posting.url.as_str(), posting.body.as_str());
    let _ = call(
        &global("navigator"),
        "sendBeacon",
        &[url.into(), body.into()],
    );
}

/// The line that `debug` prints about a request.
pub(crate) fn request_line(request: NonZeroU32, what: &[&str]) -> String {
    let mut text = String::from("request ");
    push_int(&mut text, i64::from(request.get()));
    text.push_str(": ");
    text.extend(what.iter().copied());
    text
}
