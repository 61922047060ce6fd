//! Builds a tracker.

use std::{fmt, rc::Rc, time::Duration};

use natero_engine::{Consent, Persistence};
use natero_event::json::push_int;

use super::{
    Tracker,
    event::{self, TrackedEvent},
};
use crate::{
    browser::{self, Hooks, Source, address},
    error::{Problem, TrackerError},
    expected, instance,
    settings::{PageViews, Settings, milliseconds, rules},
    text::to_id,
};

/// The settings of a tracker that is to be built. [`Settings`] has the limits of each.
#[must_use = "a tracker is made by `build()`"]
pub struct TrackerBuilder {
    api_key: String,
    auth_key: String,
    settings: Box<Settings>,
    /// The names of the settings that were given one by one, even if with their defaults.
    given: Vec<String>,
    hooks: Hooks,
}

impl TrackerBuilder {
    pub(super) fn new(api_key: String, auth_key: String) -> TrackerBuilder {
        TrackerBuilder {
            api_key,
            auth_key,
            settings: Box::default(),
            given: Vec::new(),
            hooks: Hooks::default(),
        }
    }

    /// Replaces all settings made so far.
    pub fn settings(mut self, settings: Settings) -> TrackerBuilder {
        *self.settings = settings;
        self.given.clear();
        self
    }

    fn given(mut self, name: &'static str, give: impl FnOnce(&mut Settings)) -> TrackerBuilder {
        give(&mut self.settings);
        self.given.push(name.to_owned());
        self
    }

    /// The account, as if set by [`Tracker::set_account_id`].
    pub fn account_id(mut self, id: impl Into<String>) -> TrackerBuilder {
        self.settings.account_id = Some(id.into());
        self
    }

    /// The user, as if set by [`Tracker::set_user_id`].
    pub fn user_id(mut self, id: impl Into<String>) -> TrackerBuilder {
        self.settings.user_id = Some(id.into());
        self
    }

    /// Origin of the Event API, with a path prefix if it has one, or a path on the page's
    /// own origin. The tracker appends `/v1/{authKey}/{apiKey}`.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> TrackerBuilder {
        self.settings.endpoint = endpoint.into();
        self
    }

    /// Report page view, module and session times when the page is hidden or unloaded.
    /// Default: on.
    pub fn track_unload(self, on: bool) -> TrackerBuilder {
        self.given("trackUnload", |it| it.track_unload = on)
    }

    /// Which navigations record a page view. Default: changes of the path.
    pub fn track_page_views(self, which: PageViews) -> TrackerBuilder {
        self.given("trackPageViews", |it| it.track_page_views = which)
    }

    /// Run as usual, but send and store nothing. Default: off.
    pub fn disable_event_send(self, on: bool) -> TrackerBuilder {
        self.given("disableEventSend", |it| it.disable_event_send = on)
    }

    /// Print one readable console line per event and per request. Default: off.
    pub fn debug(self, on: bool) -> TrackerBuilder {
        self.given("debug", |it| it.debug = on)
    }

    /// A full URL that also receives a copy of each batch. Failures there have no effect.
    pub fn debug_url(self, url: impl Into<String>) -> TrackerBuilder {
        self.given("debugUrl", |it| it.debug_url = Some(url.into()))
    }

    /// Inactivity after which the next activity starts a new session. Default: 30
    /// minutes.
    pub fn session_timeout(self, span: Duration) -> TrackerBuilder {
        self.given("sessionTimeout", |it| {
            it.session_timeout = milliseconds(span)
        })
    }

    /// Time without activity after which the user counts as idle. Default: 60 s.
    pub fn idle_timeout(self, span: Duration) -> TrackerBuilder {
        self.given("idleTimeout", |it| it.idle_timeout = milliseconds(span))
    }

    /// Interval between `sessionSync` events while the user is active. Default: 60 s.
    pub fn session_sync_interval(self, span: Duration) -> TrackerBuilder {
        self.given("sessionSyncInterval", |it| {
            it.session_sync_interval = milliseconds(span)
        })
    }

    /// Longest time that an event waits before the tracker tries to send it.
    /// Default: 5 s.
    pub fn flush_interval(self, span: Duration) -> TrackerBuilder {
        self.given("flushInterval", |it| it.flush_interval = milliseconds(span))
    }

    /// Number of waiting events that triggers a send. Default: 50.
    pub fn batch_size(self, events: u32) -> TrackerBuilder {
        self.given("batchSize", |it| it.batch_size = events)
    }

    /// Limit for everything kept in memory for sending, in bytes. Default: 8 MiB.
    pub fn max_queue_bytes(self, bytes: usize) -> TrackerBuilder {
        self.given("maxQueueBytes", |it| it.max_queue_bytes = bytes)
    }

    /// Limit for everything that this source keeps in web storage, in bytes.
    /// Default: 1 MiB.
    pub fn max_stored_bytes(self, bytes: usize) -> TrackerBuilder {
        self.given("maxStoredBytes", |it| it.max_stored_bytes = bytes)
    }

    /// What the tracker may store beyond the life of the page. Default: cookies and web
    /// storage.
    pub fn persistence(self, what: Persistence) -> TrackerBuilder {
        self.given("persistence", |it| it.persistence = what)
    }

    /// Domain of the cookies. Default: this host only.
    pub fn cookie_domain(self, domain: impl Into<String>) -> TrackerBuilder {
        self.given("cookieDomain", |it| it.cookie_domain = Some(domain.into()))
    }

    /// Prefix of the names of cookies and stored items. Default: `na_`.
    pub fn cookie_prefix(self, prefix: impl Into<String>) -> TrackerBuilder {
        self.given("cookiePrefix", |it| it.cookie_prefix = prefix.into())
    }

    /// What may be kept and sent. Default: granted.
    pub fn consent(self, consent: Consent) -> TrackerBuilder {
        self.given("consent", |it| it.consent = consent)
    }

    /// Treat Global Privacy Control as [`Consent::Denied`]. Default: off.
    pub fn respect_gpc(self, on: bool) -> TrackerBuilder {
        self.given("respectGpc", |it| it.respect_gpc = on)
    }

    /// Treat Do Not Track as [`Consent::Denied`]. Default: off.
    pub fn respect_dnt(self, on: bool) -> TrackerBuilder {
        self.given("respectDnt", |it| it.respect_dnt = on)
    }

    /// Compress bodies over 1 KiB with gzip where the browser can, but never while the
    /// page unloads. Default: on.
    pub fn compress(self, on: bool) -> TrackerBuilder {
        self.given("compress", |it| it.compress = on)
    }

    /// Sets a function that is called with each event before it is queued. It returns the
    /// event, changed or not, or `None` to drop it. It may read from the tracker, but
    /// calls that make events are refused. If it panics, the event is dropped and
    /// counted.
    pub fn before_send(
        mut self,
        before_send: impl Fn(TrackedEvent) -> Option<TrackedEvent> + 'static,
    ) -> TrackerBuilder {
        self.hooks.texts[0] = Some(String::new());
        self.hooks.before_send = Some(Rc::new(move |line| event::decide(line, &before_send)));
        self
    }

    /// Sets a function that is called when a call is refused, when events are lost, and
    /// when the tracker fails or cannot send. It runs after the current work is done, and
    /// may call the tracker. The same message comes at most once a second. A panic in it is
    /// not reported.
    pub fn on_error(mut self, on_error: impl Fn(&Problem) + 'static) -> TrackerBuilder {
        self.hooks.texts[1] = Some(String::new());
        self.hooks.on_error = Some(Rc::new(on_error));
        self
    }

    /// Builds the tracker, which starts to track. Where there is neither a page nor a
    /// worker, as on a server, the tracker is inert, and [`debug`](TrackerBuilder::debug) says
    /// so.
    ///
    /// ```
    /// use natero_wasm::Tracker;
    ///
    /// let error = Tracker::builder("", "AUTH-KEY").build().unwrap_err();
    /// assert_eq!(error.code(), "invalid_argument");
    ///
    /// let error = Tracker::builder("API-KEY", "AUTH-KEY").endpoint("usage.example.com").build().unwrap_err();
    /// assert!(error.to_string().contains("endpoint must be"));
    /// ```
    ///
    /// # Errors
    /// When a key is missing or a setting has an invalid value, and when the call comes
    /// from within more than a few nested calls.
    pub fn build(self) -> Result<Tracker, TrackerError> {
        if browser::is_too_deep() {
            return Err(TrackerError::TooDeep { method: "new na" });
        }
        let api_key = key("apiKey", &self.api_key)?;
        let auth_key = key("authKey", &self.auth_key)?;
        self.settings.check()?;
        if !crate::has_browser(self.settings.debug) {
            return Ok(Tracker::inert());
        }
        // Browsers refuse addresses that look valid as a text.
        if let Some(url) = &self.settings.debug_url
            && !address::is_address(url)
        {
            return Err(TrackerError::setting("debugUrl", expected::ADDRESS, url));
        }
        let endpoint = &self.settings.endpoint;
        let source = source(endpoint, &api_key, &auth_key)
            .ok_or_else(|| TrackerError::setting("endpoint", expected::ENDPOINT, endpoint))?;
        Ok(Tracker::of(instance::open(
            self.settings,
            &self.given,
            source,
            self.hooks,
        )))
    }
}

impl fmt::Debug for TrackerBuilder {
    /// Without the keys, which do not belong into logs.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("TrackerBuilder")
            .field("settings", &self.settings)
            .field("before_send", &self.hooks.before_send.is_some())
            .field("on_error", &self.hooks.on_error.is_some())
            .finish_non_exhaustive()
    }
}

/// Checks a key, which becomes part of the address of each request.
pub(crate) fn key(key: &'static str, given: &str) -> Result<String, TrackerError> {
    let got = match to_id(given) {
        // A path segment `.` or `..` would be resolved within the address.
        Some(id) if matches!(&*id, "." | "..") => "dots alone",
        Some(id) => return Ok(id),
        None => rules::describe_id(given),
    };
    Err(TrackerError::InvalidKey {
        key,
        got: got.to_owned(),
    })
}

/// The source with these keys; `None` if batches cannot be sent to the endpoint.
pub(crate) fn source(endpoint: &str, api_key: &str, auth_key: &str) -> Option<Source> {
    let encoded = |key: &str| String::from(js_sys::encode_uri_component(key));
    let url = [
        &address::absolute(endpoint)?,
        "/v1/",
        &encoded(auth_key),
        "/",
        &encoded(api_key),
    ]
    .concat();
    let name = short_name(&url);
    Some(Source { url, name })
}

/// A short name to distinguish sources. A page has few of them, so 32 bits suffice. The
/// npm package uses the same name for stored items.
fn short_name(url: &str) -> String {
    let sum = url.encode_utf16().fold(0_i32, |sum, unit| {
        sum.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    let mut name = String::new();
    push_int(&mut name, i64::from(sum));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_the_name_that_the_npm_package_gives_it() {
        // The same values as `shortName` in js/na.ts.
        assert_eq!(short_name(""), "0");
        assert_eq!(short_name("a"), "97");
        assert_eq!(
            short_name("https://events.natero.com/v1/auth/api"),
            "-830257294"
        );
    }

    #[test]
    fn each_setting_that_is_compared_is_named_where_it_is_given() {
        let second = Duration::from_secs(1);
        let builder = Tracker::builder("api", "auth")
            .track_unload(true)
            .track_page_views(PageViews::Path)
            .disable_event_send(false)
            .debug(false)
            .debug_url("https://a")
            .session_timeout(second)
            .idle_timeout(second)
            .session_sync_interval(second)
            .flush_interval(second)
            .batch_size(50)
            .max_queue_bytes(1)
            .max_stored_bytes(1)
            .persistence(Persistence::Storage)
            .cookie_domain("a")
            .cookie_prefix("na_")
            .consent(Consent::Granted)
            .respect_gpc(false)
            .respect_dnt(false)
            .compress(true);
        assert_eq!(builder.given, crate::settings::COMPARED);
        assert_eq!(builder.settings(Settings::default()).given, [""; 0]);
    }

    #[test]
    fn what_is_printed_of_a_builder_holds_no_key() {
        let builder = Tracker::builder("an-api-key", "an-auth-key").batch_size(20);
        let printed = format!("{builder:?}");
        assert!(printed.contains("batch_size: 20"), "{printed}");
        assert!(!printed.contains("key\""), "{printed}");
    }

    #[test]
    fn a_tracker_and_what_is_passed_to_it_may_be_sent_to_other_threads() {
        fn assert_sent<T: Send + Sync + fmt::Debug + Clone>() {}
        assert_sent::<Tracker>();
        assert_sent::<Settings>();
        assert_sent::<super::super::Feature>();
        assert_sent::<TrackedEvent>();
        assert_sent::<Problem>();
        assert_sent::<TrackerError>();
        fn assert_guard<T: Send + Sync + fmt::Debug>() {}
        assert_guard::<super::super::ModuleGuard>();
    }

    #[test]
    fn without_a_browser_a_tracker_is_inert() {
        let tracker = Tracker::builder("api", "auth").build().expect("keys");
        assert!(!tracker.is_ready());
        assert_eq!(tracker.set_user_id("ann"), Ok(()));
        assert_eq!(tracker.user_id(), None);
        assert_eq!(tracker.stats().accepted, 0);
    }
}
