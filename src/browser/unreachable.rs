//! Why a collector is unreachable, as far as a page can find out.

use natero_engine::host_constants::PROBE_TIMEOUT;

use crate::{ascii::contains, error::UnreachableCause};

use super::{
    clock,
    executor::{JsFuture, spawn},
    listener::TargetListener,
    page::{self, member, object_of, put},
    timer::Timer,
    transport::{self, Abort},
};

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
pub(crate) fn cause(
    url: &str,
    known: Option<UnreachableCause>,
    found: impl FnOnce(UnreachableCause) + 'static,
) {
    if let Some(cause) = known {
        return found(cause);
    }
    if page::is_offline() {
        return found(UnreachableCause::Offline);
    }
    let abort = Abort::new();
    let init = object_of(&[("mode", "no-cors"), ("credentials", "omit")]);
    put(&init, "signal", &abort.signal());
    let probe = transport::fetch(url, &init);
    let timer = Timer::default();
    timer.set(clock::monotonic() + PROBE_TIMEOUT.0, move || abort.abort());
    spawn(async move {
        let is_there = match probe {
            Ok(probe) => JsFuture::from_promise(&probe).await.is_ok(),
            Err(_) => false,
        };
        drop(timer);
        found(if is_there {
            UnreachableCause::Cors
        } else {
            UnreachableCause::Down
        });
    });
}
