//! The class itself: construction, questions, and the effects.

use std::mem::ManuallyDrop;

use natero_engine::{Engine, Input, Mono, Now, Seed, Wall};
use natero_event::Id;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::{config::CoreConfig, object::object};

/// The engine of one tracker.
///
/// The first two arguments of each method that reports an input are the
/// monotonic and the wall time, in ms. What follows from it is handed out by
/// `next()`, until that is `undefined`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    /// Never dropped: trackers live as long as their page, and the code to drop one takes
    /// 0.5 KB.
    engine: ManuallyDrop<Engine>,
}

/// What events of now carry.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Ids<'a> {
    /// The account, if known.
    account_id: Option<&'a str>,
    /// The user, if known.
    user_id: Option<&'a str>,
    /// The module that is set.
    module_id: Option<&'a str>,
    /// The product that is set.
    product_id: Option<&'a str>,
    /// The session that all tabs of the visitor share.
    session_id: &'a str,
    /// The visitor.
    visitor_id: &'a str,
}

#[wasm_bindgen]
extern "C" {
    /// An [`Effect`](natero_engine::Effect) as a plain object.
    #[wasm_bindgen(typescript_type = "Effect")]
    pub type EffectObject;

    /// The [`Ids`] as a plain object.
    #[wasm_bindgen(typescript_type = "Ids")]
    pub type IdsObject;

    /// The [`Stats`](natero_engine::Stats) as a plain object.
    #[wasm_bindgen(typescript_type = "Stats")]
    pub type StatsObject;
}

#[wasm_bindgen]
impl Core {
    /// An engine without any input yet. The seed comes from
    /// `crypto.getRandomValues`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        config: &CoreConfig,
        seed0: u32,
        seed1: u32,
        seed2: u32,
        seed3: u32,
        mono: f64,
        wall: f64,
    ) -> Core {
        let seed = Seed([seed0, seed1, seed2, seed3]);
        Core {
            engine: ManuallyDrop::new(Engine::new(config.read(), seed, now(mono, wall))),
        }
    }

    /// The next thing to do.
    #[wasm_bindgen(js_name = next)]
    pub fn next_effect(&mut self) -> Option<EffectObject> {
        self.engine.poll_effect().map(|effect| object(&effect))
    }

    /// The monotonic time at which `timer()` is due, `Infinity` where it never is. It
    /// changes with every input.
    #[wasm_bindgen(js_name = wakeAt)]
    pub fn wake_at(&mut self) -> f64 {
        self.engine
            .poll_timeout()
            .map_or(f64::INFINITY, |due| due.0)
    }

    /// The ids of now.
    pub fn ids(&mut self) -> IdsObject {
        let identity = self.engine.identity();
        object(&Ids {
            account_id: identity.account().map(Id::as_str),
            user_id: identity.user().map(Id::as_str),
            module_id: identity.module().map(Id::as_str),
            product_id: identity.product().map(Id::as_str),
            session_id: self.engine.session().id(),
            visitor_id: self.engine.session().visitor(),
        })
    }

    /// The counters.
    pub fn stats(&mut self) -> StatsObject {
        object(&self.engine.stats())
    }
}

impl Core {
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Passes an input to the engine.
    pub(super) fn handle(&mut self, mono: f64, wall: f64, input: Input<'_>) {
        self.engine.handle(now(mono, wall), input);
    }
}

fn now(mono: f64, wall: f64) -> Now {
    Now {
        mono: Mono(mono),
        wall: Wall(wall),
    }
}
