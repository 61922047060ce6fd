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
    /// Whether the import is taken back, so that it only says what would change.
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
    /// Number of records that say what is known.
    pub unchanged: usize,
    /// Lines of records that are refused, and why.
    pub rejected: Vec<(u64, String)>,
    /// Accounts that exist only because the records name them: a typing error makes
    /// such an account.
    pub unknown_accounts: BTreeSet<String>,
    /// Accounts whose own usage no longer counts, because they get their first child.
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

/// The accounts that accepted records name as parents and none describes. What a refused
/// record says does not count.
#[derive(Debug, Default)]
pub(in crate::store) struct UnknownAccounts {
    /// Those that were unknown before the import.
    unknown: BTreeSet<String>,
    named: BTreeSet<String>,
    described: BTreeSet<String>,
}

impl UnknownAccounts {
    /// Of these, which were unknown before the import.
    pub(in crate::store) fn among(unknown: BTreeSet<String>) -> Self {
        UnknownAccounts {
            unknown,
            ..UnknownAccounts::default()
        }
    }

    /// Notes that an accepted record is about an account.
    pub(in crate::store) fn describe(&mut self, account_id: &str) {
        if self.unknown.contains(account_id) {
            self.described.insert(account_id.to_owned());
        }
    }

    /// Notes that an accepted record names a parent.
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
    /// Reads records, and keeps those that are refused.
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

    /// Notes what a record changed.
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

    /// Notes a line that is refused.
    pub(in crate::store) fn reject(&mut self, line: u64, refused: &RecordError) {
        self.rejected.push((line, refused.to_string()));
    }
}
