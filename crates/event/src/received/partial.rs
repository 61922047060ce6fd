//! Fields of a line whose event may be invalid.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{
    MAX_LINE_BYTES,
    field::{Field, Name},
    fields::Fields,
    object,
};

/// Reads the `stream_id` and `seq` of a line whose event may be invalid, so that a
/// receiver can distinguish rejected events from lost ones.
pub fn stream_position(line: &[u8]) -> Option<(String, u32)> {
    let mut fields = some_fields(line, &[Field::StreamId, Field::Seq])?;
    let stream_id = fields.optional_id(Field::StreamId).ok()??;
    let seq = fields.seq(Field::Seq).ok()??;
    Some((stream_id.into(), seq))
}

/// Reads the `account_id` of a line whose event may be invalid, so that a receiver can
/// report whose event it is.
pub fn account_of(line: &[u8]) -> Option<String> {
    some_fields(line, &[Field::AccountId])?
        .optional_id(Field::AccountId)
        .ok()?
        .map(String::from)
}

/// Reads some fields of a line and skips the others, whose values may exceed any limit.
/// `None` for a line that is too long; such a line is not parsed at all.
fn some_fields<'a>(line: &'a [u8], wanted: &[Field]) -> Option<Fields<'a>> {
    if line.len() > MAX_LINE_BYTES {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let read = FieldsSeed(wanted)
        .deserialize(&mut deserializer)
        .and_then(|fields| deserializer.end().map(|()| fields));
    // Form data, or JSON with half of a surrogate pair.
    read.or_else(|_| object(line)).ok()
}

/// The fields to read.
struct FieldsSeed<'w>(&'w [Field]);

impl<'de> DeserializeSeed<'de> for FieldsSeed<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldsSeed<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key()? {
            match name {
                Name::Known(field) if self.0.contains(&field) => {
                    fields.insert(name, map.next_value()?);
                }
                Name::Known(_) | Name::Other(_) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}
