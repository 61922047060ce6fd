//! Leaving the page, reloading it, and coming back.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, Tracked, count, left, of, start, sum};

pub async fn a_reload_ends_the_timings_once(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(400).await?;
    stage.browser().await?.client().refresh().await?;
    page.until("window.tracking").await?;
    let seen = left(page, "/one.html").await?;
    let rows = tracked
        .rows("the end of the first load", |rows| {
            count(rows, "pageViewEnd") >= 1 && count(rows, "pageView") == 2
        })
        .await?;
    for action in ["moduleEnd", "sessionSync", "pageViewEnd"] {
        ensure!(count(&rows, action) == 1, "{action}: {rows:#?}");
    }
    for action in ["sessionSync", "pageViewEnd"] {
        let told = sum(&rows, action);
        ensure!(
            (told - seen).abs() <= SLACK_MS,
            "{action}: {told} of {seen}"
        );
    }
    ensure!(sum(&rows, "moduleEnd") >= 400, "{rows:#?}");
    let streams: BTreeSet<_> = rows.iter().map(|row| &row.stream_id).collect();
    ensure!(streams.len() == 2, "each load is a stream: {rows:#?}");
    page.is_untroubled().await
}

pub async fn leaving_for_another_site_ends_the_timings_once(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "flushInterval": 3_600_000 })).await?;
    let page = &tracked.page;
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(400).await?;
    let seen: i64 = page
        .run("return Math.round(clock.seen());", Value::Null)
        .await?;
    let elsewhere = stage.site().await?;
    stage
        .browser()
        .await?
        .client()
        .goto(&elsewhere.url("/blank.html"))
        .await?;
    let rows = tracked
        .rows("the end of the page", |rows| count(rows, "pageViewEnd") > 0)
        .await?;
    for action in ["pageView", "moduleEnd", "sessionSync", "pageViewEnd"] {
        ensure!(count(&rows, action) == 1, "{action}: {rows:#?}");
    }
    // The driver took a while to load the other page; the first one stayed visible
    // meanwhile.
    let told = sum(&rows, "pageViewEnd");
    ensure!((0..2_000).contains(&(told - seen)), "{told} of {seen}");
    ensure!(sum(&rows, "sessionSync") == told, "{rows:#?}");
    Ok(())
}

pub async fn a_page_that_was_kept_comes_back_with_a_page_view_and_time_adds_up(
    stage: &Stage,
) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    // Firefox does not put a page into the back/forward cache if it holds a lock when it is
    // left. So a tracker must not hold one when nothing is pending.
    tracked.page.deliver().await?;
    tracked
        .page
        .until("(await navigator.locks.query()).held.length === 0")
        .await?;
    let kept = come_back(stage, &tracked).await?;
    ensure!(kept, "the browser did not keep the page");
    tracked.page.is_untroubled().await
}

pub async fn time_adds_up_whether_or_not_the_page_was_kept(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    // Browsers differ in their reasons for not caching a page.
    tracked
        .page
        .act(
            "await new Promise((held) => navigator.locks.request('host', () => {
               held();
               return new Promise(() => {});
             }).catch(() => {}));",
            Value::Null,
        )
        .await?;
    come_back(stage, &tracked).await?;
    tracked.page.is_untroubled().await
}

/// Leaves the first page for another one, comes back, and asserts that all views are reported
/// with their times. Returns whether the page was restored from the back/forward cache.
async fn come_back(stage: &Stage, tracked: &Tracked<'_>) -> Result<bool> {
    let (page, client) = (&tracked.page, stage.browser().await?.client());
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(300).await?;
    // The other page of this origin runs a tracker too. Neither may keep the browser from
    // caching the first page.
    client.goto(&tracked.site.url("/two.html")).await?;
    page.until("window.tracking").await?;
    page.let_pass(300).await?;
    client.back().await?;
    page.until("location.pathname === '/one.html' && window.tracking")
        .await?;
    let shows: Vec<bool> = page.run("return clock.shows;", Value::Null).await?;
    let kept = shows == [false, true];
    page.let_pass(300).await?;
    let two = left(page, "/two.html").await?;
    // A cached page still has its clock; one that was not cached was loaded again.
    let before = if kept {
        0
    } else {
        left(page, "/one.html").await?
    };
    let one = before + tracked.finish().await?;
    let rows = tracked
        .rows("both views of the first page", |rows| {
            (sum(rows, "pageViewEnd") - one - two).abs() <= SLACK_MS
        })
        .await?;
    for action in ["pageView", "pageViewEnd"] {
        let mut views: Vec<_> = of(&rows, action).collect();
        views.sort_by_key(|row| row.created_at);
        let views: Vec<_> = views
            .iter()
            .filter_map(|row| row.url.as_deref()?.rsplit_once('/'))
            .map(|(_, file)| file)
            .collect();
        ensure!(
            views == ["one.html", "two.html", "one.html"],
            "{action}: {views:?}"
        );
    }
    ensure!(
        of(&rows, "pageView").all(|row| row.referrer != row.url),
        "no page comes from itself: {rows:#?}"
    );
    for action in ["sessionSync", "pageViewEnd"] {
        let told = sum(&rows, action);
        ensure!(
            (told - one - two).abs() <= SLACK_MS,
            "{action}: {told} of {one} and {two}: {rows:#?}"
        );
    }
    ensure!(
        of(&rows, "moduleEnd").all(|row| row.module.as_deref() == Some("reports"))
            && count(&rows, "moduleEnd") == 1 + usize::from(kept),
        "a page that was kept goes on in its module: {rows:#?}"
    );
    Ok(kept)
}
