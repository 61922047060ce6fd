//! Imports accounts and users from a table. A dry run shows what would change.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{
    error::{PageError, sentence},
    format,
    import_form::{self, ImportForm, RefusedForm, Sent, SentForm},
    layout,
    query::Query,
    rights::Rights,
    signed_in::SignedIn,
    state::Dashboard,
    table::counted,
    view::View,
};
use crate::{
    clock::now_ms,
    http::error::ApiError,
    model::csv_records,
    store::import::{Import, ImportKind, ImportReport},
};

/// Most records of an import. Each takes the writer some 50 µs, during which events have to
/// wait.
const MAX_RECORDS: usize = 20_000;

/// Most ids of each kind that a report lists.
const MAX_LISTED: usize = 50;

/// Shows the form.
///
/// # Errors
/// 403 for a viewer, who may not change anything.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
) -> Result<Markup, PageError> {
    rights.require_change()?;
    let form = import_form::show(ImportKind::Accounts, Sent::Nothing);
    page(&dashboard, &rights, &view, form).await
}

async fn page(
    dashboard: &Dashboard,
    rights: &Rights,
    view: &View,
    content: Markup,
) -> Result<Markup, PageError> {
    let tree = dashboard.app.store.tree(rights.within.clone()).await?;
    let content = html! {
        div .title { h1 { "Import" } }
        p .lead {
            "A table whose first line names the fields, as spreadsheets export it: a file, or pasted. "
            "Nothing changes before you have seen what would."
        }
        (content)
    };
    Ok(layout::page(
        "Import",
        None,
        view,
        rights,
        tree.show(view),
        content,
    ))
}

/// Shows the form as it was submitted, and why it cannot be tried.
async fn refused(dashboard: &Dashboard, form: RefusedForm) -> Result<Response, PageError> {
    let why = sentence(&form.why.to_string());
    let content = import_form::show(form.kind, Sent::Refused(&form.table, &why));
    let page = page(dashboard, &Rights::ALL, &View::default(), content).await?;
    Ok((form.why.status(), page).into_response())
}

/// Shows what an import would change, or carries it out. If the table cannot be read, the
/// answer is the form as it was submitted.
///
/// # Errors
/// 403 for somebody who may not change anything.
pub(crate) async fn run(
    State(dashboard): State<Dashboard>,
    SentForm(sent): SentForm,
) -> Result<Response, PageError> {
    let ImportForm {
        kind,
        table,
        is_pasted,
        is_done,
    } = match sent {
        Ok(form) => form,
        Err(form) => return refused(&dashboard, form).await,
    };
    let text = table.clone();
    // Reading a large table takes a tenth of a second.
    let reading = tokio::task::spawn_blocking(move || csv_records::read(&text, MAX_RECORDS));
    let lines = match reading.await.map_err(|_| ApiError::Internal)? {
        Ok(lines) => lines,
        Err(cause) => {
            let table = if is_pasted { table } else { String::new() };
            let why = ApiError::Unprocessable(cause.to_string());
            return refused(&dashboard, RefusedForm { kind, table, why }).await;
        }
    };
    let (mut records, mut rejected) = (Vec::new(), Vec::new());
    for line in lines {
        match line.refusal {
            None => records.push((line.number, line.record)),
            Some(cause) => {
                // The page adds the number of each line itself.
                let message = cause.to_string();
                let number = format!("line {} ", line.number);
                let message = match message.strip_prefix(&number) {
                    Some(rest) => format!("it {rest}"),
                    None => message,
                };
                rejected.push((line.number, message));
            }
        }
    }
    let import = Import {
        kind,
        records,
        is_dry_run: !is_done,
    };
    let mut report = dashboard.app.store.import(import, now_ms()).await?;
    report.rejected.extend(rejected);
    report.rejected.sort();
    let content = html! {
        (show_report(&report, is_done))
        @if !is_done { (import_form::show(kind, Sent::Tried(&table))) }
        @else { p { a .button href="/import" { "Import more" } } }
    };
    let page = page(&dashboard, &Rights::ALL, &View::default(), content).await?;
    Ok(page.into_response())
}

fn show_report(report: &ImportReport, is_done: bool) -> Markup {
    let heading = if is_done {
        "What has changed"
    } else {
        "What would change"
    };
    html! {
        section .card role="status" {
            h2 { (heading) }
            (ids(&report.created, "new", "new"))
            (ids(&report.changed, "changed", "changed"))
            p { (format::number(report.unchanged as i64)) " unchanged" }
            @if !report.unknown_accounts.is_empty() {
                p .refused {
                    (counted(report.unknown_accounts.len(), "account is", "accounts are"))
                    " named and nowhere described: "
                    @for (at, id) in report.unknown_accounts.iter().take(MAX_LISTED).enumerate() {
                        @if at > 0 { ", " } code { (id) }
                    }
                    ". A typing error makes such an account."
                }
            }
            @for parent in report.parents_with_usage.iter().take(MAX_LISTED) {
                p .refused {
                    "The usage of " code { (parent.account_id) } " "
                    @if is_done { "no longer counts" } @else { "will no longer count" }
                    ": it has " (format::count(parent.events, "event", "events"))
                    " of its own, and product usage counts only where nothing is below."
                }
            }
            @if !report.rejected.is_empty() {
                p .refused { (counted(report.rejected.len(), "line is refused:", "lines are refused:")) }
                ul {
                    @for (line, why) in report.rejected.iter().take(MAX_LISTED) {
                        li { "Line " (line) ": " (why) }
                    }
                }
            }
        }
    }
}

fn ids(ids: &[String], one: &str, many: &str) -> Markup {
    html! {
        p {
            (counted(ids.len(), one, many))
            @if !ids.is_empty() {
                ": "
                @for (at, id) in ids.iter().take(MAX_LISTED).enumerate() {
                    @if at > 0 { ", " } code { (id) }
                }
                @if ids.len() > MAX_LISTED { " …" }
            }
        }
    }
}
