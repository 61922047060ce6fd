//! The figures that a usage query returns.

use serde::Serialize;
use serde_json::{Number, Value};

use crate::model::rounding::rounded;

/// The figures of an account, or of a part of its usage.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Number of events of any action.
    pub events: i64,
    /// Sum of `total` over feature events.
    #[serde(serialize_with = "as_number")]
    pub features: f64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: i64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: i64,
    /// Number of distinct sessions.
    pub sessions: i64,
    /// Number of distinct users.
    pub users: i64,
}

impl Totals {
    /// The differences between these figures and earlier ones.
    fn less(&self, earlier: &Totals) -> Totals {
        Totals {
            events: self.events - earlier.events,
            features: self.features - earlier.features,
            module_time: self.module_time - earlier.module_time,
            active_time: self.active_time - earlier.active_time,
            sessions: self.sessions - earlier.sessions,
            users: self.users - earlier.users,
        }
    }
}

/// The figures of the previous period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The figures; `None` when the previous period begins before the first use.
    pub previous: Option<Totals>,
    /// The figures of the period minus the previous ones.
    pub change: Option<Totals>,
}

impl Comparison {
    pub(in crate::store) fn of(now: &Totals, previous: Option<Totals>) -> Self {
        Comparison {
            change: previous.as_ref().map(|previous| now.less(previous)),
            previous,
        }
    }
}

/// When a user or an account was active.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ActivitySpan {
    /// The quarter of an hour of the first event over all time, in ms since the Unix
    /// epoch.
    pub first_seen: i64,
    /// The quarter of an hour of the latest event before the end of the span, in ms since the Unix
    /// epoch.
    pub last_seen: i64,
    /// Number of days of the span with an event.
    pub active_days: i64,
}

/// Writes a whole sum as a whole number: `3`, not `3.0`.
fn as_number<S: serde::Serializer>(sum: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let bounded = rounded(*sum).clamp(f64::MIN, f64::MAX);
    if bounded.fract() == 0.0 && bounded.abs() < 9e15 {
        serializer.serialize_i64(bounded as i64)
    } else {
        serializer.serialize_some(&Number::from_f64(bounded))
    }
}

/// One row of a breakdown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UsageRow {
    /// Value of the dimension; null for events without one.
    pub key: Value,
    /// The figures of this value.
    #[serde(flatten)]
    pub totals: Totals,
    /// When it was active, for a user or an account.
    #[serde(flatten)]
    pub seen: Option<ActivitySpan>,
    /// The figures of the previous period, if they were requested.
    #[serde(flatten)]
    pub comparison: Option<Comparison>,
}

impl AsRef<UsageRow> for UsageRow {
    fn as_ref(&self) -> &UsageRow {
        self
    }
}

impl UsageRow {
    pub(in crate::store) fn new(key: Value, totals: Totals) -> Self {
        UsageRow {
            key,
            totals,
            seen: None,
            comparison: None,
        }
    }

    /// Compares the keys of two rows. The row without a value comes last.
    pub(in crate::store) fn compare_keys(&self, other: &UsageRow) -> std::cmp::Ordering {
        let (left, right) = (self.key.as_str(), other.key.as_str());
        (left.is_none(), left).cmp(&(right.is_none(), right))
    }
}
