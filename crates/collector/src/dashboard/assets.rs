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

/// Styles in the order in which they apply: later ones win.
const STYLE: &str = concat!(
    include_str!("../../dashboard/style/base.css"),
    include_str!("../../dashboard/style/controls.css"),
    include_str!("../../dashboard/style/frame.css"),
    include_str!("../../dashboard/style/tree.css"),
    include_str!("../../dashboard/style/page_head.css"),
    include_str!("../../dashboard/style/cards.css"),
    include_str!("../../dashboard/style/chart.css"),
    include_str!("../../dashboard/style/tables.css"),
    include_str!("../../dashboard/style/filters.css"),
    include_str!("../../dashboard/style/forms.css"),
    include_str!("../../dashboard/style/people.css"),
    include_str!("../../dashboard/style/live.css"),
    include_str!("../../dashboard/style/sign_in.css"),
    include_str!("../../dashboard/style/widths.css"),
    include_str!("../../dashboard/style/forced_colors.css"),
    include_str!("../../dashboard/style/print.css"),
);

/// One script, in the order in which its parts run.
const SCRIPT: &str = concat!(
    include_str!("../../dashboard/script/requests.js"),
    include_str!("../../dashboard/script/tree.js"),
    include_str!("../../dashboard/script/search.js"),
    include_str!("../../dashboard/script/swap.js"),
    include_str!("../../dashboard/script/chart.js"),
    include_str!("../../dashboard/script/live.js"),
    include_str!("../../dashboard/script/start.js"),
);

const ASSETS: [Asset; 3] = [
    Asset {
        name: "dashboard.css",
        kind: "text/css; charset=utf-8",
        text: STYLE,
    },
    Asset {
        name: "dashboard.js",
        kind: "text/javascript; charset=utf-8",
        text: SCRIPT,
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
