//! The session and the visitor, shared by all tabs through two cookies.

use natero_event::{
    json::{push_ascii, push_int},
    split_once,
};

use crate::{Millis, Now, Seconds, Wall, random::Random};

/// Longest time between two reads of the shared cookies while the user is active. Reading
/// cookies crosses a process boundary, which is too expensive for every mouse move. A
/// session may therefore end up to this much too early, which is far less than
/// `sessionTimeout`.
const COOKIES_STALE_AFTER: Millis = Millis(5_000.0);

/// How long a browser keeps the visitor cookie: a year.
pub(crate) const VISITOR_MAX_AGE: Seconds = Seconds(365 * 24 * 60 * 60);

/// The current visitor and session.
///
/// The session cookie holds `id.t`, where `t` is the wall time of the last activity.
/// `Max-Age` could not replace it: it has whole seconds only and cannot be read back.
#[derive(Debug)]
pub struct Session {
    id: String,
    visitor: String,
    timeout: Millis,
    /// The last known activity in any tab.
    last_activity: Wall,
    /// When the cookies were last read.
    cookies_read: Wall,
    /// The visitor cookie is known to hold `visitor`.
    visitor_is_set: bool,
}

/// What the cookies say about the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Continuity {
    /// The session goes on.
    Same,
    /// Another tab began this session.
    Other(String),
    /// The session timed out. A new one begins.
    Over,
}

impl Session {
    pub(crate) fn new(random: &mut Random, timeout: Millis, now: Now) -> Session {
        Session {
            id: random.id(),
            visitor: random.id(),
            timeout,
            last_activity: now.wall,
            cookies_read: Wall(f64::NEG_INFINITY),
            visitor_is_set: false,
        }
    }

    /// The session's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The visitor's id.
    pub fn visitor(&self) -> &str {
        &self.visitor
    }

    /// Whether the cookies have to be read before the next activity counts.
    pub(crate) fn cookies_are_stale(&self, now: Now) -> bool {
        let stale_after = COOKIES_STALE_AFTER.min(Millis(self.timeout.0 / 10.0));
        // The absolute value: after the clock was set back, the cookies are read at once.
        (now.wall - self.cookies_read).0.abs() >= stale_after.0
    }

    /// Takes over the visitor from its cookie.
    pub(crate) fn adopt_visitor(&mut self, cookie: &str) {
        if is_id_of_ours(cookie) && cookie != self.visitor {
            self.visitor = cookie.to_owned();
            self.visitor_is_set = false;
        }
    }

    /// Whether the session goes on at `now`. The session cookie decides. If there is
    /// none, or it has expired, the last activity in this tab decides, because cookies
    /// may be blocked.
    pub(crate) fn continuity(&self, now: Now, cookie: &str) -> Continuity {
        let is_alive = |last: Wall| now.wall - last < self.timeout;
        match parse_session_cookie(cookie) {
            Some((id, last)) if is_alive(last) => {
                if id == self.id {
                    Continuity::Same
                } else {
                    Continuity::Other(id.to_owned())
                }
            }
            Some(_) | None if is_alive(self.last_activity) => Continuity::Same,
            Some(_) | None => Continuity::Over,
        }
    }

    /// Continues with another session id.
    pub(crate) fn change(&mut self, id: String) {
        self.id = id;
    }

    /// Notes an activity directly after the cookies were read or written.
    pub(crate) fn touch(&mut self, now: Now) {
        self.last_activity = now.wall;
        self.cookies_read = now.wall;
    }

    /// Notes an activity in memory only. Other tabs learn of it when the cookies are
    /// written next.
    pub(crate) fn touch_in_memory(&mut self, now: Now) {
        self.last_activity = now.wall;
    }

    /// Value and lifetime of the session cookie.
    pub(crate) fn cookie(&self, now: Now) -> (String, Seconds) {
        let mut value = self.id.clone();
        push_ascii(&mut value, b'.');
        push_int(&mut value, now.wall.0 as i64);
        // Rounded up, because the time inside the value decides.
        (value, Seconds((self.timeout.0 / 1000.0).ceil() as u32))
    }

    /// The value of the visitor cookie, or `None` if it is set already.
    pub(crate) fn visitor_to_set(&mut self) -> Option<String> {
        (!std::mem::replace(&mut self.visitor_is_set, true)).then(|| self.visitor.clone())
    }

    /// Forgets session and visitor, and chooses new ids for both.
    pub(crate) fn forget(&mut self, random: &mut Random) {
        self.id = random.id();
        self.visitor = random.id();
        self.visitor_is_set = false;
    }

    /// Notes that the cookies were deleted.
    pub(crate) fn cookies_erased(&mut self) {
        self.visitor_is_set = false;
    }
}

/// The two parts of `id.t`. `None` if this is not a cookie of ours: any script of the
/// host can set cookies.
fn parse_session_cookie(value: &str) -> Option<(&str, Wall)> {
    let (id, last) = split_once(value, b'.')?;
    let last = Wall::parse(last)?;
    is_id_of_ours(id).then_some((id, last))
}

/// Whether this could be an id that a tracker made. Cookies and storage may contain
/// anything.
pub(crate) fn is_id_of_ours(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cookie_that_could_be_ours_is_taken() {
        assert_eq!(
            parse_session_cookie("abc-_9.1700"),
            Some(("abc-_9", Wall(1700.0)))
        );
        for wrong in ["", ".", "abc", "a b.1", "a.1e5", ".17", "<x>.1"] {
            assert_eq!(parse_session_cookie(wrong), None, "{wrong}");
        }
        assert_eq!(parse_session_cookie(&format!("{}.1", "x".repeat(65))), None);
    }
}
