//! A network in the page: the requests to `fetch`, and its answers.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use serde_json::Value;
use wasm_bindgen::prelude::*;
use web_sys::Response;

/// How a server responds to a request.
#[derive(Clone, Debug)]
pub enum Server {
    /// Answers with this status and body.
    Says(u16, &'static str),
    /// Answers with this status, body and `Retry-After`.
    Later(u16, &'static str),
    /// Cannot be reached.
    Gone,
    /// `fetch` itself throws.
    Throws,
    /// `fetch` returns something that is not a response.
    Nonsense,
    /// `fetch` returns an object with a status and a text that is not a real response.
    Alike,
    /// Answers, and the page reads the answer before anybody else can.
    Read,
    /// Answers, but the page keeps the body of the answer.
    Kept,
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Asked {
    pub url: String,
    init: JsValue,
}

impl Asked {
    /// A member of the options that were passed to `fetch`.
    pub fn option(&self, name: &str) -> JsValue {
        Reflect::get(&self.init, &name.into()).expect("an object")
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let headers = self.option("headers");
        if headers.is_undefined() {
            return None;
        }
        Reflect::get(&headers, &name.into()).ok()?.as_string()
    }

    /// The body, if it is text.
    pub fn text(&self) -> Option<String> {
        self.option("body").as_string()
    }

    /// The events in a text body.
    pub fn events(&self) -> Vec<Value> {
        let text = self.text().expect("a text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }
}

/// The simulated network. Dropping it restores the real one.
pub struct Network {
    state: Rc<State>,
    original: JsValue,
    _fetch: Closure<dyn FnMut(JsValue, JsValue) -> Result<JsValue, JsValue>>,
}

#[derive(Default)]
struct State {
    asked: RefCell<Vec<Asked>>,
    script: RefCell<VecDeque<Server>>,
}

const FINE: Server = Server::Says(200, "");

impl Network {
    /// A network whose servers answer every request with success.
    pub fn new() -> Network {
        let state = Rc::new(State::default());
        let of_fetch = Rc::clone(&state);
        let fetch = Closure::new(move |url: JsValue, init: JsValue| of_fetch.fetch(&url, init));
        let original = Reflect::get(&js_sys::global(), &"fetch".into()).expect("fetch");
        put("fetch", fetch.as_ref());
        Network {
            state,
            original,
            _fetch: fetch,
        }
    }

    /// The responses to the next requests, in order.
    pub fn script(&self, servers: impl IntoIterator<Item = Server>) {
        self.state.script.borrow_mut().extend(servers);
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.state.asked.borrow_mut().clear();
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.borrow().clone()
    }

    /// The events of all requests so far.
    pub fn events(&self) -> Vec<Value> {
        self.asked().iter().flat_map(Asked::events).collect()
    }

    /// The events with this action.
    pub fn actions(&self, action: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|event| event["action"] == action);
        events
    }

    /// The names of the features so far.
    pub fn features(&self) -> Vec<String> {
        let names = self.actions("feature");
        names
            .iter()
            .map(|event| event["feature"].as_str().expect("a name").to_owned())
            .collect()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        put("fetch", &self.original);
    }
}

impl State {
    fn fetch(&self, url: &JsValue, init: JsValue) -> Result<JsValue, JsValue> {
        let url = url.as_string().expect("an address");
        self.asked.borrow_mut().push(Asked { url, init });
        let server = self.script.borrow_mut().pop_front().unwrap_or(FINE);
        let promise = match server {
            Server::Says(status, body) => Promise::resolve(&response(status, body, None)),
            Server::Later(status, after) => Promise::resolve(&response(status, "", Some(after))),
            Server::Gone => Promise::reject(&JsValue::from_str("gone")),
            Server::Throws => return Err(JsValue::from_str("thrown")),
            Server::Nonsense => Promise::resolve(&JsValue::from_str("nonsense")),
            Server::Alike => Promise::resolve(&page_code(
                "return { status: 200, bodyUsed: false, headers: new Headers(), text: async () => '' };",
            )),
            Server::Read => Promise::resolve(&used("text")),
            Server::Kept => Promise::resolve(&used("body.getReader")),
        };
        Ok(promise.into())
    }
}

fn response(status: u16, body: &str, retry_after: Option<&str>) -> JsValue {
    let init = web_sys::ResponseInit::new();
    init.set_status(status);
    if let Some(after) = retry_after {
        let headers = web_sys::Headers::new().expect("headers");
        headers.set("retry-after", after).expect("a header");
        init.set_headers(&headers);
    }
    let body = (!body.is_empty()).then_some(body);
    Response::new_with_opt_str_and_init(body, &init)
        .expect("a response")
        .into()
}

/// An answer that the page has already consumed with this method.
fn used(method: &str) -> JsValue {
    page_code(&format!(
        "const answer = new Response('{{}}'); answer.{method}(); return answer;"
    ))
}

/// Sets a global.
pub fn put(name: &str, value: &JsValue) {
    Reflect::set(&js_sys::global(), &name.into(), value).expect("a global");
}

/// Runs JavaScript in the page.
pub fn page_code(body: &str) -> JsValue {
    Function::new_no_args(body)
        .call0(&JsValue::UNDEFINED)
        .unwrap_or_else(|error| panic!("{error:?} in {body}"))
}
