//! Why a collector is unreachable, as far as a page can find out.

use crate::ascii::contains;

use super::{
    clock,
    executor::{JsFuture, spawn},
    listener::TargetListener,
    page::{self, member, object_of, put},
    timer::Timer,
    transport::{self, Abort},
};

/// How long to wait for the test request, in ms. A server that lets requests hang will
/// let this one hang, too.
const PROBE: f64 = 5_000.0;

/// What is known to block requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The page's Content-Security-Policy.
    Policy,
    Redirect,
    /// A page is returned instead of an answer.
    Page,
}

impl Obstacle {
    fn advice(self) -> &'static str {
        match self {
            Obstacle::Policy => "the page's Content-Security-Policy has no connect-src for it",
            Obstacle::Redirect => "it redirects (301, 308), perhaps to a sign-in page",
            Obstacle::Page => "a page comes in place of its answer, as from a sign-in or a proxy",
        }
    }
}

/// Calls `blocked` when the page's Content-Security-Policy forbids requests to an
/// address.
pub(crate) fn watch_policy(url: &'static str, blocked: impl Fn() + 'static) -> TargetListener {
    TargetListener::global(&["securitypolicyviolation"], move |event| {
        let is = |name, value: &str| member(event, name) == *value;
        let blocked_uri = member(event, "blockedURI").as_string().unwrap_or_default();
        if is("effectiveDirective", "connect-src")
            && is("disposition", "enforce")
            && contains(url, &blocked_uri)
        {
            blocked();
        }
    })
}

/// Passes the likely cause to `found`.
pub(crate) fn cause(url: &str, known: Option<Obstacle>, found: impl FnOnce(&str) + 'static) {
    if let Some(obstacle) = known {
        return found(obstacle.advice());
    }
    if page::is_offline() {
        return found("there is no network");
    }
    let abort = Abort::new();
    let init = object_of(&[("mode", "no-cors"), ("credentials", "omit")]);
    if let Some(signal) = abort.signal() {
        put(&init, "signal", &signal);
    }
    let probe = transport::fetch(url, &init);
    let timer = Timer::default();
    timer.set(clock::monotonic() + PROBE, move || abort.abort());
    spawn(async move {
        let is_there = match probe {
            Ok(probe) => JsFuture::from_promise(&probe).await.is_ok(),
            Err(_) => false,
        };
        drop(timer);
        found(if is_there {
            "it answers without CORS headers for this page, or redirects"
        } else {
            "it is down, or something blocks it"
        });
    });
}
