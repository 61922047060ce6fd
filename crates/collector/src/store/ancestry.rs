//! Answers, for the placements of one call, whether an account lies above another, and which
//! accounts lie between them.
//!
//! Many placements in a deep tree would walk up the table again and again. After a number of steps
//! in total, a store reads the tree into memory, where walking up takes few steps however deep the
//! tree is.

mod forest;

use std::{collections::HashMap, hash::Hash};

use crate::model::hierarchy::{AncestorPath, Cycle};
use forest::Forest;

/// Maximum total number of steps that the placements of one call walk up the table. PostgreSQL
/// takes 0.1 s for that many; reading the tree of a million accounts takes it 0.5 s.
const MAX_STEPS: usize = 20_000;

/// Number of accounts named at each end of a path.
const NAMED: usize = Cycle::SHOWN - 1;

/// What the placements of one call have learned about the tree. It must not outlive the
/// transaction. `A` is the number of an account in its table.
#[derive(Debug)]
pub(in crate::store) struct Ancestry<A> {
    /// Steps walked in the table so far.
    steps: usize,
    tree: Option<Tree<A>>,
}

/// The result of walking up the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum AncestorWalk<A> {
    /// The upper account is the lower one or lies above it. The path leads from the lower account
    /// to the one directly below the upper account.
    Reached(AncestorPath<A>),
    /// The upper account is not above the lower one.
    NotAbove,
    /// The steps ran out.
    Truncated,
}

impl<A> Default for Ancestry<A> {
    fn default() -> Self {
        Ancestry {
            steps: 0,
            tree: None,
        }
    }
}

impl<A: Copy + Eq + Hash> Ancestry<A> {
    /// Number of steps that the next walk may take in the table; 0 once the tree is in memory,
    /// which is then used instead.
    pub(in crate::store) fn steps_left(&self) -> usize {
        match self.tree {
            Some(_) => 0,
            None => MAX_STEPS.saturating_sub(self.steps),
        }
    }

    /// Records a walk up the table of at most [`Ancestry::steps_left`] steps: the accounts from the
    /// lower one upwards, to the root or to `upper`.
    pub(in crate::store) fn record_walk(
        &mut self,
        upper: A,
        mut accounts: Vec<A>,
    ) -> AncestorWalk<A> {
        let is_truncated = accounts.len() >= self.steps_left();
        self.steps += accounts.len();
        if accounts.pop_if(|last| *last == upper).is_some() {
            AncestorWalk::Reached(AncestorPath::over(accounts, NAMED))
        } else if is_truncated {
            AncestorWalk::Truncated
        } else {
            AncestorWalk::NotAbove
        }
    }

    /// The tree, if it is in memory.
    pub(in crate::store) fn tree(&mut self) -> Option<&mut Tree<A>> {
        self.tree.as_mut()
    }

    /// Keeps the tree in memory. It contains all accounts that have a parent.
    pub(in crate::store) fn keep(&mut self, tree: Tree<A>) -> &mut Tree<A> {
        self.tree.insert(tree)
    }

    /// Records that the parent of an account changed or was removed.
    pub(in crate::store) fn moved(&mut self, account: A, parent: Option<A>) {
        if let Some(tree) = &mut self.tree {
            tree.place(account, parent);
        }
    }
}

/// The tree in memory.
#[derive(Debug)]
pub(in crate::store) struct Tree<A> {
    forest: Forest,
    /// Account numbers may have gaps, node numbers have none.
    nodes: HashMap<A, u32>,
    /// The account of each node; nodes are numbered from 1.
    accounts: Vec<A>,
}

impl<A> Default for Tree<A> {
    fn default() -> Self {
        Tree {
            forest: Forest::default(),
            nodes: HashMap::new(),
            accounts: Vec::new(),
        }
    }
}

impl<A: Copy + Eq + Hash> Tree<A> {
    /// Moves an account with its subtree. The new parent must not be in that subtree.
    pub(in crate::store) fn place(&mut self, account: A, parent: Option<A>) {
        let (node, parent) = (self.node(account), parent.map(|parent| self.node(parent)));
        self.forest.set_parent(node, parent);
    }

    /// The path from `lower` up to the account directly below `upper`; `None` when `upper` is not
    /// above `lower`.
    pub(in crate::store) fn ancestor_path(
        &mut self,
        upper: A,
        lower: A,
    ) -> Option<AncestorPath<A>> {
        let (upper, lower) = (self.node(upper), self.node(lower));
        if !self.forest.is_above(upper, lower) {
            return None;
        }
        let path = self.forest.ancestor_path(upper, lower, NAMED);
        let accounts = |nodes: Vec<u32>| {
            let nodes = nodes.into_iter();
            nodes.map(|node| self.accounts[node as usize - 1]).collect()
        };
        Some(AncestorPath {
            first: accounts(path.first),
            between: path.between,
            last: accounts(path.last),
        })
    }

    fn node(&mut self, account: A) -> u32 {
        *self.nodes.entry(account).or_insert_with(|| {
            self.accounts.push(account);
            self.accounts.len() as u32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(accounts: &[i64]) -> AncestorPath<i64> {
        AncestorPath::over(accounts.to_vec(), NAMED)
    }

    #[test]
    fn a_way_in_the_table_tells_whether_an_account_is_above() {
        let mut ancestry = Ancestry::default();
        let above = ancestry.record_walk(1, vec![3, 2, 1]);
        assert_eq!(above, AncestorWalk::Reached(path(&[3, 2])));
        assert_eq!(
            ancestry.record_walk(7, vec![7]),
            AncestorWalk::Reached(path(&[]))
        );
        assert_eq!(
            ancestry.record_walk(4, vec![3, 2, 1]),
            AncestorWalk::NotAbove
        );
        assert_eq!(ancestry.steps_left(), MAX_STEPS - 7);
    }

    #[test]
    fn a_way_that_took_all_steps_tells_nothing_but_what_it_found() {
        let all: Vec<i64> = (1..=MAX_STEPS as i64).collect();
        assert_eq!(
            Ancestry::default().record_walk(0, all.clone()),
            AncestorWalk::Truncated
        );
        let found = Ancestry::default().record_walk(MAX_STEPS as i64, all.clone());
        assert_eq!(found, AncestorWalk::Reached(path(&all[..MAX_STEPS - 1])));
        let mut ancestry = Ancestry::default();
        ancestry.record_walk(0, all);
        assert_eq!(ancestry.steps_left(), 0);
    }

    #[test]
    fn nobody_walks_in_the_table_once_the_tree_is_in_memory() {
        let mut ancestry = Ancestry::default();
        assert!(ancestry.tree().is_none());
        ancestry.keep(Tree::default()).place(5_000_000_000, Some(1));
        assert_eq!(ancestry.steps_left(), 0);
        let tree = ancestry.tree().unwrap();
        assert_eq!(
            tree.ancestor_path(1, 5_000_000_000),
            Some(path(&[5_000_000_000]))
        );
        assert_eq!(tree.ancestor_path(5_000_000_000, 1), None);
    }

    #[test]
    fn the_tree_follows_what_is_moved() {
        let mut ancestry = Ancestry::default();
        // Without a tree in memory there is nothing to update.
        ancestry.moved(1, Some(2));
        let tree = ancestry.keep(Tree::default());
        for (account, parent) in [(2, 1), (3, 2), (4, 3)] {
            tree.place(account, Some(parent));
        }
        assert_eq!(tree.ancestor_path(1, 4), Some(path(&[4, 3, 2])));
        ancestry.moved(3, None);
        ancestry.moved(1, Some(4));
        let tree = ancestry.tree().unwrap();
        assert_eq!(tree.ancestor_path(1, 4), None);
        assert_eq!(tree.ancestor_path(3, 2), Some(path(&[2, 1, 4])));
    }
}
