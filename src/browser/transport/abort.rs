//! Aborts a request, whether or not it has begun.

use std::{cell::Cell, rc::Rc};

use web_sys::{AbortController, AbortSignal};

use crate::browser::page::{Accessor, call, member};

/// Aborts a request if necessary.
#[derive(Debug)]
pub(crate) struct Abort {
    is_aborted: Cell<bool>,
    /// The browser's controller, if it has one. A replacement by the page may lack a
    /// signal that `fetch` accepts.
    controller: Option<AbortController>,
}

impl Abort {
    /// A handle for one request.
    pub fn new() -> Rc<Abort> {
        let controller = AbortController::new().ok().filter(|controller| {
            let signal = member(controller, "signal");
            Accessor::of("AbortSignal", "aborted").get(&signal) == false
        });
        Rc::new(Abort {
            is_aborted: Cell::new(false),
            controller,
        })
    }

    /// The signal for `fetch`.
    pub fn signal(&self) -> Option<AbortSignal> {
        self.controller.as_ref().map(AbortController::signal)
    }

    /// Whether the request was aborted, so that no part of it may begin any more.
    pub fn is_aborted(&self) -> bool {
        self.is_aborted.get()
    }

    /// Aborts the request, as far as the browser can.
    pub fn abort(&self) {
        self.is_aborted.set(true);
        if let Some(controller) = &self.controller {
            // The page may have replaced the controller by anything.
            let _ = call(controller, "abort", &[]);
        }
    }
}
