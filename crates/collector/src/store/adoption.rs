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
    /// Number of accounts in whose usage it is, without those above them.
    pub accounts: i64,
    /// Sum of `total` over its events.
    pub uses: f64,
    /// The part of `accounts` that is the account or below it.
    pub accounts_here: i64,
    /// The part of `uses` of these.
    pub uses_here: f64,
}
