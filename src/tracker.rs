//! What JS calls.

#![allow(unsafe_code, reason = "JS knows a tracker by its address alone")]

use crate::settings;
use natero_engine::{Do, Effect, Engine, Input, Now, Op};
use std::{cell::UnsafeCell, ptr::null};

/// One tracker. It is never freed: trackers live as long as their page, and
/// the code that would take one apart is half a KB.
pub struct Tracker {
    engine: Engine,
    /// The monotonic time for which the host was asked to wake the engine.
    wakes_at: f64,
    /// What JS is to read: see [`next`].
    out: [f64; 7],
    /// The text that `out` points to.
    text: String,
    counters: [f64; 12],
}

/// Text on its way in. One for all trackers: it is read before anything else
/// can be written.
static TEXT: Text = Text(UnsafeCell::new(Vec::new()));

struct Text(UnsafeCell<Vec<u8>>);

// SAFETY: wasm without threads.
unsafe impl Sync for Text {}

/// Makes room for `len` bytes of text, and tells where JS may write them:
/// UTF-8, before the call that takes them. The room stays for later texts.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn room(len: usize) -> *mut u8 {
    // SAFETY: no reference outlives a call.
    let text = unsafe { &mut *TEXT.0.get() };
    text.reserve(len);
    text.as_mut_ptr()
}

/// The text that JS wrote.
///
/// # Safety
/// `len` bytes of UTF-8 were written to [`room`] for no less, and nothing is
/// written there until the text is read.
unsafe fn text<'a>(len: usize) -> &'a str {
    // SAFETY: that of this function; the facade writes what a `TextEncoder`
    // makes.
    unsafe {
        let text = &*TEXT.0.get();
        str::from_utf8_unchecked(std::slice::from_raw_parts(text.as_ptr(), len))
    }
}

/// A tracker made at `wall` and `mono`: `Date.now()` and `performance.now()`.
/// `flags` and the text are settings, as `settings.rs` reads them; the numbers
/// are `sessionTimeout`, `idleTimeout`, `sessionSyncInterval`, `flushInterval`,
/// `batchSize` and `maxQueueBytes`; the seed comes from
/// `crypto.getRandomValues`.
///
/// # Safety
/// `len` bytes of text are in their [`room`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
#[allow(clippy::too_many_arguments, reason = "one crossing for all")]
pub unsafe extern "C" fn make(
    len: usize,
    wall: f64,
    mono: f64,
    flags: u32,
    session_timeout: f64,
    idle_timeout: f64,
    session_sync_interval: f64,
    flush_interval: f64,
    batch_size: f64,
    max_queue_bytes: f64,
    seed_0: u32,
    seed_1: u32,
    seed_2: u32,
    seed_3: u32,
) -> *mut Tracker {
    let numbers = [
        session_timeout,
        idle_timeout,
        session_sync_interval,
        flush_interval,
        batch_size,
        max_queue_bytes,
    ];
    // SAFETY: that of this function.
    let config = settings::read(flags, unsafe { text(len) }, numbers);
    let seed = [seed_0, seed_1, seed_2, seed_3];
    Box::into_raw(Box::new(Tracker {
        engine: Engine::new(config, seed, Now { mono, wall }),
        wakes_at: f64::INFINITY,
        out: [0.0; 7],
        text: String::new(),
        counters: [0.0; 12],
    }))
}

/// Takes in what happened at `wall` and `mono`: `op` is the number of an
/// [`Op`], which also says what the text and the others mean for it. Then
/// [`next`] is to be called until it has nothing more.
///
/// # Safety
/// `tracker` comes from [`make`], and `len` bytes of text are in their
/// [`room`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
#[allow(clippy::too_many_arguments, reason = "one crossing for all")]
pub unsafe extern "C" fn handle(
    tracker: *mut Tracker,
    len: usize,
    op: u8,
    wall: f64,
    mono: f64,
    a: f64,
    b: f64,
    c: f64,
    d: f64,
) {
    // SAFETY: that of this function; nothing is borrowed between two calls.
    let (tracker, text) = unsafe { (&mut *tracker, text(len)) };
    if let Some(what) = Op::of(op) {
        if what == Op::Timer {
            tracker.wakes_at = f64::INFINITY;
        }
        let numbers = [a, b, c, d];
        let input = Input {
            what,
            text,
            numbers,
        };
        tracker.engine.handle(Now { mono, wall }, input);
    }
}

/// The next thing to do, or null: seven numbers, of which the first is one of
/// those of [`Do`], which also says what the others mean for it, the
/// second and the third say where its text lies until the next call, and the
/// rest are its own.
///
/// # Safety
/// `tracker` comes from [`make`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn next(tracker: *mut Tracker) -> *const f64 {
    // SAFETY: that of this function; nothing is borrowed between two calls.
    let tracker = unsafe { &mut *tracker };
    if let Some(effect) = tracker.engine.poll_effect() {
        return tracker.show(effect);
    }
    // A timer that is set too early stays: waking for nothing costs less than
    // setting it anew at every call.
    match tracker.engine.poll_timeout() {
        Some(due) if due < tracker.wakes_at => {
            tracker.wakes_at = due;
            tracker.show(Effect {
                what: Do::Wake,
                numbers: [due, 0.0, 0.0, 0.0],
                ..Effect::default()
            })
        }
        _ => null(),
    }
}

/// A current value: 0 account, 1 user, 2 module, 3 product, 4 session,
/// 5 visitor; empty where there is none. Where it lies is told as [`next`] does.
///
/// # Safety
/// `tracker` comes from [`make`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn read(tracker: *mut Tracker, which: usize) -> *const f64 {
    // SAFETY: that of this function; nothing is borrowed between two calls.
    let tracker = unsafe { &mut *tracker };
    let text = tracker.engine.current(which);
    tracker.out[1] = text.as_ptr() as usize as f64;
    tracker.out[2] = text.len() as f64;
    tracker.out.as_ptr()
}

/// The counters, in the order in which `js/stats.ts` names them.
///
/// # Safety
/// `tracker` comes from [`make`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn count(tracker: *mut Tracker) -> *const f64 {
    // SAFETY: that of this function; nothing is borrowed between two calls.
    let tracker = unsafe { &mut *tracker };
    let stats = tracker.engine.stats();
    let counters = &mut tracker.counters;
    counters[0] = stats.accepted.into();
    counters[1] = stats.delivered.into();
    counters[2] = tracker.engine.pending().into();
    counters[3] = stats.requests.into();
    counters[4] = stats.retries.into();
    for (counter, count) in counters[5..].iter_mut().zip(stats.dropped) {
        *counter = count.into();
    }
    counters[11] = stats.bytes_sent;
    counters.as_ptr()
}

impl Tracker {
    fn show(&mut self, effect: Effect) -> *const f64 {
        let [a, b, c, d] = effect.numbers;
        self.text = effect.text;
        self.out = [
            f64::from(effect.what as u8),
            self.text.as_ptr() as usize as f64,
            self.text.len() as f64,
            a,
            b,
            c,
            d,
        ];
        self.out.as_ptr()
    }
}
