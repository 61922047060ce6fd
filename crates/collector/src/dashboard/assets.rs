//! The files that pages load. They are part of the binary.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    http::{error::ApiError, extract::Path},
    model::keys,
};

struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const ASSETS: [Asset; 3] = [
    Asset {
        name: "dashboard.css",
        kind: STYLE,
        text: include_str!("../../dashboard/dashboard.css"),
    },
    Asset {
        name: "dashboard.js",
        kind: SCRIPT,
        text: include_str!("../../dashboard/dashboard.js"),
    },
    Asset {
        name: "icon.svg",
        kind: "image/svg+xml",
        text: include_str!("../../dashboard/icon.svg"),
    },
];

/// A part of the files' addresses that changes with their contents, so that browsers may
/// cache them for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.text).collect();
    let hash = keys::hash(&all);
    hash[..6].iter().map(|byte| format!("{byte:02x}")).collect()
});

/// The address of a file.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", *VERSION)
}

/// Answers with the icon, for browsers that request it at the default address.
///
/// # Errors
/// Never.
pub(crate) async fn icon() -> Result<Response, ApiError> {
    get(Path("icon.svg".to_owned())).await
}

/// Answers a file.
///
/// # Errors
/// 404 when no file has the name.
pub(crate) async fn get(Path(name): Path<String>) -> Result<Response, ApiError> {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .ok_or_else(|| ApiError::NotFound("no such file; reload the page that wants it".into()))?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text).into_response())
}
