//! Drives an engine: borrows it, passes in an input, takes an effect, releases it, and
//! performs the effect.

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use natero_engine::{Effect, Engine, Input, Millis, Mono, Now};

/// What an engine needs from its environment.
pub(crate) trait Platform {
    /// The time.
    fn now(&self) -> Now;

    /// Performs an effect. If the engine must learn something about it at once, passes
    /// that to `answer`.
    fn perform(&self, effect: Effect, answer: &mut dyn FnMut(Input<'_>));

    /// Arranges for [`Input::Timer`] at this time at the latest. Returns whether that
    /// worked.
    fn wake_at(&self, due: Option<Mono>) -> bool;

    /// Whether code of the page runs for each event.
    fn runs_page_code(&self) -> bool;
}

/// How long calls may follow each other without a task of the browser in between. Code of
/// the page that runs for one event may record the next in a microtask, and the page
/// would never go on.
const LONGEST_TURN: Millis = Millis(100.0);

/// How many calls may be deferred. More than this is a burst, not a chain of events.
const MAX_DEFERRED: usize = 1_000;

/// Passes an input to the engine. It is boxed from the start: generic functions on
/// its way would be compiled once for every closure, and the page would download all of
/// them.
pub(crate) type InputFn = Box<dyn FnOnce(&mut Engine, Now)>;

/// The same, with the time when it happened.
type TimedInput = (Now, InputFn);

/// An engine on its platform.
///
/// Code of the page, such as `before_send` or a replaced console, runs while effects are
/// performed and may call the tracker. The engine is not borrowed then. Reports made
/// meanwhile wait until the effects of the previous input are performed.
pub(crate) struct Host<P> {
    /// What performs the effects.
    pub platform: P,
    engine: RefCell<Engine>,
    waiting: RefCell<VecDeque<TimedInput>>,
    /// Calls that are deferred to a task of the browser.
    deferred: RefCell<VecDeque<TimedInput>>,
    phase: Cell<Phase>,
    /// Since when no task of the browser came, while one is awaited.
    turn_began: Cell<Option<Mono>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The page is being prerendered. All reports wait.
    Prepared,
    Idle,
    /// Effects are being performed.
    Performing,
    /// The engine failed, and its state cannot be trusted.
    Off,
}

impl<P: Platform> Host<P> {
    /// An engine that receives nothing before [`begin`](Host::begin).
    pub fn new(engine: Engine, platform: P) -> Host<P> {
        Host {
            platform,
            engine: RefCell::new(engine),
            waiting: RefCell::default(),
            deferred: RefCell::default(),
            phase: Cell::new(Phase::Prepared),
            turn_began: Cell::new(None),
        }
    }

    /// Reports to the engine that tracking begins, followed by the waiting reports.
    pub fn begin(&self, now: Now, start: InputFn) {
        if self.phase.get() == Phase::Prepared {
            self.phase.set(Phase::Idle);
            // Earlier reports keep their times. None of that time counts as active,
            // because nobody has seen the page.
            self.waiting.borrow_mut().push_front((now, start));
        }
        self.run();
    }

    /// Reports to the engine what the browser did just now, and performs the effects.
    pub fn send_input_with(&self, input: InputFn) {
        self.send_input_at(self.platform.now(), input);
    }

    /// Passes the engine an input that borrows nothing.
    pub fn send_input(&self, input: Input<'static>) {
        self.send_input_with(Box::new(move |engine, now| engine.handle(now, input)));
    }

    /// Notes that a task of the browser came, so the page goes on. Deferred calls are
    /// executed before the next report.
    pub fn end_turn(&self) {
        self.turn_began.set(None);
        loop {
            let next = self.deferred.borrow_mut().pop_front();
            let Some(next) = next else {
                break;
            };
            self.waiting.borrow_mut().push_back(next);
        }
    }

    /// Passes a call to the engine. If calls keep the page busy, it is deferred to a task
    /// of its own.
    pub fn call(&self, input: InputFn) {
        let now = self.platform.now();
        if self.platform.runs_page_code() && self.phase.get() == Phase::Idle {
            match self.turn_began.get() {
                Some(began) if now.mono - began > LONGEST_TURN => {
                    // The timer may be gone: the tracker has detached, or the page broke it.
                    let is_awaited = self.platform.wake_at(Some(now.mono));
                    let mut deferred = self.deferred.borrow_mut();
                    if is_awaited && deferred.len() < MAX_DEFERRED {
                        return deferred.push_back((now, input));
                    }
                    drop(deferred);
                    self.end_turn();
                }
                Some(_) => {}
                None if self.platform.wake_at(Some(now.mono)) => {
                    self.turn_began.set(Some(now.mono));
                }
                None => {}
            }
        }
        self.send_input_at(now, input);
    }

    /// Like [`send_input_with`](Host::send_input_with), for something that happened at `now`.
    pub fn send_input_at(&self, now: Now, input: InputFn) {
        if self.phase.get() != Phase::Off {
            self.waiting.borrow_mut().push_back((now, input));
            self.run();
        }
    }

    /// Asks the engine; `None` if it failed.
    pub fn ask<Answer>(&self, question: impl FnOnce(&Engine) -> Answer) -> Option<Answer> {
        match self.phase.get() {
            Phase::Off => None,
            Phase::Prepared | Phase::Idle | Phase::Performing => self
                .engine
                .try_borrow()
                .ok()
                .map(|engine| question(&engine)),
        }
    }

    /// How many calls wait for the tracker to begin, or for a task of the browser.
    pub fn waiting_calls(&self) -> u32 {
        let all = [&self.waiting, &self.deferred].into_iter();
        all.map(|calls| calls.try_borrow().map_or(0, |calls| calls.len() as u32))
            .sum()
    }

    /// Whether the engine failed.
    pub fn is_off(&self) -> bool {
        self.phase.get() == Phase::Off
    }

    /// Stops trusting the engine. Returns whether it was trusted until now.
    pub fn turn_off(&self) -> bool {
        for calls in [&self.waiting, &self.deferred] {
            if let Ok(mut calls) = calls.try_borrow_mut() {
                *calls = VecDeque::new();
            }
        }
        self.phase.replace(Phase::Off) != Phase::Off
    }

    fn run(&self) {
        if self.phase.get() != Phase::Idle {
            return;
        }
        self.phase.set(Phase::Performing);
        while let Some((now, input)) = self.next_input() {
            input(&mut self.engine.borrow_mut(), now);
            // Effects are taken one by one. If an input comes meanwhile, the engine sees
            // from the remaining effects that the writes among them are not done yet.
            while let Some(effect) = self.next_effect() {
                self.platform.perform(effect, &mut |input| {
                    let now = self.platform.now();
                    self.engine.borrow_mut().handle(now, input);
                });
            }
        }
        if self.phase.get() == Phase::Performing {
            self.phase.set(Phase::Idle);
            // The timer that ends the turn stays, even if nothing else is due.
            let due = match self.turn_began.get() {
                None => self.engine.borrow().poll_timeout(),
                awaited => awaited,
            };
            self.platform.wake_at(due);
        }
    }

    fn next_input(&self) -> Option<TimedInput> {
        self.waiting.borrow_mut().pop_front()
    }

    fn next_effect(&self) -> Option<Effect> {
        match self.phase.get() {
            Phase::Off => None,
            Phase::Prepared | Phase::Idle | Phase::Performing => {
                self.engine.borrow_mut().poll_effect()
            }
        }
    }
}
