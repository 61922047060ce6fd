//! The form for the fields of an account, and for its place in the tree.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    account_fields::{CHURNED, DETAILS, EMPLOYEES},
    account_header::AccountHeader,
    account_page::AccountRequest,
    address,
    change_form::ChangeForm,
    edited_fields::{EditedFields, suggested_accounts},
    error::{PageError, sentence},
    format, layout,
    query::Query,
    rights::Rights,
    state::Dashboard,
    view::View,
};
use crate::{
    clock::now_ms,
    http::{api::bulk::rejection, error::ApiError, extract::Path},
    model::{
        account::{Account, AccountPatch},
        calendar::TimeZone,
        usage::{Filter, Span},
        visibility::Visibility,
    },
    store::{
        Store,
        tree::TreeEntry,
        usage::{RowPage, UsageQuestion},
    },
};

/// Fields for the name of the account and its place in the tree.
const PLACE: [&str; 3] = ["name", "parent_account_id", "hierarchy_label"];

/// The values of a flag, with their labels.
const FLAGS: [(&str, &str); 3] = [("", "Not set"), ("false", "No"), ("true", "Yes")];

/// Every field of the form.
fn names() -> impl Iterator<Item = &'static str> {
    PLACE
        .into_iter()
        .chain(DETAILS.into_iter().map(|(name, _)| name))
}

/// The change, as a record of the Account API. An empty field clears the stored value.
///
/// # Errors
/// 422 when a numeric field does not hold a number.
fn record(edit: &EditedFields, account_id: &str) -> Result<Value, ApiError> {
    let mut record = Map::from_iter([("account_id".to_owned(), json!(account_id))]);
    for (name, text) in edit.changed() {
        let value = match text {
            Some(text) if name == EMPLOYEES => json!(count(text)?),
            text => json!(text),
        };
        record.insert(name.to_owned(), value);
    }
    Ok(Value::Object(record))
}

/// Reads a number of people.
fn count(text: &str) -> Result<u32, ApiError> {
    text.parse().map_err(|_| {
        ApiError::Unprocessable(format!(
            "the number of employees is a whole number such as 1500, and “{text}” is none"
        ))
    })
}

/// The form for an account, without changes.
fn untouched(account: &Account) -> EditedFields {
    let text = |name: &str| match name {
        "name" => account.name.clone(),
        "parent_account_id" => account.parent_account_id.clone(),
        "hierarchy_label" => account.hierarchy_label.clone(),
        detail => account.details.get(detail).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
    };
    EditedFields::untouched(names().filter_map(|name| Some((name, text(name)?))))
}

/// Shows the form.
///
/// # Errors
/// 403 for a viewer, 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Markup, PageError> {
    request.rights.require_change()?;
    page(&request, None, None).await
}

/// Renders the page with the form: as it was submitted, or without changes.
async fn page(
    request: &AccountRequest,
    edit: Option<&EditedFields>,
    notice: Option<&Notice>,
) -> Result<Markup, PageError> {
    let edited = request.store().page_edit(request.question()).await?;
    let (header, tree) = request.shown(edited)?;
    let account = &header.account;
    let untouched = untouched(account);
    let edit = edit.unwrap_or(&untouched);
    let content = html! {
        div .title { h1 { "Edit " (header.title()) } }
        @if let Some(notice) = notice { (notice.show(&header)) }
        (form(&account.account_id, edit, notice, &request.view))
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

/// Renders the form, filled in.
fn form(account_id: &str, edit: &EditedFields, notice: Option<&Notice>, view: &View) -> Markup {
    let view = view.for_tab();
    let now = |name: &str| edit.submitted(name);
    let warned = notice.and_then(Notice::parent);
    let suggested = notice.map_or(&[][..], Notice::suggested);
    html! {
        form .card.fields-form.two method="post" action=(view.at(&address::account(account_id, "/edit"))) {
            // The confirmation applies to this parent only. Another one is warned about
            // again.
            @if let Some(parent) = warned { input type="hidden" name="confirmed" value=(parent); }
            (edit.hidden(names()))
            label { "Name" input name="name" maxlength="256" value=[now("name")]; }
            label {
                "Account id of the parent"
                input name="parent_account_id" maxlength="256" value=[now("parent_account_id")];
                small { "The usage of an account with accounts below it does not count. Empty: at the top." }
            }
            label { "Level of the hierarchy" input name="hierarchy_label" maxlength="256" value=[now("hierarchy_label")]; }
            @for (name, label) in DETAILS {
                @if name == CHURNED {
                    label {
                        (label)
                        select name=(name) {
                            @for (value, label) in FLAGS {
                                option value=(value) selected[now(name).map_or("", String::as_str) == value] { (label) }
                            }
                        }
                    }
                } @else {
                    label { (label) input name=(name) value=[now(name)] inputmode=[(name == EMPLOYEES).then_some("numeric")]; }
                }
            }
            div .actions {
                button .button.primary type="submit" { (notice.map_or("Save", Notice::submit_label)) }
                // When fields share a name, the last value counts.
                @for entry in suggested {
                    button .button type="submit" name="parent_account_id" value=(entry.account_id) { "Put it below " (entry.title()) " (" (entry.account_id) ")" }
                }
                a .button href=(view.at(&address::account(account_id, ""))) { "Cancel" }
            }
        }
    }
}

/// The message above the form after it was submitted.
enum Notice {
    /// The parent has usage of its own, which would no longer count.
    UsageOfParent {
        parent: String,
        /// Number of the parent's events.
        events: i64,
    },
    /// No account has the parent's id.
    UnknownParent {
        parent: String,
        /// Accounts whose name or id contains it.
        suggested: Vec<TreeEntry>,
    },
    /// The form cannot be saved, for this reason.
    Refused(String),
}

impl Notice {
    /// The warning about a parent, if setting it has an effect that the form does not show.
    async fn of_parent(store: &dyn Store, parent_id: &str) -> Result<Option<Self>, ApiError> {
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
        let parent = parent_id.to_owned();
        let Some(report) = store.usage(question).await? else {
            let suggested = suggested_accounts(store, &parent).await?;
            return Ok(Some(Notice::UnknownParent { parent, suggested }));
        };
        let events = report.totals.events;
        Ok((events > 0).then_some(Notice::UsageOfParent { parent, events }))
    }

    /// The parent that the warning is about.
    fn parent(&self) -> Option<&str> {
        match self {
            Notice::UsageOfParent { parent, .. } | Notice::UnknownParent { parent, .. } => {
                Some(parent)
            }
            Notice::Refused(_) => None,
        }
    }

    /// The label of the button that submits the form below the message.
    fn submit_label(&self) -> &'static str {
        match self {
            Notice::UsageOfParent { .. } => "Save anyway",
            Notice::UnknownParent { .. } => "Create the account",
            Notice::Refused(_) => "Save",
        }
    }

    fn suggested(&self) -> &[TreeEntry] {
        match self {
            Notice::UnknownParent { suggested, .. } => suggested,
            Notice::UsageOfParent { .. } | Notice::Refused(_) => &[],
        }
    }

    fn show(&self, header: &AccountHeader) -> Markup {
        html! {
            section .notice role="alert" {
                @match self {
                    Notice::UsageOfParent { parent, events } => {
                        h2 { "The usage of " (parent) " will no longer count" }
                        p {
                            (parent) " has " (format::count(*events, "event", "events")) " of its own. "
                            "Product usage counts only where nothing is below, so they are kept and left out of all "
                            "figures from then on, until nothing is below it again."
                        }
                    },
                    Notice::UnknownParent { parent, suggested } => {
                        h2 { "Create a new account “" (parent) "”?" }
                        p {
                            "No account has the id " code { (parent) } ". “Create the account” creates it, and puts " (header.title())
                            @if header.descendants > 0 { " with the " (format::count(header.descendants, "account", "accounts")) " below it" }
                            " below it. A typing error creates such an account."
                            @if !suggested.is_empty() { " The buttons below take an account that there is instead." }
                        }
                    },
                    Notice::Refused(why) => {
                        h2 { "This cannot be saved" }
                        p { (why) }
                    },
                }
            }
        }
    }
}

/// Saves the form. If it cannot be saved, the answer is the form as it was submitted.
///
/// # Errors
/// 403 for a viewer, 404 when the account is unknown.
pub(crate) async fn save(
    State(dashboard): State<Dashboard>,
    Path(account_id): Path<String>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let account = dashboard.app.store.account(account_id.clone()).await?;
    let account = account.ok_or(PageError::NoAccount)?;
    let edit = untouched(&account).with_submitted(names(), &fields);
    let saved = Redirect::to(&view.for_tab().at(&address::account(&account_id, "")));
    let changed = edit.changed();
    if changed.is_empty() {
        return Ok(saved.into_response());
    }
    let request = AccountRequest::of(&dashboard, account_id.clone(), view, Rights::ALL);
    let parent = changed.get("parent_account_id").copied().flatten();
    let new_parent = parent.filter(|parent| Some(*parent) != account.parent_account_id.as_ref());
    if let Some(parent) = new_parent
        && fields.get("confirmed") != Some(parent)
        && let Some(notice) = Notice::of_parent(&*dashboard.app.store, parent).await?
    {
        let page = page(&request, Some(&edit), Some(&notice)).await?;
        return Ok(page.into_response());
    }
    match put(&dashboard, &edit, &account_id).await {
        Ok(()) => Ok(saved.into_response()),
        Err(refused @ (ApiError::Unprocessable(_) | ApiError::Conflict(_))) => {
            let notice = Notice::Refused(sentence(&refused.to_string()));
            let page = page(&request, Some(&edit), Some(&notice)).await?;
            Ok((refused.status(), page).into_response())
        }
        Err(failed) => Err(failed.into()),
    }
}

async fn put(dashboard: &Dashboard, edit: &EditedFields, account_id: &str) -> Result<(), ApiError> {
    let patch = AccountPatch::from_record(record(edit, account_id)?, None).map_err(rejection)?;
    let put = dashboard.app.store.put_account(patch, now_ms()).await?;
    put.map_err(rejection).map(drop)
}
