//! Which features accounts use.

/// A feature with the accounts that use it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureAdoption {
    /// The product; `None` for features without one.
    pub product: Option<String>,
    /// The module; `None` for features without one.
    pub module: Option<String>,
    /// The feature.
    pub feature: String,
    /// Number of accounts that used it themselves. Their ancestors are not counted.
    pub accounts: i64,
    /// Sum of `total` over its events.
    pub uses: f64,
    /// How many of `accounts` are the account of the page or lie below it.
    pub accounts_here: i64,
    /// The part of `uses` that comes from these accounts.
    pub uses_here: f64,
}
