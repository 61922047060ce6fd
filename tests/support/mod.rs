//! A host for `Core`, as the facade is one: it speaks by the numbers of
//! `js/core.ts` and over the crossing that a page uses, under a virtual clock.

#![allow(dead_code, reason = "each suite uses a part of it")]

use js_sys::{JsString, Object, Reflect};
use natero_wasm::Core;
use serde_json::Value;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// `Core` as JS has it: what goes in is turned to bytes by the glue.
    type Exported;

    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments, reason = "that of Core")]
    fn handle(
        this: &Exported,
        op: u8,
        wall: f64,
        mono: f64,
        text: &JsString,
        a: f64,
        b: f64,
        c: f64,
        d: f64,
    );

    #[wasm_bindgen(method)]
    fn read(this: &Exported, which: usize) -> String;
}

/// The wall time at which the monotonic clock was 0.
pub const WALL: f64 = 1_700_000_000_000.0;

pub const TRACK_UNLOAD: u32 = 1;
pub const TRACK_PAGE_VIEWS: u32 = 2;
pub const DISABLE_EVENT_SEND: u32 = 4;
pub const DEBUG: u32 = 8;
pub const BEFORE_SEND: u32 = 16;
pub const MEMORY: u32 = 32;
pub const PENDING: u32 = 64;
pub const DENIED: u32 = 128;

/// What the facade passes to the constructor.
pub struct Settings {
    pub flags: u32,
    /// `sessionTimeout`, `idleTimeout`, `sessionSyncInterval`,
    /// `flushInterval`, `batchSize`, `maxQueueBytes`.
    pub numbers: Vec<f64>,
    /// Account and user.
    pub text: JsString,
    pub seed: Vec<u32>,
}

impl Settings {
    pub fn flags(flags: u32) -> Settings {
        Settings {
            flags,
            ..Settings::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            flags: 0,
            numbers: vec![1_800_000.0, 60_000.0, 60_000.0, 5_000.0, 50.0, 1_048_576.0],
            text: "acme\0ann".into(),
            seed: vec![1, 2, 3, 4],
        }
    }
}

/// Something that the host was asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// As `js/core.ts` calls it.
    pub name: String,
    pub text: String,
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
}

impl Effect {
    /// The events of a body: newline-separated JSON.
    pub fn events(&self) -> Vec<Value> {
        assert!(
            self.text.ends_with('\n'),
            "no line end after {:?}",
            self.text
        );
        self.text
            .split_terminator('\n')
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// The only event of a body.
    pub fn event(&self) -> Value {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{}", self.text);
        events.remove(0)
    }

    pub fn numbers(&self) -> [f64; 4] {
        [self.a, self.b, self.c, self.d]
    }
}

type Reaction = Rc<dyn Fn(&Page, &Effect)>;

/// A page with one tracker.
#[derive(Clone)]
pub struct Page(Rc<Inner>);

struct Inner {
    core: OnceCell<Exported>,
    mono: Cell<f64>,
    seen: RefCell<Vec<Effect>>,
    reaction: RefCell<Option<Reaction>>,
}

impl Page {
    /// A tracker that was made and told nothing yet.
    pub fn made(settings: Settings) -> Page {
        let page = Page(Rc::new(Inner {
            core: OnceCell::new(),
            mono: Cell::new(0.0),
            seen: RefCell::default(),
            reaction: RefCell::default(),
        }));
        let host = Object::new();
        let effect = {
            let page = page.clone();
            Closure::<dyn Fn(u8, String, f64, f64, f64, f64)>::new(move |op, text, a, b, c, d| {
                page.perform(Effect {
                    name: name("Do", op),
                    text,
                    a,
                    b,
                    c,
                    d,
                });
            })
        };
        Reflect::set(&host, &"effect".into(), &effect.into_js_value()).expect("a plain object");
        let core = Core::new(
            JsValue::from(host).unchecked_into(),
            WALL,
            0.0,
            settings.flags,
            &settings.numbers,
            &String::from(&settings.text),
            &settings.seed,
        );
        let core = JsValue::from(core).unchecked_into();
        assert!(page.0.core.set(core).is_ok());
        page
    }

    /// A tracker that has started on a visible page without an address, and
    /// whatever that led to is forgotten.
    pub fn started(settings: Settings) -> Page {
        let page = Page::made(settings);
        page.tell_with("Start", "", [1.0, 0.0, 0.0, 0.0]);
        page.effects();
        page
    }

    /// Goes on to this time of the monotonic clock, in ms.
    pub fn at(&self, mono: f64) -> &Page {
        self.0.mono.set(mono);
        self
    }

    /// Tells what happened, by its name in `js/core.ts`.
    pub fn tell(&self, op: &str, text: &str) {
        self.tell_with(op, text, [0.0; 4]);
    }

    pub fn tell_with(&self, op: &str, text: &str, numbers: [f64; 4]) {
        self.tell_number(number("Op", op), &text.into(), numbers);
    }

    pub fn tell_number(&self, op: u8, text: &JsString, [a, b, c, d]: [f64; 4]) {
        let mono = self.0.mono.get();
        self.core().handle(op, WALL + mono, mono, text, a, b, c, d);
    }

    /// The server's answer to a request: status, `Retry-After` in ms, refused
    /// lines, and what it said.
    pub fn answer(&self, request: &Effect, status: f64, after: f64, refused: f64, said: &str) {
        assert_eq!(request.name, "Send");
        self.tell_with("Response", said, [request.a, status, after, refused]);
    }

    pub fn feature(&self, name: &str) {
        self.tell("Feature", name);
    }

    /// Whenever the host is asked for something, `reaction` is called within.
    pub fn whenever(&self, reaction: impl Fn(&Page, &Effect) + 'static) {
        *self.0.reaction.borrow_mut() = Some(Rc::new(reaction));
    }

    pub fn read(&self, which: usize) -> String {
        self.core().read(which)
    }

    /// Accepted, delivered, pending, requests, retries, dropped by reason, and
    /// bytes.
    pub fn counters(&self) -> Vec<u32> {
        let text = self.read(6);
        text.split(',')
            .map(|count| count.parse().expect("a count"))
            .collect()
    }

    /// Everything that was asked for since the last time, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.0.seen.take()
    }

    /// What was asked for under this name; all else is forgotten.
    pub fn all(&self, name: &str) -> Vec<Effect> {
        // Knows the name, or fails: a misspelt one would never be found.
        number("Do", name);
        let mut effects = self.effects();
        effects.retain(|effect| effect.name == name);
        effects
    }

    pub fn one(&self, name: &str) -> Effect {
        let mut all = self.all(name);
        assert_eq!(all.len(), 1, "not one {name}: {all:?}");
        all.remove(0)
    }

    /// Flushes, and returns the only event that is sent.
    pub fn sent(&self) -> Value {
        self.tell_with("Flush", "", [1.0, 0.0, 0.0, 0.0]);
        self.one("Send").event()
    }

    fn core(&self) -> &Exported {
        self.0.core.get().expect("the tracker is made")
    }

    fn perform(&self, effect: Effect) {
        self.0.seen.borrow_mut().push(effect.clone());
        let reaction = self.0.reaction.borrow().clone();
        if let Some(reaction) = reaction {
            reaction(self, &effect);
        }
    }
}

/// The facade's number for a name.
pub fn number(list: &str, name: &str) -> u8 {
    let found = numbers(list).find(|(known, _)| *known == name);
    found
        .unwrap_or_else(|| panic!("js/core.ts has no {list}.{name}"))
        .1
}

fn name(list: &str, number: u8) -> String {
    let found = numbers(list).find(|(_, known)| *known == number);
    found.map_or_else(|| format!("{list} {number}"), |(name, _)| name.to_owned())
}

/// The numbers that the facade never tells.
pub fn unknown_ops() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(|op| numbers("Op").all(|(_, known)| known != *op))
}

fn numbers(list: &str) -> impl Iterator<Item = (&'static str, u8)> {
    let (_, rest) = include_str!("../../js/core.ts")
        .split_once(&format!("export const enum {list} {{"))
        .expect("the enum");
    let (body, _) = rest.split_once('}').expect("its end");
    body.lines()
        .filter_map(|line| line.trim().trim_end_matches(',').split_once(" = "))
        .map(|(name, number)| (name, number.parse().expect("a number")))
}
