//! Support tickets, interactions and notes of an account, and the other collections of the
//! original API.

use serde_json::{Map, Value};

use super::{
    details::MAX_DETAILS_BYTES,
    nul::value_without_nul,
    record::{RecordError, invalid, record_date, record_id},
    rollup::FigureKind,
};

/// The kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum NoteKind {
    SupportTickets,
    Interactions,
    Notes,
    Metrics,
    Contacts,
    Subscriptions,
    Statements,
    StageHistory,
    NpsHistory,
    DimensionValues,
    AssignedCsms,
}

impl NoteKind {
    /// All kinds.
    pub const ALL: [NoteKind; 11] = [
        NoteKind::SupportTickets,
        NoteKind::Interactions,
        NoteKind::Notes,
        NoteKind::Metrics,
        NoteKind::Contacts,
        NoteKind::Subscriptions,
        NoteKind::Statements,
        NoteKind::StageHistory,
        NoteKind::NpsHistory,
        NoteKind::DimensionValues,
        NoteKind::AssignedCsms,
    ];

    /// The name in addresses and in the database.
    pub fn name(self) -> &'static str {
        match self {
            NoteKind::SupportTickets => "support_tickets",
            NoteKind::Interactions => "interactions",
            NoteKind::Notes => "notes",
            NoteKind::Metrics => "metrics",
            NoteKind::Contacts => "contacts",
            NoteKind::Subscriptions => "subscriptions",
            NoteKind::Statements => "statements",
            NoteKind::StageHistory => "stage_history",
            NoteKind::NpsHistory => "nps_history",
            NoteKind::DimensionValues => "dimension_values",
            NoteKind::AssignedCsms => "assigned_csms",
        }
    }

    /// The figure that decides whether notes of this kind roll up.
    pub fn figure(self) -> FigureKind {
        match self {
            NoteKind::SupportTickets => FigureKind::SupportTickets,
            NoteKind::Interactions => FigureKind::Interactions,
            // The other collections of the original roll up no more than notes do.
            NoteKind::Notes
            | NoteKind::Metrics
            | NoteKind::Contacts
            | NoteKind::Subscriptions
            | NoteKind::Statements
            | NoteKind::StageHistory
            | NoteKind::NpsHistory
            | NoteKind::DimensionValues
            | NoteKind::AssignedCsms => FigureKind::Notes,
        }
    }
}

/// A support ticket, an interaction or a note, with any fields that its source sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Key within the account and kind. A record with the key of a stored one replaces that.
    pub id: Option<String>,
    /// Date in ms since the Unix epoch; absent to use the time of storing.
    pub date: Option<i64>,
    /// All other fields.
    pub fields: Map<String, Value>,
}

impl Note {
    /// Reads a record.
    ///
    /// # Errors
    /// The error names the first invalid field.
    pub fn from_record(record: &Value) -> Result<Self, RecordError> {
        let Value::Object(fields) = &value_without_nul(record.clone()) else {
            return Err(RecordError::NotAnObject);
        };
        let note = Note {
            id: record_id(fields)?,
            date: record_date(fields)?,
            fields: fields
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "id" | "date" | "account_id"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        if note.id.is_none() && note.fields.values().all(Value::is_null) {
            return Err(RecordError::Empty);
        }
        let bytes = serde_json::to_string(&note.fields).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_DETAILS_BYTES {
            return Err(invalid("record", "at most 64 KiB of JSON"));
        }
        Ok(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_note_is_a_json_object() {
        assert!(Note::from_record(&json!("text")).is_err());
        assert!(Note::from_record(&json!({"text": "called"})).is_ok());
    }

    #[test]
    fn a_note_that_says_nothing_is_refused() {
        for record in [json!({}), json!({"date": 1}), json!({"text": null})] {
            assert_eq!(Note::from_record(&record), Err(RecordError::Empty));
        }
        assert!(Note::from_record(&json!({"id": 1})).is_ok());
    }
}
