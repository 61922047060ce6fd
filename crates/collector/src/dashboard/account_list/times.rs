//! The times in a list of accounts, which of them it shows, and how a figure is shown with its
//! change.

use maud::{Markup, html};

use crate::{
    dashboard::value::Value,
    model::usage::Filter,
    store::portfolio::{PeriodFigures, Portfolio, PortfolioRow},
};

/// The times that the page shows. Trackers report active time for a whole session, mostly
/// without a product, and time in modules without a feature. Under a filter, 0 is then no
/// measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShownTimes {
    pub(super) active_time: bool,
    pub(super) module_time: bool,
    /// Why a time is left out.
    pub(super) reason: Option<&'static str>,
}

impl ShownTimes {
    /// The times under a filter, from what was reported.
    pub(super) fn of(filter: &Filter, portfolio: &Portfolio) -> Self {
        let totals = &portfolio.totals;
        let is_reported = |time: fn(&PeriodFigures) -> i64| {
            time(&totals.now) > 0 || totals.before.as_ref().is_some_and(|of| time(of) > 0)
        };
        let active_time = is_reported(|figures| figures.active_time);
        let module_time = is_reported(|figures| figures.module_time);
        if filter.feature.is_some() {
            let reason = "Times are left out: trackers report them for sessions and modules, not for features.";
            ShownTimes {
                active_time,
                module_time,
                reason: (!active_time && !module_time).then_some(reason),
            }
        } else if filter.product.is_some() || filter.module.is_some() {
            let reason = "Active time is left out: trackers report it for a whole session, without a product.";
            ShownTimes {
                active_time,
                module_time: true,
                reason: (!active_time).then_some(reason),
            }
        } else {
            ShownTimes {
                active_time,
                module_time: !active_time && module_time,
                reason: None,
            }
        }
    }
}

/// A time among the figures of a period, in ms.
type Time = fn(&PeriodFigures) -> i64;

/// The change of a time since the previous period.
pub(super) fn time_change(row: &PortfolioRow, of: Time) -> Value {
    match &row.before {
        None => Value::None,
        Some(before) => Value::DurationDifference(of(&row.now) - of(before)),
    }
}

/// Renders a time with its change. An account for which no time was reported has no change
/// either.
pub(super) fn with_time_change(row: &PortfolioRow, of: Time) -> Markup {
    let is_reported = of(&row.now) > 0 || row.before.as_ref().is_some_and(|before| of(before) > 0);
    let change = if is_reported {
        time_change(row, of)
    } else {
        Value::None
    };
    with_change(&Value::Duration(of(&row.now)), &change)
}

/// Renders a figure with its change below it.
pub(super) fn with_change(figure: &Value, change: &Value) -> Markup {
    html! {
        (figure.show())
        @if *change != Value::None { small .change { (change.show()) } }
    }
}
