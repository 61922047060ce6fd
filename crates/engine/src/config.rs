//! Settings, their defaults and bounds.

use crate::{
    Arg,
    report::{describe, text},
};
use natero_event::limits::MAX_ID_CHARS;

/// What may be kept and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Everything runs.
    Granted,
    /// Events wait in memory; no cookie, no storage, no request.
    Pending,
    /// Events are dropped.
    Denied,
}

/// Where state lives between pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Cookies and web storage.
    Storage,
    /// Nowhere.
    Memory,
}

/// A setting as the host page gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Setting<'a> {
    /// `undefined` or `null`: the default stands.
    Absent,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(&'a str),
    /// Anything else, described.
    Wrong(&'a str),
}

/// All settings that decisions depend on. Times are in ms.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the setting of that name")]
pub struct Config {
    pub(crate) api_key: String,
    pub(crate) auth_key: String,
    pub account_id: Option<String>,
    pub user_id: Option<String>,
    pub endpoint: String,
    pub track_unload: bool,
    pub track_page_views: bool,
    pub disable_event_send: bool,
    pub debug: bool,
    pub debug_url: Option<String>,
    pub session_timeout: f64,
    pub idle_timeout: f64,
    pub session_sync_interval: f64,
    pub flush_interval: f64,
    pub batch_size: f64,
    pub max_queue_bytes: f64,
    pub persistence: Persistence,
    pub cookie_domain: Option<String>,
    pub cookie_prefix: String,
    pub consent: Consent,
    pub respect_gpc: bool,
    pub respect_dnt: bool,
    pub compress: bool,
    /// There is a `beforeSend`.
    pub filter: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            api_key: String::new(),
            auth_key: String::new(),
            account_id: None,
            user_id: None,
            endpoint: "https://events.natero.com".to_owned(),
            track_unload: true,
            track_page_views: true,
            disable_event_send: false,
            debug: false,
            debug_url: None,
            session_timeout: 1_800_000.0,
            idle_timeout: 60_000.0,
            session_sync_interval: 60_000.0,
            flush_interval: 5_000.0,
            batch_size: 50.0,
            max_queue_bytes: 1_048_576.0,
            persistence: Persistence::Storage,
            cookie_domain: None,
            cookie_prefix: "na_".to_owned(),
            consent: Consent::Granted,
            respect_gpc: false,
            respect_dnt: false,
            compress: true,
            filter: false,
        }
    }
}

const ID: &str = "a string of 1 to 256 characters";
const URL: &str = "an http: or https: URL";
const FLAG: &str = "true or false";
const POSITIVE: &str = "a number above 0";
const TOKEN: &str = "a string of letters, digits, '.', '-' and '_'";

impl Config {
    /// Sets the keys of the source.
    ///
    /// # Errors
    /// Where one is not an id: the message names it and says what to do.
    pub fn set_keys(&mut self, api: Arg<'_>, auth: Arg<'_>) -> Result<(), String> {
        for (name, arg, slot) in [
            ("apiKey", api, &mut self.api_key),
            ("authKey", auth, &mut self.auth_key),
        ] {
            match arg {
                Arg::Text(key) if is_id(key) => percent_encode(key, slot),
                arg => {
                    return Err(text(&[
                        "new na: ",
                        name,
                        " must be ",
                        ID,
                        "; got ",
                        describe(arg),
                        ". The tracker is off: pass the two keys of your source, \
                         new na(apiKey, authKey, settings).",
                    ]));
                }
            }
        }
        Ok(())
    }

    /// Sets one setting by its name in JS.
    ///
    /// # Errors
    /// Where the name is not known or the value does not fit; the default
    /// stands, and the message says what to pass.
    pub fn set(&mut self, name: &str, value: Setting<'_>) -> Result<(), String> {
        if value == Setting::Absent {
            return Ok(());
        }
        let expected = match name {
            "accountId" => id(&mut self.account_id, value),
            "userId" => id(&mut self.user_id, value),
            "endpoint" => match url(value) {
                Some(url) => {
                    self.endpoint = url.trim_end_matches('/').to_owned();
                    None
                }
                None => Some(URL),
            },
            "debugUrl" => match url(value) {
                Some(url) => {
                    self.debug_url = Some(url.to_owned());
                    None
                }
                None => Some(URL),
            },
            "trackUnload" => flag(&mut self.track_unload, value),
            "trackPageViews" => flag(&mut self.track_page_views, value),
            "disableEventSend" => flag(&mut self.disable_event_send, value),
            "debug" => flag(&mut self.debug, value),
            "respectGpc" => flag(&mut self.respect_gpc, value),
            "respectDnt" => flag(&mut self.respect_dnt, value),
            "compress" => flag(&mut self.compress, value),
            "sessionTimeout" => positive(&mut self.session_timeout, value),
            "idleTimeout" => positive(&mut self.idle_timeout, value),
            "sessionSyncInterval" => positive(&mut self.session_sync_interval, value),
            "flushInterval" => positive(&mut self.flush_interval, value),
            "batchSize" => positive(&mut self.batch_size, value),
            "maxQueueBytes" => positive(&mut self.max_queue_bytes, value),
            "cookiePrefix" => match token(value) {
                Some(prefix) => {
                    self.cookie_prefix = prefix.to_owned();
                    None
                }
                None => Some(TOKEN),
            },
            "cookieDomain" => match token(value) {
                Some(domain) => {
                    self.cookie_domain = Some(domain.to_owned());
                    None
                }
                None => Some(TOKEN),
            },
            "persistence" => match value {
                Setting::Text("storage") => {
                    self.persistence = Persistence::Storage;
                    None
                }
                Setting::Text("memory") => {
                    self.persistence = Persistence::Memory;
                    None
                }
                _ => Some("\"storage\" or \"memory\""),
            },
            "consent" => match value {
                Setting::Text("granted") => {
                    self.consent = Consent::Granted;
                    None
                }
                Setting::Text("pending") => {
                    self.consent = Consent::Pending;
                    None
                }
                Setting::Text("denied") => {
                    self.consent = Consent::Denied;
                    None
                }
                _ => Some("\"granted\", \"pending\" or \"denied\""),
            },
            _ => {
                return Err(text(&[
                    "new na: there is no setting called ",
                    name,
                    ". It was ignored: see the list of settings.",
                ]));
            }
        };
        match expected {
            None => Ok(()),
            Some(expected) => Err(text(&[
                "new na: ",
                name,
                " must be ",
                expected,
                "; got ",
                show(value),
                ". The default is used.",
            ])),
        }
    }

    /// Where batches are posted.
    pub fn event_url(&self) -> String {
        text(&[&self.endpoint, "/v1/", &self.auth_key, "/", &self.api_key])
    }
}

/// Whether a trimmed text can be an id.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_ID_CHARS
}

fn show<'a>(value: Setting<'a>) -> &'a str {
    match value {
        Setting::Absent => "nothing",
        Setting::Bool(_) => "a boolean",
        Setting::Number(_) => "another number",
        Setting::Text("") => "an empty string",
        Setting::Text(text) if text.len() <= 64 => text,
        Setting::Text(_) => "a longer string",
        Setting::Wrong(what) => what,
    }
}

// Each returns what would have fitted, or `None` where the value did.

fn id(slot: &mut Option<String>, value: Setting<'_>) -> Option<&'static str> {
    match value {
        Setting::Text(text) if is_id(text) => {
            *slot = Some(text.to_owned());
            None
        }
        _ => Some(ID),
    }
}

fn flag(slot: &mut bool, value: Setting<'_>) -> Option<&'static str> {
    match value {
        Setting::Bool(on) => {
            *slot = on;
            None
        }
        _ => Some(FLAG),
    }
}

fn positive(slot: &mut f64, value: Setting<'_>) -> Option<&'static str> {
    match value {
        // The upper bound shuts out infinities; 10^15 ms is 30,000 years.
        Setting::Number(number) if number > 0.0 && number < 1e15 => {
            *slot = number;
            None
        }
        _ => Some(POSITIVE),
    }
}

fn url(value: Setting<'_>) -> Option<&str> {
    match value {
        Setting::Text(text) if text.starts_with("https://") || text.starts_with("http://") => {
            Some(text)
        }
        _ => None,
    }
}

/// Text that cannot break out of a cookie.
fn token(value: Setting<'_>) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    match value {
        Setting::Text(text) if !text.is_empty() && text.bytes().all(fits) => Some(text),
        _ => None,
    }
}

fn percent_encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.clear();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)] as char);
            out.push(HEX[usize::from(byte & 15)] as char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_named_and_says_what_to_pass() {
        let mut config = Config::default();
        let error = config.set_keys(Arg::Text("k"), Arg::Absent).unwrap_err();
        assert!(
            error.contains("authKey") && error.contains("new na(apiKey, authKey"),
            "{error}"
        );
    }

    #[test]
    fn the_auth_key_comes_first_and_keys_cannot_leave_their_place_in_the_path() {
        let mut config = Config::default();
        config
            .set_keys(Arg::Text("a/../b?c"), Arg::Text("x"))
            .unwrap();
        config
            .set("endpoint", Setting::Text("https://h.example/p/"))
            .unwrap();
        assert_eq!(
            config.event_url(),
            "https://h.example/p/v1/x/a%2F..%2Fb%3Fc"
        );
    }

    #[test]
    fn a_value_that_does_not_fit_leaves_the_default_and_names_the_setting() {
        let wrong = [
            ("accountId", Setting::Text("")),
            ("userId", Setting::Wrong("an object")),
            ("endpoint", Setting::Text("ftp://x")),
            ("debugUrl", Setting::Number(1.0)),
            ("trackUnload", Setting::Number(1.0)),
            ("sessionTimeout", Setting::Number(f64::NAN)),
            ("idleTimeout", Setting::Number(0.0)),
            ("flushInterval", Setting::Number(f64::INFINITY)),
            ("batchSize", Setting::Text("50")),
            ("persistence", Setting::Text("disk")),
            ("consent", Setting::Bool(true)),
            ("cookiePrefix", Setting::Text("a=b; c")),
            ("cookieDomain", Setting::Text("a;b")),
            ("idletimeout", Setting::Number(5.0)),
        ];
        for (name, value) in wrong {
            let mut config = Config::default();
            let error = config.set(name, value).unwrap_err();
            assert!(error.contains(name), "{error}");
            assert_eq!(config, Config::default(), "{name}");
        }
    }

    #[test]
    fn nothing_given_means_the_default() {
        let mut config = Config::default();
        config.set("accountId", Setting::Absent).unwrap();
        assert_eq!(config, Config::default());
    }
}
