//! The settings of a Rust front end.

use std::time::Duration;

use natero_engine::{Config, Consent, Millis, OwnedId, Persistence};
use natero_event::Id;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{consent_name, persistence_name, rules};
use crate::{error::TrackerError, expected, text::to_id};

/// All settings of a tracker, except the hooks. Serialised, they have the names, units
/// and defaults of the npm package's settings. A name that no setting has is an error: with
/// a misspelt `endpoint`, keys and usage would go to the default one.
///
/// Times, counts and sizes are above 0 and below 10^15. Ids have 1 to 256 characters once
/// trimmed. [`check`](Settings::check) tests all of it, as
/// [`TrackerBuilder::build`](crate::TrackerBuilder::build) does.
///
/// ```
/// use natero_wasm::Settings;
///
/// let settings: Settings = serde_json::from_str(r#"{"accountId":"acme","batchSize":20}"#)?;
/// assert_eq!(settings.account_id.as_deref(), Some("acme"));
/// assert_eq!(settings.batch_size, 20);
/// assert_eq!(settings.flush_interval, 5_000.0);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// The account, as if set by [`set_account_id`](crate::Tracker::set_account_id).
    pub account_id: Option<String>,
    /// The user, as if set by [`set_user_id`](crate::Tracker::set_user_id).
    pub user_id: Option<String>,
    /// Origin of the Event API, with a path prefix if it has one, or a path on the page's
    /// own origin. The tracker appends `/v1/{authKey}/{apiKey}`.
    pub endpoint: String,
    /// Report page view, module and session times when the page is hidden or unloaded.
    pub track_unload: bool,
    /// Which navigations record a page view.
    pub track_page_views: PageViews,
    /// Run as usual, but send and store nothing.
    pub disable_event_send: bool,
    /// Print one readable console line per event and per request.
    pub debug: bool,
    /// A full URL that also receives a copy of each batch. Failures there have no effect.
    pub debug_url: Option<String>,
    /// Inactivity after which the next activity starts a new session, in ms.
    pub session_timeout: f64,
    /// Time without activity after which the user counts as idle, in ms.
    pub idle_timeout: f64,
    /// Interval between `sessionSync` events while the user is active, in ms.
    pub session_sync_interval: f64,
    /// Longest time that an event waits before the tracker tries to send it, in ms.
    pub flush_interval: f64,
    /// Number of waiting events that triggers a send.
    pub batch_size: u32,
    /// Limit for everything kept in memory for sending, in bytes.
    pub max_queue_bytes: usize,
    /// Limit for everything that this source keeps in web storage, in bytes.
    pub max_stored_bytes: usize,
    /// What the tracker may store beyond the life of the page.
    #[serde(with = "persistence")]
    pub persistence: Persistence,
    /// Domain of the cookies. With `None` they belong to this host only.
    pub cookie_domain: Option<String>,
    /// Prefix of the names of cookies and stored items.
    pub cookie_prefix: String,
    /// What may be kept and sent.
    #[serde(with = "consent")]
    pub consent: Consent,
    /// Treat Global Privacy Control as [`Consent::Denied`].
    pub respect_gpc: bool,
    /// Treat Do Not Track as [`Consent::Denied`].
    pub respect_dnt: bool,
    /// Compress bodies over 1 KiB with gzip where the browser can, but never while the
    /// page unloads.
    pub compress: bool,
}

/// Which navigations within the page begin a page view. Serialised it is `true`, `false`
/// or `"hash"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageViews {
    /// None. Loading the page does not begin one either.
    Off,
    /// Changes of the path.
    #[default]
    Path,
    /// Changes of the path, and of the path in the fragment.
    PathAndHash,
}

/// The value of the setting `trackPageViews` that stands for
/// [`PageViews::PathAndHash`].
const HASH: &str = "hash";

impl Default for Settings {
    fn default() -> Settings {
        let Config {
            account_id: _,
            user_id: _,
            track_unload,
            track_page_views,
            disable_event_send,
            debug,
            filter: _,
            persistence,
            consent,
            session_timeout,
            idle_timeout,
            session_sync_interval,
            flush_interval,
            batch_size,
            max_queue_bytes,
            max_stored_bytes,
        } = Config::default();
        Settings {
            account_id: None,
            user_id: None,
            endpoint: super::DEFAULT_ENDPOINT.to_owned(),
            track_unload,
            track_page_views: if track_page_views {
                PageViews::Path
            } else {
                PageViews::Off
            },
            disable_event_send,
            debug,
            debug_url: None,
            session_timeout: session_timeout.0,
            idle_timeout: idle_timeout.0,
            session_sync_interval: session_sync_interval.0,
            flush_interval: flush_interval.0,
            batch_size,
            max_queue_bytes,
            max_stored_bytes,
            persistence,
            cookie_domain: None,
            cookie_prefix: super::DEFAULT_COOKIE_PREFIX.to_owned(),
            consent,
            respect_gpc: false,
            respect_dnt: false,
            compress: true,
        }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// The first setting with an invalid value.
    pub fn check(&self) -> Result<(), TrackerError> {
        let refuse = |setting, expected: &str, got: &str| {
            Err(TrackerError::InvalidSetting {
                setting,
                expected: expected.to_owned(),
                got: got.to_owned(),
            })
        };
        for (setting, id) in [("accountId", &self.account_id), ("userId", &self.user_id)] {
            if let Some(id) = id
                && to_id(id).is_none()
            {
                return refuse(setting, expected::ID, rules::describe_id(id));
            }
        }
        if !rules::is_endpoint(&self.endpoint) {
            return Err(TrackerError::setting(
                "endpoint",
                expected::ENDPOINT,
                &self.endpoint,
            ));
        }
        if let Some(url) = &self.debug_url
            && !rules::is_address(url)
        {
            return Err(TrackerError::setting("debugUrl", expected::ADDRESS, url));
        }
        for (setting, number) in [
            ("sessionTimeout", self.session_timeout),
            ("idleTimeout", self.idle_timeout),
            ("sessionSyncInterval", self.session_sync_interval),
            ("flushInterval", self.flush_interval),
            ("batchSize", f64::from(self.batch_size)),
            ("maxQueueBytes", self.max_queue_bytes as f64),
            ("maxStoredBytes", self.max_stored_bytes as f64),
        ] {
            if !rules::is_positive(number) {
                return refuse(setting, expected::POSITIVE, rules::describe_number(number));
            }
        }
        let domain = self.cookie_domain.as_ref();
        for (setting, token) in [
            ("cookieDomain", domain),
            ("cookiePrefix", Some(&self.cookie_prefix)),
        ] {
            if let Some(token) = token
                && !rules::is_token(token)
            {
                return Err(TrackerError::setting(setting, expected::TOKEN, token));
            }
        }
        Ok(())
    }

    /// The settings that the engine needs. `filter`: there is a `beforeSend`.
    /// `is_denied`: the browser reports that there is no consent.
    pub(crate) fn config(&self, filter: bool, is_denied: bool) -> Config {
        let id = |id: &Option<String>| {
            let id = id.as_deref().and_then(to_id)?;
            Id::new(&id).map(OwnedId::from)
        };
        Config {
            account_id: id(&self.account_id),
            user_id: id(&self.user_id),
            track_unload: self.track_unload,
            track_page_views: self.track_page_views != PageViews::Off,
            disable_event_send: self.disable_event_send,
            debug: self.debug,
            filter,
            persistence: self.persistence,
            consent: if is_denied {
                Consent::Denied
            } else {
                self.consent
            },
            session_timeout: Millis(self.session_timeout),
            idle_timeout: Millis(self.idle_timeout),
            session_sync_interval: Millis(self.session_sync_interval),
            flush_interval: Millis(self.flush_interval),
            batch_size: self.batch_size,
            max_queue_bytes: self.max_queue_bytes,
            max_stored_bytes: self.max_stored_bytes,
        }
    }
}

/// A time span in the unit of the settings.
pub(crate) fn milliseconds(span: Duration) -> f64 {
    span.as_secs() as f64 * 1000.0 + f64::from(span.subsec_nanos()) / 1e6
}

impl Serialize for PageViews {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            PageViews::Off => to.serialize_bool(false),
            PageViews::Path => to.serialize_bool(true),
            PageViews::PathAndHash => to.serialize_str(HASH),
        }
    }
}

impl<'de> Deserialize<'de> for PageViews {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<PageViews, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = PageViews;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("true, false or \"hash\"")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<PageViews, E> {
                Ok(if on { PageViews::Path } else { PageViews::Off })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PageViews, E> {
                if text == HASH {
                    Ok(PageViews::PathAndHash)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }
        }

        from.deserialize_any(Visitor)
    }
}

/// Deserialises one of our own enums by the names that pages use, in the same order.
fn named<'de, D: Deserializer<'de>, T: Copy>(
    from: D,
    all: &[T],
    names: &'static [&'static str],
) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    let named = all.iter().zip(names).find(|(_, name)| **name == text);
    named
        .map(|(value, _)| *value)
        .ok_or_else(|| de::Error::unknown_variant(&text, names))
}

mod persistence {
    use super::*;

    pub fn serialize<S: Serializer>(value: &Persistence, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(persistence_name(*value))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Persistence, D::Error> {
        const ALL: [Persistence; 2] = [Persistence::Storage, Persistence::Memory];
        const NAMES: [&str; 2] = [persistence_name(ALL[0]), persistence_name(ALL[1])];
        named(from, &ALL, &NAMES)
    }
}

mod consent {
    use super::*;

    pub fn serialize<S: Serializer>(value: &Consent, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(consent_name(*value))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Consent, D::Error> {
        const ALL: [Consent; 3] = [Consent::Granted, Consent::Pending, Consent::Denied];
        const NAMES: [&str; 3] = [
            consent_name(ALL[0]),
            consent_name(ALL[1]),
            consent_name(ALL[2]),
        ];
        named(from, &ALL, &NAMES)
    }
}

#[cfg(test)]
mod tests;
