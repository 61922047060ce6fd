//! The examples, served together with a collector.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::collector::Access;
use crate::site::Site;

/// Serves `examples/vanilla` at the root, with the keys of this collector, `examples/classic`
/// under `/classic/` and the built package under `/pkg/`.
///
/// # Errors
/// When there is no package, or no port is free.
pub async fn serve_examples(pkg: &Path, collector: &Access) -> Result<Site> {
    ensure!(
        pkg.join("index.js").is_file(),
        "no package in {}: run `cargo xtask build`",
        pkg.display()
    );
    let examples = Site::examples();
    let site = Site::start(&[
        ("/pkg", pkg),
        ("/classic", &examples.join("classic")),
        ("", &examples.join("vanilla")),
    ])
    .await?;
    let source = collector.source();
    site.put_json(
        "/config.json",
        &json!({
            "endpoint": collector.url(),
            "apiKey": source.api_key,
            "authKey": source.auth_key,
        }),
    );
    site.put_html("/blank.html", "<!doctype html><title>blank</title>");
    Ok(site)
}

/// The path of the classic example, with the keys in its query.
#[must_use]
pub fn classic_path(collector: &Access) -> String {
    let source = collector.source();
    format!(
        "/classic/?endpoint={}&api_key={}&auth_key={}",
        collector.url(),
        source.api_key,
        source.auth_key
    )
}
