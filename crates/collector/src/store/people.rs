//! The users of an account, with their figures of a period and of the previous one.

use crate::model::{period::Before, quarter::QUARTER_MS, usage::Span};

/// A user with figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// Id that clients use.
    pub user_id: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Id of the account the user belongs to.
    pub account_id: String,
    /// Name of that account.
    pub account_name: Option<String>,
    /// Whether the user was deactivated.
    pub is_deleted: bool,
    /// Whether the user is expected to be active, and counts as silent without an event. The user
    /// must not be deactivated, and must belong to the account of the page or to one of its
    /// descendants. The descendant, and every account between the two, must not be deactivated.
    pub is_awaited: bool,
    /// The figures of the period.
    pub now: PersonFigures,
    /// The figures of the previous period; `None` when it begins before the first use.
    pub before: Option<PersonFigures>,
    /// The quarter of an hour of the first event over all time, in ms since the Unix epoch.
    pub first_seen: Option<i64>,
    /// The quarter of an hour of the latest event, over all time.
    pub last_seen: Option<i64>,
    /// Number of days of the period with an event.
    pub active_days: i64,
    /// Whether the user came, stayed or left.
    pub presence: Presence,
    /// Number of stored events that do not count, for a user without any counted event.
    pub uncounted: u64,
}

/// The figures of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PersonFigures {
    /// Number of events of any action.
    pub events: i64,
    /// Sum of `total` over feature events.
    pub features: f64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: i64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: i64,
    /// Number of sessions.
    pub sessions: i64,
}

/// Whether a user came, stayed or left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// Has an event in the period and an earlier one.
    Active,
    /// Has the first event in the period.
    New,
    /// Has no event in the period, but an earlier one. The length of the period makes no difference
    /// to who stopped.
    Stopped,
    /// Has events only after the period.
    Later,
    /// Has stored events, none of which counts.
    Uncounted,
    /// Has no event at all.
    #[default]
    NeverCame,
}

impl Person {
    /// Hides the account to which the user has moved, because the caller may not see it. The user's
    /// activity here remains.
    pub(in crate::store) fn hide_home(&mut self) {
        self.first_name = None;
        self.last_name = None;
        self.account_id.clear();
        self.account_name = Some("another account".to_owned());
    }

    /// Sets the number of events that do not count, for a user without any counted event.
    pub(in crate::store) fn set_uncounted(&mut self, events: u64) {
        if self.presence == Presence::NeverCame && events > 0 {
            self.presence = Presence::Uncounted;
            self.uncounted = events;
        }
    }

    /// The name, or the id of a user without one.
    pub fn title(&self) -> String {
        let names = [&self.first_name, &self.last_name];
        let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() {
            self.user_id.clone()
        } else {
            names.join(" ")
        }
    }
}

/// The counted activity of a user.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct PersonUse {
    /// The figures of the period.
    pub(in crate::store) now: PersonFigures,
    /// The figures of the previous period.
    pub(in crate::store) before: PersonFigures,
    /// The quarter of an hour of the first event before the end of the period.
    pub(in crate::store) first: Option<u32>,
    /// The quarter of an hour of the latest such event.
    pub(in crate::store) last: Option<u32>,
    /// Number of days of the period with an event.
    pub(in crate::store) active_days: i64,
    /// Whether there are events after the period.
    pub(in crate::store) came_later: bool,
}

impl PersonUse {
    /// Adds the activity to a person whose other fields are set. `span` is the period.
    pub(in crate::store) fn add_to(&self, person: &mut Person, span: Span, before: Option<Before>) {
        let start_of = |quarter: Option<u32>| quarter.map(|at| i64::from(at) * QUARTER_MS);
        person.now = self.now;
        person.before = before
            .filter(|before| before.is_comparable(self.first))
            .map(|_| self.before);
        person.first_seen = start_of(self.first);
        person.last_seen = start_of(self.last);
        person.active_days = self.active_days;
        person.presence = self.presence(person.first_seen, span);
    }

    fn presence(&self, first: Option<i64>, span: Span) -> Presence {
        if self.now.events > 0 {
            return match first {
                Some(first) if first < span.from => Presence::Active,
                _ => Presence::New,
            };
        }
        match first {
            None if self.came_later => Presence::Later,
            None => Presence::NeverCame,
            Some(_) => Presence::Stopped,
        }
    }
}
