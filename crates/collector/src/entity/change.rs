use natero_event::{limits::MAX_ID_CHARS, received::id};
use serde_json::{Map, Value};

use super::MAX_DETAILS_BYTES;

/// What a record says about one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Nothing.
    #[default]
    Keep,
    /// `null`: there is none.
    Clear,
    /// A value.
    Set(T),
}

impl<T> Change<T> {
    /// Applies it. What is older fills gaps and takes nothing away.
    pub fn apply(self, field: &mut Option<T>, precedence: Precedence) {
        match self {
            Change::Set(value) if precedence == Precedence::Newer || field.is_none() => {
                *field = Some(value);
            }
            Change::Clear if precedence == Precedence::Newer => *field = None,
            _ => {}
        }
    }
}

/// Whether what is said is newer than what is known. Events may arrive late
/// and in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    /// It replaces what is known.
    Newer,
    /// It only fills gaps.
    Older,
}

/// Merges details key by key; `null` takes a key away. Where the result would
/// be too large, nothing is changed and false given.
pub fn merge_details(
    known: &mut Map<String, Value>,
    said: Map<String, Value>,
    precedence: Precedence,
) -> bool {
    let mut merged = known.clone();
    for (key, value) in said {
        match precedence {
            Precedence::Newer if value.is_null() => {
                merged.remove(&key);
            }
            Precedence::Newer => {
                merged.insert(key, value);
            }
            Precedence::Older => {
                if !value.is_null() {
                    merged.entry(key).or_insert(value);
                }
            }
        }
    }
    let bytes = serde_json::to_string(&merged).map_or(usize::MAX, |json| json.len());
    let fits = bytes <= MAX_DETAILS_BYTES;
    if fits {
        *known = merged;
    }
    fits
}

/// Why a record of the Account API is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The record is no JSON object.
    #[error("a record must be a JSON object")]
    NotAnObject,
    /// A field that the record cannot be without.
    #[error("`{0}` is missing; give it as a string of 1 to 256 characters")]
    Missing(&'static str),
    /// A field with a value that it cannot have.
    #[error("`{field}` must be {expected}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// The id in the record is not the one in the address.
    #[error(
        "`{field}` is {found:?}, but the address says {expected:?}; send the same, or leave it out"
    )]
    OtherId {
        /// The field.
        field: &'static str,
        /// What the record says.
        found: String,
        /// What the address says.
        expected: String,
    },
    /// The details would grow too large.
    #[error("`details` would have more than 64 KiB; set keys you no longer need to null")]
    DetailsTooLarge,
    /// A parent that is below the account.
    #[error("this parent would make a cycle: {0}; move one of them elsewhere first")]
    Cycle(super::Cycle),
    /// The user belongs to another account.
    #[error(
        "user {user_id:?} belongs to account {account_id:?}; add \"move\": true to the record to move it"
    )]
    UserElsewhere {
        /// The user.
        user_id: String,
        /// Where it belongs.
        account_id: String,
    },
}

impl RecordError {
    /// Whether the record contradicts what is known, rather than being wrong in itself.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            RecordError::Cycle(_) | RecordError::UserElsewhere { .. }
        )
    }
}

/// The fields of a record, taken out one by one.
#[derive(Debug)]
pub(super) struct RecordFields(pub(super) Map<String, Value>);

const TEXT: &str = "a string of at most 256 characters, or null";

impl RecordFields {
    pub(super) fn new(record: Value) -> Result<Self, RecordError> {
        match record {
            Value::Object(map) => Ok(RecordFields(map)),
            _ => Err(RecordError::NotAnObject),
        }
    }

    /// The id of the record, which the address may have given already.
    pub(super) fn own_id(
        &mut self,
        field: &'static str,
        in_address: Option<&str>,
    ) -> Result<String, RecordError> {
        let found = self.id(field)?;
        match (found, in_address) {
            (Change::Set(found), Some(expected)) if found != expected => {
                Err(RecordError::OtherId {
                    field,
                    found,
                    expected: expected.to_owned(),
                })
            }
            (Change::Set(found), _) => Ok(found),
            (_, Some(expected)) => Ok(expected.to_owned()),
            (_, None) => Err(RecordError::Missing(field)),
        }
    }

    pub(super) fn id(&mut self, field: &'static str) -> Result<Change<String>, RecordError> {
        match self.0.remove(field) {
            None => Ok(Change::Keep),
            Some(Value::Null) => Ok(Change::Clear),
            Some(value) => id(&value).map(Change::Set).ok_or(RecordError::Invalid {
                field,
                expected: "a string of 1 to 256 characters, or a whole number",
            }),
        }
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<Change<String>, RecordError> {
        match self.0.remove(field) {
            None => Ok(Change::Keep),
            Some(Value::Null) => Ok(Change::Clear),
            Some(Value::String(text)) if text.chars().count() <= MAX_ID_CHARS => {
                let text = text.trim().to_owned();
                Ok(if text.is_empty() {
                    Change::Clear
                } else {
                    Change::Set(text)
                })
            }
            Some(_) => Err(RecordError::Invalid {
                field,
                expected: TEXT,
            }),
        }
    }

    pub(super) fn time(&mut self, field: &'static str) -> Result<Change<i64>, RecordError> {
        /// The largest time of JavaScript's `Date`.
        const LAST_MS: f64 = 8.64e15;
        match self.0.remove(field) {
            None => Ok(Change::Keep),
            Some(Value::Null) => Ok(Change::Clear),
            Some(value) => value
                .as_f64()
                .filter(|ms| ms.abs() <= LAST_MS)
                .map(|ms| Change::Set(ms as i64))
                .ok_or(RecordError::Invalid {
                    field,
                    expected: "a time in ms since the Unix epoch",
                }),
        }
    }

    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, RecordError> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(RecordError::Invalid {
                field,
                expected: "true or false",
            }),
        }
    }

    /// `details`, with every field that has no place of its own beside them:
    /// the original knows dozens (`tier`, `stage`, `renewal_date` …), and none
    /// is to be lost. `read_only` fields come back from a GET and are ignored.
    pub(super) fn details(mut self, read_only: &[&str]) -> Result<Map<String, Value>, RecordError> {
        for field in read_only {
            self.0.remove(*field);
        }
        let mut details = match self.0.remove("details") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map,
            Some(_) => {
                return Err(RecordError::Invalid {
                    field: "details",
                    expected: "a JSON object",
                });
            }
        };
        details.extend(self.0);
        Ok(details)
    }
}

/// Takes a field out of identification details where it has the right type;
/// where it has not, it stays a detail like any other.
pub(super) fn taken<T>(
    details: &mut Map<String, Value>,
    field: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Change<T> {
    match details.get(field).and_then(read) {
        Some(value) => {
            details.remove(field);
            Change::Set(value)
        }
        None => Change::Keep,
    }
}

/// Text of a field that an identification sets.
pub(super) fn short_text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_ID_CHARS;
    fits.then(|| text.to_owned())
}
