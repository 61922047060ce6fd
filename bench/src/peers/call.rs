//! The ways in which a page calls a tracker in the measurements.

/// What a page passes when it sends a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Call {
    /// The feature's name alone.
    Name,
    /// The name and five properties, as most pages call other trackers.
    Details,
}

impl Call {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Name, Self::Details];

    /// Its name in the names of rows.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Details => "with details",
        }
    }

    /// JavaScript source of the page function that makes one such call.
    pub fn script(self) -> &'static str {
        match self {
            Self::Name => "bench.tracker.feature",
            Self::Details => "bench.tracker.featureWithDetails",
        }
    }

    /// JavaScript source of a function for a page without a tracker. It only serializes the
    /// data of the call.
    pub fn stringify_script(self) -> &'static str {
        match self {
            Self::Name => "bench.stringify",
            Self::Details => "bench.tracker.stringifyDetails",
        }
    }

    /// The largest time of a call, as a share of the fastest peer's time.
    pub fn share_of_best(self) -> f64 {
        match self {
            Self::Name => 1.0 / 5.0,
            // Reading five properties costs the same in every tracker, so the budget is
            // looser.
            Self::Details => 1.0 / 3.0,
        }
    }
}
