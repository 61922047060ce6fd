//! The JS side of the crossing, as `js/core.ts` has it: it speaks by the same
//! numbers and through the same memory, under a virtual clock.

#![allow(dead_code, reason = "each suite uses a part of it")]
#![allow(unsafe_code, reason = "JS has no types to keep either")]

use natero_wasm::{Tracker, count, handle, make, next, read, room};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

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
    pub numbers: [f64; 6],
    /// Account and user.
    pub text: String,
    pub seed: [u32; 4],
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
            numbers: [1_800_000.0, 60_000.0, 60_000.0, 5_000.0, 50.0, 1_048_576.0],
            text: "acme\0ann".into(),
            seed: [1, 2, 3, 4],
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
    tracker: *mut Tracker,
    performing: Cell<bool>,
    mono: Cell<f64>,
    seen: RefCell<Vec<Effect>>,
    reaction: RefCell<Option<Reaction>>,
}

impl Page {
    /// A tracker that was made and told nothing yet.
    pub fn made(settings: Settings) -> Page {
        let [session, idle, sync, flush, batch, bytes] = settings.numbers;
        let [s0, s1, s2, s3] = settings.seed;
        let len = write(&settings.text);
        // SAFETY: the text was written just now.
        let tracker = unsafe {
            make(
                len,
                WALL,
                0.0,
                settings.flags,
                session,
                idle,
                sync,
                flush,
                batch,
                bytes,
                s0,
                s1,
                s2,
                s3,
            )
        };
        Page(Rc::new(Inner {
            tracker,
            performing: Cell::new(false),
            mono: Cell::new(0.0),
            seen: RefCell::default(),
            reaction: RefCell::default(),
        }))
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
        self.tell_number(number("Op", op), text, numbers);
    }

    pub fn tell_number(&self, op: u8, text: &str, [a, b, c, d]: [f64; 4]) {
        let mono = self.0.mono.get();
        let len = write(text);
        // SAFETY: the tracker is alive, and the text was written just now.
        unsafe { handle(self.0.tracker, len, op, WALL + mono, mono, a, b, c, d) };
        if self.0.performing.replace(true) {
            return;
        }
        // SAFETY: the tracker is alive.
        while let Some((op, text, [a, b, c, d])) = show(unsafe { next(self.0.tracker) }) {
            self.perform(Effect {
                name: name("Do", op),
                text,
                a,
                b,
                c,
                d,
            });
        }
        self.0.performing.set(false);
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
        // SAFETY: the tracker is alive.
        let shown = show(unsafe { read(self.0.tracker, which) });
        shown.expect("a value").1
    }

    /// Accepted, delivered, pending, requests, retries, dropped by reason, and
    /// bytes.
    pub fn counters(&self) -> [u32; 12] {
        // SAFETY: the tracker is alive, and twelve numbers are its answer.
        let counters = unsafe { *count(self.0.tracker).cast::<[f64; 12]>() };
        counters.map(|count| count as u32)
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

    fn perform(&self, effect: Effect) {
        self.0.seen.borrow_mut().push(effect.clone());
        let reaction = self.0.reaction.borrow().clone();
        if let Some(reaction) = reaction {
            reaction(self, &effect);
        }
    }
}

/// Writes a text where the wasm will look for it, and tells its length.
fn write(text: &str) -> usize {
    // More than needed, as the facade does that cannot know.
    let place = room(text.len() * 3);
    // SAFETY: there is room for it.
    unsafe { place.copy_from_nonoverlapping(text.as_ptr(), text.len()) };
    text.len()
}

/// What lies at an address: a number, a text, and more numbers.
fn show(place: *const f64) -> Option<(u8, String, [f64; 4])> {
    // SAFETY: seven numbers, of which the second and third name a text.
    unsafe {
        let [op, text, length, a, b, c, d] = *place.cast::<[f64; 7]>().as_ref()?;
        let text = std::slice::from_raw_parts(text as usize as *const u8, length as usize);
        let text = String::from_utf8(text.to_vec()).expect("UTF-8");
        Some((op as u8, text, [a, b, c, d]))
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
