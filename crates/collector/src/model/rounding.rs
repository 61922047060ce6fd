//! Rounds sums for those who read them.

/// Rounds to six decimals: sums of fractions such as 0.1 have an error far behind them,
/// which would be written as `0.30000000000000004`.
pub fn rounded(sum: f64) -> f64 {
    const UNIT: f64 = 1e6;
    // From here on a float has no such decimals.
    const MOST: f64 = 1e9;
    if sum.abs() < MOST {
        (sum * UNIT).round() / UNIT
    } else {
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn an_error_of_the_last_digits_goes_and_large_sums_stay() {
        assert_eq!(rounded(0.1 + 0.2).to_string(), "0.3");
        assert_eq!(rounded(-(0.1 + 0.7)).to_string(), "-0.8");
        assert_eq!(rounded(2.123_456), 2.123_456);
        assert_eq!(rounded(1e300), 1e300);
    }
}
