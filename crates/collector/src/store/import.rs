//! Imports of many records at once.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;

use crate::model::{account::Account, record::RecordError};

/// Records to be imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// What they are.
    pub kind: ImportKind,
    /// The records, each with the number of its line.
    pub records: Vec<(u64, Value)>,
    /// Whether to roll the import back, so that it only reports what it would change.
    pub is_dry_run: bool,
}

/// What the records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// Accounts.
    Accounts,
    /// Users.
    Users,
}

/// What an import changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Ids of accepted records that were unknown before the import.
    pub created: Vec<String>,
    /// Ids of accepted records whose fields are afterwards not what they were before.
    pub changed: Vec<String>,
    /// Number of accepted records of ids that are afterwards as they were before.
    pub unchanged: usize,
    /// Lines of rejected records, each with the reason.
    pub rejected: Vec<(u64, String)>,
    /// Accounts that exist only because the records name them as parents. A typing error creates
    /// such an account.
    pub unknown_accounts: BTreeSet<String>,
    /// Accounts with usage of their own that get their first child; that usage no longer counts.
    pub parents_with_usage: Vec<ParentWithUsage>,
}

/// An account with usage of its own that gets its first child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParentWithUsage {
    /// Its id.
    pub account_id: String,
    /// Number of its events, which are kept and no longer count.
    pub events: i64,
}

/// Accounts that accepted records name as parents but no record describes. Rejected records are
/// ignored.
#[derive(Debug, Default)]
pub(in crate::store) struct UnknownAccounts {
    /// Accounts that were unknown before the import.
    unknown: BTreeSet<String>,
    named: BTreeSet<String>,
    described: BTreeSet<String>,
}

impl UnknownAccounts {
    /// Starts with the accounts that were unknown before the import.
    pub(in crate::store) fn among(unknown: BTreeSet<String>) -> Self {
        UnknownAccounts {
            unknown,
            ..UnknownAccounts::default()
        }
    }

    /// Records that an accepted record describes an account.
    pub(in crate::store) fn describe(&mut self, account_id: &str) {
        if self.unknown.contains(account_id) {
            self.described.insert(account_id.to_owned());
        }
    }

    /// Records the parent that an accepted record names.
    pub(in crate::store) fn name(&mut self, parent: Option<&str>) {
        if let Some(parent) = parent.filter(|parent| self.unknown.contains(*parent)) {
            self.named.insert(parent.to_owned());
        }
    }

    /// Their ids.
    pub(in crate::store) fn finish(self) -> BTreeSet<String> {
        &self.named - &self.described
    }
}

/// The accounts or users that records describe, as they were before the import. A record may
/// create the account that a later one describes, and several records may describe the same id, so
/// the state before a single record does not say what the import changes.
#[derive(Debug)]
pub(in crate::store) struct DescribedIds<T> {
    /// The state before the import, by id, until a record of the id is accepted.
    before: HashMap<String, Option<T>>,
    /// In the order in which a record of each was accepted first.
    accepted: Vec<AcceptedId<T>>,
    /// The positions in `accepted`, by id.
    positions: HashMap<String, usize>,
}

/// An account or a user of which a record was accepted.
#[derive(Debug)]
pub(in crate::store) struct AcceptedId<T> {
    /// Its id.
    pub(in crate::store) id: String,
    /// Its state before the import; `None` if it was unknown.
    before: Option<T>,
    /// Number of accepted records of the id.
    records: usize,
}

impl<T> DescribedIds<T> {
    /// Starts without any.
    pub(in crate::store) fn new() -> Self {
        DescribedIds {
            before: HashMap::new(),
            accepted: Vec::new(),
            positions: HashMap::new(),
        }
    }

    /// Whether the state of an id before the import was added.
    pub(in crate::store) fn has(&self, id: &str) -> bool {
        self.before.contains_key(id)
    }

    /// Adds the state of an id before the import.
    pub(in crate::store) fn insert(&mut self, id: &str, before: Option<T>) {
        self.before.insert(id.to_owned(), before);
    }

    /// Notes that a record of an id was accepted.
    pub(in crate::store) fn accept(&mut self, id: &str) {
        if let Some(at) = self.positions.get(id) {
            self.accepted[*at].records += 1;
            return;
        }
        self.positions.insert(id.to_owned(), self.accepted.len());
        self.accepted.push(AcceptedId {
            id: id.to_owned(),
            before: self.before.remove(id).flatten(),
            records: 1,
        });
    }

    /// The ids of which a record was accepted.
    pub(in crate::store) fn accepted(self) -> Vec<AcceptedId<T>> {
        self.accepted
    }
}

/// An account in the form in which an import compares it. Whether it is a leaf is said by the
/// records of other accounts.
pub(in crate::store) fn compared(account: Account) -> Account {
    Account {
        is_leaf: false,
        ..account
    }
}

impl ImportReport {
    /// Parses the records, and reports those that are rejected.
    pub(in crate::store) fn read<T>(
        &mut self,
        records: Vec<(u64, Value)>,
        patch: impl Fn(Value) -> Result<T, RecordError>,
    ) -> Vec<(u64, T)> {
        let mut patches = Vec::with_capacity(records.len());
        for (line, record) in records {
            match patch(record) {
                Ok(patch) => patches.push((line, patch)),
                Err(refused) => self.reject(line, &refused),
            }
        }
        patches
    }

    /// Adds what the import changed of an account or a user to the report.
    pub(in crate::store) fn add<T: PartialEq>(&mut self, of: AcceptedId<T>, after: Option<T>) {
        if of.before.is_none() {
            self.created.push(of.id);
        } else if of.before != after {
            self.changed.push(of.id);
        } else {
            self.unchanged += of.records;
        }
    }

    /// Adds a rejected line to the report.
    pub(in crate::store) fn reject(&mut self, line: u64, refused: &RecordError) {
        self.rejected.push((line, refused.to_string()));
    }
}
