//! Timers that a page has wrapped or broken.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, count, of, sum};

/// Opens a page that runs this script before anything else, and tracks it.
async fn open<'a>(
    stage: &'a Stage,
    collector: &Collector,
    before: &str,
    settings: Value,
) -> Result<Page<'a>> {
    let site = stage.site().await?;
    site.put_html(
        "/timers.html",
        format!(
            "<!doctype html><title>timers</title><script src=/watch.js></script><script src=/clock.js></script>
             <script>
               window.warnings = [];
               console.warn = (...parts) => warnings.push(parts.join(' '));
               {before}
             </script>
             <script type=module>
               import {{ na }} from '/pkg/inline.js';
               window.na = function (...given) {{
                 clock.start();
                 return new na(...given);
               }};
             </script><h1>timers</h1>"
        ),
    );
    let page = stage.open(&site, "/timers.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), settings)
        .await?;
    page.act("if (!await _na.ready) throw new Error('off');", Value::Null)
        .await?;
    Ok(page)
}

pub async fn a_timer_that_drops_what_it_passes_on_costs_no_time(stage: &Stage) -> Result<()> {
    for wrapper in [
        "window.setTimeout = (task, ms) => original(task, ms);",
        "window.setTimeout = (task, ms) => original(() => task(), ms);",
        "window.setTimeout = function (task) { return original(task, arguments[1]); };",
    ] {
        let collector = Collector::start()?;
        let before = format!("const original = window.setTimeout; {wrapper}");
        let settings = json!({
            "trackPageViews": true, "trackUnload": true, "idleTimeout": 1_000, "flushInterval": 50, "sessionSyncInterval": 300
        });
        let page = open(stage, &collector, &before, settings).await?;
        for _ in 0..12 {
            page.move_mouse().await?;
            page.let_pass(200).await?;
        }
        let seen: f64 = page
            .run(
                "const seen = clock.seen(); _na.shutdown(); return seen;",
                Value::Null,
            )
            .await?;
        let rows = until_events(&collector, "the end", |rows| {
            count(rows, "pageViewEnd") == 1
        })
        .await?;
        ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
        for action in ["pageViewEnd", "sessionSync"] {
            let told = sum(&rows, action);
            ensure!(
                (told - seen as i64).abs() <= SLACK_MS,
                "{wrapper} {action}: {told} of {seen}"
            );
        }
        page.is_untroubled().await?;
    }
    Ok(())
}

fn has(rows: &[EventRow], action: &str, name: &str) -> bool {
    of(rows, action)
        .any(|row| row.feature.as_deref() == Some(name) || row.module.as_deref() == Some(name))
}

pub async fn without_timers_it_is_said_once_and_everything_is_sent_all_the_same(
    stage: &Stage,
) -> Result<()> {
    for before in [
        "delete window.setTimeout; window.setTimeout = undefined;",
        "window.setTimeout = () => { throw new Error('of the page'); };",
        "window.setTimeout = (task) => { task(); return 1; };",
    ] {
        let collector = Collector::start()?;
        // Nothing would be sent because of its age or number.
        let settings =
            json!({ "trackUnload": true, "flushInterval": 3_600_000, "batchSize": 1_000_000 });
        let page = open(stage, &collector, before, settings).await?;
        page.act(
            "_na.sendFeatureEvent('first'); _na.setModuleId('orders');
             for (let i = 0; i < 5000; i += 1) _na.sendFeatureEvent('many');",
            Value::Null,
        )
        .await?;
        until_events(&collector, "5,001 features", |rows| {
            count(rows, "feature") == 5_001
        })
        .await?;
        page.act(
            "const end = performance.now() + 50; while (performance.now() < end);
             _na.setModuleId('reports');",
            Value::Null,
        )
        .await?;
        until_events(&collector, "the end of a module", |rows| {
            has(rows, "moduleEnd", "orders")
        })
        .await?;
        page.act("_na.sendFeatureEvent('last'); _na.flush();", Value::Null)
            .await?;
        until_events(&collector, "what was flushed", |rows| {
            has(rows, "feature", "last")
        })
        .await?;
        let warnings: Vec<String> = page.run("return warnings;", Value::Null).await?;
        ensure!(
            warnings.len() == 1 && warnings[0].contains("setTimeout"),
            "{warnings:?}"
        );
        page.is_untroubled().await?;
        page.act(
            "const end = performance.now() + 50; while (performance.now() < end);
             location.replace('about:blank');",
            Value::Null,
        )
        .await?;
        until_events(&collector, "the end of the page", |rows| {
            has(rows, "moduleEnd", "reports")
        })
        .await?;
    }
    Ok(())
}
