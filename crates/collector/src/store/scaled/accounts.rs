//! Stored accounts.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::{
    account_rows::Named,
    ancestry::Ancestry,
    failure::Result,
    hierarchy, json, layers,
    postgres::{Tx, execute, query, query_one, query_opt},
};
use crate::{
    model::{
        account::{Account, AccountPatch},
        change::Change,
        hierarchy::{Placement, requested_parents},
        layers::Layers,
        nul::without_nul,
        page::{Page, Pager},
        record::RecordError,
        trust::Trust,
    },
    store::{
        accounts::{AccountsQuestion, RecordOutcome},
        records::Listed,
    },
};

const COLUMNS: &str = "a.account_id, a.name, p.account_id, a.hierarchy_label, a.join_date,
    a.details, a.is_deleted,
    NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND NOT c.is_deleted)
    FROM accounts a LEFT JOIN accounts p ON p.no = a.parent_no";

fn read(row: &Row) -> Account {
    Account {
        account_id: row.get(0),
        name: row.get(1),
        parent_account_id: row.get(2),
        hierarchy_label: row.get(3),
        join_date: row.get(4),
        details: json::object(row.get(5)),
        is_deleted: row.get(6),
        is_leaf: row.get(7),
    }
}

/// Finds an account.
pub(super) async fn find(tx: &Tx<'_>, account_id: &str) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} WHERE a.account_id = $1");
    Ok(query_opt(tx, &sql, &[&account_id])
        .await?
        .map(|row| read(&row)))
}

/// Finds the stored ones of these accounts, by id.
pub(super) async fn find_all(tx: &Tx<'_>, ids: &[String]) -> Result<HashMap<String, Account>> {
    let sql = format!("SELECT {COLUMNS} WHERE a.account_id = ANY($1::text[])");
    let rows = query(tx, &sql, &[&ids]).await?;
    let accounts = rows.iter().map(read);
    Ok(accounts
        .map(|account| (account.account_id.clone(), account))
        .collect())
}

/// Lists accounts by id. `parent` is the number of the parent that the question names. Returns one
/// page and the total number.
pub(super) async fn list(
    tx: &Tx<'_>,
    parent: Option<i64>,
    question: &AccountsQuestion,
    page: Page,
) -> Result<Listed<Account>> {
    let is_child = match parent {
        Some(_) => "a.parent_no = $1",
        None => "$1::bigint IS NULL",
    };
    let wanted = format!(
        "{is_child} AND (NOT $2 OR a.parent_no IS NULL)
         AND ($3::bool IS NULL OR a.is_deleted = $3)
         AND ($4::text IS NULL OR a.hierarchy_label = $4)
         AND ($5::bool IS NULL OR $5 = NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND NOT c.is_deleted))"
    );
    let (roots_only, is_deleted) = (question.roots_only, question.filter.is_deleted);
    let (label, is_leaf) = (&question.hierarchy_label, question.is_leaf);
    let Some(texts) = question.filter.of_texts() else {
        let sql = format!("SELECT COUNT(*) FROM accounts a WHERE {wanted}");
        let total = query_one(
            tx,
            &sql,
            &[&parent, &roots_only, &is_deleted, label, &is_leaf],
        )
        .await?
        .get(0);
        let sql =
            format!("SELECT {COLUMNS} WHERE {wanted} ORDER BY a.account_id LIMIT $6 OFFSET $7");
        let (limit, offset) = (page.limit, page.offset());
        let rows = query(
            tx,
            &sql,
            &[
                &parent,
                &roots_only,
                &is_deleted,
                label,
                &is_leaf,
                &limit,
                &offset,
            ],
        )
        .await?;
        return Ok((rows.iter().map(read).collect(), total));
    };
    // Only the columns that the filter compares are read for all accounts.
    let details = if texts.needs_details() {
        "a.details"
    } else {
        "'{}'"
    };
    let sql = format!(
        "SELECT a.no, a.account_id, a.name, {details} FROM accounts a WHERE {wanted}
         ORDER BY a.account_id"
    );
    let rows = query(
        tx,
        &sql,
        &[&parent, &roots_only, &is_deleted, label, &is_leaf],
    )
    .await?;
    let mut pager = Pager::new(page);
    for row in &rows {
        let found = texts.contains(row.get(1), row.get(2), || json::object(row.get(3)));
        if found && pager.is_on_page() {
            pager.add(row.get(0));
        }
    }
    let (numbers, total): (Vec<i64>, i64) = pager.finish();
    let sql = format!("SELECT {COLUMNS} WHERE a.no = ANY($1::bigint[]) ORDER BY a.account_id");
    let rows = query(tx, &sql, &[&numbers]).await?;
    Ok((rows.iter().map(read).collect(), total))
}

/// Inserts or modifies an account. Nothing is written when the record is rejected.
pub(super) async fn put(
    tx: &Tx<'_>,
    patch: AccountPatch,
    now: i64,
) -> Result<std::result::Result<(), RecordError>> {
    put_one_of(tx, &mut Ancestry::default(), patch, now).await
}

/// Like [`put`], for one of many records of a call. They share what was learned of the tree.
pub(super) async fn put_one_of(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    patch: AccountPatch,
    now: i64,
) -> Result<std::result::Result<(), RecordError>> {
    let account_id = patch.account_id.clone();
    let parent_id = patch.requested_parent().map(str::to_owned);
    let parent_change = patch.parent_account_id.clone();
    let is_placed = parent_change != Change::Keep;
    if is_placed {
        ancestry.lock(tx).await?;
    }
    let account = ancestry.find(tx, &account_id).await?;
    let parent = match &parent_id {
        Some(parent_id) => Some(ancestry.find(tx, parent_id).await?),
        None => None,
    };
    if let Some(parent) = parent
        && let Some(cycle) = hierarchy::find_cycle(tx, ancestry, account, parent).await?
    {
        return Ok(Err(RecordError::Cycle(cycle)));
    }
    let is_deleted = patch.is_deleted;
    let mut layers: Layers<Account> = match account.no {
        Some(no) => ancestry.take_layers(tx, no).await?,
        None => Layers::default(),
    };
    if let Err(rejected) = layers.put(patch, now) {
        return Ok(Err(rejected));
    }
    layers.record_parent_change(&parent_change, now);
    let no = account.get_or_insert(tx).await?;
    layers::write(&layers, tx, no).await?;
    if is_placed {
        let parent = match parent {
            Some(parent) => Some(parent.get_or_insert(tx).await?),
            None => None,
        };
        hierarchy::set_parent(tx, ancestry, no, parent).await?;
    }
    if let Some(is_deleted) = is_deleted {
        let sql = "UPDATE accounts SET is_deleted = $2 WHERE no = $1";
        execute(tx, sql, &[&no, &is_deleted]).await?;
    }
    Ok(Ok(()))
}

/// Inserts or modifies accounts, parents first. Each has its index in the call. A rejected record
/// does not keep the others from being stored.
pub(super) async fn put_many(
    tx: &Tx<'_>,
    patches: Vec<(usize, AccountPatch)>,
    now: i64,
) -> Result<Vec<RecordOutcome>> {
    let mut ancestry = Ancestry::default();
    let order = placing_order(tx, &mut ancestry, patches.iter().map(|(_, patch)| patch)).await?;
    let mut patches: Vec<_> = patches.into_iter().map(Some).collect();
    let mut outcomes = Vec::with_capacity(patches.len());
    for at in order {
        if let Some((index, patch)) = patches[at].take() {
            let id = patch.account_id.clone();
            outcomes.push((index, id, put_one_of(tx, &mut ancestry, patch, now).await?));
        }
    }
    Ok(outcomes)
}

/// The order in which the records of a call are applied, parents first. If a record sets a parent,
/// this takes the lock of the tree, which may change until then, and reads what the records concern.
pub(super) async fn placing_order<'a>(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    patches: impl Iterator<Item = &'a AccountPatch>,
) -> Result<Vec<usize>> {
    // Different ids may be stored as the same one, because NUL is replaced.
    let ids: Vec<_> = patches
        .map(|patch| {
            let Placement { id, parent } = patch.placement();
            let stored = |id: &str| without_nul(id.to_owned());
            (stored(id), parent.map(stored))
        })
        .collect();
    let placements: Vec<_> = ids
        .iter()
        .map(|(id, parent)| Placement {
            id,
            parent: parent.as_ref().map(String::as_str),
        })
        .collect();
    let order = hierarchy::parents_first(tx, ancestry, &placements).await?;
    let records: Vec<&str> = placements.iter().map(|placement| placement.id).collect();
    let parents: Vec<&str> = requested_parents(&placements).into_iter().collect();
    ancestry.read_ahead(tx, &records, &parents).await?;
    Ok(order)
}

/// Merges the details of an `identifyAccount` that was made at `at`. Unusable details are left out:
/// they never make an event invalid.
pub(super) async fn identify(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    account_id: &str,
    mut details: Map<String, Value>,
    at: i64,
    stream: Option<&str>,
    trust: Trust,
) -> Result<()> {
    if trust.changes_parent(&details) {
        ancestry.lock(tx).await?;
    }
    let account = Named::find(tx, account_id).await?;
    let Some(no) = account.no else {
        return Ok(());
    };
    let mut layers = layers::find::<Account>(tx, no).await?;
    let sql = "SELECT parent_no IS NOT NULL FROM accounts WHERE no = $1";
    let has_parent: bool = query_one(tx, sql, &[&no]).await?.get(0);
    let change = layers.parent_change(&details, trust, at, has_parent);
    let change = change.map(without_nul);
    match &change {
        Change::Keep => {}
        Change::Clear => {
            layers.record_parent_change(&change, at);
            hierarchy::set_parent(tx, ancestry, no, None).await?;
        }
        Change::Set(parent_id) => {
            let parent = Named::find(tx, parent_id).await?;
            let cycle = hierarchy::find_cycle(tx, ancestry, account, parent).await?;
            if cycle.is_none() && !(trust != Trust::Full && has_usage(tx, parent_id).await?) {
                let parent_value = details.remove("parent_account_id");
                match trust {
                    Trust::Public { .. } => {
                        (layers.public).record_parent(parent_value.unwrap_or_default(), at, stream);
                    }
                    Trust::Full => layers.record_parent_change(&change, at),
                }
                let parent = parent.get_or_insert(tx).await?;
                hierarchy::set_parent(tx, ancestry, no, Some(parent)).await?;
            }
        }
    }
    match trust {
        Trust::Public { .. } => layers.public.add(details, at, stream),
        Trust::Full => {
            let patch = AccountPatch::from_identify(account_id, details, false);
            layers.add_trusted(patch, at);
        }
    }
    layers::write(&layers, tx, no).await
}

/// Whether an account has usage of its own. It would no longer count once the account has a child,
/// so anybody could make a customer's figures disappear.
pub(super) async fn has_usage(tx: &Tx<'_>, account_id: &str) -> Result<bool> {
    let sql = "SELECT has_usage AND NOT EXISTS (
                   SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND NOT c.is_deleted)
               FROM accounts a WHERE account_id = $1";
    let found = query_opt(tx, sql, &[&account_id]).await?;
    Ok(found.is_some_and(|row| row.get(0)))
}

/// Deactivates an account. Its usage remains, and its parent may become a leaf. Returns false when
/// the account is unknown.
pub(super) async fn deactivate(tx: &Tx<'_>, account_id: &str) -> Result<bool> {
    let sql = "UPDATE accounts SET is_deleted = true WHERE account_id = $1";
    Ok(execute(tx, sql, &[&account_id]).await? == 1)
}
