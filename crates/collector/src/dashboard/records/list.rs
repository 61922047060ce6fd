//! The records of one kind, as a section of the page.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    dashboard::{
        account_header::AccountHeader,
        format,
        records::delete_record,
        rights::Rights,
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column},
        value::Value,
        view::View,
    },
    model::{calendar::TimeZone, note::NoteKind, record_kind::RecordKind},
    store::records::RecordList,
};

/// Most records that are read of each kind, the latest first.
pub(super) const LIMIT: i64 = 1000;

/// Fields that may serve as the title of a record, in order of preference.
const TITLES: [&str; 6] = ["subject", "title", "name", "text", "body", "summary"];

/// The same for a contact, whose title is a position.
const TITLES_OF_CONTACTS: [&str; 3] = ["name", "email", "title"];

/// The field that serves as the title of an NPS record.
const SCORE: &str = "score";

/// The names of the kinds of records on the page.
impl RecordKind {
    fn heading(self) -> &'static str {
        match self {
            RecordKind::Financials => "Financial records",
            RecordKind::Notes(NoteKind::SupportTickets) => "Support tickets",
            RecordKind::Notes(NoteKind::Interactions) => "Interactions",
            RecordKind::Notes(NoteKind::Notes) => "Notes",
            RecordKind::Notes(NoteKind::Metrics) => "Metrics",
            RecordKind::Notes(NoteKind::Contacts) => "Contacts",
            RecordKind::Notes(NoteKind::Subscriptions) => "Subscriptions",
            RecordKind::Notes(NoteKind::Statements) => "Statements",
            RecordKind::Notes(NoteKind::StageHistory) => "Stage history",
            RecordKind::Notes(NoteKind::NpsHistory) => "NPS history",
            RecordKind::Notes(NoteKind::DimensionValues) => "Dimension values",
            RecordKind::Notes(NoteKind::AssignedCsms) => "Customer success managers",
        }
    }

    /// The plural within a sentence.
    fn plural(self) -> &'static str {
        match self {
            RecordKind::Financials => "financial records",
            RecordKind::Notes(NoteKind::SupportTickets) => "support tickets",
            RecordKind::Notes(NoteKind::Interactions) => "interactions",
            RecordKind::Notes(NoteKind::Notes) => "notes",
            RecordKind::Notes(NoteKind::Metrics) => "metrics",
            RecordKind::Notes(NoteKind::Contacts) => "contacts",
            RecordKind::Notes(NoteKind::Subscriptions) => "subscriptions",
            RecordKind::Notes(NoteKind::Statements) => "statements",
            RecordKind::Notes(NoteKind::StageHistory) => "stage history",
            RecordKind::Notes(NoteKind::NpsHistory) => "NPS history",
            RecordKind::Notes(NoteKind::DimensionValues) => "dimension values",
            RecordKind::Notes(NoteKind::AssignedCsms) => "customer success managers",
        }
    }

    /// Whether the page shows the list even when it is empty.
    pub(super) fn is_always_shown(self) -> bool {
        matches!(
            self,
            RecordKind::Notes(NoteKind::SupportTickets | NoteKind::Interactions | NoteKind::Notes)
        )
    }
}

impl RecordList {
    /// Renders the list as a section of the page.
    pub(super) fn show(
        self,
        sheet: &Sheet,
        header: &AccountHeader,
        rights: &Rights,
        path: &str,
        view: &View,
    ) -> Markup {
        let kind = self.kind;
        let mut table = table(kind, path, view);
        if rights.may_change {
            table = table.with(delete_column(&header.account.account_id, kind, view));
        }
        html! {
            section .card {
                h2 { (kind.heading()) " " span .many { (format::number(self.total)) } }
                @if !kind.rolls_up() && header.descendants > 0 {
                    p .hint { "Of this account alone; these do not roll up." }
                }
                @if self.total > LIMIT { p .hint { "The latest " (format::number(LIMIT)) " of them." } }
                @if self.total == 0 && view.csv.is_none() {
                    p .none {
                        "No " (kind.plural()) " yet. They are added with "
                        code { "POST /api/v2/accounts/{id}/" (kind.name()) } "."
                    }
                } @else {
                    (sheet.table(&table, self.records))
                }
            }
        }
    }
}

fn table<'v>(kind: RecordKind, path: &str, view: &'v View) -> Table<'v, Json> {
    let id = match kind {
        RecordKind::Financials => "financial_records",
        RecordKind::Notes(kind) => kind.name(),
    };
    let mut table = Table::new(id, kind.heading(), Sort::down("date"), path, view)
        .with(
            Column::text("what", "What", move |record: &Json| {
                Value::text(title(kind, record).map(|name| title_text(name, record)))
            })
            .shown(move |record| html! { (title(kind, record).map(|name| title_text(name, record)).unwrap_or_default()) }),
        )
        .with(Column::text("date", "Date", |record: &Json| {
            // A date without a time is stored as the start of its day in UTC.
            Value::day(record["date"].as_i64(), &TimeZone::UTC)
        }))
        .with(
            Column::text("fields", "Details", move |record: &Json| {
                let fields = fields(kind, record);
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                Value::text(Some(fields.join(", ")).filter(|text| !text.is_empty()))
            })
            .shown(move |record| {
                let fields = fields(kind, record);
                if fields.is_empty() {
                    return Value::None.show();
                }
                html! {
                    p .fields {
                        @for (name, value) in fields { span { b { (name) ":" } " " (value) } }
                    }
                }
            }),
        )
        .with(Column::text("id", "Id", |record: &Json| Value::Text(text(&record["id"]))).only_in_csv());
    if kind == RecordKind::Financials {
        table = table
            .with(Column::number("amount", "Amount", |record: &Json| {
                record["amount"].as_f64().map_or(Value::None, Value::Sum)
            }))
            .with(Column::text("currency", "Currency", |record: &Json| {
                Value::Text(text(&record["currency"]))
            }));
    }
    table
}

fn delete_column<'v>(account_id: &'v str, kind: RecordKind, view: &'v View) -> Column<'v, Json> {
    Column::action("delete", "Delete", move |record: &Json| {
        let name = title(kind, record);
        let name = name.map_or_else(|| text(&record["id"]), |name| title_text(name, record));
        let id = text(&record["id"]);
        delete_record::button(account_id, kind, &id, &name, view)
    })
}

/// The field that serves as the title of a record.
fn title(kind: RecordKind, record: &Json) -> Option<&'static str> {
    let titles = match kind {
        RecordKind::Notes(NoteKind::Contacts) => &TITLES_OF_CONTACTS[..],
        RecordKind::Notes(NoteKind::NpsHistory) if record[SCORE].is_number() => {
            return Some(SCORE);
        }
        RecordKind::Financials | RecordKind::Notes(_) => &TITLES[..],
    };
    let mut titles = titles.iter().copied();
    titles.find(|name| record[*name].is_string())
}

/// The title of a record: the text of a field. A score is named, because a number alone says
/// nothing.
fn title_text(name: &str, record: &Json) -> String {
    let text = text(&record[name]);
    if name == SCORE {
        format!("Score {text}")
    } else {
        text
    }
}

/// The other fields of a record, as pairs of name and value.
fn fields(kind: RecordKind, record: &Json) -> Vec<(String, String)> {
    let title = title(kind, record);
    record
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| {
            !matches!(name.as_str(), "id" | "date" | "amount" | "currency")
                && Some(name.as_str()) != title
        })
        .map(|(name, value)| (name.replace('_', " "), text(value)))
        .collect()
}

/// Formats a value: a text without quotes, anything else as JSON.
fn text(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
