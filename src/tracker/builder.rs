//! Builds a tracker.

use std::{rc::Rc, time::Duration};

use natero_engine::{Consent, Persistence};
use natero_event::{Id, json::push_int};

use super::{
    Tracker,
    event::{self, TrackedEvent},
};
use crate::{
    browser::{self, Hooks, Source, address},
    error::{Problem, TrackerError},
    expected, instance,
    settings::{PageViews, Settings, milliseconds, rules},
};

/// The settings of a tracker that is to be built.
#[must_use = "a tracker is made by `build()`"]
pub struct TrackerBuilder {
    api_key: String,
    auth_key: String,
    settings: Box<Settings>,
    hooks: Hooks,
}

impl TrackerBuilder {
    pub(super) fn new(api_key: String, auth_key: String) -> TrackerBuilder {
        TrackerBuilder {
            api_key,
            auth_key,
            settings: Box::default(),
            hooks: Hooks::default(),
        }
    }

    /// Replaces all settings made so far.
    pub fn settings(mut self, settings: Settings) -> TrackerBuilder {
        *self.settings = settings;
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
    pub fn track_unload(mut self, on: bool) -> TrackerBuilder {
        self.settings.track_unload = on;
        self
    }

    /// Which navigations record a page view. Default: changes of the path.
    pub fn track_page_views(mut self, which: PageViews) -> TrackerBuilder {
        self.settings.track_page_views = which;
        self
    }

    /// Run as usual, but send and store nothing. Default: off.
    pub fn disable_event_send(mut self, on: bool) -> TrackerBuilder {
        self.settings.disable_event_send = on;
        self
    }

    /// Print one readable console line per event and per request. Default: off.
    pub fn debug(mut self, on: bool) -> TrackerBuilder {
        self.settings.debug = on;
        self
    }

    /// A full URL that also receives a copy of each batch. Failures there have no effect.
    pub fn debug_url(mut self, url: impl Into<String>) -> TrackerBuilder {
        self.settings.debug_url = Some(url.into());
        self
    }

    /// Inactivity after which the next activity starts a new session. Default: 30
    /// minutes.
    pub fn session_timeout(mut self, span: Duration) -> TrackerBuilder {
        self.settings.session_timeout = milliseconds(span);
        self
    }

    /// Time without activity after which the user counts as idle. Default: 60 s.
    pub fn idle_timeout(mut self, span: Duration) -> TrackerBuilder {
        self.settings.idle_timeout = milliseconds(span);
        self
    }

    /// Interval between `sessionSync` events while the user is active. Default: 60 s.
    pub fn session_sync_interval(mut self, span: Duration) -> TrackerBuilder {
        self.settings.session_sync_interval = milliseconds(span);
        self
    }

    /// Longest time that an event waits before the tracker tries to send it.
    /// Default: 5 s.
    pub fn flush_interval(mut self, span: Duration) -> TrackerBuilder {
        self.settings.flush_interval = milliseconds(span);
        self
    }

    /// Number of waiting events that triggers a send. Default: 50.
    pub fn batch_size(mut self, events: u32) -> TrackerBuilder {
        self.settings.batch_size = events;
        self
    }

    /// Limit for everything kept in memory for sending, in bytes. Default: 8 MiB.
    pub fn max_queue_bytes(mut self, bytes: usize) -> TrackerBuilder {
        self.settings.max_queue_bytes = bytes;
        self
    }

    /// Limit for everything that this source keeps in web storage, in bytes.
    /// Default: 1 MiB.
    pub fn max_stored_bytes(mut self, bytes: usize) -> TrackerBuilder {
        self.settings.max_stored_bytes = bytes;
        self
    }

    /// What the tracker may store beyond the life of the page. Default: cookies and web
    /// storage.
    pub fn persistence(mut self, what: Persistence) -> TrackerBuilder {
        self.settings.persistence = what;
        self
    }

    /// Domain of the cookies. Default: this host only.
    pub fn cookie_domain(mut self, domain: impl Into<String>) -> TrackerBuilder {
        self.settings.cookie_domain = Some(domain.into());
        self
    }

    /// Prefix of the names of cookies and stored items. Default: `na_`.
    pub fn cookie_prefix(mut self, prefix: impl Into<String>) -> TrackerBuilder {
        self.settings.cookie_prefix = prefix.into();
        self
    }

    /// What may be kept and sent. Default: granted.
    pub fn consent(mut self, consent: Consent) -> TrackerBuilder {
        self.settings.consent = consent;
        self
    }

    /// Treat Global Privacy Control as [`Consent::Denied`]. Default: off.
    pub fn respect_gpc(mut self, on: bool) -> TrackerBuilder {
        self.settings.respect_gpc = on;
        self
    }

    /// Treat Do Not Track as [`Consent::Denied`]. Default: off.
    pub fn respect_dnt(mut self, on: bool) -> TrackerBuilder {
        self.settings.respect_dnt = on;
        self
    }

    /// Compress bodies over 1 KiB with gzip where the browser can, but never while the
    /// page unloads. Default: on.
    pub fn compress(mut self, on: bool) -> TrackerBuilder {
        self.settings.compress = on;
        self
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
    /// may call the tracker.
    pub fn on_error(mut self, on_error: impl Fn(&Problem) + 'static) -> TrackerBuilder {
        self.hooks.texts[1] = Some(String::new());
        self.hooks.on_error = Some(Rc::new(on_error));
        self
    }

    /// Builds the tracker, which starts to track. Where there is neither a page nor a
    /// worker, as on a server, the tracker is inert.
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
        if !crate::has_browser() {
            return Ok(Tracker::INERT);
        }
        // Browsers refuse addresses that look valid as a text.
        if let Some(url) = &self.settings.debug_url
            && !address::is_address(url)
        {
            return Err(TrackerError::setting("debugUrl", expected::ADDRESS, url));
        }
        let endpoint = &self.settings.endpoint;
        let source = source(endpoint, api_key, auth_key)
            .ok_or_else(|| TrackerError::setting("endpoint", expected::ENDPOINT, endpoint))?;
        Ok(Tracker::of(instance::open(
            self.settings,
            &[],
            source,
            self.hooks,
        )))
    }
}

/// Checks a key, which becomes part of the address of each request.
pub(crate) fn key<'a>(key: &'static str, given: &'a str) -> Result<&'a str, TrackerError> {
    let id = Id::new(given).map(Id::as_str);
    // A path segment `.` or `..` would be resolved within the address.
    let usable = id.filter(|id| !matches!(*id, "." | ".."));
    usable.ok_or_else(|| TrackerError::InvalidKey {
        key,
        got: match id {
            Some(_) => "dots alone",
            None => rules::describe_id(given),
        }
        .to_owned(),
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
    fn without_a_browser_a_tracker_is_inert() {
        let tracker = Tracker::builder("api", "auth").build().expect("keys");
        assert!(!tracker.is_ready());
        assert_eq!(tracker.set_user_id("ann"), Ok(()));
        assert_eq!(tracker.user_id(), None);
        assert_eq!(tracker.stats().accepted, 0);
    }
}
