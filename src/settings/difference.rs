//! Which settings of a later construction differ from the current ones.

use natero_engine::{Consent, Persistence};

use super::{PageViews, Settings, consent_name, persistence_name};

/// The value of a setting, in a form that can be compared. One comparison for all
/// settings takes less wasm than one for each type and field.
#[derive(PartialEq)]
enum Value<'a> {
    Number(f64),
    Text(Option<&'a str>),
}

impl From<bool> for Value<'_> {
    fn from(on: bool) -> Self {
        Value::Number(if on { 1.0 } else { 0.0 })
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(count: u32) -> Self {
        Value::Number(f64::from(count))
    }
}

impl From<usize> for Value<'_> {
    fn from(bytes: usize) -> Self {
        Value::Number(bytes as f64)
    }
}

impl From<PageViews> for Value<'_> {
    fn from(which: PageViews) -> Self {
        Value::Number(f64::from(which as u8))
    }
}

impl From<Persistence> for Value<'_> {
    fn from(what: Persistence) -> Self {
        Value::Text(Some(persistence_name(what)))
    }
}

impl From<Consent> for Value<'_> {
    fn from(consent: Consent) -> Self {
        Value::Text(Some(consent_name(consent)))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Value::Text(text)
    }
}

macro_rules! compared {
    ($settings:ident: $($name:literal: $value:expr,)*) => {
        /// The settings that are compared: all but ids, the endpoint and hooks.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// Their values, in the same order.
        fn values($settings: &Settings) -> [Value<'_>; NAMES.len()] {
            [$($value.into()),*]
        }
    };
}

compared! { it:
    "trackUnload": it.track_unload,
    "trackPageViews": it.track_page_views,
    "disableEventSend": it.disable_event_send,
    "debug": it.debug,
    "debugUrl": it.debug_url.as_deref(),
    "sessionTimeout": it.session_timeout,
    "idleTimeout": it.idle_timeout,
    "sessionSyncInterval": it.session_sync_interval,
    "flushInterval": it.flush_interval,
    "batchSize": it.batch_size,
    "maxQueueBytes": it.max_queue_bytes,
    "maxStoredBytes": it.max_stored_bytes,
    "persistence": it.persistence,
    "cookieDomain": it.cookie_domain.as_deref(),
    "cookiePrefix": it.cookie_prefix.as_str(),
    "consent": it.consent,
    "respectGpc": it.respect_gpc,
    "respectDnt": it.respect_dnt,
    "compress": it.compress,
}

impl Settings {
    /// The names of the settings that are given here and have another value in
    /// `current`, without ids and the endpoint. A setting with its default value counts
    /// as not given, unless `explicit` contains its name.
    pub(crate) fn differing_from(
        &self,
        current: &Settings,
        explicit: &[String],
    ) -> Vec<&'static str> {
        let default = Settings::default();
        let (new, current, default) = (values(self), values(current), values(&default));
        let mut differing = Vec::new();
        for (at, value) in new.iter().enumerate() {
            let is_given = *value != default[at] || explicit.iter().any(|name| name == NAMES[at]);
            if is_given && *value != current[at] {
                differing.push(NAMES[at]);
            }
        }
        differing
    }
}
