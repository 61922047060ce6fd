//! The financial records of an account and its subtree, and its tickets,
//! interactions and notes.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    account_header::{AccountHeader, Tab},
    account_page::AccountRequest,
    address,
    change_form::ChangeForm,
    delete_record,
    error::{PageError, sentence},
    format,
    money::{money, with_currency},
    new_record::{self, RefusedRecord},
    query::Query,
    rights::Rights,
    sheet::Sheet,
    state::Dashboard,
    table::{Column, Table},
    table_choice::Sort,
    totals::{Total, totals},
    value::Value,
    view::View,
};
use crate::{
    clock::now_ms,
    http::extract::Path,
    model::{
        calendar::TimeZone, financial::Amount, note::NoteKind, page::Page, record_kind::RecordKind,
    },
    store::{
        records::{RecordList, RecordsPage},
        summary::{CurrencySum, Summary},
    },
};

/// Most records that are read of each kind, the latest first.
const LIMIT: i64 = 1000;

/// Number of months that are shown for each financial figure: a year, and the same month of
/// the previous year.
const MONTHS: usize = 13;

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
    fn is_always_shown(self) -> bool {
        matches!(
            self,
            RecordKind::Notes(NoteKind::SupportTickets | NoteKind::Interactions | NoteKind::Notes)
        )
    }
}

/// Most figures above the tables. The tables have all of them.
const MOST_FIGURES: usize = 8;

/// Fields that may serve as the title of a record, in order of preference.
const TITLES: [&str; 6] = ["subject", "title", "name", "text", "body", "summary"];

/// The same for a contact, whose title is a position.
const TITLES_OF_CONTACTS: [&str; 3] = ["name", "email", "title"];

/// The field that serves as the title of an NPS record.
const SCORE: &str = "score";

/// Shows the records of an account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Response, PageError> {
    page(&request, None).await
}

/// Adds a record to an account. If the record is invalid, the answer is the form as it was
/// submitted.
///
/// # Errors
/// 403 for a viewer, 404 when the account is unknown.
pub(crate) async fn add(
    State(dashboard): State<Dashboard>,
    Path(account_id): Path<String>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let record = match new_record::read(&fields) {
        Ok(record) => record,
        Err(refused) => {
            let request = AccountRequest::of(&dashboard, account_id, view, Rights::ALL);
            let sent = RefusedRecord {
                fields,
                why: sentence(&refused.to_string()),
            };
            let page = page(&request, Some(&sent)).await?;
            return Ok((refused.status(), page).into_response());
        }
    };
    let store = &dashboard.app.store;
    let is_known = store
        .put_records(account_id.clone(), record, now_ms())
        .await?;
    if !is_known {
        return Err(PageError::NoAccount);
    }
    let records = address::account(&account_id, "/records");
    Ok(Redirect::to(&view.for_tab().at(&records)).into_response())
}

async fn page(
    request: &AccountRequest,
    refused: Option<&RefusedRecord>,
) -> Result<Response, PageError> {
    let view = &request.view;
    let page = Page {
        limit: LIMIT,
        number: 1,
    };
    let store = request.store();
    let records = store
        .page_records(request.question(), page, now_ms())
        .await?;
    let (header, RecordsPage { summary, lists }) = request.shown(records)?;
    let sheet = Sheet::of(&request.account_id);
    let path = header.address(Tab::Records);
    let content = html! {
        @if request.rights.may_change {
            (new_record::forms(&header.account.account_id, request.period.today(), refused, view))
        }
        (figures(&summary))
        (financials(&sheet, &summary.financials, header.descendants, &path, view))
        @for list in lists {
            @let is_only_money = list.kind == RecordKind::Financials && summary.financials.is_empty();
            @if list.total > 0 || view.csv.is_some() || list.kind.is_always_shown() || is_only_money {
                (list.show(&sheet, &header, &request.rights, &path, view))
            }
        }
    };
    let page = header.page(Tab::Records, view, content);
    Ok(sheet.answer(view, page))
}

fn figures(summary: &Summary) -> Markup {
    const OWN: &str = "Records of this account alone.";
    const LATEST: &str = "The latest amount of this name of this account and each account below it, summed up by currency.";
    let mut all = vec![
        Total::of(
            ("Support tickets", OWN),
            format::number(summary.support_tickets),
        ),
        Total::of(("Interactions", OWN), format::number(summary.interactions)),
        Total::of(("Notes", OWN), format::number(summary.notes)),
    ];
    for sum in &summary.financials {
        for of in sum.by_name.iter().filter(|of| of.amount.0 != 0) {
            all.push(
                Total::of(
                    ("Financials", LATEST),
                    with_currency(&of.amount, &sum.currency),
                )
                .note(format!("{}, latest amounts", of.name)),
            );
        }
    }
    all.truncate(MOST_FIGURES);
    totals(&all, "")
}

/// A financial figure, by its name and currency.
struct NamedAmount {
    month: String,
    name: String,
    currency: String,
    records: i64,
    amount: Amount,
}

fn amount_value(amount: &Amount) -> Value {
    Value::Sum(amount.0 as f64 / 10_000.0)
}

fn amount_columns<'v>(table: Table<'v, NamedAmount>, head: &str) -> Table<'v, NamedAmount> {
    table
        .with(Column::text("currency", "Currency", |of: &NamedAmount| {
            Value::Text(of.currency.clone())
        }))
        .with(Column::number("records", "Records", |of: &NamedAmount| {
            Value::Count(of.records)
        }))
        .with(
            Column::number("amount", head, |of: &NamedAmount| amount_value(&of.amount))
                .shown(|of| html! { (money(&of.amount, &of.currency)) }),
        )
}

fn financials(sheet: &Sheet, sums: &[CurrencySum], below: i64, path: &str, view: &View) -> Markup {
    if sums.is_empty() && view.csv.is_none() {
        return html! {};
    }
    let mut latest = Vec::new();
    let mut months = Vec::new();
    for of in sums {
        for named in &of.by_name {
            let amount = |month: &str, records: i64, amount: Amount| NamedAmount {
                month: month.to_owned(),
                name: named.name.clone(),
                currency: of.currency.clone(),
                records,
                amount,
            };
            latest.push(amount("", named.records, named.amount));
            let of_months = named.by_month.iter().rev().take(MONTHS);
            months.extend(of_months.map(|of| amount(&of.month, of.records, of.amount)));
        }
    }
    let name = |of: &NamedAmount| Value::Text(of.name.clone());
    let latest_table = Table::new("financials", "Financials", Sort::up("name"), path, view)
        .with(Column::text("name", "What", name));
    let month_table = Table::new(
        "months",
        "Financials by month",
        Sort::down("month"),
        path,
        view,
    )
    .with(Column::text("month", "Month", |of: &NamedAmount| {
        Value::Text(of.month.clone())
    }))
    .with(Column::text("name", "What", name));
    html! {
        section .card {
            h2 { "Financials" }
            p .hint {
                @if below > 0 { "Of this account and all " (format::number(below)) " below it." }
                @else { "Of this account." }
            }
            (sheet.table(&amount_columns(latest_table, "Latest amount"), latest))
        }
        section .card {
            h2 { "Financials by month" }
            p .hint { "The latest amount of each account in the month." }
            (sheet.table(&amount_columns(month_table, "Amount"), months))
        }
    }
}

impl RecordList {
    fn show(
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
                html! {
                    p .fields {
                        @for (name, value) in fields(kind, record) { span { b { (name) } " " (value) } }
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
        _ => &TITLES[..],
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
