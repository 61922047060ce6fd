//! Calls that one page leaves to the next.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::until_events;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{collector_is_empty, lose_wasm};

/// A page on which twenty features were called in a module, and the time when that was done.
async fn twenty_calls<'a>(
    stage: &'a Stage,
    site: &Site,
    collector: &Collector,
) -> Result<(Page<'a>, i64)> {
    let page = stage.open(site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    page.act(
        "_na.setModuleId('dashboard'); for (let i = 0; i < 20; i++) _na.sendFeatureEvent('f' + i);",
        Value::Null,
    )
    .await?;
    let called = page.run("return Date.now();", Value::Null).await?;
    Ok((page, called))
}

/// Checks that all twenty features arrive, each once, with the module and the time of their
/// call.
async fn made_up_by_the_next_page(
    stage: &Stage,
    site: &Site,
    collector: &Collector,
    called: i64,
) -> Result<()> {
    let page = stage.open(site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(
        collector.url(),
        collector.source(),
        json!({ "sessionSyncInterval": 500 }),
    )
    .await?;
    let rows = until_events(collector, "twenty features", |rows| {
        rows.iter().filter(|row| row.action == "feature").count() >= 20
    })
    .await?;
    let mut features: Vec<_> = rows.iter().filter(|row| row.action == "feature").collect();
    features.sort_by_key(|row| row.seq);
    for (at, row) in features.iter().enumerate() {
        ensure!(row.feature == Some(format!("f{at}")), "{row:?}");
        ensure!(row.module.as_deref() == Some("dashboard"), "{row:?}");
        ensure!(row.created_at <= called, "{row:?}");
    }
    ensure!(features.len() == 20, "{} features", features.len());
    let left: Value = page
        .run(
            "await _na.flush(); return Object.keys(localStorage).filter((key) => /^na_[cq]\\d/.test(key));",
            Value::Null,
        )
        .await?;
    ensure!(left == json!([]), "left in storage: {left}");
    page.is_untroubled().await
}

pub async fn calls_of_a_page_that_was_left_before_its_wasm_was_there_are_made_by_the_next(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let (_, called) = twenty_calls(stage, &site, &collector).await?;
    stage.open(&site, "/blank.html").await?;
    ensure!(
        collector_is_empty(&collector)?,
        "something was sent without the wasm"
    );
    hold.release();
    made_up_by_the_next_page(stage, &site, &collector, called).await
}

pub async fn calls_of_a_page_whose_wasm_failed_are_made_by_the_next_healthy_one(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    lose_wasm(&site);
    let hold = site.hold(".wasm");
    let (page, called) = twenty_calls(stage, &site, &collector).await?;
    hold.release();
    let ready: bool = page.run("return await _na.ready;", Value::Null).await?;
    ensure!(!ready, "a tracker without wasm said that it is ready");
    site.remove("/pkg/natero.wasm");
    made_up_by_the_next_page(stage, &site, &collector, called).await
}

pub async fn calls_of_a_page_that_cleared_its_storage_and_was_left_are_made_by_the_next(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let (page, called) = twenty_calls(stage, &site, &collector).await?;
    // In a task after the calls, as when signing out.
    let is_empty: bool = page
        .run(
            "localStorage.clear(); return localStorage.length === 0;",
            Value::Null,
        )
        .await?;
    ensure!(is_empty, "something was stored again at once");
    stage.open(&site, "/blank.html").await?;
    hold.release();
    made_up_by_the_next_page(stage, &site, &collector, called).await
}

/// Number of pages that are opened one after the other: more than fit into the limit.
const PAGES: usize = 24;

pub async fn pages_without_wasm_leave_no_more_than_the_bound_and_the_newest_calls(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    lose_wasm(&site);
    let left = "return Object.entries(localStorage).filter(([key]) => key.startsWith('na_c'));";
    let page = stage.open(&site, "/esm.html").await?;
    for number in 0..PAGES {
        page.until("window.na").await?;
        // The calls are stored when the task ends, whether the wasm loads or not.
        page.act(
            "const _na = new na('api', 'auth', { maxStoredBytes: 60_000, endpoint: args.endpoint });
             for (let i = 0; i < 40; i++) _na.sendFeatureEvent(`page ${args.number}`);
             await new Promise((go) => setTimeout(go));",
            json!({ "number": number, "endpoint": collector.url() }),
        )
        .await?;
        let left: Vec<(String, String)> = page.run(left, Value::Null).await?;
        let bytes: usize = left.iter().map(|(_, calls)| calls.len()).sum();
        ensure!(bytes <= 60_000, "{bytes} bytes after page {number}");
        stage.browser().await?.client().refresh().await?;
    }
    let kept: Vec<(String, String)> = page.run(left, Value::Null).await?;
    ensure!(kept.len() > 3, "only {} pages are kept", kept.len());
    for number in PAGES - kept.len()..PAGES {
        let feature = format!("\"page {number}\"");
        ensure!(
            kept.iter().any(|(_, calls)| calls.contains(&feature)),
            "older calls are kept than those of page {number}"
        );
    }
    // If more pages leave calls than allowed, the oldest are dropped, and so are calls that
    // are too old.
    let aged: String = page
        .run(
            "const name = Object.keys(localStorage).find((key) => key.startsWith('na_c'));
             const aged = name.slice(0, name.lastIndexOf('.') + 1) + (Date.now() - 40 * 86_400_000);
             localStorage.setItem(aged, localStorage.getItem(name));
             localStorage.removeItem(name);
             for (let i = 1; i <= 80; i++)
               localStorage.setItem(name.slice(0, name.lastIndexOf('.') + 1) + (Date.now() - i * 1000), '{}');
             return aged;",
            Value::Null,
        )
        .await?;
    page.until("window.na").await?;
    page.act(
        "const _na = new na('api', 'auth', { endpoint: args });
         _na.sendFeatureEvent('new');
         await new Promise((go) => setTimeout(go));",
        json!(collector.url()),
    )
    .await?;
    let is_kept: bool = page
        .run("return localStorage.getItem(args) !== null;", json!(aged))
        .await?;
    ensure!(!is_kept, "calls of 40 days ago are kept");
    let kept: Vec<(String, String)> = page.run(left, Value::Null).await?;
    ensure!(kept.len() == 50, "{} pages are kept", kept.len());
    Ok(())
}
