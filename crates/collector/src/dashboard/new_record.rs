//! Notes, interactions, tickets and amounts that people enter by hand.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    address, error::PageError, mends::ChangeForm, query::Query, state::Dashboard, view::View,
};
use crate::{
    clock::now_ms,
    http::{
        api::{accounts::Accounts, bulk::rejection, resource::Resource},
        error::ApiError,
        extract::Path,
    },
    model::{
        calendar::{Day, TimeZone},
        financial::Financial,
        note::{Note, NoteKind},
    },
    store::records::NewRecords,
};

/// Most letters of a text. Letters take up to three bytes, and a record has 64 KiB
/// with all that is about it.
const MAX_TEXT: usize = 20_000;

/// What can be entered, with its label.
const NOTES: [(NoteKind, &str); 3] = [
    (NoteKind::Notes, "Note"),
    (NoteKind::Interactions, "Interaction"),
    (NoteKind::SupportTickets, "Support ticket"),
];

/// Renders the forms for the records of an account.
pub(crate) fn forms(account_id: &str, today: Day, view: &View) -> Markup {
    let action = view.for_tab().at(&address::account(account_id, "/records"));
    let date = html! { label { "Date" input type="date" name="date" value=(today); } };
    html! {
        div .controls.entries {
            details .days {
                summary { "Add a note, interaction or ticket" }
                form .panel method="post" action=(action) {
                    label { "What"
                        select name="kind" {
                            @for (kind, label) in NOTES { option value=(kind.name()) { (label) } }
                        }
                    }
                    (date)
                    label { "Subject" input name="subject" required maxlength="256"; }
                    label { "Text" textarea name="text" rows="4" maxlength=(MAX_TEXT) {} }
                    button .button type="submit" { "Add" }
                }
            }
            details .days {
                summary { "Add an amount" }
                form .panel method="post" action=(action) {
                    input type="hidden" name="kind" value="financials";
                    (date)
                    label { "What" input name="name" required maxlength="256" value="mrr"; }
                    label { "Amount" input name="amount" required inputmode="decimal"; }
                    label { "Currency" input name="currency" required pattern="[A-Za-z]{3}" maxlength="3" placeholder="EUR"; }
                    button .button type="submit" { "Add" }
                }
            }
        }
    }
}

/// Adds a record to an account.
///
/// # Errors
/// 403 for who may only look, 404 when the account is unknown, 422 for what is no
/// record.
pub(crate) async fn add(
    State(dashboard): State<Dashboard>,
    Path(account_id): Path<String>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let record = read(&fields)?;
    let is_known = dashboard
        .app
        .store
        .put_records(account_id.clone(), record, now_ms())
        .await?;
    if !is_known {
        return Err(Accounts::not_found(&account_id).into());
    }
    let records = address::account(&account_id, "/records");
    Ok(Redirect::to(&view.for_tab().at(&records)).into_response())
}

fn read(fields: &BTreeMap<String, String>) -> Result<NewRecords, ApiError> {
    let field = |name: &str| {
        let text = fields.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    };
    let mut record = Map::new();
    if let Some(text) = field("date") {
        let day: Day = text.parse().map_err(|_| {
            ApiError::Unprocessable(
                "the date is a day such as 2024-05-01; go back and mend it".into(),
            )
        })?;
        // Dates are given without a time.
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
            ApiError::Unprocessable("choose what it is; go back and use the form".into())
        })?;
    for name in ["subject", "text"] {
        record.extend(field(name).map(|text| (name.to_owned(), json!(text))));
    }
    if !record.contains_key("subject") {
        return Err(ApiError::Unprocessable(
            "it needs a subject; go back and give it one".into(),
        ));
    }
    let note = Note::from_record(&Value::Object(record)).map_err(rejection)?;
    Ok(NewRecords::Notes(kind.0, vec![note]))
}

/// An amount as people write it: with a decimal point, or a decimal comma that two
/// digits at most follow. `1,234` may be meant either way, and is none.
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
