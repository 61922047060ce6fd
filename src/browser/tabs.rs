//! Which tab was used last. Tabs announce that to each other over a BroadcastChannel, or
//! by storage events if there is none.

use std::cell::RefCell;

use natero_engine::Wall;
use natero_event::json::push_int;
use wasm_bindgen::JsValue;
use web_sys::BroadcastChannel;

use crate::ascii::parted_at;

use super::{
    clock,
    listener::Listener,
    page::{call, member},
    storage::{number, store, unstore},
};

/// The other tabs. After [`close`](Tabs::close) this tab listens to them again from its
/// next announcement on: a tab that is not in use has nothing to learn.
pub(crate) struct Tabs {
    name: String,
    /// The id of this page. Several trackers of one page count as one tab.
    page: &'static str,
    heard: Box<dyn Fn(Wall)>,
    way: RefCell<Option<Way>>,
}

/// How tabs reach each other, with the listener for it.
enum Way {
    Channel {
        channel: BroadcastChannel,
        _listener: Listener,
    },
    Storage {
        _listener: Listener,
    },
}

impl Drop for Way {
    fn drop(&mut self) {
        match self {
            Way::Channel { channel, .. } => {
                let _ = call(channel, "close", &[]);
            }
            Way::Storage { .. } => {}
        }
    }
}

impl Tabs {
    /// Calls `heard` when another tab came into use.
    pub fn new(prefix: &str, page: &'static str, heard: impl Fn(Wall) + 'static) -> &'static Tabs {
        let tabs: &Tabs = Box::leak(Box::new(Tabs {
            name: [prefix, "tab"].concat(),
            page,
            heard: Box::new(heard),
            way: RefCell::default(),
        }));
        tabs.open();
        tabs
    }

    /// Announces to the others that this tab came into use now.
    pub fn announce(&'static self, through_storage: bool) {
        self.open();
        let mut news = [self.page, " "].concat();
        push_int(&mut news, clock::wall() as i64);
        match &*self.way.borrow() {
            Some(Way::Channel { channel, .. }) => {
                let _ = call(channel, "postMessage", &[news.into()]);
            }
            // Other tabs receive it even though it is removed at once. If storage is full
            // or blocked, each tab counts on its own.
            Some(Way::Storage { .. }) | None => {
                if through_storage && store(&self.name, &news) {
                    unstore(&self.name);
                }
            }
        }
    }

    /// Stops listening until the next announcement.
    pub fn close(&self) {
        self.way.take();
    }

    fn open(&'static self) {
        if self.way.borrow().is_some() {
            return;
        }
        let way = match BroadcastChannel::new(&self.name) {
            Ok(channel) => {
                let _listener = Listener::new(&channel, &["message"], move |event| {
                    self.hear(event, "data");
                });
                Way::Channel { channel, _listener }
            }
            Err(_) => {
                let _listener = Listener::global(&["storage"], move |event| {
                    if member(event, "key") == *self.name {
                        self.hear(event, "newValue");
                    }
                });
                Way::Storage { _listener }
            }
        };
        self.way.replace(Some(way));
    }

    /// Takes in an announcement: `PAGE TIME`.
    fn hear(&self, event: &JsValue, news: &str) {
        let news = member(event, news).as_string();
        if let Some((page, since)) = news.as_deref().and_then(|news| parted_at(news, b' '))
            && page != self.page
            && let Some(since) = number(since)
            && since > 0.0
        {
            (self.heard)(Wall(since));
        }
    }
}
