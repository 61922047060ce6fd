//! The session and the visitor, shared by all tabs through two cookies.

use crate::{Config, Now, Persistence, cookies, random::Random, report::text};
use natero_event::json::push_int;

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
    pub fn adopt_visitor(&mut self, config: &Config, cookies: &str) {
        if let Some(visitor) = cookies::read(cookies, &config.cookie_prefix, "vid")
            && is_ours(visitor)
            && visitor != self.visitor
        {
            self.visitor = visitor.to_owned();
            self.visitor_kept = false;
        }
    }

    /// The session that goes on at `now` by the cookies, or the own one where
    /// they have none and it is not over. `None`: it is time for a new one.
    pub fn current(&self, config: &Config, now: Now, cookies: &str) -> Option<String> {
        let alive = |last: f64| now.wall - last < config.session_timeout;
        if let Some((id, last)) = cookies::read(cookies, &config.cookie_prefix, "sid")
            .and_then(|value| value.split_once('.'))
            && let Ok(last) = last.parse::<u64>()
            && is_ours(id)
            && alive(last as f64)
        {
            return Some(id.to_owned());
        }
        // Cookies may be blocked or in memory mode there are none: what this
        // tab knows has to do.
        alive(self.last).then(|| self.id.clone())
    }

    /// Notes an activity, and returns the cookies to write.
    pub fn touch(&mut self, config: &Config, now: Now, secure: bool) -> Vec<String> {
        self.last = now.wall;
        self.looked = now.wall;
        if config.persistence == Persistence::Memory {
            return Vec::new();
        }
        let mut value = text(&[&self.id, "."]);
        push_int(&mut value, now.wall as i64);
        // Rounded up: the time within the value is what decides.
        let max_age = (config.session_timeout / 1000.0) as i64 + 1;
        let mut writes = vec![cookies::write(config, secure, "sid", &value, max_age)];
        if !self.visitor_kept {
            self.visitor_kept = true;
            writes.push(cookies::write(
                config,
                secure,
                "vid",
                &self.visitor,
                cookies::YEAR_S,
            ));
        }
        writes
    }

    /// Notes an activity without a look at the cookies.
    pub fn touch_lightly(&mut self, now: Now) {
        self.last = now.wall;
    }

    /// Forgets the visitor: the next cookies name another one.
    pub fn forget(&mut self, random: &mut Random) {
        self.id = random.id();
        self.visitor = random.id();
        self.visitor_kept = false;
    }

    /// The assignments that delete both cookies.
    pub fn erase(&mut self, config: &Config, secure: bool) -> [String; 2] {
        self.visitor_kept = false;
        ["sid", "vid"].map(|name| cookies::write(config, secure, name, "", 0))
    }
}

/// Cookies can be set by anyone on the host: only what could be ours is taken.
fn is_ours(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
