//! A tracker for a test: of a source of its own, so that tests in one page do not
//! meet.

use std::cell::Cell;
use std::ops::Deref;

use gloo_timers::future::TimeoutFuture;
use natero_wasm::{PageViews, Settings, Tracker, TrackerBuilder};

thread_local! {
    static SOURCES: Cell<u32> = const { Cell::new(0) };
}

/// The keys of a source that no other test has.
pub fn source() -> (String, String) {
    let count = SOURCES.get() + 1;
    SOURCES.set(count);
    (format!("api-{count}"), format!("auth-{count}"))
}

/// A tracker to be, of whom everything is known, and of which nothing makes events
/// but calls.
pub fn builder() -> TrackerBuilder {
    let (api_key, auth_key) = source();
    builder_of(&api_key, &auth_key)
}

pub fn builder_of(api_key: &str, auth_key: &str) -> TrackerBuilder {
    Tracker::builder(api_key, auth_key)
        .settings(Settings {
            // A prefix of their own keeps tests apart from the cookies of others.
            cookie_prefix: format!("{api_key}_"),
            ..Settings::default()
        })
        .endpoint("https://usage.example.com")
        .account_id("acme")
        .user_id("ann")
        .track_page_views(PageViews::Off)
        .track_unload(false)
}

/// A tracker that is shut down at the end of its test.
pub struct Tracked(pub Tracker);

impl Deref for Tracked {
    type Target = Tracker;

    fn deref(&self) -> &Tracker {
        &self.0
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if self.0.is_ready() {
            self.0.shutdown().expect("the first end");
        }
    }
}

pub fn track(builder: TrackerBuilder) -> Tracked {
    Tracked(builder.build().expect("right settings"))
}

/// Waits until something is so.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    // 10 s in steps that a page takes when nobody hurries it.
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("waited in vain for {what}");
}

/// Lets everything that is due in this turn happen.
pub async fn next_turn() {
    TimeoutFuture::new(0).await;
}
