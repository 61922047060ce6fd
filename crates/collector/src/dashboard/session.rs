//! Who is signed in. Sessions live in memory: a restart signs everyone out,
//! which costs a paste of the key and keeps secrets out of the database.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Dashboard, address,
    error::{self, is_fragment},
};
use crate::{
    error::ApiError,
    keys::{self, KeyHash},
    store::browse,
};

/// A working day without a click.
const IDLE_LIMIT: Duration = Duration::from_secs(12 * 60 * 60);
/// After a week the key is asked for again, however busy the session is.
const AGE_LIMIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// More sessions than any team has; what is over it ends the oldest.
const MOST: usize = 1000;

/// Name of the cookie. The second, which browsers take over https only and for
/// no other host, is used wherever that is possible.
const COOKIES: [&str; 2] = ["natero_session", "__Host-natero_session"];

/// The sessions that are open, by the hash of their ids.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<KeyHash, Session>>,
}

#[derive(Debug, Clone, Copy)]
struct Session {
    key: i64,
    began: Instant,
    used: Instant,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.used) > IDLE_LIMIT || now.duration_since(self.began) > AGE_LIMIT
    }
}

impl Sessions {
    /// Opens a session of an account key and gives its id.
    ///
    /// # Errors
    /// Where the operating system has no random numbers.
    pub(super) fn begin(&self, key: i64, now: Instant) -> Result<String, getrandom::Error> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes)?;
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut open = self.lock();
        open.retain(|_, session| !session.is_over(now));
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, session)| session.used)
        {
            let oldest = *oldest.0;
            open.remove(&oldest);
        }
        open.insert(
            keys::hash(&id),
            Session {
                key,
                began: now,
                used: now,
            },
        );
        Ok(id)
    }

    /// The account key of a session that is open.
    fn key_of(&self, id: &str, now: Instant) -> Option<i64> {
        let mut open = self.lock();
        let session = open.get_mut(&keys::hash(id))?;
        if session.is_over(now) {
            open.remove(&keys::hash(id));
            return None;
        }
        session.used = now;
        Some(session.key)
    }

    /// Ends a session.
    pub(super) fn end(&self, id: &str) {
        self.lock().remove(&keys::hash(id));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<KeyHash, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session id that a request carries.
pub(super) fn presented(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| COOKIES.contains(&name).then_some(value))
}

/// The cookie that opens a session in the browser.
pub(super) fn cookie(id: &str, is_https: bool) -> String {
    let name = COOKIES[usize::from(is_https)];
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={id}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// The cookies that take it out of the browser again.
pub(super) fn no_cookies() -> [String; 2] {
    let end = "; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
    [
        format!("{}={end}", COOKIES[0]),
        format!("{}={end}; Secure", COOKIES[1]),
    ]
}

/// Proof that the request belongs to an open session of a living account key.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignedIn;

impl SignedIn {
    /// Whether the request is of someone who is signed in.
    pub(super) fn is(dashboard: &Dashboard, headers: &HeaderMap) -> Result<bool, ApiError> {
        let now = Instant::now();
        let Some(key) = presented(headers).and_then(|id| dashboard.sessions.key_of(id, now)) else {
            return Ok(false);
        };
        let store = &dashboard.app.store;
        if !store.read_now(|conn| browse::is_living_key(conn, key))? {
            return Ok(false);
        }
        dashboard.app.account_rate.count(key, now)?;
        Ok(true)
    }
}

impl FromRequestParts<Dashboard> for SignedIn {
    type Rejection = Response;

    /// Who is not signed in is asked to, and then led where they wanted to go.
    async fn from_request_parts(
        parts: &mut Parts,
        dashboard: &Dashboard,
    ) -> Result<Self, Response> {
        match SignedIn::is(dashboard, &parts.headers) {
            Ok(true) => Ok(SignedIn),
            Ok(false) if is_fragment(&parts.uri) => Err(ApiError::Unauthorized(
                "the session is over; open the dashboard and sign in again",
            )
            .into_response()),
            Ok(false) => {
                let wanted = parts
                    .uri
                    .path_and_query()
                    .map_or("/", |wanted| wanted.as_str());
                Err(Redirect::to(&format!("/?next={}", address::escaped(wanted))).into_response())
            }
            Err(error) => Err(error::shown(&parts.uri, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_a_day_without_use_and_after_a_week_in_any_case() {
        let sessions = Sessions::default();
        let start = Instant::now();
        let idle = sessions.begin(7, start).unwrap();
        assert_eq!(sessions.key_of(&idle, start + IDLE_LIMIT), Some(7));
        let late = start + 2 * IDLE_LIMIT + Duration::from_secs(1);
        assert_eq!(sessions.key_of(&idle, late), None);

        let busy = sessions.begin(7, start).unwrap();
        let mut now = start;
        while now + IDLE_LIMIT <= start + AGE_LIMIT {
            now += IDLE_LIMIT;
            assert_eq!(sessions.key_of(&busy, now), Some(7));
        }
        let after = start + AGE_LIMIT + Duration::from_secs(1);
        assert_eq!(sessions.key_of(&busy, after), None);
    }

    #[test]
    fn ids_are_not_kept_and_sessions_are_bounded() {
        let sessions = Sessions::default();
        let now = Instant::now();
        let first = sessions.begin(1, now).unwrap();
        assert_eq!(first.len(), 64);
        for later in 1..=MOST as u64 {
            sessions
                .begin(1, now + Duration::from_millis(later))
                .unwrap();
        }
        assert_eq!(sessions.lock().len(), MOST);
        assert_eq!(sessions.key_of(&first, now + Duration::from_secs(2)), None);
        assert!(!format!("{sessions:?}").contains(&first));
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        assert_eq!(
            cookie("1", false),
            "natero_session=1; Path=/; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            cookie("1", true),
            "__Host-natero_session=1; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
    }
}
