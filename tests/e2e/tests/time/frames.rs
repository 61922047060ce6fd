//! A page and a frame of its origin, each with a tracker of the same source.

use anyhow::{Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, of, start, sum};

pub async fn a_page_and_its_frame_count_each_second_once(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let (page, browser) = (&tracked.page, stage.browser().await?);
    page.act(
        "const frame = document.createElement('iframe');
         frame.src = '/two.html';
         frame.style = 'position: fixed; left: 0; top: 0; width: 400px; height: 300px';
         document.body.append(frame);",
        Value::Null,
    )
    .await?;
    page.until("window[0] && window[0].tracking").await?;
    page.act(
        "_na.setModuleId('page'); window[0]._na.setModuleId('frame');",
        Value::Null,
    )
    .await?;
    let entered: f64 = page.run("return clock.seen();", Value::Null).await?;
    // Both are hidden and shown together, and nobody touches the page at first.
    for _ in 0..2 {
        browser.hide().await?;
        browser.show().await?;
        page.let_pass(700).await?;
    }
    // The first move brings the frame into use.
    page.move_mouse().await?;
    page.act("window[0]._na.setModuleId('used');", Value::Null)
        .await?;
    for _ in 0..10 {
        page.move_mouse().await?;
        page.let_pass(100).await?;
    }
    let seen: f64 = page
        .run(
            "const seen = clock.seen(); window[0]._na.shutdown(); _na.shutdown(); return seen;",
            Value::Null,
        )
        .await?;
    // A page that had no second of a view reports no further end of it, so how many events there
    // are is known only when both have nothing left.
    page.until("[_na, window[0]._na].every((tracker) => tracker.stats().pending === 0)")
        .await?;
    let delivered: usize = page
        .run(
            "return _na.stats().delivered + window[0]._na.stats().delivered;",
            Value::Null,
        )
        .await?;
    let rows = tracked
        .rows("the end of both", |rows| rows.len() >= delivered)
        .await?;
    for (action, expected) in [("sessionSync", seen), ("moduleEnd", seen - entered)] {
        let told = sum(&rows, action);
        ensure!(
            (told - expected as i64).abs() <= 4 * SLACK_MS,
            "{action}: {told} ms of {expected}"
        );
    }
    let used: i64 = of(&rows, "moduleEnd")
        .filter(|row| row.module.as_deref() == Some("used"))
        .filter_map(|row| row.time_spent)
        .sum();
    ensure!(
        used >= 900,
        "what happens in the frame counts there: {used} ms"
    );
    page.is_untroubled().await
}
