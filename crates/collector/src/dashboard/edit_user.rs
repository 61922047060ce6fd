//! The form for the name of a user, and for the account to which the user belongs.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    address,
    change_form::ChangeForm,
    edited_fields::{EditedFields, suggested_accounts},
    error::{PageError, sentence},
    layout,
    query::Query,
    rights::Rights,
    signed_in::SignedIn,
    state::Dashboard,
    view::View,
};
use crate::{
    clock::now_ms,
    http::{
        api::{bulk::rejection, resource::Resource, users::Users},
        error::ApiError,
        extract::Path,
    },
    model::{
        user::{User, UserPatch},
        visibility::Visibility,
    },
    store::{Store, tree::TreeEntry},
};

/// The fields of the form, with their labels.
const FIELDS: [(&str, &str); 3] = [
    ("first_name", "First name"),
    ("last_name", "Last name"),
    (ACCOUNT, "Account id"),
];

/// The field for the account.
const ACCOUNT: &str = "account_id";

/// The names of the fields.
fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.into_iter().map(|(name, _)| name)
}

/// The form for a user, without changes.
fn untouched(user: &User) -> EditedFields {
    let text = |name: &str| match name {
        "first_name" => user.first_name.clone(),
        "last_name" => user.last_name.clone(),
        _ => Some(user.account_id.clone()),
    };
    EditedFields::untouched(names().filter_map(|name| Some((name, text(name)?))))
}

/// The account to which the user is to be moved; `Some(None)` if the field was emptied.
fn destination(edit: &EditedFields) -> Option<Option<&String>> {
    edit.changed().get(ACCOUNT).copied()
}

/// The change, as a record of the Account API. An empty name clears the stored one.
fn record(edit: &EditedFields, user_id: &str) -> Value {
    let mut record = Map::from_iter([("user_id".to_owned(), json!(user_id))]);
    for (name, text) in edit.changed() {
        record.insert(name.to_owned(), json!(text));
    }
    if destination(edit).is_some() {
        record.insert("move".to_owned(), json!(true));
    }
    Value::Object(record)
}

/// The message above the form after it was submitted.
enum Notice {
    /// The user is to be moved to this account. Shown for confirmation.
    Move {
        account_id: String,
        /// Its name, or its id.
        title: String,
    },
    /// No account has this id.
    UnknownAccount {
        account_id: String,
        /// Accounts whose name or id contains it.
        suggested: Vec<TreeEntry>,
    },
    /// The form cannot be saved, for this reason.
    Refused(String),
}

impl Notice {
    /// The question about a move to an account.
    async fn of_move(store: &dyn Store, account_id: &str) -> Result<Self, ApiError> {
        if let Some(account) = store.account(account_id.to_owned()).await? {
            return Ok(Notice::Move {
                title: account.name.unwrap_or_else(|| account_id.to_owned()),
                account_id: account.account_id,
            });
        }
        Ok(Notice::UnknownAccount {
            account_id: account_id.to_owned(),
            suggested: suggested_accounts(store, account_id).await?,
        })
    }

    /// The account of the move that it asks about.
    fn account_id(&self) -> Option<&str> {
        match self {
            Notice::Move { account_id, .. } | Notice::UnknownAccount { account_id, .. } => {
                Some(account_id)
            }
            Notice::Refused(_) => None,
        }
    }

    fn suggested(&self) -> &[TreeEntry] {
        match self {
            Notice::UnknownAccount { suggested, .. } => suggested,
            Notice::Move { .. } | Notice::Refused(_) => &[],
        }
    }

    fn show(&self, user: &User) -> Markup {
        html! {
            section .notice role="alert" {
                @match self {
                    Notice::Move { title, .. } => {
                        h2 { "Move " (user.title()) " to " (title) "?" }
                        p {
                            "Events of the user that name " (title) " count there, earlier ones too. "
                            "What counts in " code { (user.account_id) } " stays there."
                        }
                    },
                    Notice::UnknownAccount { account_id, suggested } => {
                        h2 { "Create a new account “" (account_id) "”?" }
                        p {
                            "No account has the id " code { (account_id) } ". “Move” creates one, and moves the user there. "
                            "A typing error creates such an account."
                            @if !suggested.is_empty() { " The buttons below take an existing account instead." }
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

/// Shows the form.
///
/// # Errors
/// 403 for a viewer, 404 when the user is unknown.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Path(user_id): Path<String>,
    Query(view): Query<View>,
) -> Result<Markup, PageError> {
    rights.require_change()?;
    let user = find(&dashboard, &user_id).await?;
    page(&dashboard, &user, &untouched(&user), None, &view).await
}

async fn find(dashboard: &Dashboard, user_id: &str) -> Result<User, ApiError> {
    let user = dashboard.app.store.user(user_id.to_owned()).await?;
    user.ok_or_else(|| Users::not_found(user_id))
}

async fn page(
    dashboard: &Dashboard,
    user: &User,
    edit: &EditedFields,
    notice: Option<&Notice>,
    view: &View,
) -> Result<Markup, PageError> {
    let tree = dashboard.app.store.tree(Visibility::All).await?;
    let content = html! {
        div .title { h1 { "Edit " (user.title()) } }
        p .facts { code { (user.user_id) } }
        @if let Some(notice) = notice { (notice.show(user)) }
        (form(user, edit, notice, view))
    };
    Ok(layout::page(
        &format!("Edit · {}", user.title()),
        None,
        view,
        &Rights::ALL,
        tree.show(view),
        content,
    ))
}

/// Renders the form, filled in.
fn form(user: &User, edit: &EditedFields, notice: Option<&Notice>, view: &View) -> Markup {
    let view = view.only_period();
    let to_confirm = notice.and_then(Notice::account_id);
    let suggested = notice.map_or(&[][..], Notice::suggested);
    html! {
        form .card.fields-form method="post" action=(view.at(&(address::user(&user.user_id) + "/edit"))) {
            // The confirmation applies to this account only.
            @if let Some(account_id) = to_confirm { input type="hidden" name="confirmed" value=(account_id); }
            (edit.hidden(names()))
            @for (name, label) in FIELDS {
                label {
                    (label)
                    input name=(name) maxlength="256" required[name == ACCOUNT] value=[edit.submitted(name)];
                    @if name == ACCOUNT { small { "Each user belongs to one account. Another id moves the user." } }
                }
            }
            div .actions {
                button .button.primary type="submit" { @if to_confirm.is_some() { "Move" } @else { "Save" } }
                // When fields share a name, the last value counts.
                @for entry in suggested {
                    button .button type="submit" name=(ACCOUNT) value=(entry.account_id) { "Move to " (entry.title()) " (" (entry.account_id) ")" }
                }
                a .button href=(view.at(&address::user(&user.user_id))) { "Cancel" }
            }
        }
    }
}

/// Saves the form. If it cannot be saved, the answer is the form as it was submitted. A move is
/// carried out only when it is confirmed.
///
/// # Errors
/// 403 for a viewer, 404 when the user is unknown.
pub(crate) async fn save(
    State(dashboard): State<Dashboard>,
    Path(user_id): Path<String>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let user = find(&dashboard, &user_id).await?;
    let edit = untouched(&user).with_submitted(names(), &fields);
    if !edit.changed().is_empty() {
        if let Some(Some(account_id)) = destination(&edit)
            && fields.get("confirmed") != Some(account_id)
        {
            let notice = Notice::of_move(&*dashboard.app.store, account_id).await?;
            let page = page(&dashboard, &user, &edit, Some(&notice), &view).await?;
            return Ok(page.into_response());
        }
        match put(&dashboard, &edit, &user_id).await {
            Ok(()) => {}
            Err(refused @ (ApiError::Unprocessable(_) | ApiError::Conflict(_))) => {
                let notice = Notice::Refused(sentence(&refused.to_string()));
                let page = page(&dashboard, &user, &edit, Some(&notice), &view).await?;
                return Ok((refused.status(), page).into_response());
            }
            Err(failed) => return Err(failed.into()),
        }
    }
    let shown = view.only_period().at(&address::user(&user_id));
    Ok(Redirect::to(&shown).into_response())
}

async fn put(dashboard: &Dashboard, edit: &EditedFields, user_id: &str) -> Result<(), ApiError> {
    if destination(edit) == Some(None) {
        return Err(ApiError::Unprocessable(
            "each user belongs to an account; enter its id".into(),
        ));
    }
    let patch = UserPatch::from_record(record(edit, user_id), None).map_err(rejection)?;
    let put = dashboard.app.store.put_user(patch, now_ms()).await?;
    put.map_err(rejection)
}
