//! Pages whose tracker is shown in the inspector.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{fault::FaultServer, page::Page, site::Site, stage::Stage};

/// Helper functions with which tests read the panel.
pub const HELPERS: &str = r#"
  window.panel = () => document.querySelector("natero-inspector")?.shadowRoot;
  window.said = () => panel()?.querySelector("[role=status]").textContent ?? "";
  window.rows = () => [...panel()?.querySelectorAll("details") ?? []].map((row) => ({
    what: row.querySelector(".what").textContent,
    stage: row.querySelector(".stage").textContent,
    note: row.querySelector("summary .note").textContent,
  }));
  window.row = (name) => rows().find(({ what }) => what.includes(name)) ?? {};
  window.element = (name) => [...panel().querySelectorAll("details")].find((row) =>
    row.querySelector(".what").textContent.includes(name));
  window.facts = () => Object.fromEntries([...panel().querySelectorAll("dl > div")].map((fact) =>
    [fact.querySelector("dt").textContent, fact.querySelector("dd").textContent]));
  window.problemTexts = () => [...panel().querySelectorAll(".problem")].map(({ textContent }) => textContent);
"#;

/// A page with a tracker, and what must exist while the page is open.
pub struct Shown<'a> {
    /// Receives the page's events.
    pub server: FaultServer,
    /// Serves the page.
    pub site: Site,
    /// The page; `_na` is its tracker.
    pub page: Page<'a>,
}

/// Adds a page with a tracker to the site. `settings` are added to defaults that keep all
/// events until a flush.
pub fn put(site: &Site, path: &str, server: &FaultServer, settings: &Value, head: &str) {
    let given = json!({ "endpoint": server.url(), "settings": settings });
    site.put_script("/helpers.js", HELPERS);
    site.put_script(
        "/app.js",
        format!(
            r#"import {{ na }} from "/pkg/inline.js";
const {{ endpoint, settings }} = {given};
window.problems = [];
window._na = new na("api", "auth", {{
  endpoint, accountId: "acme", userId: "ann", trackPageViews: false, compress: false, flushInterval: 600_000,
  onError: (problem) => problems.push(problem), ...settings }});
window.ready = await _na.ready;"#
        ),
    );
    site.put_html(
        path,
        format!(
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<link rel="icon" href="data:,"><title>App</title>
<script src="/watch.js"></script><script src="/helpers.js"></script><script type="module" src="/app.js"></script>
</head><body><main><h1>App</h1></main></body></html>"#
        ),
    );
}

/// Opens a page with a tracker that has these settings.
///
/// # Errors
/// When the page does not track.
pub async fn tracked<'a>(stage: &'a Stage, settings: Value) -> Result<Shown<'a>> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    put(&site, "/app.html", &server, &settings, "");
    let page = stage.open(&site, "/app.html").await?;
    page.until("window.ready").await?;
    Ok(Shown { server, site, page })
}

/// The same, and opens the panel.
///
/// # Errors
/// When the panel does not open.
pub async fn shown<'a>(stage: &'a Stage, settings: Value) -> Result<Shown<'a>> {
    let shown = tracked(stage, settings).await?;
    let is_shown: bool = shown
        .page
        .run("return await _na.inspect();", Value::Null)
        .await?;
    ensure!(is_shown, "the panel is not shown");
    Ok(shown)
}
