//! The form for what is said about an account, and for its place in the tree.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    account_page::AccountRequest, address, error::PageError, format, layout, mends::ChangeForm,
    state::Dashboard,
};
use crate::{
    clock::now_ms,
    http::{
        api::{accounts::Accounts, bulk::rejection, resource::Resource},
        error::ApiError,
        extract::Path,
    },
    model::{
        account::{Account, AccountPatch},
        calendar::TimeZone,
        usage::{Filter, Span},
        visibility::Visibility,
    },
    store::{
        Store,
        usage::{RowPage, UsageQuestion},
    },
};

/// Fields that are kept in the details, with their labels.
const DETAILS: [(&str, &str); 6] = [
    ("tier", "Tier"),
    ("stage", "Stage"),
    ("industry", "Industry"),
    ("csm", "Customer success manager"),
    ("employees", "Employees"),
    ("renewal_date", "Renewal date"),
];

/// Shows the form.
///
/// # Errors
/// 403 for who may only look, 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Markup, PageError> {
    request.rights.require_change()?;
    let edited = request.store().page_edit(request.question()).await?;
    let (header, tree) = request.shown(edited)?;
    let content = html! {
        div .title { h1 { "Edit " (header.title()) } }
        (form(&header.account, None))
    };
    Ok(layout::page(
        &format!("Edit · {}", header.title()),
        None,
        &request.view,
        &request.rights,
        tree.show(&request.view),
        content,
    ))
}

/// Renders the form, filled in. `warning` is what will happen once it is sent again.
fn form(account: &Account, warning: Option<&Warning>) -> Markup {
    let detail = |name: &str| {
        account.details.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    html! {
        @if let Some(warning) = warning { (warning.show()) }
        form .card.fields-form method="post" action=(address::account(&account.account_id, "/edit")) {
            @if warning.is_some() { input type="hidden" name="confirmed" value="true"; }
            label { "Name" input name="name" maxlength="256" value=[&account.name]; }
            label {
                "Account id of the parent"
                input name="parent_account_id" maxlength="256" value=[&account.parent_account_id];
                small { "The usage of an account with accounts below it does not count. Empty: at the top." }
            }
            label { "Level of the hierarchy" input name="hierarchy_label" maxlength="256" value=[&account.hierarchy_label]; }
            @for (name, label) in DETAILS {
                label { (label) input name=(name) value=[detail(name)]; }
            }
            div .actions {
                button .button.primary type="submit" { @if warning.is_some() { "Do it" } @else { "Save" } }
                a .button href=(address::account(&account.account_id, "")) { "Cancel" }
            }
        }
    }
}

/// What setting a parent means for the usage of the parent.
struct Warning {
    parent: String,
    /// Events of the parent that will no longer count.
    events: i64,
}

impl Warning {
    /// Whether the parent counts usage of its own, which it would no longer do.
    async fn find(store: &dyn Store, parent_id: &str) -> Result<Option<Self>, ApiError> {
        let question = UsageQuestion {
            account_id: parent_id.to_owned(),
            within: Visibility::All,
            rollup: false,
            by: None,
            span: Span::ALL,
            before: None,
            time_zone: TimeZone::UTC,
            filter: Filter::default(),
            page: RowPage::ALL,
        };
        let report = store.usage(question).await?;
        let events = report.map_or(0, |report| report.totals.events);
        Ok((events > 0).then(|| Warning {
            parent: parent_id.to_owned(),
            events,
        }))
    }

    fn show(&self) -> Markup {
        html! {
            section .notice role="alert" {
                h2 { "The usage of " (self.parent) " will no longer count" }
                p {
                    (self.parent) " has " (format::count(self.events, "event", "events")) " of its own. "
                    "Product usage counts only where nothing is below, so they are kept and left out of all "
                    "figures from then on, until nothing is below it again."
                }
            }
        }
    }
}

/// Saves the form.
///
/// # Errors
/// 403 for who may only look, 404 when the account is unknown, 409 and 422 when what
/// it says cannot be.
pub(crate) async fn save(
    State(dashboard): State<Dashboard>,
    Path(account_id): Path<String>,
    ChangeForm(fields): ChangeForm<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let account = dashboard.app.store.account(account_id.clone()).await?;
    let account = account.ok_or_else(|| Accounts::not_found(&account_id))?;
    let record = record(&account, &fields);
    let parent = record["parent_account_id"].as_str().map(str::to_owned);
    let is_new_parent = parent.is_some() && parent != account.parent_account_id;
    if is_new_parent && fields.get("confirmed").map(String::as_str) != Some("true") {
        let parent = parent.as_deref().unwrap_or_default();
        let warning = Warning::find(&*dashboard.app.store, parent).await?;
        if let Some(warning) = warning {
            let filled = filled(account, &fields);
            let page = layout::bare("Is this meant?", form(&filled, Some(&warning)));
            return Ok(page.into_response());
        }
    }
    let patch = AccountPatch::from_record(record, None).map_err(rejection)?;
    dashboard
        .app
        .store
        .put_account(patch, now_ms())
        .await?
        .map_err(|refused| -> ApiError { rejection(refused) })?;
    Ok(Redirect::to(&address::account(&account_id, "")).into_response())
}

/// What the form says, as a record of the Account API. An empty field clears what
/// was there.
fn record(account: &Account, fields: &BTreeMap<String, String>) -> Value {
    let mut record = Map::new();
    record.insert("account_id".into(), account.account_id.clone().into());
    let text = |name: &str| {
        let text = fields.get(name).map(|text| text.trim())?;
        Some(if text.is_empty() {
            Value::Null
        } else {
            json!(text)
        })
    };
    for name in ["name", "parent_account_id", "hierarchy_label"] {
        record.extend(text(name).map(|value| (name.to_owned(), value)));
    }
    for (name, _) in DETAILS {
        let Some(value) = text(name) else { continue };
        // What is unchanged keeps its type: a number stays one.
        let shown = account.details.get(name).map(|old| match old {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        if shown.as_deref() != value.as_str() {
            record.insert(name.to_owned(), value);
        }
    }
    Value::Object(record)
}

/// The account as the form shows it again.
fn filled(mut account: Account, fields: &BTreeMap<String, String>) -> Account {
    let text = |name: &str| fields.get(name).cloned().filter(|text| !text.is_empty());
    account.name = text("name");
    account.parent_account_id = text("parent_account_id");
    account.hierarchy_label = text("hierarchy_label");
    for (name, _) in DETAILS {
        match text(name) {
            Some(value) => account.details.insert(name.to_owned(), value.into()),
            None => account.details.remove(name),
        };
    }
    account
}
