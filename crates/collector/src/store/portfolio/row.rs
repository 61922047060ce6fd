//! The figures of an account in a list, and those of the whole list.

use super::{Money, PeriodFigures, PortfolioTotals};
use super::{
    forest::Forest,
    people::{self, Activity, Members},
    period::{BEFORE, NOW},
};
use crate::store::sums::Sums;

impl PeriodFigures {
    fn of(sums: &Sums, users: i64) -> Self {
        let whole = |sum: u64| i64::try_from(sum).unwrap_or(i64::MAX);
        PeriodFigures {
            features: sums.features,
            users,
            active_time: whole(sums.active_time),
            module_time: whole(sums.module_time),
            events: whole(sums.events),
        }
    }
}

/// The figures of each account with its subtree, for both periods.
pub(super) fn rolled_up(
    forest: &Forest,
    own: &[[Sums; 2]],
    active: &[Activity],
) -> Vec<[PeriodFigures; 2]> {
    let sums = forest.roll_up(own.to_vec(), |above, below| {
        for (above, below) in above.iter_mut().zip(below) {
            above.add(below);
        }
    });
    // Users with one account can be added up. The few others count once in each account that is
    // above any of their accounts.
    let mut single = vec![[0_i64; 2]; forest.len()];
    let mut shared = vec![[0_i64; 2]; forest.len()];
    for activities in people::by_user(active) {
        let first = activities[0];
        if activities.len() == 1 {
            single[first.account][first.period] += 1;
        } else {
            for at in people::reach(forest, activities) {
                shared[at][first.period] += 1;
            }
        }
    }
    let single = forest.roll_up(single, |above, below| {
        above[NOW] += below[NOW];
        above[BEFORE] += below[BEFORE];
    });
    sums.iter()
        .zip(single.iter().zip(&shared))
        .map(|(sums, (single, shared))| {
            let of =
                |period: usize| PeriodFigures::of(&sums[period], single[period] + shared[period]);
            [of(NOW), of(BEFORE)]
        })
        .collect()
}

/// The figures of all listed accounts with their subtrees. `is_comparable` returns whether an
/// account was already in use before the previous period.
pub(super) fn totals(
    forest: &Forest,
    listed: &[usize],
    own: &[[Sums; 2]],
    active: &[Activity],
    members: &Members,
    money: &[Money],
    is_comparable: impl Fn(usize) -> bool,
) -> PortfolioTotals {
    let covered = forest.covered(listed);
    let mut sums = [Sums::default(); 2];
    let mut totals = PortfolioTotals::default();
    for at in (0..forest.len()).filter(|at| covered[*at]) {
        for (sum, own) in sums.iter_mut().zip(&own[at]) {
            sum.add(own);
        }
        totals.members += members.own(at);
        totals.revenue.add(&money[at]);
    }
    let mut users = [0; 2];
    let mut active_members = 0;
    for activities in people::by_user(active) {
        let first = activities[0];
        if activities.iter().any(|activity| covered[activity.account]) {
            users[first.period] += 1;
            let is_member = members.home(first.user).is_some_and(|home| covered[home]);
            active_members += i64::from(first.period == NOW && is_member);
        }
    }
    totals.now = PeriodFigures::of(&sums[NOW], users[NOW]);
    totals.before = listed
        .iter()
        .any(|at| is_comparable(*at))
        .then(|| PeriodFigures::of(&sums[BEFORE], users[BEFORE]));
    totals.silent = totals.members - active_members;
    totals
}
