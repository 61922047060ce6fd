//! Keys for records that clients send without an `id`, so that repeating a call changes
//! nothing.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{folding::folded, note::NoteKind};

/// The field whose value identifies a record of this kind, if there is one.
pub fn natural_field(kind: NoteKind) -> Option<&'static str> {
    match kind {
        NoteKind::Contacts | NoteKind::AssignedCsms => Some("email"),
        NoteKind::DimensionValues => Some("name"),
        NoteKind::SupportTickets
        | NoteKind::Interactions
        | NoteKind::Notes
        | NoteKind::Metrics
        | NoteKind::Subscriptions
        | NoteKind::Statements
        | NoteKind::StageHistory
        | NoteKind::NpsHistory => None,
    }
}

/// The value of the natural field of a record, trimmed and in lower case.
pub fn natural_value(kind: NoteKind, fields: &Map<String, Value>) -> Option<String> {
    let text = fields.get(natural_field(kind)?)?.as_str()?.trim();
    (!text.is_empty()).then(|| folded(text).into_owned())
}

/// The id for a record that has none. It is derived from the record's natural field if there
/// is one, and otherwise from its content and its date.
pub fn id_of_note(kind: NoteKind, date: Option<i64>, fields: &Map<String, Value>) -> String {
    match natural_value(kind, fields) {
        Some(value) => hashed(&[kind.name(), "key", &value]),
        None => {
            let date = date.map(|date| date.to_string()).unwrap_or_default();
            // serde_json keeps objects sorted, so equal contents give equal texts.
            let content = serde_json::to_string(fields).unwrap_or_default();
            hashed(&[kind.name(), &date, &content])
        }
    }
}

/// An id that is derived from some texts, with as many digits as a random id.
pub(super) fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length is hashed too, so that no two lists of texts give the same input.
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digits = hash.finalize();
    digits[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(kind: NoteKind, date: Option<i64>, fields: Value) -> String {
        let Value::Object(fields) = fields else {
            panic!("an object")
        };
        id_of_note(kind, date, &fields)
    }

    #[test]
    fn a_contact_is_known_by_its_address_and_a_note_by_its_content() {
        let contact = |fields: Value| id(NoteKind::Contacts, None, fields);
        let first = contact(json!({"email": "Ann@x.org", "name": "Ann"}));
        assert_eq!(
            first,
            contact(json!({"email": " ann@x.org ", "name": "A."}))
        );
        assert_ne!(first, contact(json!({"email": "bob@x.org", "name": "Ann"})));
        assert_ne!(
            contact(json!({"name": "Ann"})),
            contact(json!({"name": "Bob"}))
        );

        let note = |date, text: &str| id(NoteKind::Notes, Some(date), json!({"text": text}));
        assert_eq!(note(1, "called"), note(1, "called"));
        assert_ne!(note(1, "called"), note(2, "called"));
        assert_ne!(note(1, "called"), note(1, "wrote"));
        assert_eq!(note(1, "called").len(), 24);
    }
}
