//! Storage that is full, blocked, or cleared by the page.

use anyhow::{Context, Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{MAKE, open};

pub async fn storage_that_is_full_costs_nothing_while_the_page_lives(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    let filled: usize = page
        .run(
            "let size = 1 << 20;
             localStorage.setItem('host', '');
             while (size) {
               try { localStorage.setItem('host', localStorage.host + 'x'.repeat(size)); }
               catch { size >>= 1; }
             }
             return localStorage.host.length;",
            Value::Null,
        )
        .await?;
    ensure!(filled > 1 << 20, "only {filled} characters fill it");
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 20])).await?;
    page.until("_na.stats().requests > 0").await?;
    page.act(MAKE, json!([20, 20])).await?;
    let stats: Value = page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["pending"] == 40 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    scene.server.set_down(false);
    scene.has(0..40).await?;
    let kept: Value = page
        .run(
            "return [Object.keys(localStorage), localStorage.host.length];",
            Value::Null,
        )
        .await?;
    ensure!(
        kept == json!([["host"], filled]),
        "what the host page stored has changed: {kept}"
    );
    page.is_unharmed().await.map(drop)
}

pub async fn storage_that_is_blocked_costs_nothing_while_the_page_lives(
    stage: &Stage,
) -> Result<()> {
    for blocked in [
        "Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); };",
        "for (const name of ['getItem', 'setItem', 'removeItem', 'key'])
           Storage.prototype[name] = () => { throw new DOMException('no', 'SecurityError'); };",
        "for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
           Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
         Object.defineProperty(document, 'cookie', {
           get() { throw new DOMException('no', 'SecurityError'); },
           set() { throw new DOMException('no', 'SecurityError'); } });",
    ] {
        let scene = open(stage, blocked).await?;
        scene.server.set_down(true);
        scene.track().await?;
        scene.page.act(MAKE, json!([0, 20])).await?;
        scene.page.until("_na.stats().requests > 0").await?;
        scene.server.set_down(false);
        scene.has(0..20).await.context(blocked)?;
        ensure!(scene.page.is_unharmed().await?.is_empty(), "{blocked}");
    }
    Ok(())
}

pub async fn a_page_that_clears_the_storage_loses_nothing_when_it_is_left(
    stage: &Stage,
) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 20])).await?;
    page.until("_na.stats().requests > 0").await?;
    page.act("localStorage.clear();", Value::Null).await?;
    page.act(MAKE, json!([20, 1])).await?;
    stage.browser().await?.client().refresh().await?;
    page.until("window.na").await?;
    scene.server.set_down(false);
    scene.track().await?;
    scene.has(0..21).await?;
    page.is_unharmed().await.map(drop)
}
