//! The session and the visitor, shared by all tabs through two cookies.

use crate::{Config, Now, random::Random};
use natero_event::json::{owned, push_ascii, push_int};

/// Longest time between two looks at the shared cookies while active, in ms.
/// Cookies cross a process boundary, so not every mouse move may pay for it;
/// a session that ends up to this much early is far below `sessionTimeout`.
const LOOK_EVERY: f64 = 5_000.0;

/// Who is visiting, and in which visit.
///
/// The session cookie holds `id.t`, with the wall time of the last activity:
/// `Max-Age` alone has whole seconds and cannot be read back.
#[derive(Debug)]
pub(crate) struct Session {
    pub id: String,
    pub visitor: String,
    /// Wall time of the last activity in any tab, as far as known.
    last: f64,
    /// Wall time of the last look at the cookies.
    looked: f64,
    /// The visitor cookie holds `visitor`.
    visitor_kept: bool,
}

impl Session {
    pub fn new(random: &mut Random, now: Now) -> Session {
        Session {
            id: random.id(),
            visitor: random.id(),
            last: now.wall,
            looked: f64::NEG_INFINITY,
            visitor_kept: false,
        }
    }

    /// Whether the cookies should be looked at before the next activity.
    pub fn wants_look(&self, config: &Config, now: Now) -> bool {
        let every = LOOK_EVERY.min(config.session_timeout / 10.0);
        // `abs`: after a clock that was set back, look rather than wait.
        (now.wall - self.looked).abs() >= every
    }

    /// Takes the visitor from the cookies.
    pub fn adopt_visitor(&mut self, visitor: &str) {
        if is_ours(visitor) && visitor != self.visitor {
            self.visitor = owned(visitor);
            self.visitor_kept = false;
        }
    }

    /// The session that goes on at `now`: that of the cookie, or the own one
    /// where it has none that is alive. `None`: it is time for a new one.
    pub fn current<'a>(&'a self, config: &Config, now: Now, cookie: &'a str) -> Option<&'a str> {
        let alive = |last: f64| now.wall - last < config.session_timeout;
        if let Some((id, last)) = split(cookie)
            && alive(last)
        {
            return Some(id);
        }
        // Cookies may be blocked: what this tab knows has to do.
        alive(self.last).then_some(&self.id)
    }

    /// Notes an activity after a look at the cookies.
    pub fn touch(&mut self, now: Now) {
        self.last = now.wall;
        self.looked = now.wall;
    }

    /// Notes an activity without a look at the cookies.
    pub fn touch_lightly(&mut self, now: Now) {
        self.last = now.wall;
    }

    /// The value of the session cookie.
    pub fn cookie(&self, now: Now) -> String {
        let mut value = owned(&self.id);
        push_ascii(&mut value, b'.');
        push_int(&mut value, now.wall as i64);
        value
    }

    /// The value of the visitor cookie, unless that has been set.
    pub fn visitor_to_keep(&mut self) -> Option<String> {
        (!std::mem::replace(&mut self.visitor_kept, true)).then(|| owned(&self.visitor))
    }

    /// Forgets the visitor: the next cookies name another one.
    pub fn forget(&mut self, random: &mut Random) {
        self.id = random.id();
        self.visitor = random.id();
        self.visitor_kept = false;
    }

    /// The cookies were deleted.
    pub fn erased(&mut self) {
        self.visitor_kept = false;
    }
}

/// `id.t` taken apart, if it is of our making: cookies can be set by anyone on
/// the host.
fn split(value: &str) -> Option<(&str, f64)> {
    let dot = value.bytes().position(|byte| byte == b'.')?;
    let (id, time) = (&value[..dot], &value[dot + 1..]);
    let mut last = 0.0;
    for digit in time.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        last = last * 10.0 + f64::from(digit - b'0');
    }
    is_ours(id).then_some((id, last))
}

fn is_ours(id: &str) -> bool {
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
        assert_eq!(split("abc-_9.1700"), Some(("abc-_9", 1700.0)));
        for wrong in ["", ".", "abc", "a b.1", "a.1e5", ".17", "<x>.1"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
        assert_eq!(split(&format!("{}.1", "x".repeat(65))), None);
    }
}
