//! Imports of many records at once.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::model::record::RecordError;

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
    /// Ids that were unknown.
    pub created: Vec<String>,
    /// Ids whose fields change.
    pub changed: Vec<String>,
    /// Number of records that change nothing.
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

    /// Adds what a record changed to the report.
    pub(in crate::store) fn add<T: PartialEq>(
        &mut self,
        id: &str,
        before: Option<T>,
        after: Option<T>,
    ) {
        if before.is_none() {
            self.created.push(id.to_owned());
        } else if before != after {
            self.changed.push(id.to_owned());
        } else {
            self.unchanged += 1;
        }
    }

    /// Adds a rejected line to the report.
    pub(in crate::store) fn reject(&mut self, line: u64, refused: &RecordError) {
        self.rejected.push((line, refused.to_string()));
    }
}
