//! Daily feature uses of each account, for the small curves in the list.

use super::forest::Forest;
use crate::model::{quarter::QUARTER_MS, usage::Span};

/// A day in ms.
pub(in crate::store) const DAY_MS: i64 = 96 * QUARTER_MS;

/// Maximum number of days in a curve: a quarter. A curve is a hundred pixels wide.
const MAX_DAYS: usize = 92;

/// The daily feature uses of all accounts, one account after the other.
#[derive(Debug)]
pub(in crate::store) struct Curves {
    /// First ms of the first day.
    from: i64,
    /// Number of days for each account; 0 when the period is too long.
    days: usize,
    uses: Vec<f32>,
}

impl Curves {
    pub(in crate::store) fn new(accounts: usize, span: Span) -> Self {
        let days = span.to.saturating_sub(span.from).saturating_add(DAY_MS - 1) / DAY_MS;
        let days = usize::try_from(days).unwrap_or(0);
        let days = if days > MAX_DAYS { 0 } else { days };
        Curves {
            from: span.from,
            days,
            uses: vec![0.0; accounts * days],
        }
    }

    /// Whether there are no curves, because the period is too long.
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.days == 0
    }

    /// Adds feature uses of an account itself, without its subtree, in a quarter of an hour.
    #[inline]
    pub(in crate::store) fn add(&mut self, account: usize, quarter: u32, uses: f64) {
        if self.days == 0 {
            return;
        }
        // A day on which clocks change has 23 or 25 hours, so the last hour of a curve may lie
        // beyond its end.
        let day = (i64::from(quarter) * QUARTER_MS - self.from) / DAY_MS;
        let day = usize::try_from(day).unwrap_or(0).min(self.days - 1);
        self.uses[account * self.days + day] += uses as f32;
    }

    pub(super) fn rolled_up(mut self, forest: &Forest) -> Self {
        for (below, above) in forest.edges_upwards() {
            for day in 0..self.days {
                self.uses[above * self.days + day] += self.uses[below * self.days + day];
            }
        }
        self
    }

    pub(super) fn of(&self, account: usize) -> Vec<f32> {
        self.uses[account * self.days..(account + 1) * self.days].to_vec()
    }
}
