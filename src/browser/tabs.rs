//! Which tab was used last. Tabs announce that to each other over a BroadcastChannel, or
//! by storage events if there is none. A message is `PAGE NUMBER`, with the number of the
//! engine's announcement.

use std::cell::RefCell;

use natero_engine::{Announcement, stored_names};
use natero_event::json::push_int;
use wasm_bindgen::JsValue;

use crate::ascii::split_once;

use super::{
    listener::TargetListener,
    page::{call, construct, member},
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
        channel: JsValue,
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
        let message = [self.page, " ", &text(announcement)].concat();
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
        let connection = match construct("BroadcastChannel", &[self.name.as_str().into()]) {
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
            && let Some(announcement) = parse(text)
        {
            (self.on_other_tab)(announcement);
        }
    }
}

// A number with this many decimals can express every fraction that an announcement has.
const DECIMALS: f64 = 1e10;

/// The number of an announcement as JavaScript reads it.
fn text(Announcement(number): Announcement) -> String {
    let mut text = String::new();
    push_int(&mut text, number as i64);
    let decimals = (number.abs().fract() * DECIMALS + DECIMALS) as i64;
    let whole = text.len();
    push_int(&mut text, decimals);
    // The first digit is the one that keeps the leading zeros.
    text.replace_range(whole..=whole, ".");
    text
}

/// An announcement as JavaScript writes it.
fn parse(text: &str) -> Option<Announcement> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = split_once(digits, b'.').unwrap_or((digits, "0"));
    let scale = (0..decimals.len()).fold(1.0, |scale, _| scale * 10.0);
    let size = number(whole)? + number(decimals)? / scale;
    let is_negative = digits.len() < text.len();
    (size != 0.0).then_some(Announcement(if is_negative { -size } else { size }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_keeps_its_fraction() {
        for number in [1_764_664_244_123.0_f64, -1_764_664_244_123.0] {
            for fraction in [0.0, 1.0, 7.0, 512.0, 1023.0] {
                let announcement = Announcement(number + number.signum() * fraction / 1024.0);
                assert_eq!(parse(&text(announcement)), Some(announcement));
                // The shortest text that stands for the number, as JavaScript writes it.
                assert_eq!(parse(&announcement.0.to_string()), Some(announcement));
            }
        }
        for nonsense in ["", "0", "-", ".", "1.", "1.x", "-0", "1e3"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
