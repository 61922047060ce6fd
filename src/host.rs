//! Drives an engine: borrows it, hands an input over, takes an effect, lets go of
//! it, and performs the effect.

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

#[cfg(test)]
mod tests {
    use super::*;
    use natero_engine::{Call, Config, Override, OwnedId, Seed, Start, Wall};
    use natero_event::{Id, Number};
    use std::rc::{Rc, Weak};

    /// A page whose code calls the tracker in whatever it is asked to do.
    struct CallingBack {
        mono: Cell<f64>,
        host: RefCell<Weak<Host<CallingBack>>>,
        calls_left: Cell<u32>,
        performed: RefCell<Vec<Effect>>,
        due: Cell<Option<Mono>>,
        has_timers: Cell<bool>,
    }

    fn feature(engine: &mut Engine, now: Now) {
        engine.handle(
            now,
            Input::Call(Call::Feature {
                feature: Id::new("f").expect("an id"),
                total: Number::ONE,
                module: Override::Sticky,
                product: Override::Sticky,
                details: None,
            }),
        );
    }

    impl Platform for CallingBack {
        fn now(&self) -> Now {
            Now {
                mono: Mono(self.mono.get()),
                wall: Wall(1.7e12 + self.mono.get()),
            }
        }

        fn perform(&self, effect: Effect, answer: &mut dyn FnMut(Input<'_>)) {
            if let Effect::Filter { line } = &effect {
                answer(Input::Filtered(line));
            }
            self.performed.borrow_mut().push(effect);
            let host = self.host.borrow().upgrade().expect("the host lives");
            assert!(
                host.ask(|engine| engine.stats().accepted).is_some(),
                "borrowed"
            );
            if let Some(left) = self.calls_left.get().checked_sub(1) {
                self.calls_left.set(left);
                host.tell(Box::new(feature));
            }
        }

        fn wake_at(&self, due: Option<Mono>) -> bool {
            self.due.set(due);
            self.has_timers.get()
        }

        fn runs_page_code(&self) -> bool {
            true
        }
    }

    fn host(calls: u32) -> Rc<Host<CallingBack>> {
        let id = |id| Id::new(id).map(OwnedId::from);
        let config = Config {
            account_id: id("acme"),
            user_id: id("ann"),
            filter: true,
            ..Config::default()
        };
        let platform = CallingBack {
            mono: Cell::default(),
            host: RefCell::default(),
            calls_left: Cell::new(calls),
            performed: RefCell::default(),
            due: Cell::default(),
            has_timers: Cell::new(true),
        };
        let engine = Engine::new(config, Seed([1, 2, 3, 4]), platform.now());
        let host = Rc::new(Host::new(engine, platform));
        *host.platform.host.borrow_mut() = Rc::downgrade(&host);
        host
    }

    fn begin(host: &Host<CallingBack>) {
        let start = |engine: &mut Engine, now| {
            engine.handle(now, Input::Start(Start::default()));
        };
        host.begin(host.platform.now(), Box::new(start));
    }

    #[test]
    fn calls_from_within_effects_are_made_in_turn_and_the_engine_is_never_borrowed() {
        let host = host(3);
        begin(&host);
        host.tell(Box::new(feature));
        assert_eq!(host.ask(|engine| engine.stats().accepted), Some(4));
        let filtered = |effect: &&Effect| matches!(effect, Effect::Filter { .. });
        assert_eq!(
            host.platform
                .performed
                .borrow()
                .iter()
                .filter(filtered)
                .count(),
            4
        );
        assert!(host.platform.due.get().is_some());
    }

    #[test]
    fn what_is_told_before_the_page_is_shown_waits() {
        let host = host(0);
        host.tell(Box::new(feature));
        assert_eq!(host.waits(), 1);
        assert!(host.platform.performed.borrow().is_empty());
        begin(&host);
        assert_eq!(
            (host.waits(), host.ask(|engine| engine.stats().accepted)),
            (0, Some(1))
        );
    }

    fn accepted(host: &Host<CallingBack>) -> Option<u32> {
        host.ask(|engine| engine.stats().accepted)
    }

    #[test]
    fn calls_that_follow_each_other_without_end_wait_for_a_task_of_the_browser() {
        let host = host(0);
        begin(&host);
        let call_at = |ms: f64| {
            host.platform.mono.set(ms);
            host.call(Box::new(feature));
        };
        for at in [0.0, 50.0, 100.0] {
            call_at(at);
        }
        assert_eq!((accepted(&host), host.waits()), (Some(3), 0));
        call_at(101.0);
        call_at(102.0);
        assert_eq!((accepted(&host), host.waits()), (Some(3), 2));
        // What a microtask tells is no task of the browser.
        host.tell(Box::new(|engine, now| engine.handle(now, Input::TaskEnded)));
        assert_eq!((accepted(&host), host.waits()), (Some(3), 2));
        host.end_turn();
        host.tell(Box::new(|engine, now| engine.handle(now, Input::Timer)));
        assert_eq!((accepted(&host), host.waits()), (Some(5), 0));
        call_at(103.0);
        assert_eq!(accepted(&host), Some(6), "another turn has begun");
    }

    #[test]
    fn a_long_burst_and_a_page_without_timers_put_off_no_more_than_they_may() {
        for (has_timers, at_once) in [(true, 1), (false, 1_001)] {
            let host = host(0);
            begin(&host);
            host.platform.has_timers.set(has_timers);
            host.call(Box::new(feature));
            host.platform.mono.set(1_000.0);
            for _ in 0..1_000 {
                host.call(Box::new(feature));
            }
            assert_eq!(accepted(&host), Some(at_once));
            host.call(Box::new(feature));
            assert_eq!((accepted(&host), host.waits()), (Some(1_002), 0));
        }
    }

    #[test]
    fn time_before_the_page_is_shown_counts_for_nothing() {
        let host = host(0);
        let module = |id: Option<&'static str>| {
            move |engine: &mut Engine, now| {
                let id = id.and_then(Id::new);
                engine.handle(now, Input::Call(Call::SetModule(id)));
            }
        };
        host.tell(Box::new(module(Some("reports"))));
        host.platform.mono.set(60_000.0);
        let start = |engine: &mut Engine, now| {
            let start = Start {
                visible: true,
                ..Start::default()
            };
            engine.handle(now, Input::Start(start));
        };
        host.begin(host.platform.now(), Box::new(start));
        host.platform.mono.set(61_000.0);
        host.tell(Box::new(|engine, now| engine.handle(now, Input::Activity)));
        host.tell(Box::new(module(None)));
        let performed = host.platform.performed.borrow();
        let ended = performed.iter().find_map(|effect| match effect {
            Effect::Filter { line } if line.contains("moduleEnd") => Some(line),
            _ => None,
        });
        let ended = ended.expect("the end of the module");
        assert!(ended.contains("\"time_spent\":1000"), "{ended}");
    }

    #[test]
    fn an_engine_that_failed_is_told_and_asked_nothing_more() {
        let host = host(0);
        begin(&host);
        assert!(host.turn_off());
        assert!(!host.turn_off());
        let before = host.platform.performed.borrow().len();
        host.tell(Box::new(feature));
        assert_eq!(host.platform.performed.borrow().len(), before);
        assert_eq!(host.ask(|engine| engine.stats().accepted), None);
    }
}
