//! Aborts a request, whether or not it has begun.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::JsValue;

use crate::browser::page::{Accessor, call, construct, member};

/// Aborts a request if necessary.
#[derive(Debug)]
pub(crate) struct Abort {
    is_aborted: Cell<bool>,
    /// The browser's controller; `undefined` if it has none. A replacement by the page may
    /// lack a signal that `fetch` accepts.
    controller: JsValue,
}

impl Abort {
    /// A handle for one request.
    pub fn new() -> Rc<Abort> {
        let controller = construct("AbortController", &[]).ok().filter(|controller| {
            let signal = member(controller, "signal");
            Accessor::of("AbortSignal", "aborted").get(&signal) == false
        });
        Rc::new(Abort {
            is_aborted: Cell::new(false),
            controller: controller.unwrap_or(JsValue::UNDEFINED),
        })
    }

    /// The signal for `fetch`; `undefined` if there is none.
    pub fn signal(&self) -> JsValue {
        member(&self.controller, "signal")
    }

    /// Whether the request was aborted, so that no part of it may begin any more.
    pub fn is_aborted(&self) -> bool {
        self.is_aborted.get()
    }

    /// Aborts the request, as far as the browser can.
    pub fn abort(&self) {
        self.is_aborted.set(true);
        // The page may have replaced the controller by anything.
        let _ = call(&self.controller, "abort", &[]);
    }
}
