//! Money of an account and all below it, and its tickets, interactions and
//! notes.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    account::{Shown, Tab},
    address::View,
    asked::OfAccount,
    error::PageError,
    format,
    layout::{
        self,
        Column::{Number, Text},
    },
};
use crate::{
    entity::Amount,
    rollup::Kind,
    store::{
        page::Page,
        records::{self, CurrencySum, Summary},
    },
};

/// Records of a kind that are shown at a time.
const LIMIT: i64 = 20;

const KINDS: [(Kind, &str, &str, &str); 4] = [
    (
        Kind::Financials,
        "Financial records",
        "financials",
        "financial records",
    ),
    (
        Kind::SupportTickets,
        "Support tickets",
        "support_tickets",
        "support tickets",
    ),
    (
        Kind::Interactions,
        "Interactions",
        "interactions",
        "interactions",
    ),
    (Kind::Notes, "Notes", "notes", "notes"),
];

/// Fields that say what a record is about, the most telling first.
const TITLES: [&str; 6] = ["subject", "title", "name", "text", "body", "summary"];

struct Listed {
    kind: Kind,
    words: &'static str,
    name: &'static str,
    many: &'static str,
    records: Vec<Value>,
    total: i64,
}

/// Shows the records of an account.
///
/// # Errors
/// 404 where the account is unknown.
pub(super) async fn show(asked: OfAccount) -> Result<Markup, PageError> {
    let view = &asked.view;
    let number = view.page_number();
    let page = Page {
        limit: LIMIT,
        number,
    };
    let (shown, (summary, lists)) = asked
        .show(move |conn, shown, _| {
            let summary = records::summary(conn, shown.no)?;
            let lists = KINDS
                .into_iter()
                .map(|(kind, words, name, many)| {
                    let (records, total) = records::list(conn, shown.no, kind, page)?;
                    Ok(Listed {
                        kind,
                        words,
                        name,
                        many,
                        records,
                        total,
                    })
                })
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok((summary, lists))
        })
        .await?;
    let path = shown.address(Tab::Records);
    let longest = lists.iter().map(|list| list.total).max().unwrap_or(0);
    let content = html! {
        (totals(&summary))
        (financials(&summary.financials, shown.below))
        @for list in &lists {
            @if list.total > 0 || list.kind != Kind::Financials || summary.financials.is_empty() {
                (list.show(&shown))
            }
        }
        (layout::pager(number, LIMIT, longest, |page| {
            let view = View { page: Some(page.to_string()), ..view.clone() };
            view.at(&path)
        }))
    };
    Ok(shown.page(Tab::Records, view, content))
}

fn totals(summary: &Summary) -> Markup {
    html! {
        dl .totals {
            @for sum in &summary.financials {
                div { dt { "Financials, " (sum.currency) } dd { (money(&sum.amount)) } }
            }
            div { dt { "Support tickets" } dd { (format::number(summary.support_tickets)) } }
            div { dt { "Interactions" } dd { (format::number(summary.interactions)) } }
            div { dt { "Notes" } dd { (format::number(summary.notes)) } }
        }
    }
}

fn financials(sums: &[CurrencySum], below: i64) -> Markup {
    let columns = [
        Text("What"),
        Text("Currency"),
        Number("Records"),
        Number("Amount"),
    ];
    let rows = html! {
        tbody {
            @for of in sums {
                @for named in &of.by_name {
                    tr {
                        th scope="row" { (named.name) }
                        td { (of.currency) }
                        td .n { (format::number(named.records)) }
                        td .n { (money(&named.amount)) }
                    }
                }
            }
        }
    };
    html! {
        @if !sums.is_empty() {
            section .card {
                h2 { "Financials" }
                p .hint {
                    @if below > 0 { "Of this account and all " (format::number(below)) " below it." }
                    @else { "Of this account." }
                }
                (layout::table("Financials", None, &columns, rows))
            }
        }
    }
}

/// `1,234.50`: two decimals as money has, more only where they say something.
fn money(amount: &Amount) -> String {
    let sign = if amount.0 < 0 { "−" } else { "" };
    let whole = amount.0.unsigned_abs() / 10_000;
    let rest = amount.0.unsigned_abs() % 10_000;
    let whole = format::number(i64::try_from(whole).unwrap_or(i64::MAX));
    if rest.is_multiple_of(100) {
        format!("{sign}{whole}.{:02}", rest / 100)
    } else {
        format!("{sign}{whole}.{rest:04}")
    }
}

impl Listed {
    fn show(&self, shown: &Shown) -> Markup {
        html! {
            section .card {
                h2 { (self.words) " " span .many { (format::number(self.total)) } }
                @if !self.kind.rolls_up() && shown.below > 0 {
                    p .hint { "Of this account alone; these do not roll up." }
                }
                @if self.total == 0 {
                    p .none {
                        "No " (self.many) " yet. They are added with "
                        code { "POST /api/v2/accounts/{id}/" (self.name) } "."
                    }
                } @else if self.records.is_empty() {
                    p .none { "No more." }
                } @else {
                    ul .records {
                        @for record in &self.records { li { (self.line(record)) } }
                    }
                }
            }
        }
    }

    fn line(&self, record: &Value) -> Markup {
        let title = TITLES.into_iter().find(|name| record[*name].is_string());
        let rest = record
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| {
                !matches!(name.as_str(), "id" | "date" | "amount" | "currency")
                    && Some(name.as_str()) != title
            });
        html! {
            time datetime=(format::rfc3339(record["date"].as_i64().unwrap_or(0))) {
                (format::day(record["date"].as_i64().unwrap_or(0)))
            }
            div {
                @if let Some(title) = title { p { (text(&record[title])) } }
                p .fields {
                    @for (name, value) in rest {
                        span { b { (name.replace('_', " ")) } " " (text(value)) }
                    }
                }
            }
            @if self.kind == Kind::Financials {
                p .n { (record["amount"].as_f64().map_or_else(String::new, |amount| {
                    money(&Amount((amount * 10_000.0).round() as i128))
                })) " " (text(&record["currency"])) }
            }
        }
    }
}

/// A value as it reads: text without quotes, anything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_two_decimals_or_as_many_as_it_needs() {
        assert_eq!(money(&Amount(12_345_000)), "1,234.50");
        assert_eq!(money(&Amount(-10_001)), "−1.0001");
        assert_eq!(money(&Amount(-5_000)), "−0.50");
    }
}
