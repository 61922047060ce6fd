//! What `new na(apiKey, authKey, settings)` does.

use std::cell::Cell;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;

use super::{
    Natero,
    arguments::{describe_id, to_id, to_text},
    bound::bind_methods,
    hooks::{error_hook, filter_hook},
    language::broken_part,
    settings::{self, IDS, default_is_used},
};
use crate::{
    browser::{self, Hooks, Problems},
    error::{ErrorCode, Problem, TrackerError},
    expected, instance,
    tracker::{self, Tracker},
};

/// The name of the call in messages.
const NEW: &str = "new na";

/// Makes a tracker from what a page passed.
pub(super) fn make(api_key: &JsValue, auth_key: &JsValue, settings: &JsValue) -> Natero {
    // The glue makes a handle by means that the page may have broken.
    let _ = browser::run(bind_methods);
    if browser::is_too_deep() {
        return refused(&TrackerError::TooDeep { method: NEW });
    }
    if let Some(part) = broken_part() {
        // Nothing that was passed can be read, `onError` included.
        let message = ["The tracker is off: ", part, " is missing or broken", "."].concat();
        return off(ErrorCode::Failed.code(), message, 0);
    }
    let passed = settings::read(settings);
    let text_of = |hook: &Option<Function>| {
        let text = to_text(hook.as_ref()?);
        Some(text.ok()?.as_string().unwrap_or_default())
    };
    let texts = [text_of(&passed.before_send), text_of(&passed.on_error)];
    let on_error = passed.on_error.map(error_hook);
    let key = |key: &'static str, value: &JsValue| {
        let id = to_id(value).ok_or_else(|| TrackerError::InvalidKey {
            key,
            got: describe_id(value),
        })?;
        tracker::key(key, &id)
    };
    let keys = key("apiKey", api_key).and_then(|api| Ok((api, key("authKey", auth_key)?)));
    let has_browser = crate::has_browser(passed.settings.debug);
    let has_place = passed.unreadable.is_none() && passed.no_endpoint.is_none() && has_browser;
    let source = keys.map(|(api_key, auth_key)| {
        let endpoint = has_place.then_some(&passed.settings.endpoint)?;
        tracker::source(endpoint, &api_key, &auth_key)
    });
    // A tracker that runs already reports problems of later constructions, so that
    // repetitions are suppressed: the page may react to a report by making the next
    // tracker.
    let running = source.as_ref().ok().and_then(Option::as_ref);
    let running = running.and_then(instance::running);
    let own = Problems::new(on_error.clone());
    let problems = match &running {
        Some(instance) => &instance.host.platform.problems,
        None => &own,
    };
    let refused = Cell::new(0);
    let refuse = |message: String| {
        refused.set(refused.get() + 1);
        problems.report(Problem {
            code: ErrorCode::InvalidArgument.code(),
            message,
            dropped: 0,
        });
    };
    let refuse_setting = |problem: &str| refuse(["new na: ", problem].concat());
    // Of what turns the tracker off, the first is reported.
    if let Some(problem) = &passed.unreadable {
        refuse_setting(problem);
    } else if let Err(error) = &source {
        refuse(error.message());
    } else if let Some(problem) = &passed.no_endpoint {
        refuse_setting(problem);
    }
    for (id, got) in IDS.iter().zip(passed.wrong_ids) {
        let (Some(got), (method, argument)) = (got, id.names()) else {
            continue;
        };
        let Some(instance) = running else {
            refuse_setting(&default_is_used(argument, expected::ID, &got));
            continue;
        };
        // The id that is set stays.
        if instance.admits(None, method).is_ok() {
            instance.refuse(&TrackerError::InvalidArgument {
                method,
                argument,
                expected: expected::ID.to_owned(),
                got,
            });
        }
    }
    for problem in &passed.problems {
        refuse_setting(problem);
    }
    let tracker = match source {
        Ok(Some(source)) => {
            let hooks = Hooks {
                before_send: passed.before_send.map(filter_hook),
                on_error,
                texts,
            };
            Tracker::of(instance::open(
                passed.settings,
                &passed.names,
                source,
                hooks,
            ))
        }
        Ok(None) | Err(_) => Tracker::inert(),
    };
    // The tracker counts refusals for all its handles.
    if let Some((instance, _)) = tracker.instance() {
        instance
            .refused
            .set(instance.refused.get() + refused.take());
    }
    Natero {
        ready: resolved(tracker.is_ready()),
        tracker,
        refused,
    }
}

/// The result of a refused construction.
fn refused(error: &TrackerError) -> Natero {
    off(error.code(), error.message(), 1)
}

/// The result if nothing of what was passed can be read.
fn off(code: &'static str, message: String, refused: u32) -> Natero {
    Problems::default().report(Problem {
        code,
        message,
        dropped: 0,
    });
    Natero::inert(refused)
}

/// A promise with this outcome; the outcome itself if the page has no promises.
pub(super) fn resolved(is_ready: bool) -> JsValue {
    let outcome = JsValue::from(is_ready);
    browser::run(|| Promise::resolve(&outcome).into()).unwrap_or(outcome)
}
