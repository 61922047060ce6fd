//! The numbers of a line, as they are written.

/// A number in a JSON text, as it is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberLiteral<'a>(&'a str);

/// The numbers of a JSON text, in order, without those inside strings.
pub(super) fn numbers(json: &[u8]) -> impl Iterator<Item = NumberLiteral<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = json.get(at) {
            match byte {
                b'"' => at = after_string(json, at),
                b'-' | b'0'..=b'9' => {
                    let begin = at;
                    at += (json[begin..].iter())
                        .take_while(|byte| is_part_of_number(**byte))
                        .count();
                    // All of these bytes are ASCII.
                    return Some(NumberLiteral(
                        std::str::from_utf8(&json[begin..at]).unwrap_or_default(),
                    ));
                }
                _ => at += 1,
            }
        }
        None
    })
}

fn is_part_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// The position after the string that begins at `at`.
fn after_string(json: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

/// A number with at most this many digits survives as a double, unless its exponent is
/// extreme.
const SAFE_DIGITS: usize = 15;

impl<'a> NumberLiteral<'a> {
    /// The number as it is written.
    pub(super) fn text(self) -> &'a str {
        self.0
    }

    /// Whether it is too large for a double.
    pub(super) fn is_out_of_range(self) -> bool {
        self.0.parse::<f64>().is_ok_and(f64::is_infinite)
    }

    /// Whether a parser keeps all of its digits. For a whole number beyond 64 bits, or a
    /// fraction with more than about 16 digits, it keeps the nearest double instead.
    pub(super) fn is_exact(self) -> bool {
        let has_exponent = self.0.contains(['e', 'E']);
        if !has_exponent && self.0.len() <= SAFE_DIGITS {
            return true;
        }
        if self.0.parse::<i64>().is_ok() || self.0.parse::<u64>().is_ok() {
            return true;
        }
        let Ok(double) = self.0.parse::<f64>() else {
            return false;
        };
        digits(self.0).eq(digits(&double.to_string()))
    }
}

/// The digits of a number, without leading and trailing zeros.
fn digits(number: &str) -> impl Iterator<Item = u8> {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let is_significant = |byte: &u8| matches!(byte, b'1'..=b'9');
    let bytes = mantissa.as_bytes();
    let begin = bytes.iter().position(is_significant).unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(is_significant)
        .map_or(begin, |at| at + 1);
    bytes[begin..end].iter().copied().filter(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_outside_of_strings() {
        let json = br#"{"1":[-2.5e+3,"4\"5\\",6],"a\\":7}"#;
        let found: Vec<_> = numbers(json).map(NumberLiteral::text).collect();
        assert_eq!(found, ["-2.5e+3", "6", "7"]);
        assert_eq!(numbers(br#""1\"#).count(), 0);
    }

    #[test]
    fn a_number_is_kept_where_its_double_has_the_same_digits() {
        for kept in [
            "0",
            "-0.0",
            "1700000000000",
            "1700000000000.0",
            "0.30000000000000004",
            "18446744073709551615",
            "-9223372036854775808",
            "1.5e300",
            "1e22",
            "100000000000000000000000",
            "5e-324",
            "0.000000000000000000000000000000125",
        ] {
            assert!(NumberLiteral(kept).is_exact(), "{kept}");
        }
        for changed in [
            "12345678901234567890123",
            "18446744073709551617",
            "0.1000000000000000055",
            "1e-400",
            "4.9e-324",
        ] {
            assert!(!NumberLiteral(changed).is_exact(), "{changed}");
        }
    }
}
