//! The ways in which a page calls a tracker.

/// What a page tells with a feature.
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

    /// What it is called in the names of rows.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Details => "with details",
        }
    }

    /// The function of the page that makes one such call, as JavaScript.
    pub fn script(self) -> &'static str {
        match self {
            Self::Name => "bench.tracker.feature",
            Self::Details => "bench.tracker.featureWithDetails",
        }
    }

    /// The function of a page without a tracker that serializes what the call
    /// is about, and does nothing else.
    pub fn stringify_script(self) -> &'static str {
        match self {
            Self::Name => "bench.stringify",
            Self::Details => "bench.tracker.stringifyDetails",
        }
    }

    /// The share of the fastest peer's time that one call may take.
    pub fn share_of_best(self) -> f64 {
        match self {
            Self::Name => 1.0 / 5.0,
            // Reading five properties costs the same in every tracker.
            Self::Details => 1.0 / 3.0,
        }
    }
}
