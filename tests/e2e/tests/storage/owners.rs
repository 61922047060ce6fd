//! The part of the storage that a page owns, and limits that all pages of a source share.

use anyhow::{Result, ensure};
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use serde_json::{Value, json};

use crate::scene::{MAKE, open};

pub async fn all_pages_of_a_source_stay_within_the_bound_together(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    scene.server.set_down(true);
    let settings = json!({ "flushInterval": 50, "maxStoredBytes": 30_000 });
    let browser = stage.browser().await?;
    let first = Tab::current(browser).await?;
    let mut others = Vec::new();
    for number in 0..3 {
        if number > 0 {
            let tab = Tab::open(browser).await?;
            tab.goto(&scene.site.url("/")).await?;
            others.push(tab);
        }
        scene.page.until("window.na").await?;
        scene
            .page
            .track(
                scene.server.url(),
                scene.collector.source(),
                settings.clone(),
            )
            .await?;
        scene.page.act("await _na.ready;", Value::Null).await?;
        for _ in 0..10 {
            scene.page.act(MAKE, json!([number * 100, 10])).await?;
        }
        let bytes: usize = scene
            .page
            .run(
                "return Object.entries(localStorage).reduce((sum, [, text]) => sum + text.length, 0);",
                Value::Null,
            )
            .await?;
        ensure!((20_000..=30_000).contains(&bytes), "{bytes} bytes");
        let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
        ensure!(stats["dropped"]["total"] == 0, "{stats}");
    }
    for tab in others {
        tab.close(&first).await?;
    }
    Ok(())
}

pub async fn a_page_holds_a_lock_while_something_waits_and_no_longer(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.track().await?;
    for from in [0, 5] {
        page.until("(await navigator.locks.query()).held.length === 0")
            .await?;
        scene.server.set_down(true);
        page.act(MAKE, json!([from, 5])).await?;
        page.until("(await navigator.locks.query()).held.length === 1")
            .await?;
        let owned: bool = page
            .run(
                "const [{ name }] = (await navigator.locks.query()).held;
                 return Object.keys(localStorage).every((key) => key.startsWith(`${name}.`));",
                Value::Null,
            )
            .await?;
        ensure!(owned, "what is stored is not under the lock's name");
        scene.server.set_down(false);
        scene.has(0..from + 5).await?;
    }
    page.until("(await navigator.locks.query()).held.length === 0")
        .await?;
    page.is_unharmed().await.map(drop)
}

pub async fn agreeing_again_leaves_the_page_what_it_stored(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 5])).await?;
    page.act("_na.optIn();", Value::Null).await?;
    page.act(MAKE, json!([5, 5])).await?;
    page.until("(await navigator.locks.query()).held.length === 1")
        .await?;
    scene.server.set_down(false);
    scene.has(0..10).await?;
    scene.ends_without_duplicates().await
}

/// A browser may start the next page before it has released the locks of the one before.
pub async fn what_a_page_left_is_taken_although_its_lock_is_released_late(
    stage: &Stage,
) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 5])).await?;
    stage.browser().await?.client().refresh().await?;
    page.until("window.na").await?;
    page.act(
        "const [key] = Object.keys(localStorage);
         const held = new Promise((resolve) => { window.release = resolve; });
         await new Promise((granted) => {
           navigator.locks.request(key.slice(0, key.lastIndexOf('.')), () => { granted(); return held; });
         });",
        Value::Null,
    )
    .await?;
    scene.server.set_down(false);
    scene.track().await?;
    // Requests are answered in order, so the tracker's own was answered before this one.
    page.act(
        "await navigator.locks.request('later', () => {}); release();",
        Value::Null,
    )
    .await?;
    scene.has(0..5).await?;
    scene.ends_without_duplicates().await
}

/// A script or an extension may replace the function that requests a lock.
pub async fn what_a_page_left_is_taken_once_it_is_old_where_locks_do_not_work(
    stage: &Stage,
) -> Result<()> {
    for replaced in [
        "async () => { throw new DOMException('no', 'SecurityError'); }",
        "() => { throw new TypeError('no'); }",
        "() => {}",
    ] {
        let before = format!("LockManager.prototype.request = {replaced};");
        let scene = open(stage, &before).await?;
        let page = &scene.page;
        scene.server.set_down(true);
        scene.track().await?;
        page.act(MAKE, json!([0, 5])).await?;
        for is_old in [false, true] {
            stage.browser().await?.client().refresh().await?;
            page.until("window.na").await?;
            if is_old {
                let age = format!("for (const stamp of {STAMPS}) localStorage[stamp] -= 700_000;");
                page.act(&age, Value::Null).await?;
                scene.server.set_down(false);
            }
            let left: Vec<String> = page.run(LEFT, Value::Null).await?;
            ensure!(
                left.iter().any(|name| name.ends_with(".0")),
                "{replaced}: no page has stored when it lived last: {left:?}"
            );
            scene.track().await?;
            if !is_old {
                page.act("await _na.flush();", Value::Null).await?;
                let stayed: bool = page
                    .run(
                        "return args.every((name) => name in localStorage);",
                        json!(left),
                    )
                    .await?;
                ensure!(stayed, "{replaced}: the part of a living page was taken");
            }
        }
        scene.has(0..5).await?;
        scene.ends_without_duplicates().await?;
        ensure!(page.is_unharmed().await?.is_empty(), "{replaced}");
    }
    Ok(())
}

/// The names under which pages have stored when they lived last.
const STAMPS: &str = "Object.keys(localStorage).filter((name) => name.endsWith('.0'))";

const LEFT: &str = "return Object.keys(localStorage);";
