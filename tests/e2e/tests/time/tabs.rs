//! Several windows and tabs.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use natero_e2e::wait::until_true;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, Tracked, of, start, start_at, sum};

/// How long at least one of these intervals lasted, and how long more than one at the same
/// time, in ms.
fn union(mut spells: Vec<[f64; 2]>) -> [i64; 2] {
    spells.sort_by(|one, other| one[0].total_cmp(&other[0]));
    let (mut any, mut several, mut until) = (0.0, 0.0, f64::NEG_INFINITY);
    for [from, to] in spells {
        any += (to - from.max(until)).max(0.0);
        several += (to.min(until) - from).max(0.0);
        until = until.max(to);
    }
    [any as i64, several as i64]
}

/// Uses two pages in turn for half a second each, then ends both. Asserts that they counted
/// the time in which at least one was visible. Returns for how long both were, in ms.
async fn in_turn(tracked: &Tracked<'_>, one: &Tab<'_>, other: &Tab<'_>) -> Result<i64> {
    let page = one.front().await?;
    let query: String = page
        .run(
            "_na.setModuleId('one'); clock.entered = clock.seen();
             return location.search;",
            Value::Null,
        )
        .await?;
    let page = other
        .goto(&tracked.site.url(&format!("/two.html{query}")))
        .await?;
    page.until("window.tracking").await?;
    page.act(
        "_na.setModuleId('two'); clock.entered = clock.seen();",
        Value::Null,
    )
    .await?;
    for tab in [one, other, one, other] {
        let page = tab.front().await?;
        page.until("document.visibilityState === 'visible'").await?;
        page.move_mouse().await?;
        page.let_pass(500).await?;
    }
    let page = other.front().await?;
    page.act("localStorage.finish = 1; clock.finish();", Value::Null)
        .await?;
    let mut spells = Vec::new();
    let mut before_modules = 0.0;
    for tab in [one, other] {
        let page = tab.front().await?;
        page.until("clock.end").await?;
        let (seen, entered): (Vec<[f64; 2]>, f64) = page
            .run("return [clock.end, clock.entered];", Value::Null)
            .await?;
        spells.extend(seen);
        before_modules += entered;
        page.is_untroubled().await?;
    }
    let [visible, both] = union(spells);
    let rows = tracked
        .rows("the end of both", |rows| {
            let ends = of(rows, "pageViewEnd").map(|row| row.url.as_deref());
            ends.collect::<BTreeSet<_>>().len() == 2
        })
        .await?;
    for field in [
        |row: &EventRow| Some(row.session_id.clone()),
        |row: &EventRow| row.visitor_id.clone(),
    ] {
        let ids: BTreeSet<_> = rows.iter().map(field).collect();
        ensure!(ids.len() == 1, "two tabs of one visit: {ids:?}");
    }
    let told = sum(&rows, "sessionSync");
    let [modules, views] = ["moduleEnd", "pageViewEnd"].map(|action| sum(&rows, action));
    ensure!(
        (told - modules - before_modules as i64).abs() <= SLACK_MS && (told - views).abs() <= 5,
        "{told} ms of session, {modules} of modules after {before_modules}, {views} of pages"
    );
    for name in ["one", "two"] {
        let part: i64 = of(&rows, "moduleEnd")
            .filter(|row| row.module.as_deref() == Some(name))
            .filter_map(|row| row.time_spent)
            .sum();
        ensure!(part >= 900, "{name} was used for a second: {part} ms");
    }
    // Storage events may be delayed by the browser, but by much less than the second that
    // the times may be wrong by.
    let slack = if query.is_empty() { 2 * SLACK_MS } else { 500 };
    ensure!(
        (told - visible).abs() <= slack,
        "{told} ms were counted of {visible}"
    );
    Ok(both)
}

pub async fn two_windows_in_sight_never_count_the_same_second(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    two_windows(stage, &tracked).await
}

pub async fn storage_events_stand_in_for_channels(stage: &Stage) -> Result<()> {
    let tracked = start_at(stage, "/one.html?no-channel", json!({})).await?;
    two_windows(stage, &tracked).await?;
    let keys: Vec<String> = tracked
        .page
        .run("return Object.keys(localStorage);", Value::Null)
        .await?;
    ensure!(
        keys.iter().all(|key| key == "finish" || key == "left"),
        "{keys:?}"
    );
    Ok(())
}

async fn two_windows(stage: &Stage, tracked: &Tracked<'_>) -> Result<()> {
    let browser = stage.browser().await?;
    let one = Tab::current(browser).await?;
    let other = Tab::open_window(browser).await?;
    let both = in_turn(tracked, &one, &other).await?;
    ensure!(both >= 2_000, "both were in sight for {both} ms");
    other.close(&one).await.map(drop)
}

pub async fn two_tabs_behind_each_other_never_count_the_same_second(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let tracked = start(stage, json!({})).await?;
    let one = Tab::current(browser).await?;
    let other = Tab::open(browser).await?;
    let both = in_turn(&tracked, &one, &other).await?;
    // Browsers may show the next tab shortly before they hide the previous one.
    ensure!(both <= 1_000, "both were in sight for {both} ms");
    other.close(&one).await.map(drop)
}

pub async fn a_window_that_loads_slowly_counts_no_second_of_another(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let settings = json!({ "trackUnload": true, "flushInterval": 50, "sessionSyncInterval": 500 });
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    let began: i64 = page.run("return Date.now();", Value::Null).await?;
    page.track(collector.url(), collector.source(), settings.clone())
        .await?;
    page.act("await _na.ready;", Value::Null).await?;
    let one = Tab::current(browser).await?;
    let hold = site.hold(".wasm");
    let loaded = site.requested(".wasm");
    let other = Tab::open_window(browser).await?;
    let page = other.goto(&site.url("/esm.html")).await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), settings)
        .await?;
    until_true("the second window to load its wasm", async || {
        Ok(site.requested(".wasm") > loaded)
    })
    .await?;
    // The user works in the first window only, while the second one loads.
    let page = one.front().await?;
    for _ in 0..10 {
        page.move_mouse().await?;
        page.let_pass(250).await?;
    }
    hold.release();
    let page = other.front().await?;
    page.act("await _na.ready;", Value::Null).await?;
    page.let_pass(500).await?;
    page.act("_na.shutdown();", Value::Null).await?;
    let page = one.front().await?;
    let ended: i64 = page
        .run("_na.shutdown(); return Date.now();", Value::Null)
        .await?;
    let rows = until_events(&collector, "the time of both windows", |rows| {
        sum(rows, "sessionSync") > ended - began - 1_500
    })
    .await?;
    let told = sum(&rows, "sessionSync");
    ensure!(
        told <= ended - began + SLACK_MS,
        "{told} ms were counted of {}",
        ended - began
    );
    other.close(&one).await.map(drop)
}
