//! The settings that a page passed. Each is checked separately, and a wrong one gets its
//! default.

use js_sys::{Function, Reflect};
use natero_engine::{Consent, Persistence};
use natero_event::json::push_ascii;
use wasm_bindgen::JsValue;

use super::arguments::{Fields, describe, describe_id, to_id};
use crate::{
    browser::{
        address,
        page::{function, prototype},
    },
    expected,
    instance::StickyId,
    settings::{HOOKS, PageViews, Settings, Slot, VALUES, consent_name, persistence_name, rules},
};

/// The settings that a page passed, as far as they are valid.
pub(super) struct PassedSettings {
    pub settings: Box<Settings>,
    /// `beforeSend`
    pub before_send: Option<Function>,
    /// `onError`
    pub on_error: Option<Function>,
    /// Why they cannot be read, if that is so.
    pub unreadable: Option<String>,
    /// Why nothing may be sent to the endpoint that they name or do not name, if that is so.
    pub no_endpoint: Option<String>,
    /// Descriptions of what was passed as an id and is none, by [`IDS`].
    pub wrong_ids: [Option<String>; 2],
    /// Which other settings were refused, and why.
    pub problems: Vec<String>,
    /// The names of the valid settings.
    pub names: Vec<String>,
}

/// The settings that are ids, in the order in which a later construction sets them.
pub(super) const IDS: [StickyId; 2] = [StickyId::User, StickyId::Account];

/// The problem with the value of a setting, which gets its default.
pub(super) fn default_is_used(name: &str, expected: &str, got: &str) -> String {
    let parts = [
        name,
        " must be ",
        expected,
        "; got ",
        got,
        ". The default is used.",
    ];
    parts.concat()
}

/// Reads the settings that a page passed.
pub(super) fn read(settings: &JsValue) -> PassedSettings {
    let mut passed = PassedSettings {
        settings: Box::default(),
        before_send: None,
        on_error: None,
        unreadable: None,
        no_endpoint: None,
        wrong_ids: [None, None],
        problems: Vec::new(),
        names: Vec::new(),
    };
    if settings.is_undefined() || settings.is_null() {
        return passed;
    }
    let fields = match Fields::of(settings) {
        Ok(fields) => fields,
        Err(got) => {
            // They may name an endpoint, and nothing must be sent to another one.
            let parts = [
                "settings must be a plain object; got ",
                &got,
                ". The tracker is off.",
            ];
            passed.unreadable = Some(parts.concat());
            return passed;
        }
    };
    let unread = unread(settings, &fields);
    if !unread.is_empty() {
        let parts = [
            "settings inherit or hide",
            &unread,
            ", and only fields of their own are read. The tracker is off.",
        ];
        passed.no_endpoint = Some(parts.concat());
        return passed;
    }
    for (name, value) in fields.0 {
        // Keys and usage must not go to somebody else because a variable was not set.
        let is_endpoint = name == "endpoint";
        let is_set = is_endpoint || !(value.is_undefined() || value.is_null());
        let put = match name.as_str() {
            "beforeSend" => put_hook(&mut passed.before_send, value, is_set),
            "onError" => put_hook(&mut passed.on_error, value, is_set),
            _ => match passed.settings.slot(&name) {
                Some(slot) if is_set => put_value(slot, &value),
                Some(_) => Ok(()),
                None => {
                    let parts = ["there is no setting called ", &name, ". It was ignored."];
                    passed.problems.push(parts.concat());
                    continue;
                }
            },
        };
        if put.is_ok() && is_set {
            passed.names.push(name);
        } else if let Err(Mismatch { expected, got }) = put {
            let id = IDS.iter().position(|id| id.names().1 == name);
            if let Some(id) = id {
                passed.wrong_ids[id] = Some(got);
            } else if is_endpoint {
                let parts = [
                    &name,
                    " must be ",
                    expected,
                    "; got ",
                    &got,
                    ". The tracker is off.",
                ];
                passed.no_endpoint = Some(parts.concat());
            } else {
                passed.problems.push(default_is_used(&name, expected, &got));
            }
        }
    }
    passed
}

/// The names of settings that an object inherits, for example from its class, or hides.
/// These were not read. Properties that all objects have do not count.
fn unread(settings: &JsValue, fields: &Fields) -> String {
    let of_all = prototype("Object");
    let has = |object: &JsValue, name: &str| Reflect::has(object, &name.into()).unwrap_or(false);
    let is_unread = |name: &str| {
        !fields.0.iter().any(|(field, _)| field == name)
            && has(settings, name)
            && !has(&of_all, name)
    };
    let mut unread = String::new();
    for name in VALUES.iter().chain(HOOKS) {
        if is_unread(name) {
            push_ascii(&mut unread, b' ');
            unread.push_str(name);
        }
    }
    unread
}

struct Mismatch {
    expected: &'static str,
    got: String,
}

fn put_hook(to: &mut Option<Function>, value: JsValue, is_set: bool) -> Result<(), Mismatch> {
    if is_set {
        *to = Some(function(value.clone()).ok_or_else(|| Mismatch {
            expected: expected::FUNCTION,
            got: describe(&value),
        })?);
    }
    Ok(())
}

/// Stores a value in the slot of its setting, if it is valid.
fn put_value(slot: Slot<'_>, value: &JsValue) -> Result<(), Mismatch> {
    let expected = description(&slot);
    let is_id = matches!(slot, Slot::Id(_));
    let fits = match slot {
        Slot::Id(to) => put_some(to, to_id(value)),
        Slot::Flag(to) => put(to, value.as_bool()),
        Slot::Span(to) => put(to, positive(value)),
        Slot::Count(to) => put(to, whole(value)),
        Slot::Bytes(to) => put(to, whole(value).map(|it| it as usize)),
        Slot::Endpoint(to) => put(to, text(value, can_receive)),
        Slot::Address(to) => put_some(to, text(value, address::is_address)),
        Slot::Token(to) => put(to, text(value, rules::is_token)),
        Slot::OptionalToken(to) => put_some(to, text(value, rules::is_token)),
        Slot::PageViews(to) => {
            let parsed = match value.as_bool() {
                Some(true) => Some(PageViews::Path),
                Some(false) => Some(PageViews::Off),
                None => (*value == "hash").then_some(PageViews::PathAndHash),
            };
            put(to, parsed)
        }
        Slot::Persistence(to) => {
            let all = &[Persistence::Storage, Persistence::Memory];
            let parsed = all.iter().find(|it| *value == persistence_name(**it));
            put(to, parsed.copied())
        }
        Slot::Consent(to) => {
            let all = &[Consent::Granted, Consent::Pending, Consent::Denied];
            let parsed = all.iter().find(|it| *value == consent_name(**it));
            put(to, parsed.copied())
        }
    };
    if fits {
        return Ok(());
    }
    let describe = if is_id { describe_id } else { describe };
    Err(Mismatch {
        expected,
        got: describe(value),
    })
}

/// Describes a valid value.
fn description(slot: &Slot<'_>) -> &'static str {
    match slot {
        Slot::Id(_) => expected::ID,
        Slot::Flag(_) => expected::FLAG,
        Slot::Span(_) | Slot::Count(_) | Slot::Bytes(_) => expected::POSITIVE,
        Slot::Endpoint(_) => expected::ENDPOINT,
        Slot::Address(_) => expected::ADDRESS,
        Slot::Token(_) | Slot::OptionalToken(_) => expected::TOKEN,
        Slot::PageViews(_) => "true or false or \"hash\"",
        Slot::Persistence(_) => "\"storage\" or \"memory\"",
        Slot::Consent(_) => "\"granted\" or \"pending\" or \"denied\"",
    }
}

/// Stores a valid value. Returns whether there was one.
fn put<T>(to: &mut T, value: Option<T>) -> bool {
    let Some(value) = value else {
        return false;
    };
    *to = value;
    true
}

fn put_some<T>(to: &mut Option<T>, value: Option<T>) -> bool {
    if value.is_none() {
        return false;
    }
    *to = value;
    true
}

fn positive(value: &JsValue) -> Option<f64> {
    value.as_f64().filter(|number| rules::is_positive(*number))
}

/// A whole number of at least 1. A number that is too large becomes the largest one.
fn whole(value: &JsValue) -> Option<u32> {
    positive(value).map(|number| (number as u32).max(1))
}

fn can_receive(endpoint: &str) -> bool {
    address::absolute(endpoint).is_some()
}

fn text(value: &JsValue, fits: fn(&str) -> bool) -> Option<String> {
    value.as_string().filter(|text| fits(text))
}
