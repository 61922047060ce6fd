//! All figures of the page of an account or a user.

use super::usage::Totals;
use crate::model::usage::Uncaptured;

/// The figures of the page of an account or a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountReport {
    /// The figures of the period and of the previous one.
    pub totals: Compared,
    /// The figures of each bar of the chart.
    pub bars: Vec<Totals>,
    /// The figures of each bar of the previous period, `None` for a bar that begins before the
    /// first use. Empty when the previous period itself begins before it.
    pub bars_before: Vec<Option<Totals>>,
    /// The products that were used in either period.
    pub products: Vec<Branch>,
    /// Events of the period that are stored but not counted.
    pub uncaptured: Uncaptured,
}

impl AccountReport {
    /// Whether neither period has any counted event.
    pub fn is_empty(&self) -> bool {
        let Compared { now, before } = &self.totals;
        now.events == 0 && before.as_ref().is_none_or(|before| before.events == 0)
    }
}

/// Figures of a period and of the previous one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// The figures of the period.
    pub now: Totals,
    /// The figures of the previous period; `None` when it begins before the first use.
    pub before: Option<Totals>,
}

/// A product, module or feature with its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Its name; `None` for events without one.
    pub name: Option<String>,
    /// Its figures.
    pub figures: Compared,
    /// The modules of a product, or the features of a module.
    pub below: Vec<Branch>,
}
