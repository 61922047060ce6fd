//! Which features accounts use: features that others use and one account does not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use super::{
    hierarchy::Scope,
    rows::{AccountRow, NameRow},
    usage::{CaptureStatus, Detail, scan},
};
use crate::{model::usage::Span, store::adoption::FeatureAdoption};

#[derive(Debug, Default)]
struct Uses {
    accounts: BTreeSet<AccountRow>,
    here: BTreeSet<AccountRow>,
    uses: f64,
    uses_here: f64,
}

/// Reads every feature that any account used in a span, and the part of its use that belongs to one
/// account and its subtree.
///
/// # Errors
/// Fails when SQLite fails.
pub fn read(
    conn: &Connection,
    account: AccountRow,
    span: Span,
) -> rusqlite::Result<Vec<FeatureAdoption>> {
    let here = Scope::of(conn, account, true)?;
    let everywhere = Scope::of_all(conn)?;
    let mut uses: HashMap<[Option<NameRow>; 3], Uses> = HashMap::new();
    scan(
        conn,
        &everywhere,
        span,
        Detail::Facts,
        |account, status, fact| {
            if status != CaptureStatus::Counted || fact.sums.features <= 0.0 {
                return;
            }
            let key = [fact.key.product, fact.key.module, fact.key.feature];
            let of = uses.entry(key).or_default();
            of.uses += fact.sums.features;
            of.accounts.insert(account);
            if here.is_leaf(account).is_some() {
                of.uses_here += fact.sums.features;
                of.here.insert(account);
            }
        },
    )?;
    let mut name = conn.prepare_cached("SELECT name FROM names WHERE no = ?1")?;
    let mut text = |row: Option<NameRow>| -> rusqlite::Result<Option<String>> {
        row.map(|row| name.query_row([row], |row| row.get(0)))
            .transpose()
    };
    let mut features = BTreeMap::new();
    for ([product, module, feature], uses) in uses {
        let Some(feature) = text(feature)? else {
            continue;
        };
        let (product, module) = (text(product)?, text(module)?);
        let count = |accounts: &BTreeSet<AccountRow>| accounts.len() as i64;
        features.insert(
            (product.clone(), module.clone(), feature.clone()),
            FeatureAdoption {
                product,
                module,
                feature,
                accounts: count(&uses.accounts),
                uses: uses.uses,
                accounts_here: count(&uses.here),
                uses_here: uses.uses_here,
            },
        );
    }
    Ok(features.into_values().collect())
}
