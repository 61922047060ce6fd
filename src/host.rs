//! Drives an engine: borrows it, hands an input over, takes an effect, lets go of
//! it, and performs the effect.

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use natero_engine::{Effect, Engine, Input, Millis, Mono, Now};

/// What an engine needs of the world around it.
pub(crate) trait Platform {
    /// The time.
    fn now(&self) -> Now;

    /// Performs an effect. `answer` takes what the engine is to be told of it at
    /// once.
    fn perform(&self, effect: Effect, answer: &mut dyn FnMut(Input<'_>));

    /// Comes back with [`Input::Timer`] at this time at the latest. Tells whether it
    /// will.
    fn wake_at(&self, due: Option<Mono>) -> bool;

    /// Whether code of the page runs for each event.
    fn runs_page_code(&self) -> bool;
}

/// For so long calls may follow each other without a task of the browser in between.
/// Code of the page that runs for one event may make the next in a microtask, and
/// the page would never go on.
const LONGEST_TURN: Millis = Millis(100.0);

/// As many calls are put off at most: more are no chain of events but a burst.
const MOST_PUT_OFF: usize = 1_000;

/// Something that the engine is to be told. It is a box from the call on: a page would
/// download what it passes through once for every closure.
pub(crate) type Tell = Box<dyn FnOnce(&mut Engine, Now)>;

/// The same, with the time at which it happened.
type Told = (Now, Tell);

/// An engine on its platform.
///
/// Code of the page, such as `before_send` or a console that somebody replaced,
/// runs while effects are performed and may call the tracker. The engine is not
/// borrowed then; what is told meanwhile waits until the effects of the input
/// before it are performed.
pub(crate) struct Host<P> {
    /// What performs the effects.
    pub platform: P,
    engine: RefCell<Engine>,
    waiting: RefCell<VecDeque<Told>>,
    /// Calls that wait for a task of the browser.
    put_off: RefCell<VecDeque<Told>>,
    phase: Cell<Phase>,
    /// Since when the timer has not come, though it was asked for.
    turn_began: Cell<Option<Mono>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The page is only prepared: what is told waits.
    Prepared,
    Idle,
    /// Effects are performed.
    Performing,
    /// The engine failed, and its state cannot be trusted.
    Off,
}

impl<P: Platform> Host<P> {
    /// An engine that is told nothing before [`begin`](Host::begin).
    pub fn new(engine: Engine, platform: P) -> Host<P> {
        Host {
            platform,
            engine: RefCell::new(engine),
            waiting: RefCell::default(),
            put_off: RefCell::default(),
            phase: Cell::new(Phase::Prepared),
            turn_began: Cell::new(None),
        }
    }

    /// Tells the engine that tracking begins, and then what waits.
    pub fn begin(&self, now: Now, start: Tell) {
        if self.phase.get() == Phase::Prepared {
            self.phase.set(Phase::Idle);
            // What was told before keeps its time, and none of that counts as active:
            // nobody has seen the page.
            self.waiting.borrow_mut().push_front((now, start));
        }
        self.run();
    }

    /// Tells the engine what the browser did now, and performs what follows.
    pub fn tell(&self, told: Tell) {
        self.tell_at(self.platform.now(), told);
    }

    /// Tells the engine of an input that borrows nothing.
    pub fn hear(&self, input: Input<'static>) {
        self.tell(Box::new(move |engine, now| engine.handle(now, input)));
    }

    /// Notes that a task of the browser came, so that the page goes on: calls that were
    /// put off are made before what is told next.
    pub fn end_turn(&self) {
        self.turn_began.set(None);
        loop {
            let next = self.put_off.borrow_mut().pop_front();
            let Some(next) = next else {
                break;
            };
            self.waiting.borrow_mut().push_back(next);
        }
    }

    /// Tells the engine of a call. Where calls keep the page busy they wait for a task
    /// of their own.
    pub fn call(&self, told: Tell) {
        let now = self.platform.now();
        if self.platform.runs_page_code() && self.phase.get() == Phase::Idle {
            match self.turn_began.get() {
                Some(began) if now.mono - began > LONGEST_TURN => {
                    let mut put_off = self.put_off.borrow_mut();
                    if put_off.len() < MOST_PUT_OFF {
                        return put_off.push_back((now, told));
                    }
                    drop(put_off);
                    self.end_turn();
                }
                Some(_) => {}
                None if self.platform.wake_at(Some(now.mono)) => {
                    self.turn_began.set(Some(now.mono));
                }
                None => {}
            }
        }
        self.tell_at(now, told);
    }

    /// As [`tell`](Host::tell), of something that happened at `now`.
    pub fn tell_at(&self, now: Now, told: Tell) {
        if self.phase.get() != Phase::Off {
            self.waiting.borrow_mut().push_back((now, told));
            self.run();
        }
    }

    /// Asks the engine; nothing where it failed.
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

    /// How many calls wait: until the tracker begins, or for a task of the browser.
    pub fn waits(&self) -> u32 {
        let all = [&self.waiting, &self.put_off].into_iter();
        all.map(|calls| calls.try_borrow().map_or(0, |calls| calls.len() as u32))
            .sum()
    }

    /// Whether the engine failed.
    pub fn is_off(&self) -> bool {
        self.phase.get() == Phase::Off
    }

    /// Trusts the engine no more. Tells whether it was trusted until now.
    pub fn turn_off(&self) -> bool {
        for calls in [&self.waiting, &self.put_off] {
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
        while let Some((now, told)) = self.next_told() {
            told(&mut self.engine.borrow_mut(), now);
            // One by one: the engine takes an input while effects are left as
            // proof that the writes among them are not done.
            while let Some(effect) = self.next_effect() {
                self.platform.perform(effect, &mut |input| {
                    let now = self.platform.now();
                    self.engine.borrow_mut().handle(now, input);
                });
            }
        }
        if self.phase.get() == Phase::Performing {
            self.phase.set(Phase::Idle);
            let due = self.engine.borrow().poll_timeout();
            self.platform.wake_at(due);
        }
    }

    fn next_told(&self) -> Option<Told> {
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
