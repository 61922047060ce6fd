//! Wasm that does not load, and what the page leaves to the next one.

use std::path::Path;

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::fault::FaultServer;
use natero_e2e::site::{Site, class_page};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::scene::{holds, track};

/// Asserts that a page whose wasm cannot load is not affected otherwise, reports the failure
/// once, and leaves its calls to the next page.
async fn fails_once(stage: &Stage, site: &Site, path: &str, made_later: &[&str]) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    site.put_html("/healthy", class_page(""));
    let page = stage.open(site, path).await?;
    page.until("window.na").await?;
    // In one task: the wasm cannot fail before it ends.
    let made: Value = page
        .run(
            "window.problems = [];
             window._na = new na(args.source.api_key, args.source.auth_key, {
               endpoint: args.endpoint, accountId: 'acme', userId: 'ann@acme.example',
               trackPageViews: false, trackUnload: false,
               onError: (problem) => problems.push(problem) });
             for (let i = 0; i < 5; i += 1) _na.sendFeatureEvent(`feature ${i}`);
             const ready = await _na.ready;
             _na.sendFeatureEvent('too late'); _na.setModuleId('m');
             const flushed = await _na.flush();
             return { ready, flushed, problems, module: _na.getModuleId(), stats: _na.stats() };",
            json!({ "source": collector.source(), "endpoint": server.url() }),
        )
        .await?;
    ensure!(made["ready"] == false, "{made}");
    ensure!(
        made["problems"].as_array().map(Vec::len) == Some(1)
            && made["problems"][0]["code"] == "load_failed",
        "{made}"
    );
    let console = page.is_unharmed().await?;
    ensure!(console.len() == 1, "{console:?}");
    ensure!(server.recorded().is_empty());
    // The next page on which the wasm loads sends what this page had accepted.
    stage
        .browser()
        .await?
        .client()
        .goto(&site.url("/healthy"))
        .await?;
    page.until("window.na").await?;
    track(&page, &server, collector.source()).await?;
    let mut features: Vec<_> = (0..5).map(|number| format!("feature {number}")).collect();
    features.extend(made_later.iter().map(|&name| name.to_owned()));
    holds(&collector, features).await?;
    page.is_untroubled().await
}

pub async fn wasm_that_is_missing_is_reported_once_and_the_next_load_sends(
    stage: &Stage,
) -> Result<()> {
    let folder = TempDir::new()?;
    let package = stage.package().await?.path();
    copy_without(&["natero.wasm", "ladder.js"], package, folder.path())?;
    let site = Site::start(&[("/pkg", folder.path()), ("", Site::pages())]).await?;
    fails_once(stage, &site, "/esm.html", &["too late"]).await
}

/// Copies a package without some files. The fallback for a wasm that fails is `ladder.js` and
/// the files that it loads.
fn copy_without(files: &[&str], from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_left_out = files.iter().any(|file| name == *file);
        if entry.file_type()?.is_file() && !is_left_out {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

pub async fn wasm_that_a_policy_forbids_is_reported_once_and_the_next_load_sends(
    stage: &Stage,
) -> Result<()> {
    let folder = TempDir::new()?;
    let package = stage.package().await?.path();
    copy_without(&["host-script.js"], package, folder.path())?;
    let site = Site::start(&[("/pkg", folder.path()), ("", Site::pages())]).await?;
    let policy = "<meta http-equiv='content-security-policy' \
                  content=\"script-src 'self' 'unsafe-inline'\">";
    site.put_html(
        "/strict",
        class_page("").replace("<head>", &format!("<head>{policy}")),
    );
    fails_once(stage, &site, "/strict", &[]).await
}
