//! Which features accounts use: features that others use and one account does not.

use std::collections::{BTreeMap, HashSet};

use super::reading::{Reading, ids};
use crate::{
    model::usage::{Filter, Span},
    store::{adoption::FeatureAdoption, scaled::failure::Result},
};

/// Reads every feature that any account of a reading used in a span, and the part of its use that
/// belongs to the accounts with the ids `here`.
pub(in crate::store::scaled) async fn read(
    reading: &Reading,
    here: impl Iterator<Item = &str>,
    span: Span,
) -> Result<Vec<FeatureAdoption>> {
    let sql = |facts: &str| {
        format!(
            "SELECT product, module, feature, account_id IN (SELECT id FROM here) AS is_here,
            account_id, sum(features)
         FROM ({}) WHERE counts = 1 AND features > 0
         GROUP BY product, module, feature, account_id",
            facts
        )
    };
    let mut rows = reading
        .ask((span, &Filter::default()), sql, vec![ids("here", here)])
        .await?;
    let mut features: BTreeMap<[Option<String>; 3], FeatureAdoption> = BTreeMap::new();
    let mut accounts = HashSet::new();
    while rows.has_more() {
        let (product, module, feature) = (rows.optional()?, rows.optional()?, rows.optional()?);
        let is_here = rows.flag()?;
        let (account_id, uses) = (rows.text()?, rows.float()?);
        let Some(name) = feature.clone() else {
            continue;
        };
        let key = [product.clone(), module.clone(), feature];
        let of = features
            .entry(key.clone())
            .or_insert_with(|| FeatureAdoption {
                product,
                module,
                feature: name,
                accounts: 0,
                uses: 0.0,
                accounts_here: 0,
                uses_here: 0.0,
            });
        of.uses += uses;
        if is_here {
            of.uses_here += uses;
        }
        // The users of one account may be on several shards.
        if accounts.insert((key, account_id)) {
            of.accounts += 1;
            of.accounts_here += i64::from(is_here);
        }
    }
    Ok(features.into_values().collect())
}
