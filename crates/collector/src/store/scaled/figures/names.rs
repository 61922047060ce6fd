//! The product, module and feature names in use, which are the choices of a filter.

use std::collections::BTreeMap;

use super::reading::Reading;
use crate::{
    model::usage::{Filter, Span},
    store::{
        portfolio::Names,
        scaled::{clickhouse::literal, failure::Result},
    },
};

/// The names in all events of the accounts of a reading, whether they count or not.
pub(in crate::store::scaled) async fn all(reading: &Reading) -> Result<Names> {
    let sql = |facts: &str| {
        format!(
            "SELECT product, module, feature, count() FROM ({}) GROUP BY product, module, feature",
            facts
        )
    };
    let mut names = Names::default();
    let mut rows = reading
        .ask((Span::ALL, &Filter::default()), sql, Vec::new())
        .await?;
    while rows.has_more() {
        let (product, module, feature) = (rows.optional()?, rows.optional()?, rows.optional()?);
        let events = rows.number()?;
        add_name(&mut names.products, product, events);
        add_name(&mut names.modules, module, events);
        add_name(&mut names.features, feature, events);
    }
    Ok(names)
}

fn add_name(names: &mut BTreeMap<String, u64>, name: Option<String>, events: u64) {
    if let Some(name) = name {
        *names.entry(name).or_default() += events;
    }
}

/// The names in the counted events of a span: every product, the modules of the product of a
/// filter, and the features of its product and module.
pub(in crate::store::scaled) async fn counted(
    reading: &Reading,
    span: Span,
    filter: &Filter,
) -> Result<Names> {
    let mut names = Names::default();
    let sql = |facts: &str| {
        format!(
            "SELECT product, module, feature, count() FROM ({}) WHERE counts = 1
         GROUP BY product, module, feature",
            facts
        )
    };
    let mut rows = reading
        .ask((span, &Filter::default()), sql, Vec::new())
        .await?;
    while rows.has_more() {
        let (product, module, feature) = (rows.optional()?, rows.optional()?, rows.optional()?);
        let events = rows.number()?;
        let has_product = is_chosen(filter.product.as_deref(), product.as_deref());
        let has_module = is_chosen(filter.module.as_deref(), module.as_deref());
        add_name(&mut names.products, product, events);
        if has_product {
            add_name(&mut names.modules, module, events);
        }
        if has_product && has_module {
            add_name(&mut names.features, feature, events);
        }
    }
    Ok(names)
}

/// Whether each name of a filter occurs in an event of the accounts of a reading, no matter whether
/// it names a product, a module or a feature there.
pub(in crate::store::scaled) async fn are_known(
    reading: &Reading,
    filter: &Filter,
) -> Result<bool> {
    for name in [&filter.product, &filter.module, &filter.feature] {
        let Some(name) = name.as_deref().filter(|name| !name.is_empty()) else {
            continue;
        };
        let name = literal(name);
        let sql = |facts: &str| {
            format!(
                "SELECT 1 FROM ({})
             WHERE product = {name} OR module = {name} OR feature = {name} LIMIT 1",
                facts
            )
        };
        if !reading
            .ask((Span::ALL, &Filter::default()), sql, Vec::new())
            .await?
            .has_more()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a value is selected by a filter. An empty text selects events without a value.
fn is_chosen(wanted: Option<&str>, value: Option<&str>) -> bool {
    match wanted {
        None => true,
        Some("") => value.is_none(),
        Some(wanted) => value == Some(wanted),
    }
}
