//! Reads records of the Account API.

use natero_event::received::{NO_ADDRESS, id, is_address};
use serde_json::{Map, Value};

use super::{
    change::Change,
    hierarchy::Cycle,
    read_value::{self, time},
};

/// Why a record of the Account API is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The record is not a JSON object.
    #[error("a record must be a JSON object")]
    NotAnObject,
    /// The body must hold exactly one record, but holds none or several.
    #[error("send one record here, not a list of none or several; POST takes many")]
    NotOne,
    /// The record has no content.
    #[error("the record is empty; send at least one field of it, such as `text` or `name`")]
    Empty,
    /// The body has a field next to `data`, which holds the record.
    #[error("`{0}` stands beside `data`, which holds the record; move it into `data`")]
    BesideData(String),
    /// A field has one value within `data` and another next to it.
    #[error("`{0}` differs within `data` and beside it; send it once")]
    SaidTwice(String),
    /// A required field is missing.
    #[error("`{0}` is missing; give it as a string of 1 to 256 characters")]
    Missing(&'static str),
    /// A field has an invalid value.
    #[error("`{field}` must be {expected}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// The values that are valid.
        expected: &'static str,
    },
    /// The id in the record differs from the one in the address.
    #[error(
        "`{field}` is {found:?}, but the address says {expected:?}; send the same, or leave it out"
    )]
    OtherId {
        /// The field.
        field: &'static str,
        /// The id in the record.
        found: String,
        /// The id in the address.
        expected: String,
    },
    /// The number of cells in a line of a table differs from the number of names.
    #[error(
        "line {line} has {cells} {} and the line of names {names}; check commas and quotes in it",
        if *cells == 1 { "cell" } else { "cells" }
    )]
    Ragged {
        /// Number of the line, from 1.
        line: u64,
        /// Its number of cells.
        cells: usize,
        /// The number of names.
        names: usize,
    },
    /// The merged details would be too large.
    #[error("`details` would have more than 64 KiB; set keys you no longer need to null")]
    DetailsTooLarge,
    /// The requested parent is below the account.
    #[error("this parent would make a cycle: {0}; move one of them elsewhere first")]
    Cycle(Cycle),
    /// The user belongs to another account.
    #[error(
        "user {user_id:?} belongs to account {account_id:?}; to move it, add \"move\": true to the record, or a column `move` with `true` to the table"
    )]
    UserElsewhere {
        /// The user.
        user_id: String,
        /// The account it belongs to.
        account_id: String,
    },
}

impl RecordError {
    /// Whether the record is valid in itself but contradicts the stored state.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            RecordError::Cycle(_) | RecordError::UserElsewhere { .. }
        )
    }
}

/// The fields of a record that have not been read yet.
#[derive(Debug)]
pub(super) struct RecordFields(Map<String, Value>);

const TEXT: &str = "a string of at most 256 characters, or null";

impl RecordFields {
    pub(super) fn new(record: Value) -> Result<Self, RecordError> {
        match record {
            Value::Object(map) => Ok(RecordFields(map)),
            _ => Err(RecordError::NotAnObject),
        }
    }

    /// Reads the id of the record. The id is optional if the address has it.
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
            (_, Some(expected)) if !is_address(expected) => Err(invalid(field, NO_ADDRESS)),
            (_, Some(expected)) => Ok(expected.to_owned()),
            (_, None) => Err(RecordError::Missing(field)),
        }
    }

    pub(super) fn id(&mut self, field: &'static str) -> Result<Change<String>, RecordError> {
        match self.0.remove(field) {
            None => Ok(Change::Keep),
            Some(value) if is_none(&value) => Ok(Change::Clear),
            Some(value) => match id(&value) {
                Some(id) if !is_address(&id) => Err(invalid(field, NO_ADDRESS)),
                Some(id) => Ok(Change::Set(id)),
                None => Err(invalid_id(field)),
            },
        }
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<Change<String>, RecordError> {
        match self.0.remove(field) {
            None => Ok(Change::Keep),
            Some(Value::Null) => Ok(Change::Clear),
            Some(value) => match read_value::short_text(&value) {
                Some(text) if text.is_empty() => Ok(Change::Clear),
                Some(text) => Ok(Change::Set(text)),
                None => Err(invalid(field, TEXT)),
            },
        }
    }

    pub(super) fn time(&mut self, field: &'static str) -> Result<Change<i64>, RecordError> {
        match self.0.remove(field) {
            None => Ok(Change::Keep),
            Some(value) if is_none(&value) => Ok(Change::Clear),
            Some(value) => time(&value).map(Change::Set).ok_or(invalid_time(field)),
        }
    }

    pub(super) fn flag(&mut self, field: &'static str) -> Result<Option<bool>, RecordError> {
        match self.0.remove(field) {
            None => Ok(None),
            Some(value) if is_none(&value) => Ok(None),
            Some(value) => read_value::flag(&value)
                .map(Some)
                .ok_or(invalid(field, read_value::FLAG)),
        }
    }

    /// Reads `details`, and adds every field that has not been read, so that no field of a
    /// client (`tier`, `stage`, `renewal_date` …) is lost. Fields in `read_only` are ignored,
    /// because clients send back what a GET returned. In tables, `details` is a text.
    pub(super) fn details(mut self, read_only: &[&str]) -> Result<Map<String, Value>, RecordError> {
        for field in read_only {
            self.0.remove(*field);
        }
        let mut details = match self.0.remove("details") {
            None => Map::new(),
            Some(value) if is_none(&value) => Map::new(),
            Some(Value::Object(map)) => map,
            Some(value) => (value.as_str())
                .and_then(|text| serde_json::from_str(text).ok())
                .ok_or(invalid("details", "a JSON object"))?,
        };
        details.extend(self.0);
        let read = |(name, value): (String, Value)| {
            let value = read_value::free_value(&name, value);
            (name, value)
        };
        Ok(details.into_iter().map(read).collect())
    }
}

/// Whether a value counts as absent: clients that can only send texts send an empty one.
fn is_none(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

pub(super) fn invalid(field: &'static str, expected: &'static str) -> RecordError {
    RecordError::Invalid { field, expected }
}

/// The error for an invalid id.
pub fn invalid_id(field: &'static str) -> RecordError {
    invalid(field, "a string of 1 to 256 characters, or a whole number")
}

pub(super) fn invalid_time(field: &'static str) -> RecordError {
    invalid(field, read_value::TIME)
}

/// Checks that a financial record, ticket, interaction or note names no other account than the
/// address does. A record need not name its account.
///
/// # Errors
/// When `account_id` is another account, or no id.
pub fn check_account(record: &Value, in_address: &str) -> Result<(), RecordError> {
    const FIELD: &str = "account_id";
    let Some(value) = record.get(FIELD).filter(|value| !is_none(value)) else {
        return Ok(());
    };
    match id(value) {
        Some(found) if found == in_address => Ok(()),
        Some(found) => Err(RecordError::OtherId {
            field: FIELD,
            found,
            expected: in_address.to_owned(),
        }),
        None => Err(invalid_id(FIELD)),
    }
}

/// Reads the id of a financial record, ticket, interaction or note.
pub(super) fn record_id(fields: &Map<String, Value>) -> Result<Option<String>, RecordError> {
    match fields.get("id").filter(|value| !is_none(value)) {
        None => Ok(None),
        Some(value) => id(value)
            .map(Some)
            .ok_or(invalid("id", "a string of 1 to 256 characters")),
    }
}

/// Reads the date of a financial record, ticket, interaction or note.
pub(super) fn record_date(fields: &Map<String, Value>) -> Result<Option<i64>, RecordError> {
    match fields.get("date").filter(|value| !is_none(value)) {
        None => Ok(None),
        Some(value) => time(value).map(Some).ok_or(invalid_time("date")),
    }
}
