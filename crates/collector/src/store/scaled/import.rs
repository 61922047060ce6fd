//! Imports many records at once, or reports what an import would change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    account_rows, accounts, ancestry::Ancestry, failure::Result, postgres::Tx, user_records, users,
};
use crate::{
    model::{
        account::AccountPatch, change::Change, hierarchy::requested_parents, nul::without_nul,
        user::UserPatch,
    },
    store::import::{DescribedIds, ImportReport, ParentWithUsage, UnknownAccounts, compared},
};

/// The accounts with usage of their own that may get their first child.
pub(super) async fn parents_at_risk(tx: &Tx<'_>, records: &[(u64, Value)]) -> Result<Vec<String>> {
    // Each parent is looked up once.
    let mut is_at_risk = BTreeMap::new();
    for (_, record) in records {
        let Ok(patch) = AccountPatch::from_record(record.clone(), None) else {
            continue;
        };
        let parent = match &patch.parent_account_id {
            Change::Set(parent) => Some(parent.clone()),
            // A reactivated account becomes a child again.
            Change::Keep if patch.is_deleted == Some(false) => {
                let known = accounts::find(tx, &patch.account_id).await?;
                known.and_then(|known| known.parent_account_id)
            }
            Change::Keep | Change::Clear => None,
        };
        if let Some(parent) = parent.filter(|parent| !is_at_risk.contains_key(parent)) {
            let has_usage = accounts::has_usage(tx, &parent).await?;
            is_at_risk.insert(parent, has_usage);
        }
    }
    is_at_risk.retain(|_, has_usage| *has_usage);
    Ok(is_at_risk.into_keys().collect())
}

/// Imports accounts, each with the number of its line. Rejected records change nothing. `at_risk`
/// has the parents with usage of their own, each with its number of events.
pub(super) async fn accounts(
    tx: &Tx<'_>,
    records: Vec<(u64, Value)>,
    at_risk: Vec<ParentWithUsage>,
    now: i64,
) -> Result<ImportReport> {
    let mut ancestry = Ancestry::default();
    ancestry.lock(tx).await?;
    let mut report = ImportReport::default();
    let patches = report.read(records, |record| AccountPatch::from_record(record, None));
    let placements: Vec<_> = patches.iter().map(|(_, patch)| patch.placement()).collect();
    let mut unknown = BTreeSet::new();
    let parents = requested_parents(&placements);
    let stored: Vec<String> = parents.iter().map(|id| stored_id(id)).collect();
    let known = accounts::find_all(tx, &stored).await?;
    for parent in parents {
        if !known.contains_key(&stored_id(parent)) {
            unknown.insert(parent.to_owned());
        }
    }
    let mut unknown = UnknownAccounts::among(unknown);
    let records = patches.iter().map(|(_, patch)| patch);
    let order = accounts::placing_order(tx, &mut ancestry, records).await?;
    let mut described = DescribedIds::new();
    let ids = patches
        .iter()
        .map(|(_, patch)| stored_id(&patch.account_id));
    let ids: Vec<String> = ids.collect();
    let known = accounts::find_all(tx, &ids).await?;
    for (_, patch) in &patches {
        let id = &patch.account_id;
        if !described.has(id) {
            described.insert(id, known.get(&stored_id(id)).cloned().map(compared));
        }
    }
    let mut patches: Vec<_> = patches.into_iter().map(Some).collect();
    for at in order {
        let Some((line, patch)) = patches[at].take() else {
            continue;
        };
        let id = patch.account_id.clone();
        let parent = patch.requested_parent().map(str::to_owned);
        match accounts::put_one_of(tx, &mut ancestry, patch, now).await? {
            Ok(()) => {
                unknown.describe(&id);
                unknown.name(parent.as_deref());
                described.accept(&id);
            }
            Err(refused) => report.reject(line, &refused),
        }
    }
    let known = accounts::find_all(tx, &ids).await?;
    for of in described.accepted() {
        let after = known.get(&stored_id(&of.id)).cloned().map(compared);
        report.add(of, after);
    }
    report.unknown_accounts = unknown.finish();
    for parent in at_risk {
        if !accounts::has_usage(tx, &parent.account_id).await? {
            report.parents_with_usage.push(parent);
        }
    }
    Ok(report)
}

/// The form in which an id is stored.
fn stored_id(id: &str) -> String {
    without_nul(id.to_owned())
}

/// Imports users, each with the number of its line. Rejected records change nothing.
pub(super) async fn users(
    tx: &Tx<'_>,
    records: Vec<(u64, Value)>,
    now: i64,
) -> Result<ImportReport> {
    user_records::lock(tx).await?;
    let mut report = ImportReport::default();
    let patches = report.read(records, |record| UserPatch::from_record(record, None));
    let mut described = DescribedIds::new();
    for (_, patch) in &patches {
        let id = &patch.user_id;
        if !described.has(id) {
            described.insert(id, users::find(tx, id).await?);
        }
    }
    let mut ancestry = Ancestry::default();
    for (line, patch) in patches {
        let id = patch.user_id.clone();
        let account = patch.account_id.clone();
        let unknown = match account {
            Some(account) if account_rows::find_no(tx, &account).await?.is_none() => Some(account),
            Some(_) | None => None,
        };
        match user_records::put_one_of(tx, &mut ancestry, patch, now).await? {
            Ok(()) => {
                report.unknown_accounts.extend(unknown);
                described.accept(&id);
            }
            Err(refused) => report.reject(line, &refused),
        }
    }
    for of in described.accepted() {
        let after = users::find(tx, &of.id).await?;
        report.add(of, after);
    }
    Ok(report)
}
