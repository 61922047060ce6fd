//! A page with one tracker: the class of the npm package, with a virtual clock.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::cell::{Cell, RefCell};
use std::ops::Index;
use std::rc::Rc;

use natero_wasm::npm::{Core, CoreConfig, OptionalText, Text};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};

/// The wall time at which the monotonic clock was 0.
pub const WALL: f64 = 1_700_000_000_000.0;

/// The default settings of tests, with these changes.
pub fn config(changes: Value) -> Value {
    let mut config = json!({
        "accountId": "acme", "userId": "ann", "trackUnload": false, "trackPageViews": false,
        "disableEventSend": false, "debug": false, "filter": false, "persistence": "storage",
        "consent": "granted", "sessionTimeout": 1_800_000, "idleTimeout": 60_000,
        "sessionSyncInterval": 60_000, "flushInterval": 5_000, "batchSize": 50,
        "maxQueueBytes": 8_388_608, "maxStoredBytes": 1_048_576
    });
    let fields = config.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            let known = fields.insert(name.clone(), value.clone());
            assert!(known.is_some(), "there is no {name}");
        }
    }
    config
}

/// An effect that the host was told to perform.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect(pub Value);

impl Effect {
    /// The tag of the effect.
    pub fn kind(&self) -> &str {
        self["type"].as_str().expect("a tag")
    }

    /// A field that is a text.
    pub fn text(&self, field: &str) -> &str {
        self[field]
            .as_str()
            .unwrap_or_else(|| panic!("no text {field}: {self:?}"))
    }

    /// The events of a body: newline-separated JSON.
    pub fn events(&self) -> Vec<Value> {
        let body = self.text("body");
        assert!(body.ends_with('\n'), "no line end after {body:?}");
        let lines = body.split_terminator('\n');
        lines
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// The only event in a body.
    pub fn event(&self) -> Value {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{self:?}");
        events.remove(0)
    }

    /// The names of the features in a body, which may also contain timings.
    pub fn features(&self) -> Vec<String> {
        let events = self.events();
        let names = events.iter().filter_map(|event| event["feature"].as_str());
        names.map(str::to_owned).collect()
    }
}

impl Index<&str> for Effect {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

/// The effects with these tags, in order.
pub fn kinds<'a>(effects: &'a [Effect], of: &[&str]) -> Vec<&'a str> {
    let kinds = effects.iter().map(Effect::kind);
    kinds.filter(|kind| of.contains(kind)).collect()
}

type Reaction = Rc<dyn Fn(&Page, &Effect)>;

/// A page with one tracker.
#[derive(Clone)]
pub struct Page(Rc<Inner>);

struct Inner {
    core: RefCell<Core>,
    performing: Cell<bool>,
    mono: Cell<f64>,
    seen: RefCell<Vec<Effect>>,
    reaction: RefCell<Option<Reaction>>,
}

impl Page {
    /// A tracker that was constructed but has not received any input.
    pub fn made(changes: Value) -> Page {
        Page::seeded([1, 2, 3, 4], changes)
    }

    pub fn seeded([a, b, c, d]: [u32; 4], changes: Value) -> Page {
        let text = config(changes).to_string();
        let config = js_sys::JSON::parse(&text)
            .expect("JSON")
            .unchecked_into::<CoreConfig>();
        Page(Rc::new(Inner {
            core: RefCell::new(Core::new(&config, a, b, c, d, 0.0, WALL)),
            performing: Cell::new(false),
            mono: Cell::new(0.0),
            seen: RefCell::default(),
            reaction: RefCell::default(),
        }))
    }

    /// A tracker that has started on a visible page without an address. The effects of the
    /// start are discarded.
    pub fn started(changes: Value) -> Page {
        let page = Page::made(changes);
        page.start(true);
        page.effects();
        page
    }

    /// Advances the monotonic clock to this time, in ms.
    pub fn at(&self, mono: f64) -> &Page {
        self.0.mono.set(mono);
        self
    }

    /// Passes an input, and performs the effects that follow.
    pub fn tell(&self, input: impl FnOnce(&mut Core, f64, f64)) {
        let mono = self.0.mono.get();
        input(&mut self.0.core.borrow_mut(), mono, WALL + mono);
        if self.0.performing.replace(true) {
            return;
        }
        while let Some(effect) = self.next() {
            self.perform(effect);
        }
        self.0.performing.set(false);
    }

    fn next(&self) -> Option<Effect> {
        let effect = self.0.core.borrow_mut().next_effect()?;
        Some(Effect(value(&effect)))
    }

    fn perform(&self, effect: Effect) {
        self.0.seen.borrow_mut().push(effect.clone());
        let reaction = self.0.reaction.borrow().clone();
        if let Some(reaction) = reaction {
            reaction(self, &effect);
        }
    }

    pub fn start(&self, visible: bool) {
        self.start_with(visible, "", "");
    }

    /// Starts on a visible page whose browser reports that it is offline.
    pub fn start_offline(&self) {
        let (none, empty) = (optional(None), text(""));
        self.tell(|core, mono, wall| {
            core.start(
                mono, wall, true, true, &none, &empty, &empty, &empty, &empty,
            );
        });
    }

    /// Starts with these cookies.
    pub fn start_with(&self, visible: bool, session: &str, visitor: &str) {
        self.tell(|core, mono, wall| {
            core.start(
                mono,
                wall,
                visible,
                false,
                &optional(None),
                &text(""),
                &text(""),
                &text(session),
                &text(visitor),
            );
        });
    }

    /// Starts on a visible page with an address.
    pub fn start_at(&self, url: &str, title: &str, referrer: &str) {
        self.tell(|core, mono, wall| {
            core.start(
                mono,
                wall,
                true,
                false,
                &optional(Some(url)),
                &text(title),
                &text(referrer),
                &text(""),
                &text(""),
            );
        });
    }

    pub fn feature(&self, name: &str) {
        let none = optional(None);
        self.tell(|core, mono, wall| {
            core.feature(mono, wall, &text(name), &none, &none, &none, &none);
        });
    }

    pub fn flush(&self, number: u32) {
        self.tell(|core, mono, wall| core.flush(mono, wall, number));
    }

    pub fn set_module(&self, id: Option<&str>) {
        self.tell(|core, mono, wall| core.set_module(mono, wall, &optional(id)));
    }

    pub fn set_product(&self, id: Option<&str>) {
        self.tell(|core, mono, wall| core.set_product(mono, wall, &optional(id)));
    }

    pub fn cookies(&self, session: &str, visitor: &str) {
        self.tell(|core, mono, wall| core.cookies_read(mono, wall, &text(session), &text(visitor)));
    }

    pub fn adopted(&self, records: &str) {
        self.tell(|core, mono, wall| core.adopted(mono, wall, &text(records)));
    }

    pub fn filtered(&self, line: &str) {
        self.tell(|core, mono, wall| core.filtered(mono, wall, &text(line)));
    }

    pub fn filtered_out(&self, threw: bool) {
        self.tell(|core, mono, wall| core.filtered_out(mono, wall, threw));
    }

    pub fn online(&self, online: bool) {
        self.tell(|core, mono, wall| core.online(mono, wall, online));
    }

    /// Passes the server's answer to a request.
    pub fn answer(&self, request: &Effect, status: u16) {
        self.answer_with(request, status, None, 0, "");
    }

    /// Passes the server's answer to a request: status, `Retry-After` in ms, refused lines,
    /// and the message.
    pub fn answer_with(
        &self,
        request: &Effect,
        status: u16,
        after: Option<f64>,
        refused: u32,
        said: &str,
    ) {
        assert_eq!(request.kind(), "send");
        let number = request["request"].as_u64().expect("a number") as u32;
        self.tell(|core, mono, wall| {
            let (said, none) = (text(said), optional(None));
            core.answered(mono, wall, number, status, after, refused, &said, &none);
        });
    }

    /// Passes the answer that the server accepted a request and does not have these of the
    /// events that it was asked about.
    pub fn answer_lacking(&self, request: &Effect, ids: &str) {
        let number = request["request"].as_u64().expect("a number") as u32;
        self.tell(|core, mono, wall| {
            let (said, lacking) = (text(""), optional(Some(ids)));
            core.answered(mono, wall, number, 200, None, 0, &said, &lacking);
        });
    }

    /// Reports that no answer arrived.
    pub fn unanswered(&self, request: &Effect) {
        let number = request["request"].as_u64().expect("a number") as u32;
        self.tell(|core, mono, wall| core.unanswered(mono, wall, number));
    }

    /// Calls `reaction` within each effect that the host performs.
    pub fn whenever(&self, reaction: impl Fn(&Page, &Effect) + 'static) {
        *self.0.reaction.borrow_mut() = Some(Rc::new(reaction));
    }

    /// One of the current ids: `accountId`, `userId`, …
    pub fn id(&self, name: &str) -> Option<String> {
        value(&self.0.core.borrow_mut().ids())[name]
            .as_str()
            .map(str::to_owned)
    }

    pub fn session(&self) -> String {
        self.id("sessionId").expect("a session")
    }

    pub fn visitor(&self) -> String {
        self.id("visitorId").expect("a visitor")
    }

    pub fn stats(&self) -> Value {
        value(&self.0.core.borrow_mut().stats())
    }

    pub fn wake_at(&self) -> Option<f64> {
        let due = self.0.core.borrow_mut().wake_at();
        due.is_finite().then_some(due)
    }

    /// All effects since the last call, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.0.seen.take()
    }

    /// The effects with this tag; all others are discarded.
    pub fn all(&self, kind: &str) -> Vec<Effect> {
        let mut effects = self.effects();
        effects.retain(|effect| effect.kind() == kind);
        effects
    }

    pub fn one(&self, kind: &str) -> Effect {
        let mut all = self.all(kind);
        assert_eq!(all.len(), 1, "not one {kind}: {all:?}");
        all.remove(0)
    }

    /// Flushes, and returns the only event that is sent.
    pub fn sent(&self) -> Value {
        self.flush(1);
        self.one("send").event()
    }
}

/// A text in the form in which the page passes it.
pub fn text(text: &str) -> Text {
    JsValue::from_str(text).unchecked_into()
}

/// An optional text in the form in which the page passes it.
pub fn optional(text: Option<&str>) -> OptionalText {
    text.map_or(JsValue::UNDEFINED, JsValue::from_str)
        .unchecked_into()
}

/// A plain object as JSON.
fn value(object: &JsValue) -> Value {
    let text = js_sys::JSON::stringify(object).expect("plain");
    serde_json::from_str(&String::from(text)).expect("JSON")
}
