//! When an account was used, and how much of a feature.

use super::reading::Reading;
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::scaled::failure::Result,
};

/// The quarters of an hour of the first and the latest counted use that matches a filter, over all
/// time, in ms since the Unix epoch.
pub(in crate::store::scaled) async fn first_and_last(
    reading: &Reading,
    filter: &Filter,
) -> Result<Option<(i64, i64)>> {
    let sql = |facts: &str| {
        format!(
            "SELECT toUInt8(count() > 0), min(quarter), max(quarter) FROM ({}) WHERE counts = 1",
            facts
        )
    };
    let mut rows = reading.ask((Span::ALL, filter), sql, Vec::new()).await?;
    let mut used: Option<(i64, i64)> = None;
    while rows.has_more() {
        let ms = |quarter: u32| i64::from(quarter) * QUARTER_MS;
        let (first, last) = (rows.if_any()?, ms(rows.small()?));
        if let Some(first) = first.map(ms) {
            used = Some(used.map_or((first, last), |used| (used.0.min(first), used.1.max(last))));
        }
    }
    Ok(used)
}

/// The sum of feature uses in a span.
pub(in crate::store::scaled) async fn feature_uses(
    reading: &Reading,
    span: Span,
    filter: &Filter,
) -> Result<f64> {
    let sql = |facts: &str| format!("SELECT sum(features) FROM ({}) WHERE counts = 1", facts);
    let mut rows = reading.ask((span, filter), sql, Vec::new()).await?;
    let mut uses = 0.0;
    while rows.has_more() {
        uses += rows.float()?;
    }
    Ok(uses)
}
