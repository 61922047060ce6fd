//! The browser's side of an engine.
//!
//! Every call into the page catches what the page throws, or runs inside [`guard`]; so
//! does every function that the browser is given. A listener, lock or timer lives as long
//! as the value that stands for it.

mod activity;
pub(crate) mod address;
mod clock;
mod compression;
mod console;
mod cookies;
mod executor;
mod frame;
mod guard;
mod gzip;
mod lifecycle;
mod listener;
mod listening;
mod locks;
mod navigation;
mod orphans;
pub(crate) mod page;
mod page_listeners;
mod perform;
mod problems;
mod random;
mod shared;
mod storage;
mod tabs;
mod timer;
mod transport;
mod unreachable;
mod wrapped;

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use natero_engine::{Engine, Input, Millis, Mono, Now, RequestId, Start, View};

use self::{
    cookies::{CookieValues, Cookies},
    listener::TargetListener,
    page_listeners::PageListeners,
    storage::PageStorage,
    timer::Timer,
    transport::{Abort, TransportState},
};
use crate::{
    error::{NO_TIMERS, UnreachableCause},
    flush::Flushes,
    host::Host,
    settings::{PageViews, Settings},
};

pub(crate) use self::{
    clock::now,
    console::{explain_absence, is_logging},
    guard::{attempt, is_too_deep, on_failure},
    problems::{OnError, Problems},
};
#[cfg(feature = "class")]
pub(crate) use self::{
    executor::{ignore_outcome, promise},
    guard::run,
    wrapped::proxy_function,
};

/// What `before_send` decided about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It passes, as this line of JSON.
    Pass(String),
    /// It is dropped.
    Drop,
    /// `before_send` panicked, threw, or did not return an event.
    Threw,
}

/// Decides about an event, a line of JSON.
pub(crate) type BeforeSend = Rc<dyn Fn(&str) -> Decision>;

/// Code of the application that runs on behalf of the tracker.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub before_send: Option<BeforeSend>,
    pub on_error: Option<OnError>,
    /// The source texts of both, if they are functions of the page. Empty for closures,
    /// which cannot be compared.
    pub texts: HookTexts,
}

/// The text of each hook that there is.
pub(crate) type HookTexts = [Option<String>; 2];

/// The address and the name of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The address for batches.
    pub url: String,
    /// A short name to distinguish sources.
    pub name: String,
}

/// The browser's side of one tracker.
pub(crate) struct Browser {
    pub settings: &'static Settings,
    pub problems: Problems,
    pub flushes: Flushes,
    /// `before_send` is running. Events recorded by it would lead to further calls of it
    /// without end.
    pub is_filtering: Cell<bool>,
    source: Source,
    before_send: Option<BeforeSend>,
    cookies: Cookies,
    timer: Timer,
    transport: &'static TransportState,
    /// Handles to abort requests.
    aborts: RefCell<Vec<(RequestId, Rc<Abort>)>>,
    /// Number of copies for `debugUrl` under way.
    copies: Cell<usize>,
    /// What blocked the last request, if that is known.
    obstacle: Cell<Option<UnreachableCause>>,
    /// The id of this page among the tabs.
    tab: String,
    /// The listeners. Without them nothing new is begun.
    page_listeners: RefCell<Option<Rc<PageListeners>>>,
    /// Outlives the listeners, so that events confirmed after the end are still removed.
    /// Empty if there is no page.
    storage: OnceCell<PageStorage>,
    host: OnceCell<BrowserHost>,
}

/// An engine in a browser. A page has one or two, and none is ever dropped, because the
/// browser may call back at any time.
pub(crate) type BrowserHost = &'static Host<Browser>;

/// Makes an engine in this browser.
pub(crate) fn host(settings: Box<Settings>, source: Source, hooks: Hooks) -> BrowserHost {
    let settings: &Settings = Box::leak(settings);
    let now = now();
    let seed = random::seed();
    let mut config = settings.config(hooks.before_send.is_some(), is_denied(settings));
    let has_timers = timer::exist();
    config.flush_interval = if has_timers {
        config.flush_interval
    } else {
        // Without timers nothing wakes the engine. Events are sent at once, one request
        // after the other.
        Millis::ZERO
    };
    let engine = Engine::new(config, seed, now);
    let browser = Browser {
        problems: Problems::new(hooks.on_error),
        flushes: Flushes::default(),
        is_filtering: Cell::new(false),
        source,
        before_send: hooks.before_send,
        cookies: Cookies::new(settings),
        timer: Timer::default(),
        transport: Box::leak(Box::default()),
        aborts: RefCell::default(),
        copies: Cell::new(0),
        obstacle: Cell::new(None),
        tab: shared::tab(seed),
        page_listeners: RefCell::default(),
        storage: OnceCell::new(),
        host: OnceCell::new(),
        settings,
    };
    let host: BrowserHost = Box::leak(Box::new(Host::new(engine, browser)));
    host.platform.host.get_or_init(|| host);
    if !has_timers {
        host.platform.problems.warn(NO_TIMERS);
    }
    if page::is_prerendering() {
        host.platform.begin_when_shown();
    } else {
        host.platform.begin(now);
    }
    host
}

/// Whether the browser reports that there is no consent.
fn is_denied(settings: &Settings) -> bool {
    let navigator = page::global("navigator");
    settings.respect_gpc && page::member(&navigator, "globalPrivacyControl").is_truthy()
        || settings.respect_dnt && page::member(&navigator, "doNotTrack") == "1"
}

impl Browser {
    /// Begins to listen to the page, and to track.
    fn begin(&self, now: Now) {
        let listeners = Rc::new(self.listen());
        self.page_listeners.replace(Some(listeners));
        let has_page = page::document().is_some();
        let CookieValues { session, visitor } = if has_page {
            self.cookies.read()
        } else {
            CookieValues::default()
        };
        let url = has_page.then(|| self.address());
        let (title, referrer) = (page::title(), page::referrer());
        let (visible, offline) = (page::is_visible(), page::is_offline());
        let start = move |engine: &mut Engine, now| {
            let title = title.as_str();
            engine.handle(
                now,
                Input::Start(Start {
                    visible,
                    offline,
                    view: url.as_deref().map(|url| View { url, title }),
                    referrer: &referrer,
                    cookies: natero_engine::Cookies {
                        session: &session,
                        visitor: &visitor,
                    },
                }),
            );
        };
        self.host().begin(now, Box::new(start));
    }

    /// Begins once the page is shown.
    fn begin_when_shown(&self) {
        let Some(document) = page::document() else {
            return;
        };
        let host = self.host();
        let shown = TargetListener::new(&document, &["prerenderingchange"], move |_| {
            host.platform.begin(now());
        });
        self.page_listeners.replace(Some(Rc::new(PageListeners {
            events: vec![shown],
            ..PageListeners::default()
        })));
    }

    /// Removes all listeners, timers and locks.
    pub fn detach(&self) {
        self.timer.clear();
        if let Some(listeners) = self.page_listeners.take() {
            self.leave(&listeners);
            listeners.stop();
        }
    }

    /// Releases what would keep other pages from going on.
    fn leave(&self, listeners: &PageListeners) {
        if let Some(tabs) = listeners.tabs {
            tabs.close();
        }
        self.verify_storage();
        if let Some(storage) = self.storage() {
            storage.close();
        }
    }

    /// The address of the page, as page views report it.
    pub fn address(&self) -> String {
        address::page_address(self.with_hash())
    }

    fn with_hash(&self) -> bool {
        self.settings.track_page_views == PageViews::PathAndHash
    }

    fn page_listeners(&self) -> Option<Rc<PageListeners>> {
        self.page_listeners.borrow().clone()
    }

    /// Removes what is stored of this source.
    pub fn remove_stored(&self) {
        if let Some(storage) = self.storage() {
            storage.remove_all();
        }
    }

    fn storage(&self) -> Option<&'static PageStorage> {
        self.host().platform.storage.get()
    }

    /// The engine that this belongs to.
    fn host(&self) -> BrowserHost {
        self.host.get().expect("it is there once the browser is")
    }

    fn wake_up_at(&self, due: Option<Mono>) -> bool {
        // After a shutdown the timer serves only the requests under way. The last one
        // ends with its answer, or is aborted, and then nothing is due.
        let Some(Mono(due)) = due else {
            self.timer.clear();
            return false;
        };
        let host = self.host();
        self.timer.set(due, move || {
            host.platform.timer.fired();
            host.end_turn();
            host.send_input(Input::Timer);
        })
    }
}
