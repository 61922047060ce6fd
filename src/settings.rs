//! Every setting of the tracker: the one place that names them.
//!
//! The TypeScript host gets the same table, with its types, from here:
//! `crates/contract` writes it.

#[cfg(feature = "browser")]
mod difference;
#[cfg(feature = "browser")]
pub(crate) mod rules;
#[cfg(any(feature = "class", all(test, feature = "browser")))]
mod slot;
#[cfg(feature = "browser")]
mod values;

use natero_engine::{Config, Consent, Persistence};

#[cfg(all(test, feature = "browser"))]
pub(crate) use difference::NAMES as COMPARED;
#[cfg(feature = "class")]
pub(crate) use slot::{HOOKS, Slot, VALUES};
#[cfg(feature = "browser")]
pub(crate) use values::milliseconds;
#[cfg(feature = "browser")]
pub use values::{PageViews, Settings};

/// Where batches go unless the page says otherwise.
const DEFAULT_ENDPOINT: &str = "https://events.natero.com";

/// What the names of cookies and of what is stored begin with.
const DEFAULT_COOKIE_PREFIX: &str = "na_";

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// As pages write it.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What stands where it is not given, or given wrongly.
    pub default: Value,
    /// Whether the engine decides by it. The others concern the host alone.
    pub engine: bool,
    /// What it does, for the page's developer.
    pub doc: &'static str,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// An id, as a text or a number.
    Id,
    /// On or off.
    Flag,
    /// A span of time above 0, in ms.
    Milliseconds,
    /// A number above 0.
    Count,
    /// A size above 0, in bytes.
    Bytes,
    /// An http: or https: URL without query and fragment, or a path of the page's
    /// own origin. Where it is given and is neither, nothing may be sent.
    Endpoint,
    /// An http: or https: URL.
    Address,
    /// Part of the name of a cookie or of a stored item: letters, digits, `.`,
    /// `-` and `_`.
    Token,
    /// One of these.
    OneOf(&'static [Value]),
    /// A function that the host calls, by its TypeScript type.
    Hook(&'static str),
}

/// What a setting is where it is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Not there.
    Absent,
    /// On or off.
    Flag(bool),
    /// In the unit of its kind.
    Number(f64),
    /// A text.
    Text(&'static str),
}

const PERSISTENCE: &[Value] = &[
    Value::Text(persistence_name(Persistence::Storage)),
    Value::Text(persistence_name(Persistence::Memory)),
];

const CONSENT: &[Value] = &[
    Value::Text(consent_name(Consent::Granted)),
    Value::Text(consent_name(Consent::Pending)),
    Value::Text(consent_name(Consent::Denied)),
];

/// The table, in the order in which documentation lists it.
///
/// ```
/// let settings = natero_wasm::settings::all();
/// let batch = settings.iter().find(|setting| setting.name == "batchSize");
/// assert_eq!(batch.unwrap().default, natero_wasm::settings::Value::Number(50.0));
/// ```
pub fn all() -> Vec<Setting> {
    // Taken apart by name, so that a setting that the engine gains has to be
    // listed here before this compiles.
    let Config {
        account_id: _,
        user_id: _,
        track_unload,
        track_page_views,
        disable_event_send,
        debug,
        // There is a `beforeSend`.
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
    let engine = |name, kind, default, doc| Setting {
        name,
        kind,
        default,
        engine: true,
        doc,
    };
    let host = |name, kind, default, doc| Setting {
        name,
        kind,
        default,
        engine: false,
        doc,
    };
    let span = |span: natero_engine::Millis| Value::Number(span.0);
    let bytes = |bytes: usize| Value::Number(bytes as f64);
    vec![
        engine(
            "accountId",
            Kind::Id,
            Value::Absent,
            "The account, as if set by `setAccountId`.",
        ),
        engine(
            "userId",
            Kind::Id,
            Value::Absent,
            "The user, as if set by `setUserId`.",
        ),
        host(
            "endpoint",
            Kind::Endpoint,
            Value::Text(DEFAULT_ENDPOINT),
            "Origin of the Event API, with a path prefix if it has one, or a path on the page's own origin. \
             The tracker appends `/v1/{authKey}/{apiKey}`. Any other value turns the tracker off.",
        ),
        engine(
            "trackUnload",
            Kind::Flag,
            Value::Flag(track_unload),
            "End page view, module and session timing when the page is hidden or unloaded.",
        ),
        engine(
            "trackPageViews",
            Kind::OneOf(&[Value::Flag(true), Value::Flag(false), Value::Text("hash")]),
            Value::Flag(track_page_views),
            "Record a page view on load, on navigation within the page and on return from the back/forward \
             cache. `\"hash\"` also counts a change of the path in the fragment.",
        ),
        engine(
            "disableEventSend",
            Kind::Flag,
            Value::Flag(disable_event_send),
            "Run as usual, but send and store nothing.",
        ),
        engine(
            "debug",
            Kind::Flag,
            Value::Flag(debug),
            "Print one readable console line per event and per request.",
        ),
        host(
            "debugUrl",
            Kind::Address,
            Value::Absent,
            "A full URL that also receives a copy of each batch. Failures there have no effect.",
        ),
        engine(
            "sessionTimeout",
            Kind::Milliseconds,
            span(session_timeout),
            "Inactivity after which the next activity starts a new session.",
        ),
        engine(
            "idleTimeout",
            Kind::Milliseconds,
            span(idle_timeout),
            "Time without activity after which the user counts as idle.",
        ),
        engine(
            "sessionSyncInterval",
            Kind::Milliseconds,
            span(session_sync_interval),
            "Interval between `sessionSync` events while the user is active.",
        ),
        engine(
            "flushInterval",
            Kind::Milliseconds,
            span(flush_interval),
            "Longest time that an event waits before the tracker tries to send it.",
        ),
        engine(
            "batchSize",
            Kind::Count,
            Value::Number(f64::from(batch_size)),
            "Number of waiting events that triggers a send.",
        ),
        engine(
            "maxQueueBytes",
            Kind::Bytes,
            bytes(max_queue_bytes),
            "Limit for everything kept in memory for sending.",
        ),
        engine(
            "maxStoredBytes",
            Kind::Bytes,
            bytes(max_stored_bytes),
            "Limit for everything that this source keeps in web storage, other pages and early calls included.",
        ),
        engine(
            "persistence",
            Kind::OneOf(PERSISTENCE),
            Value::Text(persistence_name(persistence)),
            "`\"storage\"` uses cookies and web storage. `\"memory\"` sets no cookie and stores nothing.",
        ),
        host(
            "cookieDomain",
            Kind::Token,
            Value::Absent,
            "Domain of the cookies: letters, digits, `.`, `-` and `_`. Without it, the cookies belong to \
             this host only.",
        ),
        host(
            "cookiePrefix",
            Kind::Token,
            Value::Text(DEFAULT_COOKIE_PREFIX),
            "Prefix of the names of cookies and stored items: letters, digits, `.`, `-` and `_`.",
        ),
        engine(
            "consent",
            Kind::OneOf(CONSENT),
            Value::Text(consent_name(consent)),
            "`\"pending\"` holds events in memory and sets no cookie until `optIn()`. `\"denied\"` drops \
             events.",
        ),
        host(
            "respectGpc",
            Kind::Flag,
            Value::Flag(false),
            "Treat Global Privacy Control as `consent: \"denied\"`.",
        ),
        host(
            "respectDnt",
            Kind::Flag,
            Value::Flag(false),
            "Treat Do Not Track as `consent: \"denied\"`.",
        ),
        host(
            "compress",
            Kind::Flag,
            Value::Flag(true),
            "Compress bodies over 1 KiB with gzip where the browser can, but never while the page unloads.",
        ),
        host(
            "beforeSend",
            Kind::Hook("(event: TrackedEvent) => TrackedEvent | null"),
            Value::Absent,
            "Called with each event before it is queued. Return the event, changed or not, or `null` to \
             drop it. If the function throws, the event is dropped and counted.",
        ),
        host(
            "onError",
            Kind::Hook("(problem: Problem) => void"),
            Value::Absent,
            "Called when a call is refused, when events are lost, and when the tracker cannot load or send.",
        ),
    ]
}

/// The value of the setting `persistence` that stands for this.
pub const fn persistence_name(persistence: Persistence) -> &'static str {
    match persistence {
        Persistence::Storage => "storage",
        Persistence::Memory => "memory",
    }
}

/// The value of the setting `consent` that stands for this.
pub const fn consent_name(consent: Consent) -> &'static str {
    match consent {
        Consent::Granted => "granted",
        Consent::Pending => "pending",
        Consent::Denied => "denied",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_settings_share_a_name() {
        let mut names: Vec<_> = all().iter().map(|setting| setting.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn each_default_is_of_its_kind() {
        for Setting {
            name,
            kind,
            default,
            ..
        } in all()
        {
            let fits = match (kind, default) {
                (Kind::Id | Kind::Address | Kind::Token | Kind::Hook(_), Value::Absent) => true,
                (Kind::Flag, Value::Flag(_)) => true,
                (Kind::Milliseconds | Kind::Count | Kind::Bytes, Value::Number(number)) => {
                    number > 0.0
                }
                (Kind::Endpoint | Kind::Address | Kind::Token, Value::Text(text)) => {
                    !text.is_empty()
                }
                (Kind::OneOf(values), value) => values.contains(&value),
                _ => false,
            };
            assert!(fits, "{name}");
        }
    }
}
