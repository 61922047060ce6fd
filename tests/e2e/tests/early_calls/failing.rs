//! A wasm that cannot be loaded, permanently or at first.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{NOT_FOUND, collector_is_empty, lose_wasm};

pub async fn a_wasm_that_cannot_be_loaded_is_reported_once_and_harms_nothing(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    lose_wasm(&site);
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    page.act(
        "_na.setModuleId('dashboard'); _na.sendFeatureEvent('early');",
        Value::Null,
    )
    .await?;
    let ready: bool = page.run("return await _na.ready;", Value::Null).await?;
    ensure!(!ready, "a tracker without wasm said that it is ready");
    let after: Value = page
        .run(
            "_na.sendFeatureEvent('late'); _na.setUserId('bob');
             return { flushed: await _na.flush(), stats: _na.stats(), problems };",
            Value::Null,
        )
        .await?;
    ensure!(after["flushed"]["delivered"] == 0, "{after}");
    let console = page.is_unharmed().await?;
    ensure!(
        console.len() == 1
            && console[0].contains("natero")
            && console[0].contains("Loading failed"),
        "one clear error was expected: {console:?}"
    );
    ensure!(
        after["problems"]
            .as_array()
            .is_some_and(|all| all.len() == 1),
        "{after}"
    );
    ensure!(collector_is_empty(&collector)?);
    Ok(())
}

pub async fn a_wasm_that_comes_late_is_tried_again_and_no_call_is_lost(
    stage: &Stage,
) -> Result<()> {
    comes_late(stage, "natero.wasm").await
}

/// The difficulty: browsers remember that a module could not be loaded.
pub async fn a_host_that_comes_late_is_tried_again_and_no_call_is_lost(
    stage: &Stage,
) -> Result<()> {
    comes_late(stage, "host.js").await
}

async fn comes_late(stage: &Stage, file: &str) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    // As on a server during a deployment.
    let path = format!("/pkg/{file}");
    if file == "natero.wasm" {
        lose_wasm(&site);
    } else {
        site.put_html(&path, NOT_FOUND);
    }
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    let stats: Value = page
        .run(
            "_na.ready.then((ready) => { window.settled = ready; });
             for (let i = 0; i < 3; i += 1) _na.sendFeatureEvent('early');
             return _na.stats();",
            Value::Null,
        )
        .await?;
    ensure!(stats["pending"] == 3, "{stats}");
    natero_e2e::wait::until_true("a second try", async || Ok(site.requested(file) >= 2)).await?;
    site.remove(&path);
    page.act("_na.sendFeatureEvent('later');", Value::Null)
        .await?;
    page.until("window.settled !== undefined").await?;
    // The tracker may have reported that the host could not be loaded so far.
    page.until("_na.stats().accepted >= 4").await?;
    let stats = page.deliver().await?;
    ensure!(stats["delivered"] == 4, "{stats}");
    page.is_unharmed().await.map(drop)
}
