//! The users of an account with their figures of a period and of the one before.

/// A user with figures.
#[derive(Debug, Clone, PartialEq)]
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
    /// The figures of the period.
    pub now: PersonFigures,
    /// Those of the period before; `None` where it reaches before the first use.
    pub before: Option<PersonFigures>,
    /// The quarter of an hour of the first event, over all time, in ms since the Unix epoch.
    pub first_seen: Option<i64>,
    /// The quarter of an hour of the latest event, over all time.
    pub last_seen: Option<i64>,
    /// Number of days of the period with an event.
    pub active_days: i64,
    /// What the user did in these two periods.
    pub standing: Presence,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// Has an event in the period, and an earlier one.
    Active,
    /// Has the first event in the period.
    New,
    /// Has an event in the period before, and none in the period.
    Stopped,
    /// Has events in neither, but earlier.
    Away,
    /// Has events only after the period.
    Later,
    /// Has no event at all.
    NeverCame,
}

impl Person {
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
