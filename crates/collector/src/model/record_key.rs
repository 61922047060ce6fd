//! Keys of records that clients send without an `id`, so that a call that is sent
//! again changes nothing.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{folding::folded, note::NoteKind};

/// The field whose value tells records of a kind apart, if there is one.
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

/// The value of the natural field of a record, without case and white space around it.
pub fn natural_value(kind: NoteKind, fields: &Map<String, Value>) -> Option<String> {
    let text = fields.get(natural_field(kind)?)?.as_str()?.trim();
    (!text.is_empty()).then(|| folded(text).into_owned())
}

/// The id of a record that has none: of its natural field where it has one, otherwise
/// of its content and the date that it says.
pub fn id_of_note(kind: NoteKind, date: Option<i64>, fields: &Map<String, Value>) -> String {
    match natural_value(kind, fields) {
        Some(value) => hashed(&[kind.name(), "key", &value]),
        None => {
            let date = date.map(|date| date.to_string()).unwrap_or_default();
            // serde_json keeps objects sorted, so that equal contents have equal texts.
            let content = serde_json::to_string(fields).unwrap_or_default();
            hashed(&[kind.name(), &date, &content])
        }
    }
}

/// The id that parts make, of as many digits as a random one has.
pub(super) fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, no two lists of parts are one text.
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
