//! A browser that reports the wrong network state, and one that forbids requests.

use anyhow::{Result, ensure};
use natero_e2e::fault::FaultServer;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::source;

/// A page that runs a script before it loads the tracker.
fn host_page(head: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>
{head}<script src="/watch.js"></script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body></body></html>"#
    )
}

pub async fn a_browser_that_is_wrong_about_the_network_delivers(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let head = "<script>Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });
                dispatchEvent(new Event('offline'));</script>";
    site.put_html("/offline", host_page(head));
    let page = stage.open(&site, "/offline").await?;
    page.until("window.na").await?;
    page.track(server.url(), &source(), json!({ "flushInterval": 50 }))
        .await?;
    page.act("_na.sendFeatureEvent('a');", Value::Null).await?;
    page.until("_na.stats().delivered === 1").await?;
    let flushed: Value = page
        .run(
            "dispatchEvent(new Event('offline')); _na.sendFeatureEvent('b');
             return await _na.flush();",
            Value::Null,
        )
        .await?;
    ensure!(flushed["delivered"] == 1, "{flushed}");
    page.is_untroubled().await
}

pub async fn a_policy_that_forbids_the_collector_is_told_of_once(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let head = "<meta http-equiv='content-security-policy' content=\"connect-src 'self'\">
                <script src='/virtual.js'></script>";
    site.put_html("/strict", host_page(head));
    let page = stage.open(&site, "/strict").await?;
    page.until("window.na").await?;
    page.track(server.url(), &source(), json!({})).await?;
    page.act("await _na.ready; _na.sendFeatureEvent('a');", Value::Null)
        .await?;
    page.act(
        "window.passed = false; pass(600_000).then(() => { window.passed = true; });",
        Value::Null,
    )
    .await?;
    page.until("window.passed").await?;
    let problems: Vec<Value> = page.run("return problems;", Value::Null).await?;
    ensure!(
        problems.len() == 1 && problems[0]["code"] == "unreachable",
        "{problems:?}"
    );
    let message = problems[0]["message"].as_str().unwrap_or_default();
    ensure!(message.contains("connect-src"), "{message}");
    let stats: Value = page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["pending"] == stats["accepted"] && stats["pending"] != 0,
        "{stats}"
    );
    Ok(())
}
