//! All accounts in memory, with their places in the tree.

use rusqlite::Connection;
use serde_json::Map;

use crate::store::{
    portfolio::{ListLevel, ListedAccount},
    sqlite::{json, rows::AccountRow},
};

/// The quarters of an hour of the first and last use of an account itself, since the
/// Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Uses {
    pub(super) first: Option<u32>,
    pub(super) last: Option<u32>,
}

/// All accounts, or those of one subtree.
#[derive(Debug, Default)]
pub(super) struct Forest {
    accounts: Vec<ListedAccount>,
    /// The row of each account.
    rows: Vec<AccountRow>,
    parents: Vec<Option<usize>>,
    is_leaf: Vec<bool>,
    /// The root, where these are the accounts of a subtree with more than one.
    root: Option<usize>,
    /// Every account after all accounts below it.
    upwards: Vec<usize>,
    /// By row number: the index of the account plus one; 0 for none.
    index: Vec<u32>,
}

impl Forest {
    /// Reads all accounts, or those of one subtree.
    pub(super) fn read(conn: &Connection, within: Option<AccountRow>) -> rusqlite::Result<Self> {
        const COLUMNS: &str = "a.no, a.account_id, a.name, a.hierarchy_label, a.join_date,
            a.details, a.is_deleted, a.parent_no";
        let sql = match within {
            None => format!("SELECT {COLUMNS} FROM accounts a WHERE ?1 IS NULL"),
            Some(_) => format!(
                "WITH RECURSIVE below (no) AS (
                     SELECT ?1 UNION ALL
                     SELECT c.no FROM below JOIN accounts c ON c.parent_no = below.no
                 )
                 SELECT {COLUMNS} FROM below JOIN accounts a ON a.no = below.no"
            ),
        };
        let (mut rows, mut parent_rows) = (Vec::new(), Vec::new());
        let accounts = conn
            .prepare_cached(&sql)?
            .query_map([within], |row| {
                rows.push(row.get(0)?);
                parent_rows.push(row.get::<_, Option<AccountRow>>(7)?);
                Ok(ListedAccount {
                    account_id: row.get(1)?,
                    name: row.get(2)?,
                    hierarchy_label: row.get(3)?,
                    join_date: row.get(4)?,
                    details: match row.get_ref(5)?.as_str()? {
                        "{}" => Map::new(),
                        text => json::object(text),
                    },
                    is_deleted: row.get(6)?,
                    children: 0,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut forest = Forest::of(accounts, rows, &parent_rows);
        let root = within.and_then(|root| forest.index(root));
        forest.root = root.filter(|_| forest.len() > 1);
        Ok(forest)
    }

    fn of(
        accounts: Vec<ListedAccount>,
        rows: Vec<AccountRow>,
        parent_rows: &[Option<AccountRow>],
    ) -> Self {
        let mut forest = Forest {
            parents: vec![None; accounts.len()],
            is_leaf: vec![true; accounts.len()],
            accounts,
            rows,
            ..Forest::default()
        };
        for (at, row) in forest.rows.iter().enumerate() {
            let place = usize::try_from(row.number()).unwrap_or(0);
            if place >= forest.index.len() {
                forest.index.resize(place + 1, 0);
            }
            forest.index[place] = at as u32 + 1;
        }
        let mut waiting = vec![0_usize; forest.accounts.len()];
        for (at, parent) in parent_rows.iter().enumerate() {
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
        forest
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(super) fn account(&self, at: usize) -> &ListedAccount {
        &self.accounts[at]
    }

    pub(super) fn row(&self, at: usize) -> AccountRow {
        self.rows[at]
    }

    pub(super) fn parent(&self, at: usize) -> Option<usize> {
        self.parents[at]
    }

    /// Whether an account has no active child.
    pub(super) fn is_leaf(&self, at: usize) -> bool {
        self.is_leaf[at]
    }

    /// The place of an account; `None` outside of the subtree.
    #[inline]
    pub(super) fn index(&self, account: AccountRow) -> Option<usize> {
        let place = usize::try_from(account.number()).ok()?;
        match self.index.get(place) {
            Some(&index) if index > 0 => Some(index as usize - 1),
            _ => None,
        }
    }

    pub(super) fn is_of_level(&self, at: usize, level: ListLevel) -> bool {
        // The list of what is below an account leaves the account itself out.
        self.root != Some(at)
            && match level {
                ListLevel::Top => self.parents[at] == self.root,
                ListLevel::Leaves => self.is_leaf[at],
                ListLevel::All => true,
            }
    }

    /// An account and all accounts above it.
    pub(super) fn with_ancestors(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |at| self.parents[*at])
    }

    /// Every account that has a parent, with it, each after all accounts below it.
    pub(super) fn edges_upwards(&self) -> impl Iterator<Item = (usize, usize)> {
        self.upwards
            .iter()
            .filter_map(|at| Some((*at, self.parents[*at]?)))
    }

    /// Adds what each account has to the account above it.
    pub(super) fn roll_up<T: Clone>(&self, mut values: Vec<T>, add: impl Fn(&mut T, &T)) -> Vec<T> {
        for (at, parent) in self.edges_upwards() {
            let below = values[at].clone();
            add(&mut values[parent], &below);
        }
        values
    }

    /// Whether each account is among those listed, or below one.
    pub(super) fn covered(&self, listed: &[usize]) -> Vec<bool> {
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

    /// When each account was used first and last, over all time.
    pub(super) fn first_and_last_use(&self, conn: &Connection) -> rusqlite::Result<Vec<Uses>> {
        let mut uses = vec![Uses::default(); self.len()];
        let mut statement = conn.prepare_cached(
            "SELECT account_no, first_quarter, last_quarter FROM usage_segments
             WHERE is_set_aside = 0",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Some(at) = self.index(row.get(0)?).filter(|at| self.is_leaf[*at]) else {
                continue;
            };
            let (first, last): (u32, u32) = (row.get(1)?, row.get(2)?);
            let of = &mut uses[at];
            of.first = Some(of.first.map_or(first, |earliest| earliest.min(first)));
            of.last = of.last.max(Some(last));
        }
        Ok(uses)
    }
}
