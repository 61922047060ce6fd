//! Nothing accepted is lost, whatever becomes of the page, the network and the
//! collector. Page and collector are two origins; what the collector's SQLite
//! holds is compared with what the page made.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use natero_e2e::browser::{Browser, BrowserKind};
use natero_e2e::collector::Collector;
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, events, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use natero_e2e::wait;
use serde_json::{Value, json};

natero_e2e::suite!(
    a_clean_run_delivers_each_event_once,
    errors_of_the_server_lose_nothing,
    connections_that_are_reset_lose_nothing,
    an_offline_spell_loses_nothing_and_asks_for_nothing,
    navigating_away_loses_nothing,
    a_closed_tab_loses_nothing,
    // Only Chromium's driver goes on after a renderer is gone.
    a_killed_renderer_loses_nothing skipped in Firefox Webkit,
    five_thousand_events_of_one_tick_arrive,
    large_events_of_a_closed_tab_arrive,
    a_living_tab_adopts_what_a_closed_one_left_exactly_once,
);

struct Scene<'a> {
    collector: Collector,
    server: FaultServer,
    site: Site,
    browser: &'a Browser,
    page: Page<'a>,
}

/// What each scenario begins with: nothing is sent but when it is due, and
/// nothing is made but by calls.
fn settings(more: Value) -> Value {
    let mut settings = json!({ "trackPageViews": false, "trackUnload": false });
    if let (Value::Object(settings), Value::Object(more)) = (&mut settings, more) {
        settings.extend(more);
    }
    settings
}

async fn start(stage: &Stage, more: Value) -> Result<Scene<'_>> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    let site = stage.site().await?;
    site.put_tracked("/", server.url(), collector.source(), &settings(more));
    let browser = stage.browser().await?;
    let page = browser.open(&site, "/").await?;
    page.until("window.tracking").await?;
    Ok(Scene {
        collector,
        server,
        site,
        browser,
        page,
    })
}

impl Scene<'_> {
    /// Opens the page again, in the tab in front.
    async fn open_again(&self) -> Result<()> {
        self.browser.client().goto(&self.site.url("/")).await?;
        self.page.until("window.tracking").await
    }

    /// Asserts that the collector comes to hold features `0..count`, each
    /// once, and misses none.
    async fn has_each_once(&self, count: usize) -> Result<Vec<EventRow>> {
        let rows = until_features(&self.collector, count).await?;
        let mut times = BTreeMap::<&str, usize>::new();
        for row in &rows {
            *times
                .entry(row.feature.as_deref().unwrap_or("-"))
                .or_default() += 1;
        }
        for number in 0..count {
            let name = format!("feature {number}");
            ensure!(
                times.remove(name.as_str()) == Some(1),
                "{name} is not there once"
            );
        }
        ensure!(times.is_empty(), "nobody made {times:?}");
        let loss = self.collector.loss().await?;
        ensure!(
            loss["missing"] == 0 && loss["made"] == count && loss["received"] == count,
            "{loss}"
        );
        Ok(rows)
    }

    /// Asserts that the page in front has nothing left, in memory or stored,
    /// and lost nothing.
    async fn has_nothing_left(&self) -> Result<()> {
        let stats = self.page.deliver().await?;
        ensure!(stats["dropped"]["total"] == 0, "{stats}");
        self.page
            .until("!Object.keys(localStorage).some((key) => key.startsWith('na_q'))")
            .await?;
        self.page.is_unharmed().await.map(drop)
    }
}

async fn until_features(collector: &Collector, count: usize) -> Result<Vec<EventRow>> {
    let db = collector.db();
    let mut held = 0;
    wait::until(&format!("{count} features"), async || {
        let rows = events(&db)?;
        held = rows.len();
        Ok((held >= count).then_some(rows))
    })
    .await
    .with_context(|| format!("the collector holds {held}"))
}

/// Makes features `args[0]..args[0] + args[1]`, in one task.
const MAKE: &str =
    "for (let i = args[0]; i < args[0] + args[1]; i += 1) _na.sendFeatureEvent(`feature ${i}`);";

async fn a_clean_run_delivers_each_event_once(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    scene.page.act(MAKE, json!([0, 20])).await?;
    scene.has_each_once(20).await?;
    scene.has_nothing_left().await?;
    let loss = scene.collector.loss().await?;
    ensure!(loss["duplicates"] == 0, "{loss}");
    Ok(())
}

async fn errors_of_the_server_lose_nothing(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    scene.server.script([500, 503, 502].map(Answer::status));
    for first in [0, 10] {
        scene.page.act(MAKE, json!([first, 10])).await?;
    }
    scene.has_each_once(20).await?;
    scene.has_nothing_left().await?;
    ensure!(scene.server.recorded().len() >= 4, "it did not fail");
    Ok(())
}

async fn connections_that_are_reset_lose_nothing(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    scene.server.set_down(true);
    scene.page.act(MAKE, json!([0, 10])).await?;
    scene
        .page
        .until("_na.stats().retries > 1")
        .await
        .context("it did not try again")?;
    scene.page.act(MAKE, json!([10, 10])).await?;
    scene.server.set_down(false);
    scene.has_each_once(20).await?;
    scene.has_nothing_left().await
}

/// Takes the browser's network away, or gives it back: through the driver
/// where it can (Chromium), else through what the page sees of it.
async fn set_offline(scene: &Scene<'_>, offline: bool) -> Result<()> {
    if scene.browser.kind() == BrowserKind::Chromium {
        return scene.browser.set_offline(offline).await;
    }
    scene.server.set_down(offline);
    scene
        .page
        .act(
            "Object.defineProperty(navigator, 'onLine', { configurable: true, value: !args });
             dispatchEvent(new Event(args ? 'offline' : 'online'));",
            json!(offline),
        )
        .await
}

async fn an_offline_spell_loses_nothing_and_asks_for_nothing(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    set_offline(&scene, true).await?;
    scene.page.until("!navigator.onLine").await?;
    scene.page.act(MAKE, json!([0, 20])).await?;
    scene.page.let_pass(500).await?;
    let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["requests"] == 0 && stats["pending"] == 20,
        "an offline page waits: {stats}"
    );
    set_offline(&scene, false).await?;
    scene.has_each_once(20).await?;
    scene.has_nothing_left().await
}

/// Nothing is sent for its age: what arrives was sent as the page went, or by
/// a later page.
fn patient() -> Value {
    json!({ "flushInterval": 3_600_000, "batchSize": 100_000 })
}

async fn navigating_away_loses_nothing(stage: &Stage) -> Result<()> {
    let scene = start(stage, patient()).await?;
    let elsewhere = stage.site().await?;
    scene
        .page
        .act(
            &format!("{MAKE} location.href = args[2];"),
            json!([0, 20, elsewhere.url("/blank.html")]),
        )
        .await?;
    // The page went; its requests outlive it.
    scene.has_each_once(20).await?;
    ensure!(
        scene.server.preflights() == 0,
        "a page that unloads gets no answer to a preflight"
    );
    scene.open_again().await?;
    scene.has_nothing_left().await
}

async fn a_closed_tab_loses_nothing(stage: &Stage) -> Result<()> {
    let scene = start(stage, patient()).await?;
    closed_after(&scene, MAKE, 20).await?;
    scene.has_each_once(20).await?;
    scene.has_nothing_left().await
}

/// Makes events in the tab in front and closes it; then opens the page anew.
async fn closed_after(scene: &Scene<'_>, make: &str, count: usize) -> Result<()> {
    let closing = Tab::current(scene.browser).await?;
    let next = Tab::open(scene.browser).await?;
    closing.front().await?.act(make, json!([0, count])).await?;
    closing.close(&next).await?;
    scene.open_again().await
}

async fn a_killed_renderer_loses_nothing(stage: &Stage) -> Result<()> {
    let scene = start(stage, patient()).await?;
    let dying = Tab::current(scene.browser).await?;
    let next = Tab::open(scene.browser).await?;
    // Nothing leaves before the page is gone: what is killed tells nobody.
    dying.front().await?.act(MAKE, json!([0, 20])).await?;
    dying.crash(&next).await?;
    ensure!(
        scene.server.recorded().is_empty(),
        "something was sent before the crash"
    );
    scene.open_again().await?;
    scene.has_each_once(20).await?;
    scene.has_nothing_left().await
}

async fn five_thousand_events_of_one_tick_arrive(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({ "maxQueueBytes": 4_000_000 })).await?;
    scene.page.act(MAKE, json!([0, 5_000])).await?;
    let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["accepted"] == 5_000 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    scene.has_each_once(5_000).await?;
    scene.has_nothing_left().await
}

async fn large_events_of_a_closed_tab_arrive(stage: &Stage) -> Result<()> {
    let scene = start(stage, patient()).await?;
    let make = "for (let i = 0; i < args[1]; i += 1)
                  _na.sendFeatureEvent(`feature ${i}`, { details: { text: 'x'.repeat(2_000) } });";
    closed_after(&scene, make, 200).await?;
    scene.has_each_once(200).await?;
    scene.has_nothing_left().await?;
    Ok(())
}

async fn a_living_tab_adopts_what_a_closed_one_left_exactly_once(stage: &Stage) -> Result<()> {
    // Tabs in use look for what others left whenever they make a sync.
    let scene = start(stage, json!({ "sessionSyncInterval": 300 })).await?;
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
    let features = |rows: &[EventRow]| rows.iter().filter(|row| row.feature.is_some()).count();
    // No new page is opened, and both tabs are used.
    for tab in living.iter().cycle().take(20) {
        let page = tab.front().await?;
        page.act("dispatchEvent(new MouseEvent('mousemove'));", Value::Null)
            .await?;
        page.let_pass(350).await?;
        // Only now: what the closed tab itself sent last was refused by then.
        let adopted: bool = page
            .run("return _na.stats().pending >= 20;", Value::Null)
            .await?;
        if adopted {
            scene.server.set_down(false);
        }
        if features(&events(&scene.collector.db())?) >= 20 {
            break;
        }
    }
    let rows = until_events(&scene.collector, "what the closed tab left", |rows| {
        features(rows) == 20
    })
    .await?;
    let streams: BTreeMap<_, _> = rows
        .iter()
        .filter(|row| row.feature.is_some())
        .map(|row| (row.stream_id.clone(), ()))
        .collect();
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
    Ok(())
}
