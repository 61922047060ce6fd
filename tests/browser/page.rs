//! A tracker for a test. Each has its own source, so that tests in one page do not affect
//! each other.

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

/// A builder for a tracker whose account and user are known. Only calls make events.
pub fn builder() -> TrackerBuilder {
    let (api_key, auth_key) = source();
    builder_of(&api_key, &auth_key)
}

pub fn builder_of(api_key: &str, auth_key: &str) -> TrackerBuilder {
    Tracker::builder(api_key, auth_key)
        .settings(Settings {
            // Each test has its own prefix, so that it does not see the cookies of others.
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

/// Waits until a condition holds.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    // Waits at most 10 s, in steps that are realistic for a page.
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("waited in vain for {what}");
}

/// Lets everything run that is due in this turn of the event loop.
pub async fn next_turn() {
    TimeoutFuture::new(0).await;
}

/// Waits until a condition holds, at most some 600 frames. It needs no timers. Returns whether
/// it holds, so that a test can give the page its timers back before it fails.
pub async fn holds_within_frames(is_so: impl Fn() -> bool) -> bool {
    for _ in 0..600 {
        if is_so() {
            return true;
        }
        let frame = js_sys::Promise::new(&mut |go, _| {
            let window = web_sys::window().expect("a page");
            window.request_animation_frame(&go).expect("frames");
        });
        let _ = wasm_bindgen_futures::JsFuture::from(frame).await;
    }
    false
}
