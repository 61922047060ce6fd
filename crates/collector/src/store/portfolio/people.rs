//! Distinct users of subtrees. A user belongs to one account, but may have been active in another
//! one before moving, so numbers of users cannot simply be added up.

use std::collections::BTreeSet;

use super::{forest::Forest, period::NOW};

/// Collects which users were active in which accounts. Users have small numbers.
#[derive(Debug, Default)]
pub(in crate::store) struct ActiveUsers {
    seen: Vec<Activity>,
    /// For each user number and period: the account in which the user was seen last, plus one. Most
    /// facts repeat it.
    previous: Vec<[u32; 2]>,
}

/// A user was active in an account during a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Activity {
    pub(super) period: usize,
    pub(super) user: u32,
    pub(super) account: usize,
}

impl ActiveUsers {
    /// Records that a user was active in an account.
    #[inline]
    pub(in crate::store) fn insert(&mut self, user: u32, period: usize, account: usize) {
        let place = user as usize;
        if place >= self.previous.len() {
            self.previous.resize(place + 1, [0; 2]);
        }
        let previous = &mut self.previous[place][period];
        let mark = account as u32 + 1;
        if *previous != mark {
            *previous = mark;
            self.seen.push(Activity {
                period,
                user,
                account,
            });
        }
    }

    /// All distinct activities, ordered by period and user.
    pub(super) fn finish(mut self) -> Vec<Activity> {
        self.seen.sort_unstable();
        self.seen.dedup();
        self.seen
    }
}

/// The activities, grouped by user and period.
pub(super) fn by_user(active: &[Activity]) -> impl Iterator<Item = &[Activity]> {
    active.chunk_by(|left, right| left.period == right.period && left.user == right.user)
}

/// The accounts in which activities count: those in which they happened, and all their ancestors,
/// each once.
pub(super) fn reach(forest: &Forest, activities: &[Activity]) -> BTreeSet<usize> {
    activities
        .iter()
        .flat_map(|activity| forest.with_ancestors(activity.account))
        .collect()
}

/// The users of each account. Deactivated users and those of deactivated accounts are left out.
#[derive(Debug)]
pub(in crate::store) struct Members {
    /// For each user number: the account to which the user belongs, plus one; 0 for a user of no
    /// account in the forest.
    home: Vec<u32>,
    /// Number of members of each account, without its subtree.
    members: Vec<i64>,
    /// Number of members of each account who were active in that account.
    active: Vec<i64>,
    /// For each account: number of members of its subtree who were active in the subtree, but not
    /// in their own account.
    active_elsewhere: Vec<i64>,
}

/// Numbers of members of an account and its subtree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct MemberCount {
    pub(super) members: i64,
    pub(super) silent: i64,
}

impl Members {
    /// Members of a forest to which no user has been added yet.
    pub(in crate::store) fn of(forest: &Forest) -> Self {
        Members {
            home: Vec::new(),
            members: vec![0; forest.len()],
            active: vec![0; forest.len()],
            active_elsewhere: vec![0; forest.len()],
        }
    }

    /// Adds a user, who must not be deactivated, to the account with a number.
    pub(in crate::store) fn add(&mut self, forest: &Forest, user: u32, account: i64) {
        let Some(at) = forest.index(account) else {
            return;
        };
        // A deactivated account is no longer a customer, so its users are not missed.
        if forest.account(at).is_deleted {
            return;
        }
        let place = user as usize;
        if place >= self.home.len() {
            self.home.resize(place + 1, 0);
        }
        self.home[place] = at as u32 + 1;
        self.members[at] += 1;
    }

    /// The account to which a user belongs.
    pub(super) fn home(&self, user: u32) -> Option<usize> {
        let home = self.home.get(user as usize).copied()?;
        (home as usize).checked_sub(1)
    }

    /// Number of members of an account, without its subtree.
    pub(super) fn own(&self, at: usize) -> i64 {
        self.members[at]
    }

    /// Counts the members who were active in the period.
    pub(super) fn count_active(&mut self, active: &[Activity], forest: &Forest) {
        for activities in by_user(active) {
            let first = activities[0];
            let Some(home) = self.home(first.user).filter(|_| first.period == NOW) else {
                continue;
            };
            if activities.len() == 1 && first.account == home {
                self.active[home] += 1;
                continue;
            }
            let reach = reach(forest, activities);
            for at in forest.with_ancestors(home) {
                self.active_elsewhere[at] += i64::from(reach.contains(&at));
            }
        }
    }

    /// The number of members of each account with its subtree, and of those who were not active
    /// there.
    pub(super) fn silent(&self, forest: &Forest) -> Vec<MemberCount> {
        let own: Vec<_> = self
            .members
            .iter()
            .copied()
            .zip(self.active.iter().copied())
            .collect();
        let rolled_up = forest.roll_up(own, |above, below| {
            above.0 += below.0;
            above.1 += below.1;
        });
        rolled_up
            .into_iter()
            .zip(&self.active_elsewhere)
            .map(|((members, active), elsewhere)| MemberCount {
                members,
                silent: members - active - elsewhere,
            })
            .collect()
    }
}
