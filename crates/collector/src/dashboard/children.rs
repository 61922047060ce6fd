//! The accounts below an account with their usage.

use axum::response::Response;
use maud::html;

use super::{
    account_header::Tab, account_list::AccountList, account_page::AccountRequest, error::PageError,
    layout, selection_path, sheet::Sheet,
};
use crate::store::portfolio::ListLevel;

/// Shows the accounts below an account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Response, PageError> {
    let AccountRequest { view, period, .. } = &request;
    let question = AccountList::question(ListLevel::All, view, period);
    let store = request.store();
    let below = store
        .page_below(request.question(), question.clone())
        .await?;
    let (header, portfolio) = request.shown(below)?;
    let listed = AccountList::new(&question, true, portfolio);
    let path = header.address(Tab::Below);
    let sheet = Sheet::of(&request.account_id);
    let content = html! {
        (selection_path::show(&path, view))
        @if header.descendants == 0 && view.csv.is_none() {
            (layout::empty("Nothing is below this account", html! {
                "An account comes here when its " code { "parent_account_id" } " is "
                code { (header.account.account_id) } "."
            }))
        } @else {
            (layout::filters_link())
            (listed.show(&sheet, &path, view, period))
        }
    };
    let page = header.page(Tab::Below, view, content);
    Ok(sheet.answer(view, page))
}
