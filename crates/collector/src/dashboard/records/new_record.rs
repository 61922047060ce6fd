//! Notes, interactions, tickets and amounts that people enter by hand.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::{
    dashboard::{address, view::View},
    http::{api::bulk::rejection, error::ApiError},
    model::{
        calendar::{Day, TimeZone},
        financial::Financial,
        note::{Note, NoteKind},
    },
    store::records::NewRecords,
};

/// Most letters of a text. A letter takes up to three bytes, and a whole record may have 64
/// KiB.
const MAX_TEXT: usize = 20_000;

/// The kinds that can be entered, with their labels.
const NOTES: [(NoteKind, &str); 3] = [
    (NoteKind::Notes, "Note"),
    (NoteKind::Interactions, "Interaction"),
    (NoteKind::SupportTickets, "Support ticket"),
];

/// A submitted form that does not give a valid record.
#[derive(Debug)]
pub(crate) struct RefusedRecord {
    /// The values of its fields.
    pub(crate) fields: BTreeMap<String, String>,
    /// Why it is invalid.
    pub(crate) why: String,
}

/// Renders the forms for the records of an account. A form that was refused is shown open, as
/// it was submitted.
pub(crate) fn forms(
    account_id: &str,
    today: Day,
    refused: Option<&RefusedRecord>,
    view: &View,
) -> Markup {
    let action = view.for_tab().at(&address::account(account_id, "/records"));
    let is_amount = |sent: &RefusedRecord| {
        sent.fields
            .get("kind")
            .is_some_and(|kind| kind == "financials")
    };
    let (amount, note) = match refused {
        Some(sent) if is_amount(sent) => (refused, None),
        Some(_) => (None, refused),
        None => (None, None),
    };
    let text = |of: Option<&RefusedRecord>, name: &str| {
        let text = of.and_then(|sent| sent.fields.get(name));
        text.cloned()
    };
    let date = |of: Option<&RefusedRecord>| {
        let date = text(of, "date").unwrap_or_else(|| today.to_string());
        html! { label { "Date" input type="date" name="date" value=(date); } }
    };
    let why = |of: Option<&RefusedRecord>| {
        html! { @if let Some(sent) = of { p .refused role="alert" { (sent.why) } } }
    };
    html! {
        div .controls.entries {
            details .days open[note.is_some()] {
                summary { "Add a note, interaction or ticket" }
                form .panel method="post" action=(action) {
                    (why(note))
                    label { "What"
                        select name="kind" {
                            @for (kind, label) in NOTES {
                                option value=(kind.name()) selected[text(note, "kind").as_deref() == Some(kind.name())] { (label) }
                            }
                        }
                    }
                    (date(note))
                    label { "Subject" input name="subject" required maxlength="256" value=[text(note, "subject")]; }
                    label { "Text" textarea name="text" rows="4" maxlength=(MAX_TEXT) {
                        // HTML ignores the first line break in a text area.
                        "\n" (text(note, "text").unwrap_or_default())
                    } }
                    button .button type="submit" { "Add" }
                }
            }
            details .days open[amount.is_some()] {
                summary { "Add an amount" }
                form .panel method="post" action=(action) {
                    (why(amount))
                    input type="hidden" name="kind" value="financials";
                    (date(amount))
                    label { "What" input name="name" required maxlength="256" value=(text(amount, "name").unwrap_or_else(|| "mrr".to_owned())); }
                    label { "Amount" input name="amount" required inputmode="decimal" value=[text(amount, "amount")]; }
                    label { "Currency" input name="currency" required pattern="[A-Za-z]{3}" maxlength="3" placeholder="EUR" value=[text(amount, "currency")]; }
                    button .button type="submit" { "Add" }
                }
            }
        }
    }
}

/// Reads the fields of a record.
///
/// # Errors
/// 422 when they do not give a valid record.
pub(crate) fn read(fields: &BTreeMap<String, String>) -> Result<NewRecords, ApiError> {
    let field = |name: &str| {
        let text = fields.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    };
    let mut record = Map::new();
    if let Some(text) = field("date") {
        let day: Day = text
            .parse()
            .map_err(|_| ApiError::Unprocessable("the date is a day such as 2024-05-01".into()))?;
        // A date without a time is stored as the start of that day in UTC.
        record.insert("date".into(), TimeZone::UTC.start_of(day).into());
    }
    let kind = field("kind").unwrap_or_default();
    if kind == "financials" {
        let amount = field("amount").and_then(amount);
        record.insert("amount".into(), json!(amount));
        for name in ["name", "currency"] {
            record.insert(name.into(), json!(field(name)));
        }
        let record = Financial::from_record(&Value::Object(record)).map_err(rejection)?;
        return Ok(NewRecords::Financials(vec![record]));
    }
    let kind = NOTES
        .iter()
        .find(|(of, _)| of.name() == kind)
        .ok_or_else(|| {
            ApiError::Unprocessable(
                "choose what it is: a note, an interaction or a support ticket".into(),
            )
        })?;
    for name in ["subject", "text"] {
        record.extend(field(name).map(|text| (name.to_owned(), json!(text))));
    }
    if !record.contains_key("subject") {
        return Err(ApiError::Unprocessable("it needs a subject".into()));
    }
    let note = Note::from_record(&Value::Object(record)).map_err(rejection)?;
    Ok(NewRecords::Notes(kind.0, vec![note]))
}

/// An amount as people write it: with a decimal point, or a decimal comma that is followed by
/// at most two digits. `1,234` is ambiguous, and gives `None`.
fn amount(text: &str) -> Option<f64> {
    match text.split_once(',') {
        None => text.parse().ok(),
        Some((whole, part)) if part.len() <= 2 && !whole.contains('.') && !part.contains(',') => {
            format!("{whole}.{part}").parse().ok()
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn an_amount_that_could_be_read_in_two_ways_is_none() {
        assert_eq!(amount("1234.5"), Some(1234.5));
        assert_eq!(amount("1234,50"), Some(1234.5));
        for text in ["1,234", "1,234.50", "1.234,50", "1,2,3", ""] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
