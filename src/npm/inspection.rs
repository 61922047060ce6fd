//! Answers to the inspector, which a page loads once somebody asks for it.

use natero_engine::{Input, Mono};
use wasm_bindgen::prelude::*;

use super::{core::Core, object::object};

#[wasm_bindgen]
extern "C" {
    /// An [`Inspection`](natero_engine::Inspection) as a plain object.
    #[wasm_bindgen(typescript_type = "Inspection")]
    pub type InspectionObject;

    /// A [`QueuedEvent`](natero_engine::QueuedEvent) as a plain object.
    #[wasm_bindgen(typescript_type = "QueuedEvent")]
    pub type QueuedEventObject;
}

#[wasm_bindgen]
impl Core {
    /// Where the tracker stands at a monotonic time.
    pub fn inspect(&mut self, mono: f64) -> InspectionObject {
        object(&self.engine().inspect(Mono(mono)))
    }

    /// The event at this place in the queue, oldest first.
    pub fn queued(&mut self, at: usize) -> Option<QueuedEventObject> {
        self.engine().queued_event(at).map(|event| object(&event))
    }

    /// Somebody looks into the tracker from now on, or no longer.
    pub fn inspected(&mut self, mono: f64, wall: f64, inspected: bool) {
        self.handle(mono, wall, Input::Inspected(inspected));
    }
}
