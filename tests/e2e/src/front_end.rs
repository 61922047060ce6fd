//! A visit to the Rust examples. They are the same app in each framework: two modules, each
//! with a feature, and a button that sends events.

use std::path::Path;

use anyhow::{Result, ensure};
use fantoccini::Locator;

use crate::collector::Collector;
use crate::rows::{EventRow, events, until_events};
use crate::site::Site;
use crate::stage::Stage;

/// Clicks the element that the selector matches, as soon as it exists.
async fn click(stage: &Stage, css: &str) -> Result<()> {
    let client = stage.browser().await?.client();
    client
        .wait()
        .for_element(Locator::Css(css))
        .await?
        .click()
        .await?;
    Ok(())
}

/// The rows with an action.
fn of(rows: &[EventRow], action: &str) -> Vec<EventRow> {
    rows.iter()
        .filter(|row| row.action == action)
        .cloned()
        .collect()
}

/// The page of the app, which names the source in its head.
fn page_of(source: &[(&str, &str)]) -> String {
    let meta = |(name, content)| format!("<meta name=\"natero-{name}\" content=\"{content}\">");
    let metas: String = source.iter().copied().map(meta).collect();
    format!(
        "<!doctype html><title>Northwind</title><link rel=icon href='data:,'><script src=/watch.js></script>
         {metas}<script type=module>import init from '/app/app.js'; await init();</script>"
    )
}

/// Uses the Rust example in this folder in a page that names no source.
///
/// # Errors
/// When the app does not run on, or the page is told nothing or more than one line.
pub async fn app_runs_on_without_keys(stage: &Stage, app: &Path) -> Result<()> {
    let site = Site::start(&[("/app", app), ("", Site::pages())]).await?;
    site.put_html("/reports", page_of(&[]));
    let page = stage.open(&site, "/reports").await?;
    click(stage, "#export").await?;
    click(stage, "a[href='/customers']").await?;
    click(stage, "#add").await?;
    click(stage, "#send").await?;
    page.until("document.querySelector('output').textContent === '0 delivered, 0 pending'")
        .await?;
    let told = page.is_unharmed().await?;
    ensure!(
        told.len() == 1 && told[0].contains("apiKey must be"),
        "{told:?}"
    );
    Ok(())
}

/// Uses the Rust example in this folder, as a person does.
///
/// # Errors
/// When the counts differ from what was done.
pub async fn visit_is_counted_by_module_and_feature(stage: &Stage, app: &Path) -> Result<()> {
    let collector = Collector::start()?;
    let site = Site::start(&[("/app", app), ("", Site::pages())]).await?;
    let source = collector.source();
    let page = page_of(&[
        ("endpoint", collector.url()),
        ("api-key", &source.api_key),
        ("auth-key", &source.auth_key),
    ]);
    // The app's router handles all of these paths in the same page.
    for path in ["/", "/reports", "/customers"] {
        site.put_html(path, &page);
    }
    let page = stage.open(&site, "/reports").await?;
    click(stage, "#export").await?;
    page.let_pass(300).await?;
    click(stage, "a[href='/customers']").await?;
    click(stage, "#add").await?;
    page.let_pass(300).await?;
    click(stage, "#send").await?;
    page.until("document.querySelector('output').textContent.endsWith('0 pending')")
        .await?;

    until_events(&collector, "the features", |rows| {
        of(rows, "feature").len() == 2
    })
    .await?;
    let rows = events(&collector.db())?;
    let features = of(&rows, "feature");
    let used: Vec<_> = features
        .iter()
        .map(|row| (row.module.as_deref(), row.feature.as_deref(), row.total))
        .collect();
    ensure!(
        used == [
            (Some("reports"), Some("export"), Some(3.0)),
            (Some("customers"), Some("add customer"), Some(1.0)),
        ],
        "{used:?}"
    );
    let ended = of(&rows, "moduleEnd");
    ensure!(
        ended
            .iter()
            .any(|row| row.module.as_deref() == Some("reports") && row.time_spent >= Some(300)),
        "{ended:?}"
    );
    let views: Vec<_> = of(&rows, "pageView")
        .into_iter()
        .filter_map(|row| row.url)
        .collect();
    ensure!(
        views == [site.url("/reports"), site.url("/customers")],
        "{views:?}"
    );
    page.is_untroubled().await
}
