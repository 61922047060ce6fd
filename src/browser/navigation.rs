//! Navigation within the page, which loads no new document.

use std::cell::RefCell;

use natero_engine::Now;
use wasm_bindgen::JsValue;

use super::{
    clock,
    ears::Ears,
    frame::Frame,
    listener::Listener,
    page::{self, global, member},
    wrapped::Wrapped,
};

/// Watches navigation as long as its listeners live.
pub(crate) struct Navigation {
    with_hash: bool,
    last: RefCell<String>,
    /// The address that was last reported.
    told: RefCell<String>,
    /// A page view whose title may not be set yet.
    unsettled: RefCell<Option<Moved>>,
    title_is_there: Frame,
    moved: Box<dyn Fn(Moved)>,
}

/// A page view that began without loading a document.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    /// Its address, as events name it.
    pub address: String,
    /// When it began.
    pub at: Now,
}

impl Navigation {
    /// Calls `moved` for each change of the path, after the page had a frame to set its
    /// title in.
    pub fn watch(
        with_hash: bool,
        ears: &mut Ears,
        moved: impl Fn(Moved) + 'static,
    ) -> &'static Navigation {
        let address = page::address(with_hash);
        let this: &Navigation = Box::leak(Box::new(Navigation {
            with_hash,
            last: RefCell::new(address.clone()),
            told: RefCell::new(address),
            unsettled: RefCell::default(),
            title_is_there: Frame::default(),
            moved: Box::new(moved),
        }));
        let kinds = &["popstate", "hashchange"];
        ears.listeners
            .push(Listener::global(kinds, move |_| this.look(false)));
        let navigation = global("navigation");
        if member(&navigation, "currentEntry").is_object() {
            // Reports every navigation, whatever caused it.
            let kinds = &["currententrychange"];
            let changed = move |event: &JsValue| {
                this.look(member(event, "navigationType") == "replace");
            };
            ears.listeners
                .push(Listener::new(&navigation, kinds, changed));
        } else {
            // The page may have its own method on the object, or use the prototype's.
            for holder in &[global("history"), member(&global("History"), "prototype")] {
                for &(name, is_replaced) in &[("pushState", false), ("replaceState", true)] {
                    let called = Box::new(move || this.look(is_replaced));
                    ears.wrapped.extend(Wrapped::new(holder, name, called));
                }
            }
        }
        this
    }

    /// Checks the address, which may have changed unnoticed.
    pub fn look(&'static self, is_replaced: bool) {
        let address = page::address(self.with_hash);
        if *self.last.borrow() == address {
            return;
        }
        // If an address is replaced before it has settled, it is still the same page
        // view.
        if !is_replaced {
            self.settle();
        }
        self.last.replace(address.clone());
        if let Some(moved) = &mut *self.unsettled.borrow_mut() {
            moved.address = address;
            return;
        }
        let at = clock::now();
        self.unsettled.replace(Some(Moved { address, at }));
        self.title_is_there.run(move || self.settle());
    }

    /// Reports a page view that waits for its title now, because there may be no later
    /// turn.
    pub fn settle(&self) {
        let Some(moved) = self.unsettled.take() else {
            return;
        };
        self.title_is_there.call_off();
        // A router may navigate away and back at once.
        if *self.told.borrow() != moved.address {
            self.told.replace(moved.address.clone());
            (self.moved)(moved);
        }
    }

    /// Stops reporting page views.
    pub fn stop(&self) {
        self.title_is_there.call_off();
        self.unsettled.take();
    }
}
