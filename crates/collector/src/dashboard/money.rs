//! Writes amounts of money for people.

use maud::{Markup, html};

use super::format;
use crate::{model::financial::Amount, store::portfolio::Money};

/// Currencies of ISO 4217 that have no minor unit.
const WHOLE: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];

/// `1,234.50`: two decimals; four when the amount has more than two; none when the currency
/// has no minor unit.
pub(crate) fn money(amount: &Amount, currency: &str) -> String {
    let sign = if amount.0 < 0 { "−" } else { "" };
    let whole = amount.0.unsigned_abs() / 10_000;
    let rest = amount.0.unsigned_abs() % 10_000;
    let whole = format::number(i64::try_from(whole).unwrap_or(i64::MAX));
    if rest == 0 && WHOLE.contains(&currency) {
        format!("{sign}{whole}")
    } else if rest.is_multiple_of(100) {
        format!("{sign}{whole}.{:02}", rest / 100)
    } else {
        format!("{sign}{whole}.{rest:04}")
    }
}

/// `EUR 1,234.50`.
pub(crate) fn with_currency(amount: &Amount, currency: &str) -> String {
    format!("{currency}\u{a0}{}", money(amount, currency))
}

/// A line for the sum of each currency; `–` without any.
pub(crate) fn lines(sums: &Money) -> Vec<String> {
    if sums.0.is_empty() {
        return vec!["–".to_owned()];
    }
    let sums = sums.0.iter();
    sums.map(|(currency, amount)| with_currency(amount, currency))
        .collect()
}

/// Like [`lines`], without the decimals of a whole amount, so that a figure takes little room.
pub(crate) fn short_lines(sums: &Money) -> Vec<String> {
    let lines = lines(sums).into_iter();
    let short = |line: String| line.strip_suffix(".00").map_or(line.clone(), str::to_owned);
    lines.map(short).collect()
}

/// Renders the lines of [`short_lines`].
pub(crate) fn show_short(sums: &Money) -> Markup {
    html! {
        @for line in short_lines(sums) { span .figure { (line) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_two_decimals_or_as_many_as_it_needs() {
        assert_eq!(money(&Amount(12_345_000), "EUR"), "1,234.50");
        assert_eq!(money(&Amount(-10_001), "EUR"), "−1.0001");
        assert_eq!(money(&Amount(-5_000), "EUR"), "−0.50");
        assert_eq!(money(&Amount(12_340_000), "JPY"), "1,234");
        assert_eq!(money(&Amount(12_345_000), "JPY"), "1,234.50");
    }

    #[test]
    fn a_short_sum_has_no_decimals_if_it_is_whole() {
        let of = |amount: i128| Money([("EUR".to_owned(), Amount(amount))].into());
        for (amount, text) in [(10_000_000, "EUR 1,000<"), (10_001_000, "EUR 1,000.10<")] {
            let shown = show_short(&of(amount)).into_string().replace('\u{a0}', " ");
            assert!(shown.contains(text), "{shown}");
        }
    }
}
