//! Storage that is full, blocked, or holds what is not ours; and wasm that
//! does not load.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::rows::until_events;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use serde_json::{Value, json};
use tempfile::TempDir;

natero_e2e::suite!(
    storage_that_is_full_costs_nothing_while_the_page_lives,
    storage_that_is_blocked_costs_nothing_while_the_page_lives,
    corrupt_and_foreign_content_costs_nothing_else,
    what_a_future_version_stored_is_left_alone,
    a_page_that_clears_the_storage_loses_nothing_when_it_is_left,
    all_pages_of_a_source_stay_within_the_bound_together,
    a_page_holds_a_lock_while_something_waits_and_no_longer,
    agreeing_again_leaves_the_page_what_it_stored,
    wasm_that_is_missing_is_reported_once_and_the_next_load_sends,
    wasm_that_a_policy_forbids_is_reported_once_and_the_next_load_sends,
);

struct Scene<'a> {
    collector: Collector,
    server: FaultServer,
    _site: Site,
    page: Page<'a>,
}

const MAKE: &str =
    "for (let i = args[0]; i < args[0] + args[1]; i += 1) _na.sendFeatureEvent(`feature ${i}`);";

/// Opens a page that runs this script before anything else.
async fn open<'a>(stage: &'a Stage, before: &str) -> Result<Scene<'a>> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    let site = stage.site().await?;
    site.put_html("/", host_page(before));
    let page = stage.open(&site, "/").await?;
    page.until("window.na").await?;
    Ok(Scene {
        collector,
        server,
        _site: site,
        page,
    })
}

fn host_page(before: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>
<script src="/watch.js"></script><script>{before}</script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body></body></html>"#
    )
}

async fn track(page: &Page<'_>, server: &FaultServer, source: &Source) -> Result<()> {
    page.track(server.url(), source, json!({ "flushInterval": 50 }))
        .await
}

impl Scene<'_> {
    async fn track(&self) -> Result<()> {
        track(&self.page, &self.server, self.collector.source()).await?;
        self.page.act("await _na.ready;", Value::Null).await
    }

    /// Waits until the collector holds exactly these features, each once.
    async fn has(&self, numbers: std::ops::Range<usize>) -> Result<()> {
        has(&self.collector, numbers).await
    }
}

async fn has(collector: &Collector, numbers: std::ops::Range<usize>) -> Result<()> {
    let made = numbers.map(|number| format!("feature {number}")).collect();
    holds(collector, made).await
}

async fn holds(collector: &Collector, mut made: Vec<String>) -> Result<()> {
    let rows = until_events(collector, &format!("{made:?}"), |rows| {
        rows.len() >= made.len()
    })
    .await?;
    let mut held: Vec<_> = rows.iter().filter_map(|row| row.feature.clone()).collect();
    held.sort();
    made.sort();
    ensure!(held == made, "{held:?}");
    let loss = collector.loss().await?;
    ensure!(loss["missing"] == 0, "{loss}");
    Ok(())
}

async fn storage_that_is_full_costs_nothing_while_the_page_lives(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    let filled: usize = page
        .run(
            "let size = 1 << 20;
             localStorage.setItem('host', '');
             while (size) {
               try { localStorage.setItem('host', localStorage.host + 'x'.repeat(size)); }
               catch { size >>= 1; }
             }
             return localStorage.host.length;",
            Value::Null,
        )
        .await?;
    ensure!(filled > 1 << 20, "only {filled} characters fill it");
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 20])).await?;
    page.until("_na.stats().requests > 0").await?;
    page.act(MAKE, json!([20, 20])).await?;
    let stats: Value = page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["pending"] == 40 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    scene.server.set_down(false);
    scene.has(0..40).await?;
    let kept: Value = page
        .run(
            "return [Object.keys(localStorage), localStorage.host.length];",
            Value::Null,
        )
        .await?;
    ensure!(
        kept == json!([["host"], filled]),
        "what the host page stored has changed: {kept}"
    );
    page.is_unharmed().await.map(drop)
}

async fn storage_that_is_blocked_costs_nothing_while_the_page_lives(stage: &Stage) -> Result<()> {
    for blocked in [
        "Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); };",
        "for (const name of ['getItem', 'setItem', 'removeItem', 'key'])
           Storage.prototype[name] = () => { throw new DOMException('no', 'SecurityError'); };",
        "for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
           Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
         Object.defineProperty(document, 'cookie', {
           get() { throw new DOMException('no', 'SecurityError'); },
           set() { throw new DOMException('no', 'SecurityError'); } });",
    ] {
        let scene = open(stage, blocked).await?;
        scene.server.set_down(true);
        scene.track().await?;
        scene.page.act(MAKE, json!([0, 20])).await?;
        scene.page.until("_na.stats().requests > 0").await?;
        scene.server.set_down(false);
        scene.has(0..20).await.context(blocked)?;
        ensure!(scene.page.is_unharmed().await?.is_empty(), "{blocked}");
    }
    Ok(())
}

async fn corrupt_and_foreign_content_costs_nothing_else(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 20])).await?;
    // Among what this page stored and beside it, things that nobody of ours wrote.
    let own: String = page
        .run("return Object.keys(localStorage)[0];", Value::Null)
        .await?;
    ensure!(own.starts_with("na_q1."), "{own}");
    page.act(
        "const part = args.slice(0, args.lastIndexOf('.'));
         const source = part.slice(0, part.lastIndexOf('.'));
         const text = localStorage.getItem(args);
         localStorage.setItem(args, `garbage\\n\\n${text}2{\"cut\":\\n9{}\\n4\\u0000{}\\n`);
         for (const [name, value] of Object.entries({
           '.gone.1': 'garbage', '.gone.2': '', '.gone.3': '\\u0000\\u0000', '.gone.4': '{]'.repeat(50_000),
           '.gone.x': '2', '.gone.99999999999': '\\ud800', '.': 'x', '.gone': 'y', '..1': 'z' }))
           localStorage.setItem(source + name, value);
         localStorage.setItem('na_q1.', 'x');
         localStorage.setItem('na_q1', 'x');
         localStorage.setItem('na_q1.other.gone.1', 'of another source');
         localStorage.setItem('host', 'page');",
        json!(own),
    )
    .await?;
    stage.browser().await?.client().refresh().await?;
    page.until("window.na").await?;
    scene.track().await?;
    page.act(MAKE, json!([20, 20])).await?;
    scene.server.set_down(false);
    scene.has(0..40).await?;
    page.deliver().await?;
    let kept: Value = page
        .run(
            "return ['na_q1.', 'na_q1', 'na_q1.other.gone.1', 'host'].map((key) => localStorage.getItem(key));",
            Value::Null,
        )
        .await?;
    ensure!(
        kept == json!(["x", "x", "of another source", "page"]),
        "{kept}"
    );
    page.is_unharmed().await.map(drop)
}

async fn what_a_future_version_stored_is_left_alone(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 5])).await?;
    let future: Vec<String> = page
        .run(
            "const keys = Object.keys(localStorage).map((key) => key.replace('na_q1.', 'na_q2.'));
             for (const key of keys) localStorage.setItem(key, 'in a format of the future');
             return keys;",
            Value::Null,
        )
        .await?;
    ensure!(!future.is_empty());
    stage.browser().await?.client().refresh().await?;
    page.until("window.na").await?;
    scene.server.set_down(false);
    scene.track().await?;
    scene.has(0..5).await?;
    page.deliver().await?;
    let left = "return Object.entries(localStorage);";
    let expected: Vec<_> = future
        .iter()
        .map(|key| json!([key, "in a format of the future"]))
        .collect();
    page.until("Object.keys(localStorage).length === 1").await?;
    let kept: Vec<Value> = page.run(left, Value::Null).await?;
    ensure!(kept == expected, "{kept:?}");
    Ok(())
}

async fn a_page_that_clears_the_storage_loses_nothing_when_it_is_left(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 20])).await?;
    page.until("_na.stats().requests > 0").await?;
    page.act("localStorage.clear();", Value::Null).await?;
    page.act(MAKE, json!([20, 1])).await?;
    stage.browser().await?.client().refresh().await?;
    page.until("window.na").await?;
    scene.server.set_down(false);
    scene.track().await?;
    scene.has(0..21).await?;
    page.is_unharmed().await.map(drop)
}

async fn all_pages_of_a_source_stay_within_the_bound_together(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    scene.server.set_down(true);
    let settings = json!({ "flushInterval": 50, "maxStoredBytes": 30_000 });
    let browser = stage.browser().await?;
    let first = Tab::current(browser).await?;
    let mut others = Vec::new();
    for number in 0..3 {
        if number > 0 {
            let tab = Tab::open(browser).await?;
            tab.goto(&scene._site.url("/")).await?;
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

async fn a_page_holds_a_lock_while_something_waits_and_no_longer(stage: &Stage) -> Result<()> {
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

async fn agreeing_again_leaves_the_page_what_it_stored(stage: &Stage) -> Result<()> {
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
    page.deliver().await?;
    page.until("Object.keys(localStorage).length === 0").await?;
    let loss = scene.collector.loss().await?;
    ensure!(loss["duplicates"] == 0, "{loss}");
    Ok(())
}

/// Asserts that a page whose wasm cannot load goes on unharmed, says so once,
/// and leaves its calls to the next page.
async fn fails_once(stage: &Stage, site: &Site, path: &str, made_later: &[&str]) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    site.put_html("/healthy", host_page(""));
    let page = stage.open(site, path).await?;
    page.until("window.na").await?;
    // In one task: the wasm has not failed before it ends.
    let made: Value = page
        .run(
            "window.problems = [];
             window._na = new na(args.source.api_key, args.source.auth_key, {
               endpoint: args.endpoint, accountId: 'acme', userId: 'ann@acme.example',
               trackPageViews: false, trackUnload: false,
               onError: (problem) => problems.push(problem) });
             for (let i = 0; i < 5; i += 1) _na.sendFeatureEvent(`feature ${i}`);
             const ready = await _na.ready;
             _na.sendFeatureEvent('too late'); _na.setModuleId('m');
             const flushed = await _na.flush();
             return { ready, flushed, problems, module: _na.getModuleId(), stats: _na.stats() };",
            json!({ "source": collector.source(), "endpoint": server.url() }),
        )
        .await?;
    ensure!(made["ready"] == false, "{made}");
    ensure!(
        made["problems"].as_array().map(Vec::len) == Some(1)
            && made["problems"][0]["code"] == "load_failed",
        "{made}"
    );
    let console = page.is_unharmed().await?;
    ensure!(console.len() == 1, "{console:?}");
    ensure!(server.recorded().is_empty());
    // The next healthy load sends what the page had accepted.
    stage
        .browser()
        .await?
        .client()
        .goto(&site.url("/healthy"))
        .await?;
    page.until("window.na").await?;
    track(&page, &server, collector.source()).await?;
    let mut features: Vec<_> = (0..5).map(|number| format!("feature {number}")).collect();
    features.extend(made_later.iter().map(|&name| name.to_owned()));
    holds(&collector, features).await?;
    page.is_untroubled().await
}

async fn wasm_that_is_missing_is_reported_once_and_the_next_load_sends(
    stage: &Stage,
) -> Result<()> {
    let folder = TempDir::new()?;
    let package = stage.package().await?.path();
    copy_without(&["natero.wasm", "ladder.js"], package, folder.path())?;
    let site = Site::start(&[("/pkg", folder.path()), ("", Site::pages())]).await?;
    fails_once(stage, &site, "/esm.html", &["too late"]).await
}

/// Copies a package but for files. Those that stand in for a wasm that fails are `ladder.js`, and what it leads to.
fn copy_without(files: &[&str], from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_left_out = files.iter().any(|file| name == *file);
        if entry.file_type()?.is_file() && !is_left_out {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

async fn wasm_that_a_policy_forbids_is_reported_once_and_the_next_load_sends(
    stage: &Stage,
) -> Result<()> {
    let folder = TempDir::new()?;
    let package = stage.package().await?.path();
    copy_without(&["host-script.js"], package, folder.path())?;
    let site = Site::start(&[("/pkg", folder.path()), ("", Site::pages())]).await?;
    let policy = "<meta http-equiv='content-security-policy' \
                  content=\"script-src 'self' 'unsafe-inline'\">";
    site.put_html(
        "/strict",
        host_page("").replace("<head>", &format!("<head>{policy}")),
    );
    fails_once(stage, &site, "/strict", &[]).await
}
