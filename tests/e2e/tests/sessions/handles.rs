//! One tracker per source on a page, however often it is created and by whichever copy of the
//! library.

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::fault::FaultServer;
use natero_e2e::rows::until_events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::of;

pub async fn a_source_that_is_constructed_again_is_counted_once(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    site.put_tracked("/one.html", collector.url(), collector.source(), &json!({}));
    let page = stage.open(&site, "/one.html").await?;
    page.until("window.tracking").await?;
    // From the same copy of the library, and from another one.
    page.act(
        "const other = await import('/pkg/index.js');
         const settings = { endpoint: args.endpoint, flushInterval: 50 };
         window.again = [na, other.na].map((na) => new na(args.source.api_key, args.source.auth_key, settings));
         for (const tracker of again) await tracker.ready;",
        json!({ "endpoint": collector.url(), "source": collector.source() }),
    )
    .await?;
    page.let_pass(1_000).await?;
    let seen: f64 = page
        .run(
            "const seen = clock.seen(); for (const tracker of [...again, _na]) tracker.shutdown(); return seen;",
            Value::Null,
        )
        .await?;
    let rows = until_events(&collector, "the end", |rows| {
        !of(rows, "pageViewEnd").is_empty()
    })
    .await?;
    ensure!(of(&rows, "pageView").len() == 1, "{rows:#?}");
    let told: i64 = of(&rows, "sessionSync")
        .iter()
        .filter_map(|row| row.active_duration)
        .sum();
    ensure!(
        (told - seen as i64).abs() <= 100,
        "{told} of {seen}: {rows:#?}"
    );
    page.is_unharmed().await.map(drop)
}

pub async fn two_copies_with_different_keys_each_count_the_whole_time(stage: &Stage) -> Result<()> {
    let servers = [FaultServer::start().await?, FaultServer::start().await?];
    let site = stage.site().await?;
    // A page with a seeded random generator: only the page itself distinguishes two tabs.
    site.put_html(
        "/copies.html",
        "<!doctype html><title>copies</title><script src=/watch.js></script>
         <script>let dice = 0; Math.random = () => (dice = (dice * 16807 + 1) % 2147483647) / 2147483647;</script>
         <script type=module>
           import { na as one } from '/pkg/inline.js';
           import { na as two } from '/pkg/index.js';
           window.copies = [one, two];
         </script>",
    );
    let page = stage.open(&site, "/copies.html").await?;
    page.until("window.copies").await?;
    page.act(
        "window.trackers = copies.map((na, at) => new na(`api-${at}`, `auth-${at}`, {
           endpoint: args[at], accountId: 'acme', userId: 'ann@acme.example', flushInterval: 50 }));
         for (const tracker of trackers) await tracker.ready;",
        json!([servers[0].url(), servers[1].url()]),
    )
    .await?;
    for _ in 0..5 {
        page.move_mouse().await?;
        page.let_pass(200).await?;
    }
    let seen: f64 = page
        .run(
            "for (const tracker of trackers) tracker.shutdown(); return performance.now();",
            Value::Null,
        )
        .await?;
    for server in &servers {
        let told = natero_e2e::wait::until("the time of a tracker", async || {
            let mut told = 0;
            for request in server.recorded() {
                for line in request.lines()? {
                    told += line["active_duration"].as_i64().unwrap_or_default();
                }
            }
            Ok((told > 0).then_some(told))
        })
        .await?;
        ensure!(told >= 1_000 && told as f64 <= seen, "{told} of {seen}");
    }
    page.is_untroubled().await
}

pub async fn nothing_of_the_tracker_makes_an_app_in_zones_look_for_changes(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    site.put_html(
        "/zone.html",
        "<!doctype html><title>zone</title><script src=/watch.js></script><script src=/zone.js></script>
         <script type=module>
           import { na } from '/pkg/index.js';
           window.na = na;
         </script><h1>zone</h1>",
    );
    let page = stage.open(&site, "/zone.html").await?;
    page.until("window.na").await?;
    page.act(
        "Object.assign(zone, { changes: 0, timers: 0 });
         window._na = new na(args.source.api_key, args.source.auth_key, {
           endpoint: args.endpoint, accountId: 'acme', userId: 'ann@acme.example', flushInterval: 50 });",
        json!({ "endpoint": collector.url(), "source": collector.source() }),
    )
    .await?;
    until_events(&collector, "the page view", |rows| {
        !of(rows, "pageView").is_empty()
    })
    .await?;
    for _ in 0..10 {
        page.move_mouse().await?;
    }
    page.act(
        "_na.sendFeatureEvent('used'); history.pushState(null, '', '/moved');",
        Value::Null,
    )
    .await?;
    until_events(&collector, "the next page view", |rows| {
        of(rows, "pageView").len() == 2 && !of(rows, "feature").is_empty()
    })
    .await?;
    let zone: Value = page.run("return { ...zone };", Value::Null).await?;
    ensure!(zone == json!({ "changes": 0, "timers": 0 }), "{zone}");
    page.is_untroubled().await
}

/// zone.js itself, as Angular apps load it.
const ZONE_JS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/node_modules/zone.js/bundles/zone.umd.min.js"
);

pub async fn zone_js_runs_no_task_of_the_tracker(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let zone_js = std::fs::read_to_string(ZONE_JS)
        .context("zone.js is not installed: `npm ci` in tests/e2e installs it")?;
    site.put_script("/zone-js.js", zone_js);
    // As in Angular, every task in the app's zone triggers change detection, and an app is
    // stable when no task is left.
    site.put_html(
        "/app.html",
        "<!doctype html><title>app</title><script src=/watch.js></script><script src=/zone-js.js></script>
         <script>
           window.seen = { tasks: 0, pending: false };
           window.app = Zone.current.fork({
             name: 'app',
             onInvokeTask(delegate, current, target, task, self, args) {
               seen.tasks += 1;
               return delegate.invokeTask(target, task, self, args);
             },
             onHasTask(delegate, current, target, state) {
               if (current === target && (state.macroTask || state.microTask)) seen.pending = true;
               return delegate.hasTask(target, state);
             },
           });
         </script>
         <script type=module>
           import { na } from '/pkg/index.js';
           window.na = na;
         </script><h1>app</h1>",
    );
    let page = stage.open(&site, "/app.html").await?;
    page.until("window.na").await?;
    page.act(
        "await new Promise((go) => app.run(() => setTimeout(go, 0)));
         if (!seen.tasks || !seen.pending) throw new Error('nothing is seen in this zone');
         Object.assign(seen, { tasks: 0, pending: false });
         app.run(() => {
           window._na = new na(args.source.api_key, args.source.auth_key, {
             endpoint: args.endpoint, accountId: 'acme', userId: 'ann@acme.example', flushInterval: 50 });
         });",
        json!({ "endpoint": collector.url(), "source": collector.source() }),
    )
    .await?;
    until_events(&collector, "the page view", |rows| {
        !of(rows, "pageView").is_empty()
    })
    .await?;
    for _ in 0..50 {
        page.move_mouse().await?;
    }
    page.act(
        "app.run(() => {
           _na.setModuleId('orders');
           _na.sendFeatureEvent('used', { details: { rows: 3 } });
           history.pushState(null, '', '/moved');
           _na.flush();
         });",
        Value::Null,
    )
    .await?;
    until_events(&collector, "the next page view", |rows| {
        of(rows, "pageView").len() == 2 && !of(rows, "feature").is_empty()
    })
    .await?;
    let seen: Value = page.run("return { ...seen };", Value::Null).await?;
    ensure!(seen == json!({ "tasks": 0, "pending": false }), "{seen}");
    page.is_untroubled().await
}
