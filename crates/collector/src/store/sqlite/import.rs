//! Imports many records at once, or reports what an import would change.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;
use serde_json::Value;

use super::{
    accounts, ancestry::Ancestry, hierarchy, own_usage, rows::AccountRow, user_records, users,
};
use crate::{
    model::{account::AccountPatch, change::Change, hierarchy::requested_parents, user::UserPatch},
    store::import::{
        DescribedIds, ImportKind, ImportReport, ParentWithUsage, UnknownAccounts, compared,
    },
};

/// Imports records, each with the number of its line. Rejected records change nothing.
///
/// # Errors
/// Fails when SQLite fails.
pub fn import(
    tx: &Transaction<'_>,
    kind: ImportKind,
    records: Vec<(u64, Value)>,
    now: i64,
) -> rusqlite::Result<ImportReport> {
    match kind {
        ImportKind::Accounts => import_accounts(tx, records, now),
        ImportKind::Users => import_users(tx, records, now),
    }
}

fn import_accounts(
    tx: &Transaction<'_>,
    records: Vec<(u64, Value)>,
    now: i64,
) -> rusqlite::Result<ImportReport> {
    let mut report = ImportReport::default();
    let patches = report.read(records, |record| AccountPatch::from_record(record, None));
    let placements: Vec<_> = patches.iter().map(|(_, patch)| patch.placement()).collect();
    let mut unknown = BTreeSet::new();
    for parent in requested_parents(&placements) {
        if accounts::find_row(tx, parent)?.is_none() {
            unknown.insert(parent.to_owned());
        }
    }
    let mut unknown = UnknownAccounts::among(unknown);
    let order = hierarchy::parents_first(tx, &placements)?;
    let at_risk = parents_at_risk(tx, &patches)?;
    let find = |id: &str| Ok(accounts::find(tx, id)?.map(compared));
    let ids = patches.iter().map(|(_, patch)| &*patch.account_id);
    let mut described = described(ids, find)?;
    let mut patches: Vec<_> = patches.into_iter().map(Some).collect();
    let mut ancestry = Ancestry::default();
    for at in order {
        let Some((line, patch)) = patches[at].take() else {
            continue;
        };
        let id = patch.account_id.clone();
        let parent = patch.requested_parent().map(str::to_owned);
        match accounts::put_one_of(tx, &mut ancestry, patch, now)? {
            Ok(()) => {
                unknown.describe(&id);
                unknown.name(parent.as_deref());
                described.accept(&id);
            }
            Err(refused) => report.reject(line, &refused),
        }
    }
    add_all(&mut report, described, find)?;
    report.unknown_accounts = unknown.finish();
    for (account_id, (row, events)) in at_risk {
        if own_usage::counted_events(tx, row)? == 0 {
            report
                .parents_with_usage
                .push(ParentWithUsage { account_id, events });
        }
    }
    Ok(report)
}

/// The accounts with usage of their own that may get their first child, each with its
/// number of events.
fn parents_at_risk(
    tx: &Transaction<'_>,
    patches: &[(u64, AccountPatch)],
) -> rusqlite::Result<BTreeMap<String, (AccountRow, i64)>> {
    let mut found = BTreeMap::new();
    for (_, patch) in patches {
        let parent = match &patch.parent_account_id {
            Change::Set(parent) => Some(parent.clone()),
            // A reactivated account becomes a child again.
            Change::Keep if patch.is_deleted == Some(false) => {
                accounts::find(tx, &patch.account_id)?.and_then(|known| known.parent_account_id)
            }
            Change::Keep | Change::Clear => None,
        };
        let Some(parent) = parent.filter(|parent| !found.contains_key(parent)) else {
            continue;
        };
        if let Some(row) = accounts::find_row(tx, &parent)? {
            found.insert(parent, (row, own_usage::counted_events(tx, row)?));
        }
    }
    found.retain(|_, (_, events)| *events > 0);
    Ok(found)
}

fn import_users(
    tx: &Transaction<'_>,
    records: Vec<(u64, Value)>,
    now: i64,
) -> rusqlite::Result<ImportReport> {
    let mut report = ImportReport::default();
    let patches = report.read(records, |record| UserPatch::from_record(record, None));
    let find = |id: &str| users::find(tx, id);
    let ids = patches.iter().map(|(_, patch)| &*patch.user_id);
    let mut described = described(ids, find)?;
    let mut ancestry = Ancestry::default();
    for (line, patch) in patches {
        let id = patch.user_id.clone();
        let account = patch.account_id.clone();
        let unknown = match account {
            Some(account) if accounts::find_row(tx, &account)?.is_none() => Some(account),
            Some(_) | None => None,
        };
        match user_records::put_one_of(tx, &mut ancestry, patch, now)? {
            Ok(()) => {
                report.unknown_accounts.extend(unknown);
                described.accept(&id);
            }
            Err(refused) => report.reject(line, &refused),
        }
    }
    add_all(&mut report, described, find)?;
    Ok(report)
}

/// The accounts or users with some ids, before the import.
fn described<'a, T>(
    ids: impl Iterator<Item = &'a str>,
    find: impl Fn(&str) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<DescribedIds<T>> {
    let mut described = DescribedIds::new();
    for id in ids {
        if !described.has(id) {
            described.insert(id, find(id)?);
        }
    }
    Ok(described)
}

/// Adds to the report what the import has changed.
fn add_all<T: PartialEq>(
    report: &mut ImportReport,
    described: DescribedIds<T>,
    find: impl Fn(&str) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<()> {
    for of in described.accepted() {
        let after = find(&of.id)?;
        report.add(of, after);
    }
    Ok(())
}
