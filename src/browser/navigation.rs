//! Navigation within the page, which loads no new document.

use std::cell::RefCell;

use natero_engine::Now;
use wasm_bindgen::JsValue;

use super::{
    address, clock,
    frame::Frame,
    listener::TargetListener,
    page::{global, member},
    page_listeners::PageListeners,
    wrapped::WrappedMethod,
};

/// Watches navigation as long as its listeners live.
pub(crate) struct Navigation {
    with_hash: bool,
    last: RefCell<String>,
    /// The address that was last reported.
    reported: RefCell<String>,
    /// A page view whose title may not be set yet.
    pending: RefCell<Option<NavigatedPage>>,
    title_wait: Frame,
    on_navigation: Box<dyn Fn(NavigatedPage)>,
}

/// A page view that began without loading a document.
#[derive(Debug, Clone)]
pub(crate) struct NavigatedPage {
    /// Its address, as events name it.
    pub address: String,
    /// When it began.
    pub at: Now,
}

impl Navigation {
    /// Calls `on_navigation` for each change of the path, after the page had a frame to
    /// set its title in.
    pub fn watch(
        with_hash: bool,
        listeners: &mut PageListeners,
        on_navigation: impl Fn(NavigatedPage) + 'static,
    ) -> &'static Navigation {
        let address = address::page_address(with_hash);
        let this: &Navigation = Box::leak(Box::new(Navigation {
            with_hash,
            last: RefCell::new(address.clone()),
            reported: RefCell::new(address),
            pending: RefCell::default(),
            title_wait: Frame::default(),
            on_navigation: Box::new(on_navigation),
        }));
        let kinds = &["popstate", "hashchange"];
        listeners
            .events
            .push(TargetListener::global(kinds, move |_| {
                this.verify_address(false)
            }));
        let navigation = global("navigation");
        if member(&navigation, "currentEntry").is_object() {
            // Reports every navigation, whatever caused it.
            let kinds = &["currententrychange"];
            let changed = move |event: &JsValue| {
                this.verify_address(member(event, "navigationType") == "replace");
            };
            listeners
                .events
                .push(TargetListener::new(&navigation, kinds, changed));
        } else {
            // The page may have its own method on the object, or use the prototype's.
            for holder in &[global("history"), member(&global("History"), "prototype")] {
                for &(name, is_replaced) in &[("pushState", false), ("replaceState", true)] {
                    let on_call = Box::new(move || this.verify_address(is_replaced));
                    listeners
                        .wrapped
                        .extend(WrappedMethod::new(holder, name, on_call));
                }
            }
        }
        this
    }

    /// Checks the address, which may have changed unnoticed.
    pub fn verify_address(&'static self, is_replaced: bool) {
        let address = address::page_address(self.with_hash);
        if *self.last.borrow() == address {
            return;
        }
        // If an address is replaced before it has settled, it is still the same page
        // view.
        if !is_replaced {
            self.settle();
        }
        self.last.replace(address.clone());
        if let Some(page) = &mut *self.pending.borrow_mut() {
            page.address = address;
            return;
        }
        let at = clock::now();
        self.pending.replace(Some(NavigatedPage { address, at }));
        self.title_wait.run(move || self.settle());
    }

    /// Reports a page view that waits for its title now, because there may be no later
    /// turn.
    pub fn settle(&self) {
        let Some(page) = self.pending.take() else {
            return;
        };
        self.title_wait.cancel();
        // A router may navigate away and back at once.
        if *self.reported.borrow() != page.address {
            self.reported.replace(page.address.clone());
            (self.on_navigation)(page);
        }
    }

    /// Stops reporting page views.
    pub fn stop(&self) {
        self.title_wait.cancel();
        self.pending.take();
    }
}
