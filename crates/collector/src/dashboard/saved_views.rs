//! Lists of accounts that were saved under a name.

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    error::PageError,
    query::Query,
    rights::Rights,
    sign_in::{own_page, require_own_page, unreadable},
    signed_in::SignedIn,
    state::Dashboard,
    view::View,
};
use crate::{
    clock::now_ms,
    http::{error::ApiError, extract::Path},
    model::{label::on_one_line, nul::without_nul},
    store::saved_views::SavedView,
};

/// Maximum length of a name, in characters.
const MAX_NAME: usize = 80;

/// Maximum length of a view's address, in bytes.
const MAX_ADDRESS: usize = 4000;

/// Renders the saved views, and the form to save the current one.
pub(crate) fn show(saved: &[SavedView], view: &View, rights: &Rights) -> Markup {
    let address = view.with_first_pages().at("/");
    html! {
        @if rights.within.is_all() && (rights.may_change || !saved.is_empty()) {
            div .views {
                @if !saved.is_empty() {
                    nav .chips aria-label="Saved views" {
                        @for of in saved {
                            a .chip href=(of.address) aria-current=[(of.address == address).then_some("true")] { (of.name) }
                        }
                    }
                }
                @if rights.may_change {
                    details .days {
                        summary { "Save this view" }
                        form .panel method="post" action="/views" {
                            input type="hidden" name="address" value=(address);
                            label { "Name" input name="name" required pattern=".*\\S.*" title="A name that is not blank" maxlength=(MAX_NAME); }
                            button .button type="submit" { "Save" }
                        }
                    }
                    @for of in saved.iter().filter(|of| of.address == address) {
                        form method="post" action=(view.at(&format!("/views/{}/delete", of.id))) {
                            button .quiet type="submit" { "Remove “" (of.name) "”" }
                        }
                    }
                }
            }
        }
    }
}

/// The fields of the form.
#[derive(Debug, Deserialize)]
pub(crate) struct NewView {
    name: String,
    address: String,
}

/// Saves a view and shows it.
///
/// # Errors
/// 403 for a viewer key or a form from another site, 422 when it cannot be saved.
pub(crate) async fn save(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    SignedIn { rights }: SignedIn,
    form: Result<Form<NewView>, FormRejection>,
) -> Result<Response, PageError> {
    require_own_page(&headers)?;
    rights.require_change()?;
    let Form(NewView { name, address }) = form.map_err(unreadable)?;
    let name = on_one_line(&without_nul(name));
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(ApiError::Unprocessable(format!(
            "a view needs a name of at most {MAX_NAME} characters; go back and give it one"
        ))
        .into());
    }
    let address = own_page(Some(&address)).to_owned();
    if address.len() > MAX_ADDRESS {
        return Err(ApiError::Unprocessable(
            "this view has too many filters to be saved; take some away".into(),
        )
        .into());
    }
    let to = address.clone();
    let is_saved = dashboard
        .app
        .store
        .save_view(name, address, now_ms())
        .await?;
    if !is_saved {
        return Err(ApiError::Unprocessable(
            "there are too many saved views; remove one that nobody needs".into(),
        )
        .into());
    }
    Ok(Redirect::to(&to).into_response())
}

/// Removes a saved view.
///
/// # Errors
/// 403 for a viewer key or a form from another site.
pub(crate) async fn delete(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    SignedIn { rights }: SignedIn,
    Path(id): Path<i64>,
    Query(view): Query<View>,
) -> Result<Response, PageError> {
    require_own_page(&headers)?;
    rights.require_change()?;
    dashboard.app.store.delete_view(id).await?;
    Ok(Redirect::to(&view.at("/")).into_response())
}
