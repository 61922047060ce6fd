//! All figures of the page of an account or a user.

use super::usage::Totals;
use crate::model::usage::Uncaptured;

/// The answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountReport {
    /// The figures of the period, and of the one before.
    pub totals: Compared,
    /// Those of each span.
    pub bars: Vec<Totals>,
    /// Those of each span of the period before, without those that begin before the
    /// first use; empty where the period does.
    pub bars_before: Vec<Option<Totals>>,
    /// The products that were used in either period.
    pub products: Vec<Branch>,
    /// Events of the period that are stored and not counted.
    pub uncaptured: Uncaptured,
}

impl AccountReport {
    /// Whether nothing counts in either period.
    pub fn is_empty(&self) -> bool {
        let Compared { now, before } = &self.totals;
        now.events == 0 && before.as_ref().is_none_or(|before| before.events == 0)
    }
}

/// Figures of a period and of the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// Those of the period.
    pub now: Totals,
    /// Those of the one before; `None` where it reaches before the first use.
    pub before: Option<Totals>,
}

/// A product, module or feature with its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Its name; `None` for events without one.
    pub name: Option<String>,
    /// Its figures.
    pub figures: Compared,
    /// What is in it.
    pub below: Vec<Branch>,
}
