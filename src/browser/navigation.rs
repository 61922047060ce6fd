//! Navigation within the page, which loads no other document.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use natero_engine::Now;

use super::{
    clock,
    frame::Frame,
    listener::Listener,
    page::{self, global, member},
    wrapped::Wrapped,
};

/// Watches while it lives.
pub(crate) struct Navigation {
    listeners: Vec<Listener>,
    _wrapped: Vec<Wrapped>,
    seen: Rc<Seen>,
}

/// A page view that began within the page.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    /// Its address, as events name it.
    pub address: String,
    /// When it began.
    pub at: Now,
}

struct Seen {
    with_hash: bool,
    last: RefCell<String>,
    /// The address that was told last.
    told: RefCell<String>,
    /// A page view whose title may not be there yet.
    unsettled: RefCell<Option<(Moved, Frame)>>,
    moved: Box<dyn Fn(Moved)>,
    this: Weak<Seen>,
}

impl Seen {
    fn look(&self, is_replaced: bool) {
        let address = page::address(self.with_hash);
        if *self.last.borrow() == address {
            return;
        }
        // An address that is replaced before it has settled is of the same view.
        if !is_replaced {
            self.settle();
        }
        self.last.replace(address.clone());
        if let Some((moved, _)) = &mut *self.unsettled.borrow_mut() {
            moved.address = address;
            return;
        }
        let at = clock::now();
        let this = Weak::clone(&self.this);
        let settle = Rc::new(move || {
            if let Some(this) = this.upgrade() {
                this.settle();
            }
        });
        let frame = Frame::after(clock::monotonic(), settle);
        self.unsettled.replace(Some((Moved { address, at }, frame)));
    }

    fn settle(&self) {
        let Some((moved, _)) = self.unsettled.take() else {
            return;
        };
        // A router may lead away and back at once.
        if *self.told.borrow() != moved.address {
            self.told.replace(moved.address.clone());
            (self.moved)(moved);
        }
    }
}

impl Navigation {
    /// Calls `moved` for each change of the path, once the page had a frame to set
    /// its title in.
    pub fn watch(with_hash: bool, moved: impl Fn(Moved) + 'static) -> Navigation {
        let address = page::address(with_hash);
        let seen = Rc::new_cyclic(|this| Seen {
            with_hash,
            last: RefCell::new(address.clone()),
            told: RefCell::new(address),
            unsettled: RefCell::default(),
            moved: Box::new(moved),
            this: Weak::clone(this),
        });
        let looking = Rc::downgrade(&seen);
        let look = move |is_replaced| {
            if let Some(seen) = looking.upgrade() {
                seen.look(is_replaced);
            }
        };
        let moved = look.clone();
        let mut listeners = vec![Listener::global(&["popstate", "hashchange"], move |_| {
            moved(false);
        })];
        let mut wrapped = Vec::new();
        let navigation = global("navigation");
        if member(&navigation, "currentEntry").is_object() {
            // It tells of every navigation, however it was made.
            listeners.push(Listener::new(
                &navigation,
                &["currententrychange"],
                move |event| look(member(&event, "navigationType") == "replace"),
            ));
        } else {
            // The page may call either: a method of its own, or that of the prototype.
            for holder in &[global("history"), member(&global("History"), "prototype")] {
                for &(name, is_replaced) in &[("pushState", false), ("replaceState", true)] {
                    let look = look.clone();
                    let called = Box::new(move || look(is_replaced));
                    wrapped.extend(Wrapped::new(holder, name, called));
                }
            }
        }
        Navigation {
            listeners,
            _wrapped: wrapped,
            seen,
        }
    }

    /// Listens again where somebody has removed every listener.
    pub fn listen_again(&self) {
        for listener in &self.listeners {
            listener.listen();
        }
    }

    /// Looks at the address, which may have changed unseen.
    pub fn look(&self) {
        self.seen.look(false);
    }

    /// Tells of a page view that waits for its title now: there may be no later turn.
    pub fn settle(&self) {
        self.seen.settle();
    }
}
