//! The options of a chart: its metric, and the time span of a bar.

use crate::model::bars::Bars;

/// A figure of the chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Metric {
    #[default]
    Features,
    Users,
    Sessions,
    ActiveTime,
    ModuleTime,
}

impl Metric {
    /// All metrics, in the order in which the page offers them.
    pub(crate) const ALL: [Metric; 5] = [
        Metric::Features,
        Metric::Users,
        Metric::Sessions,
        Metric::ActiveTime,
        Metric::ModuleTime,
    ];

    /// The metrics that make sense for a single user. The number of users would always be
    /// one.
    pub(crate) const OF_USER: [Metric; 4] = [
        Metric::Features,
        Metric::Sessions,
        Metric::ActiveTime,
        Metric::ModuleTime,
    ];

    /// Its value in the query of an address, and in the chart's series.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Metric::Features => "features",
            Metric::Users => "users",
            Metric::Sessions => "sessions",
            Metric::ActiveTime => "active_time",
            Metric::ModuleTime => "module_time",
        }
    }

    /// Its label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Metric::Features => "Feature uses",
            Metric::Users => "Active users",
            Metric::Sessions => "Sessions",
            Metric::ActiveTime => "Active time",
            Metric::ModuleTime => "Time in modules",
        }
    }
}

impl Bars {
    /// All spans, in the order in which the page offers them.
    pub(crate) const ALL: [Bars; 5] = [
        Bars::Days,
        Bars::Weeks,
        Bars::Months,
        Bars::Rolling7,
        Bars::Rolling28,
    ];

    /// Its value in the query of an address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Bars::Days => "day",
            Bars::Weeks => "week",
            Bars::Months => "month",
            Bars::Rolling7 => "rolling7",
            Bars::Rolling28 => "rolling28",
        }
    }

    /// Its label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Bars::Days => "Day",
            Bars::Weeks => "Week",
            Bars::Months => "Month",
            Bars::Rolling7 => "Rolling 7 days",
            Bars::Rolling28 => "Rolling 28 days",
        }
    }
}
