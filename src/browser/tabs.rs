//! Which tab was used last. Tabs announce that to each other over a BroadcastChannel, or
//! by storage events if there is none. A message is `PAGE NUMBER`, with the number of the
//! engine's announcement.

use std::cell::RefCell;

use natero_engine::{Announcement, stored_names};
use natero_event::json::push_int;
use wasm_bindgen::JsValue;
use web_sys::BroadcastChannel;

use crate::ascii::split_once;

use super::{
    listener::TargetListener,
    page::{call, member},
    storage::{number, remove_stored, store},
};

/// The other tabs. After [`close`](Tabs::close) this tab listens to them again from its
/// next announcement on: a tab that is not in use has nothing to learn.
pub(crate) struct Tabs {
    name: String,
    /// The id of this page. Several trackers of one page count as one tab.
    page: &'static str,
    on_other_tab: Box<dyn Fn(Announcement)>,
    connection: RefCell<Option<Connection>>,
}

/// How tabs reach each other, with the listener for it.
enum Connection {
    Channel {
        channel: BroadcastChannel,
        _listener: TargetListener,
    },
    Storage {
        listener: TargetListener,
    },
}

impl Drop for Connection {
    fn drop(&mut self) {
        match self {
            Connection::Channel { channel, .. } => {
                let _ = call(channel, "close", &[]);
            }
            Connection::Storage { .. } => {}
        }
    }
}

impl Tabs {
    /// Calls `on_other_tab` with what another tab announced.
    pub fn new(
        prefix: &str,
        page: &'static str,
        on_other_tab: impl Fn(Announcement) + 'static,
    ) -> &'static Tabs {
        let tabs: &Tabs = Box::leak(Box::new(Tabs {
            name: [prefix, stored_names::TAB].concat(),
            page,
            on_other_tab: Box::new(on_other_tab),
            connection: RefCell::default(),
        }));
        tabs.open();
        tabs
    }

    /// Announces this to the others.
    pub fn announce(&'static self, announcement: Announcement, through_storage: bool) {
        self.open();
        let mut message = [self.page, " "].concat();
        push_int(&mut message, announcement.0 as i64);
        match &*self.connection.borrow() {
            Some(Connection::Channel { channel, .. }) => {
                let _ = call(channel, "postMessage", &[message.into()]);
            }
            // Other tabs receive it even though it is removed at once. If storage is full
            // or blocked, each tab counts on its own.
            Some(Connection::Storage { .. }) | None => {
                if through_storage && store(&self.name, &message) {
                    remove_stored(&self.name);
                }
            }
        }
    }

    /// Adds the listener again after somebody has removed every listener.
    pub fn listen_again(&self) {
        if let Some(Connection::Storage { listener }) = &*self.connection.borrow() {
            listener.listen();
        }
    }

    /// Stops listening until the next announcement.
    pub fn close(&self) {
        self.connection.take();
    }

    fn open(&'static self) {
        if self.connection.borrow().is_some() {
            return;
        }
        let connection = match BroadcastChannel::new(&self.name) {
            Ok(channel) => {
                let _listener = TargetListener::own(&channel, &["message"], move |event| {
                    self.receive(event, "data");
                });
                Connection::Channel { channel, _listener }
            }
            Err(_) => {
                let listener = TargetListener::global(&["storage"], move |event| {
                    if member(event, "key") == *self.name {
                        self.receive(event, "newValue");
                    }
                });
                Connection::Storage { listener }
            }
        };
        self.connection.replace(Some(connection));
    }

    /// Takes in an announcement.
    fn receive(&self, event: &JsValue, field: &str) {
        let message = member(event, field).as_string();
        if let Some((page, text)) = message
            .as_deref()
            .and_then(|message| split_once(message, b' '))
            && page != self.page
        {
            let negated = text
                .strip_prefix('-')
                .and_then(number)
                .map(|number| -number);
            if let Some(number) = negated.or_else(|| number(text))
                && number != 0.0
            {
                (self.on_other_tab)(Announcement(number));
            }
        }
    }
}
