//! The features that an account uses, and those that only others use.

use axum::response::Response;
use maud::{Markup, html};

use super::{
    account_header::{AccountHeader, Tab},
    account_page::AccountRequest,
    error::PageError,
    layout,
    period::Period,
    share_bar::bar,
    sheet::Sheet,
    table::{Table, choice::Sort, column::Column, counted},
    value::Value,
    view::View,
};
use crate::store::adoption::FeatureAdoption;

/// Shows which features an account uses.
///
/// # Errors
/// 404 when the account is unknown, or the requester may not see other accounts.
pub(crate) async fn show(request: AccountRequest) -> Result<Response, PageError> {
    // Somebody who may see only one account may not learn what others use.
    if !request.rights.within.is_all() {
        return Err(PageError::NoAccount);
    }
    let store = request.store();
    let adoption = store
        .page_adoption(request.question(), request.period.span())
        .await?;
    let (header, features) = request.shown(adoption)?;
    let sheet = Sheet::of(&request.account_id);
    let page = page(&sheet, features, &header, &request.view, &request.period);
    Ok(sheet.answer(&request.view, page))
}

fn page(
    sheet: &Sheet,
    features: Vec<FeatureAdoption>,
    header: &AccountHeader,
    view: &View,
    period: &Period,
) -> Markup {
    let path = header.address(Tab::Adoption);
    let (used, unused): (Vec<_>, Vec<_>) = features
        .into_iter()
        .partition(|feature| feature.accounts_here > 0);
    let content = html! {
        div .controls { (period.picker(&path, view)) }
        section .card {
            h2 { (counted(unused.len(), "feature", "features")) " that others use and nobody here does" }
            (sheet.table_or(&unused_table(&unused, &path, view), unused, layout::empty(
                "Every feature is in use here",
                html! { "Each feature that any account used in this period was used here, too." },
            )))
        }
        section .card {
            h2 { (counted(used.len(), "feature", "features")) " in use here" }
            (sheet.table_or(&used_table(&path, view), used, layout::empty(
                "No feature was used here",
                html! { "Choose a longer period." },
            )))
        }
    };
    header.page(Tab::Adoption, view, content)
}

fn with_names<'v>(table: Table<'v, FeatureAdoption>) -> Table<'v, FeatureAdoption> {
    table
        .with(Column::text(
            "feature",
            "Feature",
            |of: &FeatureAdoption| Value::Text(of.feature.clone()),
        ))
        .with(Column::text("module", "Module", |of: &FeatureAdoption| {
            Value::text(of.module.clone())
        }))
        .with(Column::text(
            "product",
            "Product",
            |of: &FeatureAdoption| Value::text(of.product.clone()),
        ))
}

fn unused_table<'v>(
    unused: &[FeatureAdoption],
    path: &str,
    view: &'v View,
) -> Table<'v, FeatureAdoption> {
    let most = unused
        .iter()
        .map(|of| of.accounts as f64)
        .fold(0.0, f64::max);
    let sort = Sort::down("accounts");
    with_names(Table::new(
        "unused",
        "Features that nobody here uses",
        sort,
        path,
        view,
    ))
    .with(
        Column::number(
            "accounts",
            "Accounts that use it",
            |of: &FeatureAdoption| Value::Count(of.accounts),
        )
        .shown(move |of| {
            html! { (Value::Count(of.accounts).show()) (bar(of.accounts as f64, most)) }
        })
        .class("barred")
        .meaning("Accounts in which a feature event with this name happened in the period."),
    )
    .with(
        Column::number("uses", "Feature uses", |of: &FeatureAdoption| {
            Value::Sum(of.uses)
        })
        .meaning("Sum of the amounts of its events, over all accounts."),
    )
}

fn used_table<'v>(path: &str, view: &'v View) -> Table<'v, FeatureAdoption> {
    let sort = Sort::down("uses_here");
    with_names(Table::new("used", "Features in use here", sort, path, view))
        .with(
            Column::number("uses_here", "Feature uses", |of: &FeatureAdoption| {
                Value::Sum(of.uses_here)
            })
            .meaning("Sum of the amounts of its events, here and below."),
        )
        .with(
            Column::number("share", "Share of all", |of: &FeatureAdoption| {
                Value::Share(if of.uses > 0.0 {
                    of.uses_here / of.uses
                } else {
                    0.0
                })
            })
            .meaning("The same as a share of the uses of all accounts."),
        )
        .with(
            Column::number(
                "accounts",
                "Accounts that use it",
                |of: &FeatureAdoption| Value::Count(of.accounts),
            )
            .meaning("Accounts everywhere in which it was used in the period."),
        )
}
