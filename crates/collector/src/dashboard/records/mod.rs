//! The financial records of an account and its subtree, and its tickets,
//! interactions and notes.

pub(crate) mod delete_record;
mod financials;
mod list;
mod new_record;

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;

use crate::{
    clock::now_ms,
    dashboard::{
        account_header::Tab,
        account_page::AccountRequest,
        address,
        change_form::ChangeForm,
        error::{PageError, sentence},
        query::Query,
        records::{
            financials::{figures, financials},
            list::LIMIT,
            new_record::RefusedRecord,
        },
        rights::Rights,
        sheet::Sheet,
        state::Dashboard,
        view::View,
    },
    http::extract::Path,
    model::{page::Page, record_kind::RecordKind},
    store::records::RecordsPage,
};

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
