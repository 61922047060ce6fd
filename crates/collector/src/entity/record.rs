use natero_event::received::id;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{MAX_DETAILS_BYTES, RecordError};

/// Money of an account: a contract, an invoice, a monthly revenue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Financial {
    /// Key within the account; a record with a known one replaces it.
    pub id: Option<String>,
    /// When, in ms since the Unix epoch.
    pub date: i64,
    /// What it is, such as `mrr`.
    pub name: String,
    /// How much.
    pub amount: Amount,
    /// Three letters of ISO 4217.
    pub currency: String,
}

/// Money in ten-thousandths of the currency's unit: sums are exact, and no
/// currency has more than four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount(pub i128);

/// Above any balance sheet, in whatever currency.
const MAX_AMOUNT: f64 = 1e13;
const UNIT: f64 = 10_000.0;

impl Amount {
    fn read(value: &Value) -> Option<Self> {
        let amount = value.as_f64()?;
        let fits = amount.abs() <= MAX_AMOUNT;
        fits.then(|| Amount((amount * UNIT).round() as i128))
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0 / UNIT as i128) {
            Ok(whole) if self.0 % UNIT as i128 == 0 => serializer.serialize_i64(whole),
            _ => serializer.serialize_f64(self.0 as f64 / UNIT),
        }
    }
}

impl Financial {
    /// Reads a record.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn from_record(record: &Value) -> Result<Self, RecordError> {
        let Value::Object(fields) = record else {
            return Err(RecordError::NotAnObject);
        };
        let amount = fields.get("amount").and_then(Amount::read);
        let currency = fields.get("currency").and_then(currency);
        Ok(Financial {
            id: own_id(fields)?,
            date: date(fields)?.ok_or(invalid("date", "a time in ms since the Unix epoch"))?,
            name: fields.get("name").and_then(id).ok_or(invalid(
                "name",
                "a string of 1 to 256 characters, such as \"mrr\"",
            ))?,
            amount: amount.ok_or(invalid("amount", "a number of at most 10,000,000,000,000"))?,
            currency: currency.ok_or(invalid("currency", "three letters, such as \"EUR\""))?,
        })
    }
}

fn currency(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

/// A support ticket, an interaction or a note: whatever its source says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Key within the account and kind; a record with a known one replaces it.
    pub id: Option<String>,
    /// When, in ms since the Unix epoch; now where the record does not say.
    pub date: Option<i64>,
    /// Everything else.
    pub fields: Map<String, Value>,
}

impl Note {
    /// Reads a record.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn from_record(record: &Value) -> Result<Self, RecordError> {
        let Value::Object(fields) = record else {
            return Err(RecordError::NotAnObject);
        };
        let note = Note {
            id: own_id(fields)?,
            date: date(fields)?,
            fields: fields
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "id" | "date" | "account_id"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        let bytes = serde_json::to_string(&note.fields).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_DETAILS_BYTES {
            return Err(invalid("record", "at most 64 KiB of JSON"));
        }
        Ok(note)
    }
}

fn invalid(field: &'static str, expected: &'static str) -> RecordError {
    RecordError::Invalid { field, expected }
}

fn own_id(fields: &Map<String, Value>) -> Result<Option<String>, RecordError> {
    match fields.get("id") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => id(value)
            .map(Some)
            .ok_or(invalid("id", "a string of 1 to 256 characters")),
    }
}

fn date(fields: &Map<String, Value>) -> Result<Option<i64>, RecordError> {
    /// The largest time of JavaScript's `Date`.
    const LAST_MS: f64 = 8.64e15;
    match fields.get("date") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_f64()
            .filter(|ms| ms.abs() <= LAST_MS)
            .map(|ms| Some(ms as i64))
            .ok_or(invalid("date", "a time in ms since the Unix epoch")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_keep_four_decimals_and_read_back_as_they_were() {
        for amount in [json!(12), json!(12.34), json!(-0.0001), json!(1234.9999)] {
            let read = Amount::read(&amount).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), amount);
        }
        assert_eq!(Amount::read(&json!("12")), None);
        assert_eq!(Amount::read(&json!(1e14)), None);
    }

    #[test]
    fn wrong_records_say_which_field() {
        let good = json!({"date": 1, "name": "mrr", "amount": 1, "currency": "eur"});
        assert_eq!(Financial::from_record(&good).unwrap().currency, "EUR");
        for (field, value) in [
            ("date", json!("today")),
            ("date", Value::Null),
            ("name", json!("")),
            ("amount", json!("1")),
            ("currency", json!("euro")),
            ("id", json!({})),
        ] {
            let mut record = good.clone();
            record[field] = value;
            let error = Financial::from_record(&record).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
        assert!(Note::from_record(&json!("text")).is_err());
        assert!(Note::from_record(&json!({"text": "called"})).is_ok());
    }
}
