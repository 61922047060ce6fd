//! The form for what is said about an account, and for its place in the tree.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    account_page::AccountRequest, address, error::PageError, format, layout, mends::ChangeForm,
    query::Query, state::Dashboard, view::View,
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

/// Fields that name the account and its place.
const PLACE: [&str; 3] = ["name", "parent_account_id", "hierarchy_label"];

/// Fields that are kept in the details, with their labels.
const DETAILS: [(&str, &str); 6] = [
    ("tier", "Tier"),
    ("stage", "Stage"),
    ("industry", "Industry"),
    ("csm", "Customer success manager"),
    ("employees", "Employees"),
    ("renewal_date", "Renewal date"),
];

/// Every field of the form.
fn names() -> impl Iterator<Item = &'static str> {
    PLACE
        .into_iter()
        .chain(DETAILS.into_iter().map(|(name, _)| name))
}

/// The texts of the fields, by their names. An empty field has none.
type Texts = BTreeMap<&'static str, String>;

/// What the form says.
struct Edit {
    /// What the fields said when the form was shown.
    shown: Texts,
    /// What they say now.
    now: Texts,
}

impl Edit {
    /// A form in which nothing was changed yet.
    fn untouched(account: &Account) -> Self {
        let shown = texts(account);
        Edit {
            now: shown.clone(),
            shown,
        }
    }

    /// What was sent. A client that does not say what was shown to it saw what is
    /// said now.
    fn sent(fields: &BTreeMap<String, String>, account: &Account) -> Self {
        let text = |name: &str| fields.get(name).map(|text| one_line(text));
        let told = texts(account);
        let mut edit = Edit {
            shown: Texts::new(),
            now: Texts::new(),
        };
        for name in names() {
            let shown = text(&shown_name(name)).or_else(|| told.get(name).cloned());
            let shown = shown.unwrap_or_default();
            let now = text(name).unwrap_or_else(|| shown.clone());
            for (texts, text) in [(&mut edit.shown, shown), (&mut edit.now, now)] {
                if !text.is_empty() {
                    texts.insert(name, text);
                }
            }
        }
        edit
    }

    /// The fields that were changed. Those that were only shown are not sent back: a
    /// name that anybody gave would become one that was given here, and the change
    /// of somebody else would be undone.
    fn changed(&self) -> impl Iterator<Item = (&'static str, Option<&String>)> {
        names()
            .filter(|name| self.shown.get(name) != self.now.get(name))
            .map(|name| (name, self.now.get(name)))
    }

    /// The change as a record of the Account API. An empty field clears what was
    /// there.
    fn record(&self, account_id: &str) -> Value {
        let changed = self
            .changed()
            .map(|(name, text)| (name.to_owned(), json!(text)));
        let id = ("account_id".to_owned(), json!(account_id));
        Value::Object([id].into_iter().chain(changed).collect())
    }
}

/// The field that keeps what another one said when it was shown.
fn shown_name(name: &str) -> String {
    format!("shown.{name}")
}

/// A text as a field of one line holds it.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], "").trim().to_owned()
}

/// What the form says of an account.
fn texts(account: &Account) -> Texts {
    let text = |name: &str| match name {
        "name" => account.name.clone(),
        "parent_account_id" => account.parent_account_id.clone(),
        "hierarchy_label" => account.hierarchy_label.clone(),
        detail => account.details.get(detail).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
    };
    names()
        .filter_map(|name| Some((name, one_line(&text(name)?))))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Shows the form.
///
/// # Errors
/// 403 for who may only look, 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Markup, PageError> {
    request.rights.require_change()?;
    let edited = request.store().page_edit(request.question()).await?;
    let (header, tree) = request.shown(edited)?;
    let account = &header.account;
    let content = html! {
        div .title { h1 { "Edit " (header.title()) } }
        (form(&account.account_id, &Edit::untouched(account), None, &request.view))
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
fn form(account_id: &str, edit: &Edit, warning: Option<&Warning>, view: &View) -> Markup {
    let view = view.for_tab();
    let now = |name: &str| edit.now.get(name);
    html! {
        @if let Some(warning) = warning { (warning.show()) }
        form .card.fields-form.two method="post" action=(view.at(&address::account(account_id, "/edit"))) {
            @if warning.is_some() { input type="hidden" name="confirmed" value="true"; }
            @for name in names() {
                input type="hidden" name=(shown_name(name)) value=(edit.shown.get(name).map_or("", String::as_str));
            }
            label { "Name" input name="name" maxlength="256" value=[now("name")]; }
            label {
                "Account id of the parent"
                input name="parent_account_id" maxlength="256" value=[now("parent_account_id")];
                small { "The usage of an account with accounts below it does not count. Empty: at the top." }
            }
            label { "Level of the hierarchy" input name="hierarchy_label" maxlength="256" value=[now("hierarchy_label")]; }
            @for (name, label) in DETAILS {
                label { (label) input name=(name) value=[now(name)]; }
            }
            div .actions {
                button .button.primary type="submit" { @if warning.is_some() { "Do it" } @else { "Save" } }
                a .button href=(view.at(&address::account(account_id, ""))) { "Cancel" }
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
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let account = dashboard.app.store.account(account_id.clone()).await?;
    let account = account.ok_or_else(|| Accounts::not_found(&account_id))?;
    let edit = Edit::sent(&fields, &account);
    let saved = Redirect::to(&view.for_tab().at(&address::account(&account_id, "")));
    let changed: BTreeMap<_, _> = edit.changed().collect();
    if changed.is_empty() {
        return Ok(saved.into_response());
    }
    let parent = changed.get("parent_account_id").copied().flatten();
    let new_parent = parent.filter(|parent| Some(*parent) != account.parent_account_id.as_ref());
    if let Some(parent) = new_parent
        && fields.get("confirmed").map(String::as_str) != Some("true")
    {
        let warning = Warning::find(&*dashboard.app.store, parent).await?;
        if let Some(warning) = warning {
            let form = form(&account_id, &edit, Some(&warning), &view);
            return Ok(layout::bare("Is this meant?", form).into_response());
        }
    }
    let patch = AccountPatch::from_record(edit.record(&account_id), None).map_err(rejection)?;
    dashboard
        .app
        .store
        .put_account(patch, now_ms())
        .await?
        .map_err(|refused| -> ApiError { rejection(refused) })?;
    Ok(saved.into_response())
}
