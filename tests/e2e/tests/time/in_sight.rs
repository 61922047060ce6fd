//! Idle, active and hidden pages.

use anyhow::{Result, ensure};
use natero_e2e::page::Page;
use natero_e2e::rows::events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, count, start, sum};

/// Moves the mouse for this long. Returns the time of the last move, in ms of the page's
/// clock.
async fn work(page: &Page<'_>, ms: f64) -> Result<i64> {
    page.act(
        "addEventListener('mousemove', () => { clock.moved = clock.seen(); }, true);",
        Value::Null,
    )
    .await?;
    let start: f64 = page.run("return clock.seen();", Value::Null).await?;
    loop {
        page.move_mouse().await?;
        let last: f64 = page.run("return clock.moved;", Value::Null).await?;
        if last - start > ms {
            return Ok(last as i64);
        }
    }
}

pub async fn idle_ends_all_timings_at_the_last_activity_and_is_told_once(
    stage: &Stage,
) -> Result<()> {
    let tracked = start(
        stage,
        json!({ "idleTimeout": 1_500, "sessionSyncInterval": 400 }),
    )
    .await?;
    let page = &tracked.page;
    let entered = tracked.enter("reports").await?;
    let last = work(page, 1_500.0).await?;
    // Idleness begins, and continues for a while.
    page.let_pass(3_000).await?;
    page.deliver().await?;
    let rows = tracked
        .rows("the idle spell", |rows| count(rows, "sessionIdle") > 0)
        .await?;
    ensure!(count(&rows, "sessionIdle") == 1, "{rows:#?}");
    ensure!(count(&rows, "moduleEnd") == 1, "{rows:#?}");
    ensure!(
        count(&rows, "sessionSync") >= 3,
        "no sync but at the end: {rows:#?}"
    );
    // The page view continues, because an idle page is still visible.
    ensure!(count(&rows, "pageViewEnd") == 0, "{rows:#?}");
    for (action, expected) in [("moduleEnd", last - entered), ("sessionSync", last)] {
        let told = sum(&rows, action);
        ensure!(
            (told - expected).abs() <= SLACK_MS,
            "{action}: {told} ms, {expected} until the last activity: {rows:#?}"
        );
    }
    let session = &rows[0].session_id;
    ensure!(
        rows.iter().all(|row| row.session_id == *session),
        "idle is no new session: {rows:#?}"
    );

    // The next activity begins a new period, in the same module.
    page.move_mouse().await?;
    let again: i64 = page
        .run(
            "const from = clock.moved;
             while (clock.seen() < from + 300) await new Promise((go) => setTimeout(go, 20));
             const more = clock.seen() - from;
             _na.shutdown();
             return Math.round(more);",
            Value::Null,
        )
        .await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "moduleEnd") == 2, "{rows:#?}");
    for action in ["sessionSync", "pageViewEnd"] {
        let told = sum(&rows, action);
        ensure!(
            (told - last - again).abs() <= SLACK_MS,
            "{action}: {told} ms of {last} and {again}: {rows:#?}"
        );
    }
    page.is_untroubled().await
}

pub async fn real_input_keeps_the_page_from_being_idle(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "idleTimeout": 3_000 })).await?;
    let client = stage.browser().await?.client();
    tracked
        .page
        .act("_na.setModuleId('reports');", Value::Null)
        .await?;
    // Longer than the idle time, by the page's clock.
    let start: f64 = tracked
        .page
        .run("return clock.seen();", Value::Null)
        .await?;
    loop {
        client
            .find(fantoccini::Locator::Css("h1"))
            .await?
            .click()
            .await?;
        tracked.page.let_pass(150).await?;
        let now: f64 = tracked
            .page
            .run("return clock.seen();", Value::Null)
            .await?;
        if now - start > 4_500.0 {
            break;
        }
    }
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
    ensure!(
        (sum(&rows, "pageViewEnd") - seen).abs() <= SLACK_MS,
        "{seen}: {rows:#?}"
    );
    Ok(())
}

pub async fn hidden_time_does_not_count(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let browser = stage.browser().await?;
    let page = &tracked.page;
    let entered = tracked.enter("reports").await?;
    for spell in 1..=2 {
        page.let_pass(300).await?;
        browser.hide().await?;
        let rows = tracked
            .rows("the timings so far", |rows| {
                count(rows, "pageViewEnd") == spell
            })
            .await?;
        ensure!(
            count(&rows, "moduleEnd") == spell && count(&rows, "sessionSync") == spell,
            "each timing ends once when the page is hidden: {rows:#?}"
        );
        page.let_pass(700).await?;
        browser.show().await?;
    }
    page.let_pass(300).await?;
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 3)
        .await?;
    ensure!(count(&rows, "pageView") == 1, "{rows:#?}");
    ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
    for (action, expected) in [
        ("moduleEnd", seen - entered),
        ("sessionSync", seen),
        ("pageViewEnd", seen),
    ] {
        let told = sum(&rows, action);
        ensure!(
            (told - expected).abs() <= SLACK_MS,
            "{action}: {told} of {expected}"
        );
    }
    page.is_untroubled().await
}

pub async fn track_unload_false_tells_nothing_when_the_page_is_hidden(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "trackUnload": false })).await?;
    let (page, browser) = (&tracked.page, stage.browser().await?);
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(300).await?;
    browser.hide().await?;
    page.deliver().await?;
    let rows = events(&tracked.collector.db())?;
    ensure!(rows.len() == 1 && rows[0].action == "pageView", "{rows:#?}");
    page.let_pass(500).await?;
    browser.show().await?;
    page.let_pass(300).await?;
    // The time until the page itself ends the view is reported.
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "moduleEnd") == 1, "{rows:#?}");
    let told = sum(&rows, "pageViewEnd");
    ensure!((told - seen).abs() <= SLACK_MS, "{told} of {seen}");
    page.is_untroubled().await
}
