//! Fields of a line whose event may be invalid.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{
    MAX_LINE_BYTES,
    fields::{Fields, Name},
    object,
};

/// Reads the `stream_id` and `seq` of a line whose event may be invalid, so that a
/// receiver can distinguish rejected events from lost ones.
pub fn stream_position(line: &[u8]) -> Option<(String, u32)> {
    let mut fields = some_fields(line, &["stream_id", "seq"])?;
    let stream_id = fields.name("stream_id").ok()??;
    let seq = fields.seq("seq").ok()??;
    Some((stream_id, seq))
}

/// Reads the `account_id` of a line whose event may be invalid, so that a receiver can
/// report whose event it is.
pub fn account_of(line: &[u8]) -> Option<String> {
    some_fields(line, &["account_id"])?
        .name("account_id")
        .ok()?
}

/// Reads some fields of a line and skips the others, whose values may exceed any limit.
/// `None` for a line that is too long; such a line is not parsed at all.
fn some_fields<'a>(line: &'a [u8], wanted: &[&str]) -> Option<Fields<'a>> {
    if line.len() > MAX_LINE_BYTES {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let read = Wanted(wanted)
        .deserialize(&mut deserializer)
        .and_then(|fields| deserializer.end().map(|()| fields));
    // Form data, or JSON with half of a surrogate pair.
    read.or_else(|_| object(line)).ok()
}

/// The names of the fields to read.
struct Wanted<'w>(&'w [&'w str]);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Name(name)) = map.next_key()? {
            if self.0.contains(&&*name) {
                fields.insert(name, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}
