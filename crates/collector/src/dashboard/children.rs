//! The accounts below an account with their usage.

use axum::response::Response;
use maud::html;

use super::{
    account_header::Tab, account_list::AccountList, account_page::AccountRequest, error::PageError,
    layout, selection_path, sheet::Sheet,
};
use crate::store::sqlite::portfolio::ListLevel;

/// Shows what is below an account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Response, PageError> {
    let (header, listed) = request
        .show(|conn, header, request| {
            let AccountRequest { view, period, .. } = request;
            AccountList::read(
                conn,
                Some(header.row),
                ListLevel::All,
                view,
                period,
                request.names(),
            )
        })
        .await?;
    let AccountRequest { view, period, .. } = &request;
    let path = header.address(Tab::Below);
    let sheet = Sheet::default();
    let content = html! {
        (selection_path::show(&path, view))
        @if header.descendants == 0 {
            (layout::empty("Nothing is below this account", html! {
                "An account comes here when its " code { "parent_account_id" } " is "
                code { (header.account.account_id) } "."
            }))
        } @else {
            (listed.show(&sheet, &path, view, period))
        }
    };
    let page = header.page(Tab::Below, view, content);
    Ok(sheet.answer(view, page))
}
