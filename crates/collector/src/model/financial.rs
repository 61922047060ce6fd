//! Financial records of an account.

use natero_event::received::id;
use serde::Serialize;
use serde_json::Value;

use super::{
    folding::folded,
    nul::value_without_nul,
    read_value::number,
    record::{RecordError, invalid, invalid_time, record_date, record_id},
    record_key::hashed,
};

/// A financial figure of an account, such as a contract, an invoice or a monthly revenue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Financial {
    /// Key within the account. A record with the key of a stored one replaces that.
    pub id: Option<String>,
    /// Date in ms since the Unix epoch.
    pub date: i64,
    /// Name of the figure, such as `mrr`.
    pub name: String,
    /// Amount in `currency`.
    pub amount: Amount,
    /// Currency code of ISO 4217, in upper case.
    pub currency: String,
}

/// An amount of money in ten-thousandths of the currency's unit. Sums are
/// exact, and no currency has more than four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount(pub i128);

/// Larger than any amount on a balance sheet, in any currency.
const MAX_AMOUNT: f64 = 1e13;
const UNIT: i128 = 10_000;

/// The decimals of an amount.
const DECIMALS: usize = 4;

impl Amount {
    /// The amount in the currency's unit.
    pub fn in_units(self) -> f64 {
        // The ten-thousandths of a large amount are too many for a float, so that dividing them
        // would round twice.
        let Amount(parts) = self;
        let sign = if parts < 0 { "-" } else { "" };
        let (whole, rest) = (
            parts.unsigned_abs() / UNIT as u128,
            parts.unsigned_abs() % UNIT as u128,
        );
        let digits = format!("{sign}{whole}.{rest:0DECIMALS$}");
        digits.parse().expect("digits with a point are a number")
    }

    /// Reads an amount, to the digits that were written.
    fn read(value: &Value) -> Option<Self> {
        let amount = number(value)?;
        if amount.abs() > MAX_AMOUNT {
            return None;
        }
        // These are the fewest digits that stand for the number, which are those of the client.
        let digits = amount.abs().to_string();
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut parts = whole.parse::<i128>().ok()?;
        for at in 0..DECIMALS {
            let digit = fraction.as_bytes().get(at).unwrap_or(&b'0') - b'0';
            parts = parts * 10 + i128::from(digit);
        }
        if fraction
            .as_bytes()
            .get(DECIMALS)
            .is_some_and(|next| *next >= b'5')
        {
            parts += 1;
        }
        Some(Amount(if amount < 0.0 { -parts } else { parts }))
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0 / UNIT) {
            Ok(whole) if self.0 % UNIT == 0 => serializer.serialize_i64(whole),
            _ => serializer.serialize_f64(self.in_units()),
        }
    }
}

impl Financial {
    /// Reads a record.
    ///
    /// # Errors
    /// The error names the first invalid field.
    pub fn from_record(record: &Value) -> Result<Self, RecordError> {
        let Value::Object(fields) = &value_without_nul(record.clone()) else {
            return Err(RecordError::NotAnObject);
        };
        let amount = fields.get("amount").and_then(Amount::read);
        let currency = fields.get("currency").and_then(currency);
        Ok(Financial {
            id: record_id(fields)?,
            date: record_date(fields)?.ok_or(invalid_time("date"))?,
            name: fields.get("name").and_then(id).ok_or(invalid(
                "name",
                "a string of 1 to 256 characters, such as \"mrr\"",
            ))?,
            amount: amount.ok_or(invalid("amount", "a number of at most 10,000,000,000,000"))?,
            currency: currency.ok_or(invalid("currency", "three letters, such as \"EUR\""))?,
        })
    }
}

impl Financial {
    /// The id for a record without one, derived from its content.
    pub fn natural_id(&self) -> String {
        let Amount(amount) = self.amount;
        let name = folded(&self.name);
        hashed(&[
            "financials",
            &self.date.to_string(),
            &name,
            &amount.to_string(),
            &self.currency,
        ])
    }
}

fn currency(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_keep_four_decimals_and_round_trip() {
        for amount in [json!(12), json!(12.34), json!(-0.0001), json!(1234.9999)] {
            let read = Amount::read(&amount).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), amount);
        }
        assert_eq!(Amount::read(&json!("12.50")), Amount::read(&json!(12.5)));
        assert_eq!(Amount::read(&json!("12 EUR")), None);
        assert_eq!(Amount::read(&json!(1e14)), None);
    }

    #[test]
    fn large_amounts_are_right_to_the_digit_that_was_written() {
        for (written, parts) in [
            (json!(9_999_999_999_995.1), 99_999_999_999_951_000),
            (json!("-9999999999995.1"), -99_999_999_999_951_000),
            (json!(1_234_567_890_123.45), 12_345_678_901_234_500),
            (json!(0.00005), 1),
            (json!(0.00004), 0),
            (json!(-0.99995), -10_000),
            (json!(1e-300), 0),
        ] {
            assert_eq!(Amount::read(&written), Some(Amount(parts)), "{written}");
        }
        // A sum may be larger than any amount.
        for (parts, shown) in [
            (99_999_999_999_951_000, "9999999999995.1"),
            (-99_999_999_999_951_000, "-9999999999995.1"),
            (-1_000, "-0.1"),
            (123_456_789_012_345_678, "12345678901234.568"),
        ] {
            let shown: f64 = shown.parse().unwrap();
            assert_eq!(Amount(parts).in_units(), shown, "{parts}");
        }
    }

    #[test]
    fn the_error_names_the_invalid_field() {
        let good = json!({"date": 1, "name": "mrr", "amount": 1, "currency": "eur"});
        assert_eq!(Financial::from_record(&good).unwrap().currency, "EUR");
        for (field, value) in [
            ("date", json!("today")),
            ("date", Value::Null),
            ("name", json!("")),
            ("amount", json!("one")),
            ("currency", json!("euro")),
            ("id", json!({})),
        ] {
            let mut record = good.clone();
            record[field] = value;
            let error = Financial::from_record(&record).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}
