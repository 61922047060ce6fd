//! The fields of a line.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::{
    LineError, MAX_DURATION_MS, MAX_TOTAL, ReceivedAction,
    field::{Field, Name},
    field_value::FieldValue,
    text,
};
use crate::{
    limits::{MAX_DETAILS_BYTES, MAX_ID_CHARS},
    trim,
};

/// The values of the fields of one line that have not been read yet.
#[derive(Default)]
pub(super) struct Fields<'a> {
    /// The fields of the contract, by the number of the field.
    known: [FieldValue<'a>; Field::COUNT],
    /// All other fields.
    others: Map<String, Value>,
}

const ID: &str = "a string of 1 to 256 characters, or a whole number";
/// The largest whole number that every JSON parser represents exactly.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// Reads an id: a string, trimmed as by [`trim`], or a whole number as its decimal string.
/// `None` for any other value, an empty string, or more than [`MAX_ID_CHARS`].
pub fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => trim(text).to_owned(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        Value::Number(number) => whole(number.as_f64()?)?.to_string(),
        _ => return None,
    };
    fits(&text).then_some(text)
}

/// What the id of an account or a user must fulfil in addition.
pub const NO_ADDRESS: &str = "another id than \".\" and \"..\", which addresses take for folders";

/// Whether the id of an account or a user can be part of a URL path. Browsers resolve
/// `/accounts/..` to `/`, however it is escaped.
pub fn is_address(id: &str) -> bool {
    !matches!(id, "." | "..")
}

fn fits(id: &str) -> bool {
    // Only a few ids are so long that their characters have to be counted.
    let is_short = id.len() <= MAX_ID_CHARS || id.chars().count() <= MAX_ID_CHARS;
    !id.is_empty() && is_short
}

/// Converts a float that is an exact whole number. Clients in languages without
/// integers send `1700000000000.0`.
fn whole(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER as f64;
    exact.then_some(number as i64)
}

/// Reads a number, which may come as a string in decimal notation: clients that
/// send forms or CSV have no other type.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => decimal(text),
        _ => value.as_f64().filter(|number| number.is_finite()),
    }
}

/// Reads a number in decimal notation.
fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let number = text.parse::<f64>().ok().filter(|_| is_decimal)?;
    number.is_finite().then_some(number)
}

fn invalid(field: Field, expected: &'static str) -> LineError {
    let field = field.name();
    LineError::Invalid { field, expected }
}

impl FieldValue<'_> {
    fn number(&self) -> Option<f64> {
        match self {
            FieldValue::Absent => None,
            FieldValue::Text(text) => decimal(text),
            FieldValue::Other(value) => number(value),
        }
    }
}

impl<'a> Fields<'a> {
    /// Adds a field. If a line has a field twice, the last one counts.
    pub(super) fn insert(&mut self, name: Name, value: FieldValue<'a>) {
        match name {
            Name::Known(field) => self.known[field as usize] = value,
            Name::Other(name) => {
                self.others.insert(name, value.into());
            }
        }
    }

    /// The fields that are not part of the contract; `None` where there are none.
    pub(super) fn others(self) -> Option<Map<String, Value>> {
        (!self.others.is_empty()).then_some(self.others)
    }

    fn take(&mut self, field: Field) -> FieldValue<'a> {
        std::mem::take(&mut self.known[field as usize])
    }

    /// Takes the value of a field that is no text. Blank text counts as absent: form data
    /// and tables have no other way to say that there is no value.
    fn take_unless_blank(&mut self, field: Field) -> Option<FieldValue<'a>> {
        match self.take(field) {
            FieldValue::Absent => None,
            FieldValue::Text(text) if trim(&text).is_empty() => None,
            value => Some(value),
        }
    }

    /// Reads the id of an account or a user, which becomes part of URLs. An empty id
    /// counts as absent.
    pub(super) fn subject_id(&mut self, field: Field) -> Result<Option<SmolStr>, LineError> {
        match self.optional_id(field)? {
            Some(id) if !is_address(&id) => Err(invalid(field, NO_ADDRESS)),
            id => Ok(id),
        }
    }

    /// Reads an id that may be empty, which counts as absent. Forms and templates write
    /// `""` for a product that is not set.
    pub(super) fn optional_id(&mut self, field: Field) -> Result<Option<SmolStr>, LineError> {
        let id = match self.take(field) {
            FieldValue::Absent => return Ok(None),
            FieldValue::Text(text) => match trim(&text) {
                "" => return Ok(None),
                id => fits(id).then(|| SmolStr::new(id)),
            },
            FieldValue::Other(value) => id(&value).map(SmolStr::from),
        };
        id.map(Some).ok_or(invalid(field, ID))
    }

    /// Reads free text and truncates it to `limit` characters.
    pub(super) fn text(&mut self, field: Field, limit: usize) -> Result<Option<String>, LineError> {
        let text = self.borrowed_text(field, limit)?;
        Ok(text.map(Cow::into_owned))
    }

    fn borrowed_text(
        &mut self,
        field: Field,
        limit: usize,
    ) -> Result<Option<Cow<'a, str>>, LineError> {
        match self.take(field) {
            FieldValue::Absent => Ok(None),
            FieldValue::Text(text) => {
                // A text has at most as many characters as bytes, so that most need no counting.
                let is_long = text.len() > limit;
                let Some((end, _)) = is_long.then(|| text.char_indices().nth(limit)).flatten()
                else {
                    return Ok(Some(text));
                };
                Ok(Some(match text {
                    Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
                    Cow::Owned(mut text) => {
                        text.truncate(end);
                        Cow::Owned(text)
                    }
                }))
            }
            FieldValue::Other(_) => Err(invalid(field, "a string")),
        }
    }

    /// Reads what happened, truncated to `limit` characters.
    pub(super) fn action(
        &mut self,
        field: Field,
        limit: usize,
    ) -> Result<ReceivedAction, LineError> {
        let text = self.borrowed_text(field, limit)?.unwrap_or_default();
        match trim(&text) {
            "" => Err(LineError::Missing(field.name())),
            name => Ok(name.into()),
        }
    }

    pub(super) fn number(&mut self, field: Field) -> Result<Option<f64>, LineError> {
        match self.take_unless_blank(field) {
            None => Ok(None),
            Some(value) => (value.number().map(Some)).ok_or(invalid(field, "a finite number")),
        }
    }

    /// Reads how often a feature was used.
    pub(super) fn total(&mut self, field: Field) -> Result<Option<f64>, LineError> {
        match self.number(field)? {
            Some(total) if !(0.0..=MAX_TOTAL).contains(&total) => Err(LineError::TotalOutOfRange),
            total => Ok(total),
        }
    }

    /// Reads a duration in ms, rounded to a whole number.
    pub(super) fn duration(&mut self, field: Field) -> Result<Option<i64>, LineError> {
        let Some(ms) = self.number(field)? else {
            return Ok(None);
        };
        if ms < 0.0 {
            return Err(invalid(field, "a duration in ms, not below 0"));
        }
        if ms > MAX_DURATION_MS as f64 {
            return Err(LineError::TooLongDuration(field.name()));
        }
        Ok(Some(ms.round() as i64))
    }

    /// Reads a time in ms since the Unix epoch, without its fraction.
    pub(super) fn time(&mut self, field: Field) -> Result<Option<i64>, LineError> {
        match self.number(field)? {
            None => Ok(None),
            Some(ms) if (0.0..=MAX_SAFE_INTEGER as f64).contains(&ms) => Ok(Some(ms as i64)),
            Some(_) => Err(invalid(field, "a time in ms since the Unix epoch")),
        }
    }

    /// Reads the place of an event in its stream.
    pub(super) fn seq(&mut self, field: Field) -> Result<Option<u32>, LineError> {
        match self.take_unless_blank(field) {
            None => Ok(None),
            Some(value) => value
                .number()
                .and_then(whole)
                .and_then(|seq| u32::try_from(seq).ok())
                .map(Some)
                .ok_or(invalid(field, "a whole number from 0 to 4294967295")),
        }
    }

    /// Reads a JSON object, as text. Clients that can only send texts send it within one.
    pub(super) fn object(&mut self, field: Field) -> Result<Option<String>, LineError> {
        let value = self.take_unless_blank(field).map(|value| match value {
            FieldValue::Absent => Value::Null,
            FieldValue::Text(text) => serde_json::from_str(&text).unwrap_or_default(),
            FieldValue::Other(value) => value,
        });
        match value {
            None => Ok(None),
            Some(Value::Object(map)) => {
                let json = text(&map);
                if json.len() > MAX_DETAILS_BYTES {
                    return Err(invalid(field, "at most 16 KiB of JSON"));
                }
                Ok(Some(json))
            }
            Some(_) => Err(invalid(field, "a JSON object")),
        }
    }
}

impl From<Map<String, Value>> for Fields<'_> {
    fn from(map: Map<String, Value>) -> Self {
        let mut fields = Fields::default();
        for (name, value) in map {
            fields.insert(name.into(), value.into());
        }
        fields
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some((name, value)) = map.next_entry()? {
            fields.insert(name, value);
        }
        Ok(fields)
    }
}
