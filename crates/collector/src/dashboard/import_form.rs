//! The form of the import: a file, or a table that is pasted.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{
    error::PageError,
    mends::allowed,
    multipart::{self, Field},
    sign_in::unreadable,
    state::Dashboard,
};
use crate::{http::error::ApiError, store::import::ImportKind};

/// Largest form, in bytes: 20,000 records with some 400 bytes each.
pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What the lines of a table can be: the value of the field, and its label.
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

/// What the form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportForm {
    pub(crate) kind: ImportKind,
    pub(crate) table: String,
    /// Whether the table is imported. Else it is said what that would change.
    pub(crate) is_done: bool,
}

/// Renders the form. Once a table was tried, the form holds it, and does not ask for
/// another: what is imported is what was shown.
pub(crate) fn show(kind: ImportKind, tried: Option<&str>) -> Markup {
    html! {
        form .card.fields-form method="post" action="/import" enctype="multipart/form-data" {
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
                    small { "CSV in UTF-8 of at most 8 MiB and 20,000 lines. Spreadsheets save it as “CSV UTF-8”." }
                }
            }
            label {
                @if tried.is_none() { "Or a table, pasted" } @else { "Table" }
                textarea name="table" rows="12" required[tried.is_some()] spellcheck="false" placeholder="account_id,name,tier\nacme,Acme Ltd,gold" {
                    // The first line break of a text area is none of its text.
                    "\n" (tried.unwrap_or_default())
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

impl FromRequest<Dashboard> for ImportForm {
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
        ImportForm::read(&body, &boundary).map_err(refused)
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
    fn read(body: &[u8], boundary: &str) -> Result<Self, ApiError> {
        let fields = multipart::read(body, boundary).map_err(|_| {
            ApiError::BadRequest("the form broke off; go back and send it again".into())
        })?;
        let content = |name: &str| {
            let field = fields.iter().find(|field| field.name == name);
            field.map_or(&[][..], |Field { content, .. }| content)
        };
        let (file, pasted) = (content("file"), content("table"));
        let table = match (file.is_empty(), pasted.trim_ascii().is_empty()) {
            (true, true) => {
                return Err(ApiError::Unprocessable(
                    "there is neither a file nor a pasted table, or the file is empty; go back and \
                     choose one"
                        .into(),
                ));
            }
            (false, false) => {
                return Err(ApiError::Unprocessable(
                    "there are both a file and a pasted table; go back and take one of them away"
                        .into(),
                ));
            }
            (false, true) => file,
            (true, false) => pasted,
        };
        let table = std::str::from_utf8(table).map_err(|_| {
            ApiError::Unprocessable(
                "the file is no text in UTF-8, as a workbook (.xlsx) is none; save it as “CSV UTF-8” \
                 and send that"
                    .into(),
            )
        })?;
        let kind = content("kind");
        let kind = KINDS
            .into_iter()
            .find(|(_, value, _)| value.as_bytes() == kind)
            .ok_or_else(|| {
                ApiError::Unprocessable("choose whether the lines are accounts or users".into())
            })?;
        Ok(ImportForm {
            kind: kind.0,
            table: table.to_owned(),
            is_done: fields.iter().any(|field| field.name == "do"),
        })
    }
}
