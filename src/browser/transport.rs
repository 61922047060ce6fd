//! Posts batches. A text body makes no browser ask first (a preflight), so that a
//! collector on another origin is reached by one request, even while the page
//! unloads.

use std::{cell::Cell, num::NonZeroU32, rc::Rc};

use js_sys::{Array, JSON, Object, Promise};
use natero_event::json::push_int;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, Navigator, XmlHttpRequest};

use super::{
    clock, guard, gzip,
    listener::Listener,
    packing::{Form, Packing},
    page::{self, Accessor, cut_to, global, member, object_of, put},
    storage::number,
    timer::next_turn,
    unreachable::Obstacle,
};

const GZIP_OVER_BYTES: usize = 1024;

/// As much as a message needs of what is no JSON, in UTF-16 units.
const MAX_TOLD_UNITS: usize = 200;

/// What firewalls, old proxies and servers without compression answer to a packed
/// body.
const NOT_PACKED: [u16; 7] = [400, 403, 406, 411, 415, 422, 501];

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(super) fn fetch(url: &str, init: &Object) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Date, js_name = parse)]
    fn parse_date(text: &str) -> Result<JsValue, JsValue>;

    /// A `Response` of the Fetch standard; web-sys reads its status without `catch`.
    type Answered;

    #[wasm_bindgen(method, catch)]
    fn text(this: &Answered) -> Result<JsValue, JsValue>;
}

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

/// `fetch` is given up after so many answers that could not be read: the network may
/// have cut one short.
const TIMES_UNREADABLE: u32 = 3;

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
    pub signal: Option<AbortSignal>,
    pub ways: Rc<Ways>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Answered(ServerAnswer),
    /// What came is no answer of a collector.
    Blocked(Obstacle),
    /// Nothing came.
    Silence,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ServerAnswer {
    pub status: u16,
    /// From now, in ms.
    pub retry_after: Option<f64>,
    /// How many lines of the batch it refused.
    pub rejected: Option<NonZeroU32>,
    pub message: String,
    /// The ids it was asked about and lacks, if it says so.
    pub lacking: Option<String>,
}

/// What aborts a request, where the browser can. What the page has put in its place may
/// have no signal that `fetch` takes.
pub(crate) fn controller() -> Option<AbortController> {
    let controller = AbortController::new().ok()?;
    let signal = member(&controller, "signal");
    (Accessor::of("AbortSignal", "aborted").get(&signal) == false).then_some(controller)
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
    guard::spawn(async move {
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

impl Outcome {
    /// The server has taken the batch.
    fn is_taken(&self) -> bool {
        matches!(self, Outcome::Answered(answer) if answer.status < 300)
    }
}

/// A compressed batch was not taken as such.
struct NotPacked;

async fn compressed(posting: &Posting) -> Result<Outcome, NotPacked> {
    let Ways { packing, .. } = &*posting.ways;
    // What never comes to an end is given up with this request, and not begun again.
    packing.give_up();
    let body = gzip::gzip(&posting.body).await.map_err(|_| NotPacked)?;
    packing.go_on();
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
        Fetched::Said(_) | Fetched::Nonsense => Err(NotPacked),
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
    if !posting.ways.fetch_failed.get() {
        let body = posting.body.as_str().into();
        return Begun::Fetch(fetch(&posting.url, &init(posting, &body)));
    }
    if posting.unloading {
        send_beacon(&posting.url, &posting.body);
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
                    send_beacon(&posting.url, &posting.body);
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

fn init(posting: &Posting, body: &JsValue) -> Object {
    let init = object_of(&[
        ("method", "POST"),
        ("credentials", "same-origin"),
        // A redirected POST becomes a GET, and its answer would look like success.
        ("redirect", "manual"),
    ]);
    put(&init, "body", body);
    put(&init, "keepalive", &posting.keepalive.into());
    if let Some(signal) = &posting.signal {
        put(&init, "signal", signal);
    }
    init
}

/// What `fetch` gave.
enum Fetched {
    Said(Outcome),
    /// No response, and no rejection.
    Nonsense,
}

impl Ways {
    async fn answer_of(&self, begun: Result<JsValue, JsValue>) -> Fetched {
        // What throws at once is not what browsers have.
        let Ok(begun) = begun else {
            return Fetched::Nonsense;
        };
        let Some(response) = resolved(Ok(begun)).await else {
            return Fetched::Said(Outcome::Silence);
        };
        // What a wrapped `fetch` made may be no response at all, and one that reads the
        // answer itself leaves nothing of it.
        let status = member(&response, "status").as_f64();
        let is_used = member(&response, "bodyUsed") == true;
        let Some(status) = status.filter(|_| !is_used) else {
            return Fetched::Nonsense;
        };
        let text = resolved(response.unchecked_ref::<Answered>().text()).await;
        // An answer that was cut short is none.
        let Some(text) = text.and_then(|text| text.as_string()) else {
            let unreadable = self.unreadable.get() + 1;
            self.unreadable.set(unreadable);
            return if unreadable < TIMES_UNREADABLE {
                Fetched::Said(Outcome::Silence)
            } else {
                Fetched::Nonsense
            };
        };
        self.unreadable.set(0);
        let headers = member(&response, "headers");
        let header = |name: &str| headers.unchecked_ref::<web_sys::Headers>().get(name).ok()?;
        Fetched::Said(outcome_of(status as u16, &text, &header))
    }
}

async fn resolved(promise: Result<JsValue, JsValue>) -> Option<JsValue> {
    // What is no promise is its own outcome.
    JsFuture::from(Promise::resolve(&promise.ok()?)).await.ok()
}

/// What an answer says. A body that is JSON, as a collector's is, or empty confirms;
/// a page is that of something in between.
fn outcome_of(status: u16, text: &str, header: &dyn Fn(&str) -> Option<String>) -> Outcome {
    // A redirect is not followed, and has no status that a page may see.
    if status == 0 {
        return Outcome::Blocked(Obstacle::Redirect);
    }
    let told = JSON::parse(text);
    if status < 300 && told.is_err() && !text.trim().is_empty() {
        return Outcome::Blocked(Obstacle::Page);
    }
    let mut answer = match told {
        Ok(told) => verdict(&told),
        Err(_) => ServerAnswer {
            message: cut_to(text, MAX_TOLD_UNITS).to_owned(),
            ..ServerAnswer::default()
        },
    };
    answer.status = status;
    answer.retry_after = retry_after(header);
    Outcome::Answered(answer)
}

/// What the server said of the events, and how many it refused.
fn verdict(told: &JsValue) -> ServerAnswer {
    let refused = member(told, "rejected");
    let refused = if Array::is_array(&refused) {
        refused.unchecked_into::<Array>()
    } else {
        Array::new()
    };
    let message = match shown(&member(told, "error")) {
        Some(error) => error,
        None if refused.length() > 0 => {
            let first = refused.get(0);
            let part = |name| shown(&member(&first, name)).unwrap_or_default();
            ["line ", &part("line"), ": ", &part("error")].concat()
        }
        None => String::new(),
    };
    ServerAnswer {
        rejected: NonZeroU32::new(refused.length()),
        message,
        lacking: member(told, "lacking").as_string(),
        ..ServerAnswer::default()
    }
}

/// A text or a whole number as a message shows it; other values as JSON.
fn shown(value: &JsValue) -> Option<String> {
    if value.is_undefined() || value.is_null() {
        return None;
    }
    value.as_string().or_else(|| {
        let json = JSON::stringify(value).ok()?;
        JsValue::from(json).as_string()
    })
}

/// `Retry-After` in ms, from seconds or a date.
fn retry_after(header: &dyn Fn(&str) -> Option<String>) -> Option<f64> {
    let told = header("retry-after")?;
    let date = |text: &str| parse_date(text).ok()?.as_f64().filter(|at| !at.is_nan());
    let wait = match number(told.trim()) {
        Some(seconds) => seconds * 1000.0,
        // Many clocks are wrong: as far as it can be read, the server's own counts.
        None => {
            let now = header("date").and_then(|now| date(&now));
            date(&told)? - now.unwrap_or_else(clock::wall)
        }
    };
    (wait > 0.0).then_some(wait)
}

fn send_beacon(url: &str, body: &str) {
    let navigator = global("navigator");
    if member(&navigator, "sendBeacon").is_function() {
        let _ = navigator
            .unchecked_ref::<Navigator>()
            .send_beacon_with_opt_str(url, Some(body));
    }
}

/// The other way to ask a server.
struct Xhr {
    url: String,
    request: XmlHttpRequest,
    end: Promise,
    _ended: Listener,
    _aborted: Option<Listener>,
}

impl Xhr {
    fn begin(posting: &Posting) -> Result<Xhr, JsValue> {
        let request = XmlHttpRequest::new()?;
        let mut resolve = None;
        let end = Promise::new(&mut |settle, _| resolve = Some(settle));
        let ended = Listener::new(&request, &["loadend"], move |_| {
            if let Some(resolve) = &resolve {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }
        });
        let aborted = posting.signal.as_ref().map(|signal| {
            let request = request.clone();
            Listener::new(signal, &["abort"], move |_| {
                let _ = request.abort();
            })
        });
        request.open("POST", &posting.url)?;
        request.send_with_opt_str(Some(&posting.body))?;
        Ok(Xhr {
            url: posting.url.clone(),
            request,
            end,
            _ended: ended,
            _aborted: aborted,
        })
    }

    async fn ended(self) -> Outcome {
        let _ = JsFuture::from(self.end).await;
        let status = self.request.status().unwrap_or(0);
        let text = self.request.response_text().ok().flatten();
        if status == 0 {
            return Outcome::Silence;
        }
        // Redirects are followed unasked: who answers then is not who was asked.
        let answered_by = member(&self.request, "responseURL").as_string();
        let is_other = |asked: String| answered_by.is_some_and(|it| !it.is_empty() && it != asked);
        if page::normalised(&self.url).is_some_and(is_other) {
            return Outcome::Blocked(Obstacle::Redirect);
        }
        let header = |name: &str| self.request.get_response_header(name).ok()?;
        outcome_of(status, &text.unwrap_or_default(), &header)
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
