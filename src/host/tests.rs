//! An engine whose page calls back into the tracker.

use super::*;
use natero_engine::{Call, Config, Override, OwnedId, Seed, Start, Wall};
use natero_event::{Id, Number};
use std::rc::{Rc, Weak};

/// A page whose code calls the tracker in every effect.
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
            host.send_input_with(Box::new(feature));
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
    host.send_input_with(Box::new(feature));
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
fn inputs_before_the_page_is_shown_wait() {
    let host = host(0);
    host.send_input_with(Box::new(feature));
    assert_eq!(host.waiting_calls(), 1);
    assert!(host.platform.performed.borrow().is_empty());
    begin(&host);
    assert_eq!(
        (
            host.waiting_calls(),
            host.ask(|engine| engine.stats().accepted)
        ),
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
    assert_eq!((accepted(&host), host.waiting_calls()), (Some(3), 0));
    call_at(101.0);
    call_at(102.0);
    assert_eq!((accepted(&host), host.waiting_calls()), (Some(3), 2));
    // A microtask does not count as a task of the browser.
    host.send_input_with(Box::new(|engine, now| engine.handle(now, Input::TaskEnded)));
    assert_eq!((accepted(&host), host.waiting_calls()), (Some(3), 2));
    host.end_turn();
    host.send_input_with(Box::new(|engine, now| engine.handle(now, Input::Timer)));
    assert_eq!((accepted(&host), host.waiting_calls()), (Some(5), 0));
    call_at(103.0);
    assert_eq!(accepted(&host), Some(6), "another turn has begun");
}

#[test]
fn a_task_of_the_browser_is_awaited_though_nothing_else_is_due() {
    let host = host(0);
    begin(&host);
    host.call(Box::new(|engine, now| {
        engine.handle(now, Input::Call(Call::SetModule(None)));
    }));
    assert_eq!(host.ask(Engine::poll_timeout), Some(None));
    assert!(host.platform.due.get().is_some());
    host.end_turn();
    host.send_input_with(Box::new(|engine, now| engine.handle(now, Input::Timer)));
    assert_eq!(host.platform.due.get(), None);
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
        assert_eq!((accepted(&host), host.waiting_calls()), (Some(1_002), 0));
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
    host.send_input_with(Box::new(module(Some("reports"))));
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
    host.send_input_with(Box::new(|engine, now| engine.handle(now, Input::Activity)));
    host.send_input_with(Box::new(module(None)));
    let performed = host.platform.performed.borrow();
    let ended = performed.iter().find_map(|effect| match effect {
        Effect::Filter { line } if line.contains("moduleEnd") => Some(line),
        _ => None,
    });
    let ended = ended.expect("the end of the module");
    assert!(ended.contains("\"time_spent\":1000"), "{ended}");
}

#[test]
fn an_engine_that_failed_gets_no_more_inputs_and_questions() {
    let host = host(0);
    begin(&host);
    assert!(host.turn_off());
    assert!(!host.turn_off());
    let before = host.platform.performed.borrow().len();
    host.send_input_with(Box::new(feature));
    assert_eq!(host.platform.performed.borrow().len(), before);
    assert_eq!(host.ask(|engine| engine.stats().accepted), None);
}
