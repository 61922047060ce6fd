//! The form of the import: a file, or a pasted table.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{
    change_form::allowed,
    error::PageError,
    multipart::{self, Field},
    sign_in::unreadable,
    state::Dashboard,
};
use crate::{http::error::ApiError, store::import::ImportKind};

/// Largest form, in bytes: 20,000 records with some 400 bytes each.
pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What the lines of a table can describe: the value of the field, and its label.
const KINDS: [(ImportKind, &str, &str); 2] = [
    (
        ImportKind::Accounts,
        "accounts",
        "Accounts: account_id, name, parent_account_id, tier, …",
    ),
    (
        ImportKind::Users,
        "users",
        "Users: user_id, account_id, first_name, last_name, …",
    ),
];

/// The values of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportForm {
    pub(crate) kind: ImportKind,
    pub(crate) table: String,
    /// Whether the table was pasted. A file does not have to be sent back, because the user
    /// still has it.
    pub(crate) is_pasted: bool,
    /// Whether to import the table; otherwise the page only shows what would change.
    pub(crate) is_done: bool,
}

/// A form that cannot be tried.
#[derive(Debug)]
pub(crate) struct RefusedForm {
    /// What the lines describe.
    pub(crate) kind: ImportKind,
    /// The table, if it was pasted. Text of a file is not put here, because the user could
    /// then not choose the file again.
    pub(crate) table: String,
    /// Why it was refused.
    pub(crate) why: ApiError,
}

/// What the form shows of the last submission.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sent<'a> {
    /// Nothing was submitted yet.
    Nothing,
    /// A dry run of this table was done. The form holds the table and offers no other, so
    /// that the import does what the dry run showed.
    Tried(&'a str),
    /// The submission was refused. Holds the submitted table, and the reason as a sentence.
    Refused(&'a str, &'a str),
}

/// Renders the form.
pub(crate) fn show(kind: ImportKind, sent: Sent<'_>) -> Markup {
    let tried = match sent {
        Sent::Tried(table) => Some(table),
        Sent::Nothing | Sent::Refused(..) => None,
    };
    let (pasted, why) = match sent {
        Sent::Nothing => ("", None),
        Sent::Tried(table) => (table, None),
        Sent::Refused(table, why) => (table, Some(why)),
    };
    html! {
        form .card.fields-form method="post" action="/import" enctype="multipart/form-data" {
            @if let Some(why) = why { p .refused role="alert" { (why) } }
            label { "What the lines are"
                select name="kind" {
                    @for (of, value, label) in KINDS {
                        option value=(value) selected[of == kind] { (label) }
                    }
                }
            }
            @if tried.is_none() {
                label { "A file"
                    input type="file" name="file" accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values";
                    small { "CSV in UTF-8 of at most 8\u{a0}MiB and 20,000 lines. Spreadsheets save it as “CSV UTF-8”." }
                }
            }
            label {
                @if tried.is_none() { "Or a table, pasted" } @else { "Table" }
                textarea name="table" rows="12" required[tried.is_some()] spellcheck="false" placeholder="account_id,name,tier\nacme,Acme Ltd,gold" {
                    // HTML ignores the first line break in a text area.
                    "\n" (pasted)
                }
            }
            div .actions {
                button .button.primary[tried.is_none()] type="submit" { "See what would change" }
                @if tried.is_some() {
                    button .button.primary type="submit" name="do" value="import" { "Import" }
                    a .quiet href="/import" { "Choose another file" }
                }
            }
        }
    }
}

/// A submitted form: read, or refused with what can be shown of it.
#[derive(Debug)]
pub(crate) struct SentForm(pub(crate) Result<ImportForm, RefusedForm>);

impl FromRequest<Dashboard> for SentForm {
    type Rejection = Response;

    async fn from_request(request: Request, dashboard: &Dashboard) -> Result<Self, Response> {
        let request = allowed(request, dashboard).await?;
        let refused = |error: ApiError| PageError::from(error).into_response();
        let boundary = multipart::boundary(request.headers()).ok_or_else(|| {
            refused(ApiError::UnsupportedMedia(
                "a table is sent by the form of the page; open the dashboard and use it".into(),
            ))
        })?;
        let body = Bytes::from_request(request, dashboard).await;
        let body = body.map_err(|cause| refused(incomplete(cause)))?;
        let fields = multipart::read(&body, &boundary).map_err(|_| {
            refused(ApiError::BadRequest(
                "the form broke off; go back and send it again".into(),
            ))
        })?;
        Ok(SentForm(ImportForm::read(&fields)))
    }
}

fn incomplete(cause: BytesRejection) -> ApiError {
    if cause.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::TooLarge(
            "the table has more than 8 MiB; go back and send it in parts, each with the line of \
             names"
                .into(),
        );
    }
    unreadable(cause.into())
}

impl ImportForm {
    fn read(fields: &[Field<'_>]) -> Result<Self, RefusedForm> {
        let content = |name: &str| {
            let field = fields.iter().find(|field| field.name == name);
            field.map_or(&[][..], |Field { content, .. }| content)
        };
        let kind = KINDS
            .into_iter()
            .find(|(_, value, _)| value.as_bytes() == content("kind"))
            .map(|(kind, ..)| kind);
        let (file, pasted) = (content("file"), content("table"));
        let refused = |why: &str| RefusedForm {
            kind: kind.unwrap_or(ImportKind::Accounts),
            table: String::from_utf8(pasted.to_vec()).unwrap_or_default(),
            why: ApiError::Unprocessable(why.to_owned()),
        };
        let table = match (file.is_empty(), pasted.trim_ascii().is_empty()) {
            (true, true) => {
                return Err(refused(
                    "there is neither a file nor a pasted table, or the file is empty; choose one",
                ));
            }
            (false, false) => {
                return Err(refused(
                    "there are both a file and a pasted table; choose the file again without the \
                     table, or send the table alone",
                ));
            }
            (false, true) => file,
            (true, false) => pasted,
        };
        let Ok(text) = std::str::from_utf8(table) else {
            return Err(refused(
                "the file is no text in UTF-8, as a workbook (.xlsx) is none; save it as “CSV UTF-8” \
                 and send that",
            ));
        };
        let Some(kind) = kind else {
            return Err(refused("choose whether the lines are accounts or users"));
        };
        Ok(ImportForm {
            kind,
            table: text.to_owned(),
            is_pasted: file.is_empty(),
            is_done: fields.iter().any(|field| field.name == "do"),
        })
    }
}
