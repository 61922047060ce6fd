//! Answers after which a page waits before it retries.

use std::time::Duration;

use anyhow::{Result, ensure};
use natero_e2e::fault::Answer;
use natero_e2e::page::Page;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use serde_json::{Value, json};

use crate::tracked::{scripted, source};

pub async fn a_500_is_tried_again_until_it_is_taken(stage: &Stage) -> Result<()> {
    let tracked = scripted(stage, [Answer::status(500), Answer::status(503)]).await?;
    let names = ["a", "b", "c"];
    tracked.make(&names).await?;
    let stats = tracked.until_delivered(3).await?;
    ensure!(
        stats["retries"].as_u64() >= Some(2) && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    ensure!(tracked.sent()?.len() == 3, "{:?}", tracked.sent()?);
    tracked.each_is_one_event(&names)?;
    tracked.page.is_unharmed().await.map(drop)
}

pub async fn retry_after_is_obeyed(stage: &Stage) -> Result<()> {
    let patience = Answer::status(429).with_header("retry-after", "2");
    let tracked = scripted(stage, [patience]).await?;
    tracked.make(&["a"]).await?;
    tracked.until_delivered(1).await?;
    let recorded = tracked.server.recorded();
    ensure!(recorded.len() == 2, "{recorded:?}");
    let waited = recorded[1].at - recorded[0].at;
    ensure!(
        waited >= Duration::from_millis(1990),
        "came back after {waited:?}"
    );
    tracked.page.is_unharmed().await.map(drop)
}

pub async fn what_one_tab_was_told_to_wait_all_tabs_and_new_pages_wait(
    stage: &Stage,
) -> Result<()> {
    const TRY: &str = "_na.sendFeatureEvent(args); return await _na.flush();";
    let patience = Answer::status(503).with_header("retry-after", "600");
    let tracked = scripted(stage, [patience]).await?;
    let browser = stage.browser().await?;
    let told = Tab::current(browser).await?;
    let settings = json!({ "flushInterval": 50 });
    let track = async |page: &Page<'_>| {
        page.until("window.na").await?;
        page.track(tracked.server.url(), &source(), settings.clone())
            .await?;
        page.act("await _na.ready;", Value::Null).await
    };
    let living = Tab::open(browser).await?;
    let page = living.goto(&tracked.site.url("/inline.html")).await?;
    track(&page).await?;
    // The tracker registered its listener earlier, so it is notified first.
    page.act(
        "addEventListener('storage', () => { window.heard = true; });",
        Value::Null,
    )
    .await?;
    told.front().await?;
    tracked.make(&["a"]).await?;
    tracked.server.until_recorded(1).await?;
    let page = living.front().await?;
    page.until("window.heard").await?;
    let outcome: Value = page.run(TRY, json!("b")).await?;
    ensure!(outcome["pending"] == 1, "{outcome}");

    let page = living.goto(&tracked.site.url("/inline.html")).await?;
    track(&page).await?;
    let outcome: Value = page.run(TRY, json!("c")).await?;
    ensure!(outcome["delivered"] == 0, "{outcome}");
    let recorded = tracked.server.recorded();
    ensure!(recorded.len() == 1, "{recorded:?}");
    page.is_unharmed().await?;
    living.close(&told).await?;
    tracked.page.is_unharmed().await.map(drop)
}
