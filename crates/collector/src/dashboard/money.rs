//! Writes amounts of money for people.

use super::format;
use crate::{model::financial::Amount, store::portfolio::Money};

/// `1,234.50`: two decimals, or four when the amount has more.
pub(crate) fn money(amount: &Amount) -> String {
    let sign = if amount.0 < 0 { "−" } else { "" };
    let whole = amount.0.unsigned_abs() / 10_000;
    let rest = amount.0.unsigned_abs() % 10_000;
    let whole = format::number(i64::try_from(whole).unwrap_or(i64::MAX));
    if rest.is_multiple_of(100) {
        format!("{sign}{whole}.{:02}", rest / 100)
    } else {
        format!("{sign}{whole}.{rest:04}")
    }
}

/// `EUR 1,234.50 + CHF 12.00`; `–` for nothing.
pub(crate) fn in_words(sums: &Money) -> String {
    let sums: Vec<String> = sums
        .0
        .iter()
        .map(|(currency, amount)| format!("{currency}\u{a0}{}", money(amount)))
        .collect();
    if sums.is_empty() {
        "–".to_owned()
    } else {
        sums.join(" + ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_two_decimals_or_as_many_as_it_needs() {
        assert_eq!(money(&Amount(12_345_000)), "1,234.50");
        assert_eq!(money(&Amount(-10_001)), "−1.0001");
        assert_eq!(money(&Amount(-5_000)), "−0.50");
    }
}
