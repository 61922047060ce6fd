//! All accounts in memory, with their positions in the tree.

use std::collections::{BTreeMap, BTreeSet};

use super::{ListLevel, ListedAccount};
use crate::model::{account::has_churned, quarter::QUARTER_MS};

/// The quarters of an hour of the first and the last use of an account itself, counted from the
/// Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store) struct Uses {
    pub(in crate::store) first: Option<u32>,
    pub(in crate::store) last: Option<u32>,
}

impl Uses {
    /// Extends the range to a first and a last use.
    pub(in crate::store) fn extend(&mut self, first: u32, last: u32) {
        self.first = Some(self.first.map_or(first, |earliest| earliest.min(first)));
        self.last = self.last.max(Some(last));
    }
}

/// All accounts, or the accounts of one subtree. Accounts are addressed by their index.
#[derive(Debug, Default)]
pub(in crate::store) struct Forest {
    accounts: Vec<ListedAccount>,
    /// The number of each account in its table.
    numbers: Vec<i64>,
    parents: Vec<Option<usize>>,
    is_leaf: Vec<bool>,
    /// The root, for the accounts of a subtree.
    root: Option<usize>,
    /// All accounts, ordered so that each comes after its descendants.
    upwards: Vec<usize>,
    /// For each account number, the index of the account plus one; 0 for none.
    index: Vec<u32>,
}

impl Forest {
    /// Makes a forest of accounts, their numbers and the numbers of their parents. With a `root`,
    /// these are the accounts of its subtree.
    pub(in crate::store) fn of(
        accounts: Vec<ListedAccount>,
        numbers: Vec<i64>,
        parents: &[Option<i64>],
        root: Option<i64>,
    ) -> Self {
        let mut forest = Forest {
            parents: vec![None; accounts.len()],
            is_leaf: vec![true; accounts.len()],
            accounts,
            numbers,
            ..Forest::default()
        };
        for (at, number) in forest.numbers.iter().enumerate() {
            let place = usize::try_from(*number).unwrap_or(0);
            if place >= forest.index.len() {
                forest.index.resize(place + 1, 0);
            }
            forest.index[place] = at as u32 + 1;
        }
        let mut waiting = vec![0_usize; forest.accounts.len()];
        for (at, parent) in parents.iter().enumerate() {
            let Some(parent) = parent.and_then(|parent| forest.index(parent)) else {
                continue;
            };
            forest.parents[at] = Some(parent);
            forest.accounts[parent].children += 1;
            waiting[parent] += 1;
            if !forest.accounts[at].is_deleted {
                forest.is_leaf[parent] = false;
            }
        }
        let mut upwards: Vec<usize> = (0..waiting.len()).filter(|at| waiting[*at] == 0).collect();
        let mut next = 0;
        while let Some(at) = upwards.get(next).copied() {
            next += 1;
            if let Some(parent) = forest.parents[at] {
                waiting[parent] -= 1;
                if waiting[parent] == 0 {
                    upwards.push(parent);
                }
            }
        }
        forest.upwards = upwards;
        let root = root.and_then(|root| forest.index(root));
        forest.deactivate_below(root);
        forest.mark_churned();
        forest.root = root;
        forest
    }

    /// Marks the descendants of deactivated accounts as deactivated, too. The `root` of a subtree
    /// does not pass its own mark on: from its page, what is below it is listed either way.
    fn deactivate_below(&mut self, root: Option<usize>) {
        for at in self.upwards.iter().rev() {
            if let Some(parent) = self.parents[*at]
                && Some(parent) != root
                && self.accounts[parent].is_deleted
            {
                self.accounts[*at].is_deleted = true;
            }
        }
    }

    /// Marks the accounts of customers who have left: those that say so, and their descendants.
    fn mark_churned(&mut self) {
        for at in self.upwards.iter().rev() {
            let parent = self.parents[*at];
            let is_above = parent.is_some_and(|parent| self.accounts[parent].is_churned);
            let account = &mut self.accounts[*at];
            account.is_churned = is_above || has_churned(&account.details);
        }
    }

    pub(in crate::store) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(in crate::store) fn account(&self, at: usize) -> &ListedAccount {
        &self.accounts[at]
    }

    /// The number of an account in its table.
    pub(in crate::store) fn number(&self, at: usize) -> i64 {
        self.numbers[at]
    }

    pub(in crate::store) fn parent(&self, at: usize) -> Option<usize> {
        self.parents[at]
    }

    /// Whether an account has no active child.
    pub(in crate::store) fn is_leaf(&self, at: usize) -> bool {
        self.is_leaf[at]
    }

    /// The index of an account; `None` outside of the subtree.
    #[inline]
    pub(in crate::store) fn index(&self, account: i64) -> Option<usize> {
        let place = usize::try_from(account).ok()?;
        match self.index.get(place) {
            Some(&index) if index > 0 => Some(index as usize - 1),
            _ => None,
        }
    }

    /// Whether an account is at the level of a list. With `with_lone_root`, a root whose subtree
    /// has no other account is at every level.
    pub(in crate::store) fn is_of_level(
        &self,
        at: usize,
        level: ListLevel,
        with_lone_root: bool,
    ) -> bool {
        // The list of a subtree does not contain its root.
        if self.root == Some(at) {
            return with_lone_root && self.len() == 1;
        }
        match level {
            ListLevel::Top => self.parents[at] == self.root,
            ListLevel::Leaves => self.is_leaf[at],
            ListLevel::All => true,
        }
    }

    /// An account and all its ancestors.
    pub(in crate::store) fn with_ancestors(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |at| self.parents[*at])
    }

    /// Every account that has a parent, with that parent, each after its descendants.
    pub(in crate::store) fn edges_upwards(&self) -> impl Iterator<Item = (usize, usize)> {
        self.upwards
            .iter()
            .filter_map(|at| Some((*at, self.parents[*at]?)))
    }

    /// Adds the value of each account to its parent's, from the leaves upwards.
    pub(in crate::store) fn roll_up<T: Clone>(
        &self,
        mut values: Vec<T>,
        add: impl Fn(&mut T, &T),
    ) -> Vec<T> {
        for (at, parent) in self.edges_upwards() {
            let below = values[at].clone();
            add(&mut values[parent], &below);
        }
        values
    }

    /// The latest use of each account with its descendants, in ms since the Unix epoch. `uses` has
    /// each account's own.
    pub(in crate::store) fn last_uses(&self, uses: &[Uses]) -> Vec<Option<i64>> {
        let own = uses.iter().map(|uses| uses.last).collect();
        let last = self.roll_up(own, |above, below| *above = (*above).max(*below));
        let ms = |quarter: u32| i64::from(quarter) * QUARTER_MS;
        last.into_iter().map(|last| last.map(ms)).collect()
    }

    /// The latest use of those accounts that `ids` contains and that were used, by id.
    pub(in crate::store) fn last_uses_of(
        &self,
        ids: &BTreeSet<String>,
        uses: &[Uses],
    ) -> BTreeMap<String, i64> {
        let last = self.last_uses(uses);
        self.places(ids)
            .filter_map(|at| Some((self.account(at).account_id.clone(), last[at]?)))
            .collect()
    }

    /// The indexes of the accounts with these ids.
    pub(in crate::store) fn places(&self, ids: &BTreeSet<String>) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|at| ids.contains(&self.account(*at).account_id))
    }

    /// Whether each account is listed, or lies below a listed one.
    pub(in crate::store) fn covered(&self, listed: &[usize]) -> Vec<bool> {
        let mut covered = vec![false; self.len()];
        for at in listed {
            covered[*at] = true;
        }
        for at in self.upwards.iter().rev() {
            if let Some(parent) = self.parents[*at] {
                covered[*at] |= covered[parent];
            }
        }
        covered
    }
}
