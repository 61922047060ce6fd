//! What the tracker costs a page, measured by counting operations, so that a regression shows
//! whatever else the machine is doing.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use natero_e2e::collector::Source;
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    a_call_only_notes_what_crosses_into_the_wasm_once_when_the_task_ends,
    a_tick_is_stored_by_few_writes_however_many_events_it_has,
    a_burst_neither_parses_nor_writes_json_in_js,
    delivered_events_leave_nothing_in_the_memory_of_the_wasm,
    an_idle_page_is_woken_at_most_every_five_seconds,
    // WebKit's driver cannot hide a page.
    a_hidden_page_is_not_woken_at_all skipped in Webkit,
);

/// Number of events in one task.
const EVENTS: usize = 2_000;

type Counts = BTreeMap<String, usize>;

struct Scene<'a> {
    page: Page<'a>,
    _server: FaultServer,
    _site: Site,
}

/// A tracker on a page that loads `script` first, with nothing left to send.
async fn start<'a>(stage: &'a Stage, script: &str, settings: Value) -> Result<Scene<'a>> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    site.put_html(
        "/",
        format!(
            r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>cost</title>
<script src="/watch.js"></script><script src="/{script}"></script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body></body></html>"#
        ),
    );
    let page = stage.open(&site, "/").await?;
    page.until("window.na").await?;
    let source = Source {
        api_key: "an-api-key".to_owned(),
        auth_key: "an-auth-key".to_owned(),
    };
    page.track(server.url(), &source, settings).await?;
    ensure!(
        page.run::<bool>("return _na.ready;", Value::Null).await?,
        "the tracker is off"
    );
    page.act("_na.sendFeatureEvent('first');", Value::Null)
        .await?;
    page.deliver().await?;
    Ok(Scene {
        page,
        _server: server,
        _site: site,
    })
}

/// The operations that this many events in one task cause in a page: within the task, and
/// until the events are delivered.
async fn burst(scene: &Scene<'_>, events: usize) -> Result<[Counts; 2]> {
    scene.page.run("return burst(args);", json!(events)).await
}

fn of(counts: &Counts, name: &str) -> usize {
    counts.get(name).copied().unwrap_or_default()
}

async fn a_call_only_notes_what_crosses_into_the_wasm_once_when_the_task_ends(
    stage: &Stage,
) -> Result<()> {
    let scene = start(stage, "counts.js", json!({})).await?;
    let [task, all] = burst(&scene, EVENTS).await?;
    for what in ["in", "out", "encodeInto", "setItem", "setTimeout", "fetch"] {
        ensure!(of(&task, what) == 0, "{what} within the calls: {task:?}");
    }
    ensure!(of(&task, "queueMicrotask") <= 1, "{task:?}");
    // For each event, there are its text and the call itself. In addition, answers are
    // passed in, and effects are taken out, for each request, each stored segment and each
    // end.
    let more = EVENTS / 10;
    ensure!(of(&all, "in") <= 2 * EVENTS + 5 * more, "{all:?}");
    // The wasm reads each of the five texts of a feature, and creates plain objects for
    // effects.
    ensure!(of(&all, "out") <= 5 * EVENTS + 5 * more, "{all:?}");
    // Text is passed in once for each call, and out for the effects.
    ensure!(of(&all, "encodeInto") <= EVENTS + more, "{all:?}");
    ensure!(of(&all, "decode") <= 5 * more, "{all:?}");
    Ok(())
}

async fn a_tick_is_stored_by_few_writes_however_many_events_it_has(stage: &Stage) -> Result<()> {
    let large = json!({ "maxQueueBytes": 4_000_000 });
    let scene = start(stage, "counts.js", large).await?;
    // A segment is no larger than an unloading page may send.
    for (events, most) in [(1, 1), (100, 1), (EVENTS, EVENTS / 150)] {
        let [task, all] = burst(&scene, events).await?;
        ensure!(of(&task, "setItem") == 0, "within the calls: {task:?}");
        let writes = of(&all, "setItem");
        ensure!((1..=most).contains(&writes), "{events} events: {all:?}");
        ensure!(of(&all, "getItem") == 0, "{events} events: {all:?}");
        ensure!(
            of(&all, "removeItem") <= most + 1,
            "{events} events: {all:?}"
        );
    }
    Ok(())
}

async fn a_burst_neither_parses_nor_writes_json_in_js(stage: &Stage) -> Result<()> {
    let scene = start(stage, "counts.js", json!({})).await?;
    let [_, all] = burst(&scene, EVENTS).await?;
    ensure!(of(&all, "stringify") == 0, "{all:?}");
    // The answer of each request is parsed.
    ensure!(of(&all, "parse") <= of(&all, "fetch"), "{all:?}");
    ensure!(of(&all, "fetch") <= EVENTS / 50, "{all:?}");
    Ok(())
}

async fn delivered_events_leave_nothing_in_the_memory_of_the_wasm(stage: &Stage) -> Result<()> {
    let scene = start(stage, "counts.js", json!({})).await?;
    let mut bytes = Vec::new();
    for _ in 0..4 {
        burst(&scene, EVENTS).await?;
        bytes.push(
            scene
                .page
                .run::<u64>("return wasmBytes();", Value::Null)
                .await?,
        );
    }
    ensure!(
        bytes.iter().all(|size| *size == bytes[0]),
        "its memory grows: {bytes:?}"
    );
    Ok(())
}

/// The default settings of pages: with page views and all timings.
fn all() -> Value {
    json!({ "trackPageViews": true, "trackUnload": true })
}

/// Lets this many ms pass on the page's clock, and returns the times at which timers fired.
/// The wait is started first and queried later, because WebKit's driver runs scripts with a
/// timer of the page.
async fn pass(page: &Page<'_>, ms: u32) -> Result<Vec<f64>> {
    page.act(
        "window.fired = undefined; pass(args).then((fired) => { window.fired = fired; });",
        json!(ms),
    )
    .await?;
    page.until("window.fired").await?;
    page.run("return fired;", Value::Null).await
}

async fn an_idle_page_is_woken_at_most_every_five_seconds(stage: &Stage) -> Result<()> {
    let scene = start(stage, "virtual.js", all()).await?;
    scene
        .page
        .act(
            "_na.setModuleId('reports'); _na.sendFeatureEvent('last');",
            Value::Null,
        )
        .await?;
    // Counted from the last use of the page.
    let fired = pass(&scene.page, 3_600_000).await?;
    let close = fired
        .windows(2)
        .filter(|pair| pair[1] - pair[0] < 5_000.0)
        .count();
    ensure!(close == 0, "timers fired at {fired:?}");
    ensure!(
        !fired.is_empty(),
        "no timer ever fired, and idleness went unnoticed"
    );
    Ok(())
}

async fn a_hidden_page_is_not_woken_at_all(stage: &Stage) -> Result<()> {
    let scene = start(stage, "virtual.js", all()).await?;
    scene
        .page
        .act(
            "_na.setModuleId('reports'); _na.sendFeatureEvent('last');",
            Value::Null,
        )
        .await?;
    let browser = stage.browser().await?;
    browser.hide().await?;
    // By then, everything has been sent that was due because the page was hidden.
    pass(&scene.page, 10_000).await?;
    let fired = pass(&scene.page, 3_600_000).await?;
    browser.show().await?;
    ensure!(fired.is_empty(), "timers fired at {fired:?}");
    Ok(())
}
