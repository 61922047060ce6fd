//! Scenarios in which the page, the network or the collector fails while events are made.
//! Page and collector are different origins. The contents of the collector's SQLite file are
//! compared with what the page made.
//!
//! For each scenario, the tests assert that nothing is lost or duplicated; the benchmark
//! prints how many events were.

mod scene;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::fault::Answer;
use crate::stage::Stage;
use crate::tab::Tab;

pub use scene::Outcome;
use scene::{MAKE, Scene};

/// How long a temporary network failure lasts.
const SPELL: Duration = Duration::from_secs(5);

/// A scenario: runs on the stage, and returns the fate of the events.
pub type Scenario = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = Result<Outcome>> + 'a>>;

/// All scenarios, each with a line that describes it.
pub const ALL: [(&str, Scenario); 12] = [
    ("clean", |stage| Box::pin(clean(stage))),
    ("500, 503, 502, then recovery", |stage| {
        Box::pin(server_errors(stage))
    }),
    ("connections reset for 5 s", |stage| {
        Box::pin(connections_reset(stage))
    }),
    ("offline for 5 s", |stage| Box::pin(offline(stage))),
    ("navigate away right after 20 events", |stage| {
        Box::pin(navigated_away(stage))
    }),
    ("60 events on three pages, each left at once", |stage| {
        Box::pin(page_after_page(stage))
    }),
    ("close the tab right after 20 events", |stage| {
        Box::pin(tab_closed(stage))
    }),
    ("renderer killed right after 20 events", |stage| {
        Box::pin(renderer_killed_at_once(stage))
    }),
    ("renderer killed 300 ms after 20 events", |stage| {
        Box::pin(renderer_killed_later(stage))
    }),
    ("5,000 events in one tick", |stage| {
        Box::pin(five_thousand_in_one_tick(stage))
    }),
    ("200 events of 2 KB, then close", |stage| {
        Box::pin(large_events_then_closed(stage))
    }),
    ("closed while unreachable, two tabs live on", |stage| {
        Box::pin(adopted_by_a_living_tab(stage))
    }),
];

/// Settings with which nothing is sent because of its age: events are sent only when the page
/// is closed, or by a later page.
fn patient() -> Value {
    json!({ "flushInterval": 3_600_000, "batchSize": 100_000 })
}

/// Nothing goes wrong.
///
/// # Errors
/// Here and below: when the scenario cannot run, or when the counters of a page or the
/// collector's loss report contradict the stored events.
pub async fn clean(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({})).await?;
    scene.page.act(MAKE, json!([0, 20])).await?;
    let outcome = scene.outcome(20).await?;
    ensure!(outcome.again == 0, "something was sent twice: {outcome:?}");
    Ok(outcome)
}

/// The server answers 500, 503 and 502 before it recovers.
///
/// # Errors
/// As [`clean`].
pub async fn server_errors(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({})).await?;
    scene.server.script([500, 503, 502].map(Answer::status));
    for first in [0, 10] {
        scene.page.act(MAKE, json!([first, 10])).await?;
    }
    let outcome = scene.outcome(20).await?;
    ensure!(scene.server.recorded().len() >= 4, "it did not fail");
    Ok(outcome)
}

/// Every connection is reset for 5 s.
///
/// # Errors
/// As [`clean`].
pub async fn connections_reset(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({})).await?;
    let back = scene.server.down_for(SPELL);
    scene.page.act(MAKE, json!([0, 10])).await?;
    scene
        .page
        .until("_na.stats().retries > 0")
        .await
        .context("it did not try again")?;
    scene.page.act(MAKE, json!([10, 10])).await?;
    back.await?;
    scene.outcome(20).await
}

/// The browser is offline for 5 s.
///
/// # Errors
/// As [`clean`], and when the page retries more often than it would after failures.
pub async fn offline(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({})).await?;
    scene.set_offline(true).await?;
    scene.page.until("!navigator.onLine").await?;
    scene.page.act(MAKE, json!([0, 20])).await?;
    let spell = u32::try_from(SPELL.as_millis())?;
    scene.page.let_pass(spell).await?;
    let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["requests"].as_u64() <= Some(8) && stats["pending"] == 20,
        "an offline page tries at the pace of failures: {stats}"
    );
    scene.set_offline(false).await?;
    scene.outcome(20).await
}

/// The page navigates away in the task that made the events.
///
/// # Errors
/// As [`clean`], and when a preflight request was needed.
pub async fn navigated_away(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, patient()).await?;
    let elsewhere = stage.site().await?;
    scene
        .page
        .act(
            &format!("{MAKE} location.href = args[2];"),
            json!([0, 20, elsewhere.url("/blank.html")]),
        )
        .await?;
    // The page is gone, but its requests continue.
    scene.features(20).await?;
    ensure!(
        scene.server.preflights() == 0,
        "a page that unloads gets no answer to a preflight"
    );
    scene.open_again().await?;
    scene.outcome(20).await
}

/// A site with many pages: on each of three pages, twenty events are made, and the page is
/// left while they are being sent.
///
/// # Errors
/// As [`clean`].
pub async fn page_after_page(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({})).await?;
    for first in [0, 20, 40] {
        // The events arrive, but the page is gone before it receives the answer.
        scene.server.script([Answer::ForwardThenSilence]);
        scene.page.act(MAKE, json!([first, 20])).await?;
        scene.features(first + 20).await?;
        scene.open_again().await?;
    }
    scene.outcome(60).await
}

/// The tab is closed as soon as the events are made.
///
/// # Errors
/// As [`clean`].
pub async fn tab_closed(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, patient()).await?;
    scene.close_after(MAKE, 20).await?;
    // Firefox sends the request of a closed page with a delay. If the next page asked about
    // the events before that, it would be told that they are lacking.
    scene.features(20).await?;
    scene.open_again().await?;
    scene.outcome(20).await
}

/// The tab is closed, and the events were made in a frame within it. The frame's request is
/// aborted for the frame when the page around it closes, but still arrives.
///
/// # Errors
/// As [`clean`].
pub async fn tab_with_a_frame_closed(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, patient()).await?;
    let outer = "<!doctype html><title>outer</title><iframe src=\"/\"></iframe>";
    scene.site.put_html("/outer", outer.to_owned());
    let client = scene.browser.client();
    client.goto(&scene.site.url("/outer")).await?;
    scene.page.until("frames[0]?.tracking").await?;
    let make = MAKE.replace("_na", "frames[0]._na");
    scene.close_after(&make, 20).await?;
    scene.features(20).await?;
    scene.open_again().await?;
    scene.outcome(20).await
}

/// The renderer is killed as soon as the events are made. Chromium only.
///
/// # Errors
/// As [`clean`].
pub async fn renderer_killed_at_once(stage: &Stage) -> Result<Outcome> {
    renderer_killed(stage, 0).await
}

/// The renderer is killed 300 ms after the events were made. Chromium only.
///
/// # Errors
/// As [`clean`].
pub async fn renderer_killed_later(stage: &Stage) -> Result<Outcome> {
    renderer_killed(stage, 300).await
}

async fn renderer_killed(stage: &Stage, after_ms: u32) -> Result<Outcome> {
    let scene = Scene::start(stage, patient()).await?;
    let dying = Tab::current(scene.browser).await?;
    let next = Tab::open(scene.browser).await?;
    // Nothing is sent before the page is gone, because a killed page gets no event.
    let page = dying.front().await?;
    page.act(MAKE, json!([0, 20])).await?;
    page.let_pass(after_ms).await?;
    dying.crash(&next).await?;
    ensure!(
        scene.server.recorded().is_empty(),
        "something was sent before the crash"
    );
    scene.open_again().await?;
    scene.outcome(20).await
}

/// Five thousand events are made in one task.
///
/// # Errors
/// As [`clean`], and when the tracker does not accept all of them.
pub async fn five_thousand_in_one_tick(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({ "maxQueueBytes": 4_000_000 })).await?;
    scene.page.act(MAKE, json!([0, 5_000])).await?;
    let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["accepted"] == 5_000 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    scene.outcome(5_000).await
}

/// Five thousand features with 130 bytes of details each are made in one task, with the
/// default settings of a page.
///
/// # Errors
/// As [`clean`], and when the tracker does not accept all of them.
pub async fn five_thousand_with_details(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, json!({})).await?;
    let make = "for (let i = args[0]; i < args[0] + args[1]; i += 1)
                  _na.sendFeatureEvent(`feature ${i}`, { details: { text: 'x'.repeat(119) } });";
    scene.page.act(make, json!([0, 5_000])).await?;
    let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["accepted"] == 5_000 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    scene.outcome(5_000).await
}

/// The tab is closed as soon as 200 events of 2 KB are made. That is more than a browser lets
/// an unloading page send.
///
/// # Errors
/// As [`clean`].
pub async fn large_events_then_closed(stage: &Stage) -> Result<Outcome> {
    let scene = Scene::start(stage, patient()).await?;
    let make = "for (let i = 0; i < args[1]; i += 1)
                  _na.sendFeatureEvent(`feature ${i}`, { details: { text: 'x'.repeat(2_000) } });";
    scene.close_after(make, 200).await?;
    scene.open_again().await?;
    scene.outcome(200).await
}

/// A tab is closed while no connection is possible, and two other tabs stay open.
///
/// # Errors
/// As [`clean`], and when something else than the closed tab's events arrives, or when both
/// other tabs send them.
pub async fn adopted_by_a_living_tab(stage: &Stage) -> Result<Outcome> {
    // Tabs in use look for orphaned events whenever they sync their session.
    let scene = Scene::start(stage, json!({ "sessionSyncInterval": 300 })).await?;
    let dying = Tab::current(scene.browser).await?;
    let mut living = Vec::new();
    for _ in 0..2 {
        let tab = Tab::open_window(scene.browser).await?;
        tab.goto(&scene.site.url("/")).await?;
        scene.page.until("window.tracking").await?;
        living.push(tab);
    }
    scene.server.set_down(true);
    dying.front().await?.act(MAKE, json!([0, 20])).await?;
    dying.close(&living[0]).await?;
    // No new page is opened, and both tabs are used.
    for tab in living.iter().cycle().take(20) {
        let page = tab.front().await?;
        page.move_mouse().await?;
        page.let_pass(350).await?;
        // Checked only now: by this time, the last request of the closed tab itself was
        // refused.
        let adopted: bool = page
            .run("return _na.stats().pending >= 20;", Value::Null)
            .await?;
        if adopted {
            scene.server.set_down(false);
        }
        if scene.held()?.len() >= 20 {
            break;
        }
    }
    let rows = scene.features(20).await?;
    let streams: BTreeSet<_> = rows.iter().map(|row| &row.stream_id).collect();
    ensure!(streams.len() == 1, "all are of the closed tab: {rows:#?}");
    for tab in &living {
        tab.front().await?;
        scene.page.deliver().await?;
    }
    let loss = scene.collector.loss().await?;
    ensure!(
        loss["missing"] == 0 && loss["duplicates"] == 0,
        "two tabs sent the same: {loss}"
    );
    Ok(Outcome {
        made: 20,
        received: rows.len(),
        lost: 20 - rows.len().min(20),
        ..Outcome::default()
    })
}
