//! The data-quality page: which problems the data has, which accounts and users they concern,
//! since when, and buttons that fix them.

pub(crate) mod actions;
mod arrival;
mod done;
pub(super) mod page;
mod usage;

use axum::{extract::State, response::Response};
use maud::html;
use serde::Deserialize;

use crate::{
    dashboard::{
        error::PageError,
        layout::{self, NavigationEntry},
        quality::{
            done::Done,
            page::{PATH, Page},
        },
        query::Query,
        sheet::Sheet,
        signed_in::SignedIn,
        state::Dashboard,
        view::View,
    },
    http::error::ApiError,
};

/// Parameters besides the view.
#[derive(Debug, Deserialize)]
pub(crate) struct DoneQuery {
    /// What a button has just fixed.
    done: Option<String>,
}

/// Shows the problems of the data.
///
/// # Errors
/// 400 for invalid parameters, 404 for somebody who may see only one account.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
    Query(DoneQuery { done }): Query<DoneQuery>,
) -> Result<Response, PageError> {
    if !rights.within.is_all() {
        return Err(ApiError::NotFound("this page is about all accounts".into()).into());
    }
    let period = dashboard.period(&view);
    let findings = dashboard.app.store.page_quality(period.span()).await?;
    let sheet = Sheet::default();
    let page = Page {
        sheet: &sheet,
        view: &view,
        zone: period.time_zone(),
        rights: &rights,
        done: done.as_deref().and_then(Done::named),
    };
    let content = html! {
        div .title { h1 { "Data quality" } }
        p .lead { "What does not count, what is missing, and how to fix it." }
        div .controls { (period.picker(PATH, &view)) }
        (page.conflicts(findings.uncounted.conflicts))
        (page.non_leaf(findings.uncounted.non_leaf))
        (page.phantoms(findings.phantoms))
        (page.nameless(findings.nameless))
        (page.undescribed(findings.undescribed))
        (page.refusals(findings.refusals))
        (page.losses(findings.losses, findings.loss.missing))
        (page.implausible(findings.implausible, findings.loss.implausible))
    };
    let page = layout::page(
        "Data quality",
        Some(NavigationEntry::Quality),
        &view,
        &rights,
        findings.tree.show(&view),
        content,
    );
    Ok(sheet.answer(&view, page))
}
