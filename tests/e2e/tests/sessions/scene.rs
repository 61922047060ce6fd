//! A page with a tracker, and the visitor that it recognises.

use std::collections::BTreeMap;

use anyhow::Result;
use fantoccini::cookies::Cookie;
use natero_e2e::browser::Browser;
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::EventRow;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::Value;

pub struct Scene<'a> {
    pub collector: Collector,
    pub site: Site,
    pub browser: &'a Browser,
    pub page: Page<'a>,
}

pub async fn start(stage: &Stage, settings: Value) -> Result<Scene<'_>> {
    start_on(stage, stage.site().await?, settings).await
}

pub async fn start_on(stage: &Stage, site: Site, settings: Value) -> Result<Scene<'_>> {
    let collector = Collector::start()?;
    site.put_tracked("/", collector.url(), collector.source(), &settings);
    let browser = stage.browser().await?;
    let page = browser.open(&site, "/").await?;
    page.until("window.tracking").await?;
    Ok(Scene {
        collector,
        site,
        browser,
        page,
    })
}

/// The ids of session and visitor, as the page sees them.
pub async fn ids(page: &Page<'_>) -> Result<(String, String)> {
    page.run(
        "return [_na.getSessionId(), _na.getVisitorId()];",
        Value::Null,
    )
    .await
}

pub async fn cookies(browser: &Browser) -> Result<BTreeMap<String, Cookie<'static>>> {
    let cookies = browser.client().get_all_cookies().await?;
    Ok(cookies
        .into_iter()
        .map(|cookie| (cookie.name().to_owned(), cookie))
        .collect())
}

/// The rows of one action, in the order in which they were made.
pub fn of<'r>(rows: &'r [EventRow], action: &str) -> Vec<&'r EventRow> {
    let mut found: Vec<_> = rows.iter().filter(|row| row.action == action).collect();
    found.sort_by_key(|row| row.seq);
    found
}
