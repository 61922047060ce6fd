//! Rounds sums for display.

/// For sums below the first number, the second number is the unit of rounding as parts of
/// one. That gives twelve significant digits, of which at most six are decimals. The error of
/// a floating-point sum is in the digits after these, in whatever order it was added up.
const UNITS: [(f64, f64); 5] = [
    (1e6, 1e6),
    (1e7, 1e5),
    (1e8, 1e4),
    (1e9, 1e3),
    // From here on, the decimals of a float cannot be distinguished from its error.
    (1e13, 1e2),
];

/// Rounds to the decimals that are exact: sums of fractions such as 0.1 have an error far
/// behind these, which would be shown as `0.30000000000000004`.
pub fn rounded(sum: f64) -> f64 {
    UNITS
        .into_iter()
        .find(|(most, _)| sum.abs() < *most)
        .map_or(sum, |(_, unit)| (sum * unit).round() / unit)
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
        assert_eq!(rounded(1e13 + 1.0), 1e13 + 1.0);
    }

    #[test]
    fn sums_of_the_same_fractions_in_any_order_are_the_same() {
        let fractions: Vec<f64> = (0..50_000)
            .map(|n| [0.1, 0.3, 2.5, 0.125, 1000.0, 0.7][n % 6])
            .chain([0.325, 5e6, 6e8])
            .collect();
        for most in [1e3, 1e7, 1e9] {
            let added = || fractions.iter().filter(|one| **one < most);
            let (right, left): (f64, f64) = (added().sum(), added().rev().sum());
            assert_eq!(rounded(right), rounded(left), "{right} and {left}");
        }
    }
}
