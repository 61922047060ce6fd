//! Runs the engine: feeds it, performs its effects, wakes it in time.

use crate::{browser, host::Host};
use js_sys::Function;
use natero_engine::{Config, Effect, Engine, Input, Now, Persistence};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// The longest wait that timers of browsers keep to, in ms.
const LONGEST_TIMER: f64 = 2_147_483_647.0;

/// One running tracker.
///
/// **Invariant.** The engine is never borrowed while an effect is performed,
/// so code of the host page that runs within one may call back in.
pub(crate) struct Driver {
    engine: RefCell<Engine>,
    host: Host,
    /// Effects are being performed further up the stack.
    performing: Cell<bool>,
    timer: RefCell<Option<JsValue>>,
    /// The monotonic time for which the timer is set.
    wakes_at: Cell<f64>,
    /// Wakes the engine; one function for all timers.
    wake: RefCell<Option<Function>>,
    page: RefCell<Option<browser::Page>>,
}

impl Driver {
    pub fn new(config: Config, host: Host, now: Now) -> Rc<Driver> {
        Rc::new_cyclic(|driver: &Weak<Driver>| {
            let wake = {
                let driver = driver.clone();
                Closure::<dyn FnMut()>::new(move || {
                    if let Some(driver) = driver.upgrade() {
                        driver.wakes_at.set(f64::INFINITY);
                        driver.feed_now(Input::Timer);
                    }
                })
            };
            let wake = host.guard(wake.into_js_value().unchecked_ref());
            Driver {
                engine: RefCell::new(Engine::new(config, browser::seed(), now)),
                host,
                performing: Cell::new(false),
                timer: RefCell::new(None),
                wakes_at: Cell::new(f64::INFINITY),
                wake: RefCell::new(Some(wake)),
                page: RefCell::new(None),
            }
        })
    }

    /// Begins at the time at which the page made the tracker.
    pub fn start(self: &Rc<Driver>, made: Now) {
        let config = self.engine.borrow().config().clone();
        let facts = browser::Facts::read(&config);
        self.feed(made, Input::Start(facts.start()));
        *self.page.borrow_mut() = browser::Page::listen(self, &self.host);
    }

    /// Tells the engine what happened just now.
    pub fn feed_now(&self, input: Input<'_>) {
        self.feed(browser::now(), input);
    }

    /// Tells the engine what happened and performs all that follows.
    pub fn feed(&self, now: Now, input: Input<'_>) {
        self.engine.borrow_mut().handle(now, input);
        if self.performing.replace(true) {
            return;
        }
        while let Some(effect) = self.next_effect() {
            self.perform(effect);
        }
        self.performing.set(false);
        self.set_timer(now);
    }

    /// The user did something.
    pub fn activity(&self) {
        let now = browser::now();
        let wants_cookies = self.engine.borrow().wants_cookies(now);
        let cookies = wants_cookies.then(browser::cookies);
        self.feed(now, Input::Activity(cookies.as_deref()));
    }

    /// The page became visible.
    pub fn shown(&self) {
        let memory = self.engine.borrow().config().persistence == Persistence::Memory;
        let cookies = if memory {
            String::new()
        } else {
            browser::cookies()
        };
        self.feed_now(Input::Shown(&cookies));
    }

    pub fn current(&self, which: usize) -> Option<String> {
        let engine = self.engine.borrow();
        engine.current().get(which)?.map(str::to_owned)
    }

    pub fn stats(&self) -> String {
        self.engine.borrow().stats_json()
    }

    // A function of its own: the borrow has to end before the effect begins.
    fn next_effect(&self) -> Option<Effect> {
        self.engine.borrow_mut().poll_effect()
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Send(request) => {
                let url = self.engine.borrow().config().event_url();
                self.host.post(
                    request.id,
                    &url,
                    &request.body,
                    request.keepalive,
                    request.unloading,
                );
            }
            Effect::Filter(mut draft) => {
                let kept = self.host.filter(&draft.line);
                let input = match kept.as_string() {
                    Some(line) => {
                        draft.line = line;
                        Input::Filtered(draft)
                    }
                    None => Input::FilteredOut(kept.is_undefined()),
                };
                self.engine.borrow_mut().handle(browser::now(), input);
            }
            Effect::Report(report) => {
                self.host
                    .report(report.code, &report.message, report.dropped, report.warning)
            }
            Effect::Debug(line) => self.host.debug(&line),
            Effect::SetCookie(cookie) => browser::set_cookie(&cookie),
            Effect::Announce => {}
            Effect::Flushed {
                id,
                delivered,
                pending,
                rejected,
            } => self.host.flushed(id, delivered, pending, rejected),
            Effect::Detach => {
                self.page.take();
                if let Some(timer) = self.timer.take() {
                    browser::clear_timer(&timer);
                }
                // Without it no timer is set again.
                self.wake.take();
            }
        }
    }

    /// Sees to it that the engine is woken in time. A timer that is set too
    /// early stays: waking for nothing costs less than setting it anew at
    /// every call.
    fn set_timer(&self, now: Now) {
        let Some(due) = self.engine.borrow().poll_timeout() else {
            return;
        };
        if due >= self.wakes_at.get() {
            return;
        }
        if let Some(wake) = &*self.wake.borrow() {
            if let Some(timer) = self.timer.take() {
                browser::clear_timer(&timer);
            }
            let wait = (due - now.mono).clamp(0.0, LONGEST_TIMER);
            self.wakes_at.set(due);
            *self.timer.borrow_mut() = Some(browser::set_timer(wake, wait));
        }
    }
}
