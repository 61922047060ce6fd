//! Aborts a request, whether it has begun or not.

use std::{cell::Cell, rc::Rc};

use web_sys::{AbortController, AbortSignal};

use crate::browser::page::{Accessor, call, member};

/// What aborts a request, if need be.
#[derive(Debug)]
pub(crate) struct Abort {
    is_aborted: Cell<bool>,
    /// Where the browser can. What the page has put in its place may have no signal that
    /// `fetch` takes.
    controller: Option<AbortController>,
}

impl Abort {
    /// Of one request.
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

    /// What `fetch` hears of it by.
    pub fn signal(&self) -> Option<AbortSignal> {
        self.controller.as_ref().map(AbortController::signal)
    }

    /// Nothing of the request may begin any more.
    pub fn is_aborted(&self) -> bool {
        self.is_aborted.get()
    }

    /// Ends what has begun, as far as the browser can.
    pub fn abort(&self) {
        self.is_aborted.set(true);
        if let Some(controller) = &self.controller {
            // The page may have put anything in its place.
            let _ = call(controller, "abort", &[]);
        }
    }
}
