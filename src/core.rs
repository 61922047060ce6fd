use crate::{decode, encode, host::Host};
use natero_engine::{Config, Effect, Engine, Now};
use natero_event::json::push_int;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::wasm_bindgen;

/// One tracker.
///
/// **Invariant.** The engine is never borrowed while an effect is performed,
/// so the host may call back in. What it calls then is taken in at once, and
/// its effects are performed by the outermost call, in order.
///
/// It is never freed: trackers live as long as their page, and the code that
/// would take one apart is half a KB.
#[wasm_bindgen]
pub struct Core(&'static Tracker);

struct Tracker {
    engine: RefCell<Engine>,
    host: Host,
    performing: Cell<bool>,
    /// The monotonic time for which the host was asked to wake the engine.
    wakes_at: Cell<f64>,
}

#[wasm_bindgen]
impl Core {
    /// A tracker made at `wall` and `mono`: `Date.now()` and
    /// `performance.now()`. `flags`, `numbers` and `text` are the settings, as
    /// `decode.rs` reads them; `seed` comes from `crypto.getRandomValues`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: Host,
        wall: f64,
        mono: f64,
        flags: u32,
        numbers: &[f64],
        text: &str,
        seed: &[u32],
    ) -> Core {
        let mut config = Config::default();
        decode::config(&mut config, flags, numbers, text);
        let mut words = [0; 4];
        for (word, random) in words.iter_mut().zip(seed) {
            *word = *random;
        }
        Core(Box::leak(Box::new(Tracker {
            engine: RefCell::new(Engine::new(config, words, Now { mono, wall })),
            host,
            performing: Cell::new(false),
            wakes_at: Cell::new(f64::INFINITY),
        })))
    }

    /// Takes in what happened at `wall` and `mono`: `op` is one of the numbers
    /// in `decode.rs`, which also says what the others mean for it.
    #[allow(clippy::too_many_arguments, reason = "one crossing for all")]
    pub fn handle(&self, op: u8, wall: f64, mono: f64, text: &str, a: f64, b: f64, c: f64, d: f64) {
        let tracker = self.0;
        if op == decode::TIMER {
            tracker.wakes_at.set(f64::INFINITY);
        }
        if let Some(input) = decode::input(op, text, a, b, c, d) {
            tracker
                .engine
                .borrow_mut()
                .handle(Now { mono, wall }, input);
        }
        if tracker.performing.replace(true) {
            return;
        }
        while let Some(effect) = tracker.next_effect() {
            encode::perform(&tracker.host, &effect);
        }
        tracker.performing.set(false);
        tracker.see_to_timer(mono);
    }

    /// A current value: 0 account, 1 user, 2 module, 3 product, 4 session,
    /// 5 visitor; empty where there is none. 6: all counters, separated by
    /// commas, in the order in which `js/stats.ts` names them.
    pub fn read(&self, which: usize) -> String {
        let engine = self.0.engine.borrow();
        match engine.current().get(which) {
            Some(value) => value.unwrap_or("").to_owned(),
            None => {
                let stats = engine.stats();
                let mut out = String::new();
                let counters = [
                    stats.accepted,
                    stats.delivered,
                    engine.pending(),
                    stats.requests,
                    stats.retries,
                ];
                for count in counters.iter().chain(&stats.dropped) {
                    push_int(&mut out, i64::from(*count));
                    out.push(',');
                }
                push_int(&mut out, stats.bytes_sent as i64);
                out
            }
        }
    }
}

impl Tracker {
    // A function of its own: the borrow has to end before the effect begins.
    fn next_effect(&self) -> Option<Effect> {
        self.engine.borrow_mut().poll_effect()
    }

    /// Sees to it that the engine is woken in time. A timer that is set too
    /// early stays: waking for nothing costs less than setting it anew at
    /// every call.
    fn see_to_timer(&self, mono: f64) {
        let due = self.engine.borrow().poll_timeout();
        if let Some(due) = due
            && due < self.wakes_at.get()
        {
            self.wakes_at.set(due);
            encode::wake(&self.host, due - mono);
        }
    }
}
