//! The fields of a line.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{LineError, MAX_DURATION_MS, MAX_TOTAL, text};
use crate::limits::{MAX_DETAILS_BYTES, MAX_ID_CHARS};

/// The fields of one line that have not been read yet. The fields that remain
/// at the end are not part of the contract.
///
/// `null` counts as absent: clients write it for values that they do not have.
#[derive(Default)]
pub(super) struct Fields<'a> {
    /// The first fields, in the order of the line. An event has so few that searching all
    /// of them is faster than a map.
    first: Vec<(Cow<'a, str>, Value)>,
    /// The remaining fields of a line that has many.
    others: Map<String, Value>,
}

/// As many fields as an event of the contract can have, and a few more.
const MOST_FIRST: usize = 24;

const ID: &str = "a string of 1 to 256 characters, or a whole number";
/// The largest whole number that every JSON parser represents exactly.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// Reads an id: a trimmed string, or a whole number as its decimal string.
/// `None` for any other value, an empty string, or more than [`MAX_ID_CHARS`].
pub fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
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

/// Like [`id()`], but takes over the text of most ids without a copy.
fn into_id(value: Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().len() == text.len() => fits(&text).then_some(text),
        value => id(&value),
    }
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
    let number = match value {
        Value::String(text) => {
            let text = text.trim();
            let is_decimal = text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
            text.parse::<f64>().ok().filter(|_| is_decimal)?
        }
        _ => value.as_f64()?,
    };
    number.is_finite().then_some(number)
}

fn invalid(field: &'static str, expected: &'static str) -> LineError {
    LineError::Invalid { field, expected }
}

impl<'a> Fields<'a> {
    /// If a line has a field twice, the last one counts.
    pub(super) fn insert(&mut self, name: Cow<'a, str>, value: Value) {
        if let Some(at) = self.place(&name) {
            self.first[at].1 = value;
        } else if self.first.len() < MOST_FIRST {
            self.first.push((name, value));
        } else {
            self.others.insert(name.into_owned(), value);
        }
    }

    fn place(&self, field: &str) -> Option<usize> {
        self.first.iter().position(|(name, _)| name == field)
    }

    fn remove(&mut self, field: &str) -> Option<Value> {
        match self.place(field) {
            Some(at) => Some(self.first.swap_remove(at).1),
            None if self.others.is_empty() => None,
            None => self.others.remove(field),
        }
    }

    fn get(&self, field: &str) -> Option<&Value> {
        match self.place(field) {
            Some(at) => Some(&self.first[at].1),
            None => self.others.get(field),
        }
    }

    /// Returns the fields that have not been read.
    pub(super) fn rest(self) -> Option<Map<String, Value>> {
        let mut rest = self.others;
        rest.extend((self.first.into_iter()).map(|(name, value)| (name.into_owned(), value)));
        (!rest.is_empty()).then_some(rest)
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.remove(field).filter(|value| !value.is_null())
    }

    fn id(&mut self, field: &'static str) -> Result<Option<String>, LineError> {
        match self.take(field) {
            None => Ok(None),
            Some(value) => into_id(value).map(Some).ok_or(invalid(field, ID)),
        }
    }

    /// Reads the id of an account or a user, which becomes part of URLs. An empty id
    /// counts as absent.
    pub(super) fn subject(&mut self, field: &'static str) -> Result<Option<String>, LineError> {
        match self.name(field)? {
            Some(id) if !is_address(&id) => Err(invalid(field, NO_ADDRESS)),
            id => Ok(id),
        }
    }

    /// Reads an id that may be empty, which counts as absent. Forms and templates write
    /// `""` for a product that is not set.
    pub(super) fn name(&mut self, field: &'static str) -> Result<Option<String>, LineError> {
        if let Some(Value::String(text)) = self.get(field)
            && text.trim().is_empty()
        {
            self.remove(field);
        }
        self.id(field)
    }

    /// Reads free text and truncates it to `limit` characters.
    pub(super) fn text(
        &mut self,
        field: &'static str,
        limit: usize,
    ) -> Result<Option<String>, LineError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(mut text)) => {
                if let Some((at, _)) = text.char_indices().nth(limit) {
                    text.truncate(at);
                }
                Ok(Some(text))
            }
            Some(_) => Err(invalid(field, "a string")),
        }
    }

    pub(super) fn required_text(
        &mut self,
        field: &'static str,
        limit: usize,
    ) -> Result<String, LineError> {
        let text = self
            .text(field, limit)?
            .ok_or(LineError::Missing(field))?
            .trim()
            .to_owned();
        if text.is_empty() {
            return Err(LineError::Missing(field));
        }
        Ok(text)
    }

    pub(super) fn number(&mut self, field: &'static str) -> Result<Option<f64>, LineError> {
        match self.take(field) {
            None => Ok(None),
            Some(value) => number(&value)
                .map(Some)
                .ok_or(invalid(field, "a finite number")),
        }
    }

    /// Reads how often a feature was used.
    pub(super) fn total(&mut self, field: &'static str) -> Result<Option<f64>, LineError> {
        match self.number(field)? {
            Some(total) if !(0.0..=MAX_TOTAL).contains(&total) => Err(LineError::TotalOutOfRange),
            total => Ok(total),
        }
    }

    /// Reads a duration in ms, rounded to a whole number.
    pub(super) fn duration(&mut self, field: &'static str) -> Result<Option<i64>, LineError> {
        let Some(ms) = self.number(field)? else {
            return Ok(None);
        };
        if ms < 0.0 {
            return Err(invalid(field, "a duration in ms, not below 0"));
        }
        if ms > MAX_DURATION_MS as f64 {
            return Err(LineError::TooLongDuration(field));
        }
        Ok(Some(ms.round() as i64))
    }

    /// Reads a time in ms since the Unix epoch, without its fraction.
    pub(super) fn time(&mut self, field: &'static str) -> Result<Option<i64>, LineError> {
        match self.number(field)? {
            None => Ok(None),
            Some(ms) if (0.0..=MAX_SAFE_INTEGER as f64).contains(&ms) => Ok(Some(ms as i64)),
            Some(_) => Err(invalid(field, "a time in ms since the Unix epoch")),
        }
    }

    /// Reads the place of an event in its stream.
    pub(super) fn seq(&mut self, field: &'static str) -> Result<Option<u32>, LineError> {
        match self.take(field) {
            None => Ok(None),
            Some(value) => number(&value)
                .and_then(whole)
                .and_then(|seq| u32::try_from(seq).ok())
                .map(Some)
                .ok_or(invalid(field, "a whole number from 0 to 4294967295")),
        }
    }

    /// Reads a JSON object, as text.
    pub(super) fn object(&mut self, field: &'static str) -> Result<Option<String>, LineError> {
        match self.take(field) {
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
        Fields {
            first: Vec::new(),
            others: map,
        }
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfObject)
    }
}

struct OfObject;

impl<'de> Visitor<'de> for OfObject {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields {
            first: Vec::with_capacity(MOST_FIRST),
            others: Map::new(),
        };
        while let Some((Name(name), value)) = map.next_entry()? {
            fields.insert(name, value);
        }
        Ok(fields)
    }
}

/// The name of a field. It is copied only if it contains escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(OfName)
    }
}

struct OfName;

impl<'de> Visitor<'de> for OfName {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}
