//! Consent and privacy: what is kept and sent, as the server and the browser
//! see it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::page::Page;
use natero_e2e::rows::until_events;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    without_consent_nothing_is_stored_or_sent,
    without_consent_tabs_without_channels_store_nothing_either,
    opting_in_sends_what_was_held_with_the_time_of_each_call,
    opting_out_deletes_cookies_and_stored_events,
    privacy_signals_deny_where_they_are_respected,
    before_send_edits_redacts_and_drops,
    a_debug_url_gets_a_copy_and_its_failure_changes_nothing,
    disable_event_send_tells_the_debug_url_nothing_either,
    debug_prints_a_line_for_each_event_and_request,
    addresses_are_recorded_without_query_and_fragment,
);

struct Scene<'a> {
    server: FaultServer,
    _site: Site,
    page: Page<'a>,
}

fn source() -> Source {
    Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    }
}

/// A page with the class and nothing made of it, after this script.
async fn open<'a>(stage: &'a Stage, before: &str) -> Result<Scene<'a>> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    site.put_html(
        "/",
        format!(
            r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>
<script src="/watch.js"></script><script>{before}</script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body></body></html>"#
        ),
    );
    let page = stage.open(&site, "/").await?;
    page.until("window.na").await?;
    Ok(Scene {
        server,
        _site: site,
        page,
    })
}

impl Scene<'_> {
    /// Makes `window._na`, with page views and unload, quick to send.
    async fn track(&self, settings: Value) -> Result<()> {
        let mut all = json!({ "trackPageViews": true, "trackUnload": true, "flushInterval": 50 });
        if let (Value::Object(all), Value::Object(settings)) = (&mut all, settings) {
            all.extend(settings);
        }
        self.page.track(self.server.url(), &source(), all).await?;
        self.page.act("await _na.ready;", Value::Null).await
    }

    /// Uses the page in every way that could make, store or send something.
    async fn use_it(&self) -> Result<()> {
        self.page
            .act(
                "_na.setProductId('suite'); _na.setModuleId('reports');
                 for (let i = 0; i < 60; i += 1) _na.sendFeatureEvent('used');
                 _na.identifyUser('ann@acme.example', { role: 'admin' });
                 history.pushState(null, '', '/elsewhere');
                 dispatchEvent(new MouseEvent('mousemove'));",
                Value::Null,
            )
            .await?;
        self.page.let_pass(300).await?;
        self.page
            .act(
                "dispatchEvent(new PageTransitionEvent('pagehide'));
                 await _na.flush();
                 history.replaceState(null, '', '/');",
                Value::Null,
            )
            .await
    }

    /// Asserts that the browser holds nothing and the server heard nothing.
    async fn left_no_trace(&self) -> Result<()> {
        let trace = trace(&self.page).await?;
        ensure!(trace == json!(["", [], [], 0, 0]), "stored: {trace}");
        let recorded = self.server.recorded();
        ensure!(
            recorded.is_empty() && self.server.preflights() == 0,
            "sent: {recorded:?}"
        );
        Ok(())
    }

    /// The features that the server was told of, each request's body unpacked.
    fn features(&self) -> Result<Vec<String>> {
        let mut features = Vec::new();
        for request in self.server.recorded() {
            for line in request.lines()? {
                features.extend(line["feature"].as_str().map(str::to_owned));
            }
        }
        Ok(features)
    }
}

/// Everything a page can leave in a browser.
async fn trace(page: &Page<'_>) -> Result<Value> {
    page.run(
        "return [document.cookie, Object.keys(localStorage), Object.keys(sessionStorage),
                 (await indexedDB.databases?.() ?? []).length, (await caches.keys()).length];",
        Value::Null,
    )
    .await
}

async fn without_consent_nothing_is_stored_or_sent(stage: &Stage) -> Result<()> {
    for consent in ["pending", "denied"] {
        let scene = open(stage, "").await?;
        scene
            .track(json!({
                "consent": consent, "idleTimeout": 100, "sessionSyncInterval": 50,
                "debugUrl": format!("{}/copy", scene.server.url()),
            }))
            .await?;
        scene.use_it().await?;
        scene.left_no_trace().await.context(consent)?;
        let stats: Value = scene.page.run("return _na.stats();", Value::Null).await?;
        let key = if consent == "pending" {
            &stats["pending"]
        } else {
            &stats["dropped"]["consent"]
        };
        ensure!(key.as_u64() >= Some(61), "{consent}: {stats}");
        // Nor does the next page, or the way to it.
        scene.page.act("_na.shutdown();", Value::Null).await?;
        stage.browser().await?.client().refresh().await?;
        scene.page.until("window.na").await?;
        scene.left_no_trace().await.context(consent)?;
    }
    Ok(())
}

async fn without_consent_tabs_without_channels_store_nothing_either(stage: &Stage) -> Result<()> {
    for consent in ["pending", "denied"] {
        let scene = open(stage, "delete window.BroadcastChannel;").await?;
        scene.track(json!({ "consent": consent })).await?;
        scene.use_it().await?;
        scene.left_no_trace().await.context(consent)?;
    }
    Ok(())
}

async fn opting_in_sends_what_was_held_with_the_time_of_each_call(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let settings = json!({ "consent": "pending" });
    site.put_tracked("/", collector.url(), collector.source(), &settings);
    let page = stage.open(&site, "/").await?;
    page.until("window.tracking").await?;
    let made: i64 = page
        .run(
            "_na.setModuleId('reports'); _na.sendFeatureEvent('held'); return Date.now();",
            Value::Null,
        )
        .await?;
    page.let_pass(300).await?;
    ensure!(trace(&page).await? == json!(["", [], [], 0, 0]));
    let opted: i64 = page
        .run(
            "const now = Date.now(); _na.optIn(); _na.sendFeatureEvent('after'); return now;",
            Value::Null,
        )
        .await?;
    let rows = until_events(&collector, "all events", |rows| {
        rows.iter().filter(|row| row.feature.is_some()).count() == 2
    })
    .await?;
    let held = rows
        .iter()
        .find(|row| row.feature.as_deref() == Some("held"))
        .context("the held event is missing")?;
    ensure!(
        (held.created_at - made).abs() <= 100 && held.created_at <= opted - 250,
        "made at {made}, opted in at {opted}: {held:#?}"
    );
    ensure!(rows.iter().any(|row| row.action == "pageView"), "{rows:#?}");
    let visits: BTreeSet<_> = rows
        .iter()
        .map(|row| (&row.session_id, &row.visitor_id))
        .collect();
    ensure!(visits.len() == 1, "{visits:?}");
    let cookie: String = page.run("return document.cookie;", Value::Null).await?;
    ensure!(
        cookie.contains(&format!("na_sid={}", held.session_id))
            && held
                .visitor_id
                .as_ref()
                .is_some_and(|visitor| cookie.contains(&format!("na_vid={visitor}"))),
        "{cookie}"
    );
    let loss = collector.loss().await?;
    ensure!(loss["missing"] == 0, "{loss}");
    page.is_untroubled().await
}

async fn opting_out_deletes_cookies_and_stored_events(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    scene.server.set_down(true);
    scene.track(json!({})).await?;
    scene.use_it().await?;
    let before = trace(&scene.page).await?;
    ensure!(
        before[0]
            .as_str()
            .is_some_and(|cookie| cookie.contains("na_vid"))
            && before[1].as_array().is_some_and(|keys| !keys.is_empty()),
        "nothing to delete: {before}"
    );
    scene.page.act("_na.optOut();", Value::Null).await?;
    scene.left_no_trace().await?;
    // Nothing comes back, in this page or the next one.
    scene.server.set_down(false);
    scene.use_it().await?;
    scene.left_no_trace().await?;
    stage.browser().await?.client().refresh().await?;
    scene.page.until("window.na").await?;
    scene.track(json!({ "trackPageViews": false })).await?;
    scene
        .page
        .act(
            "_na.sendFeatureEvent('anew'); await _na.flush();",
            Value::Null,
        )
        .await?;
    let features = scene.features()?;
    ensure!(features == ["anew"], "{features:?}");
    Ok(())
}

async fn privacy_signals_deny_where_they_are_respected(stage: &Stage) -> Result<()> {
    for (setting, signal, value) in [
        ("respectGpc", "globalPrivacyControl", "true"),
        ("respectDnt", "doNotTrack", "'1'"),
    ] {
        let before = format!(
            "Object.defineProperty(navigator, '{signal}', {{ configurable: true, value: {value} }});"
        );
        let scene = open(stage, &before).await?;
        scene.track(json!({ setting: true })).await?;
        scene.use_it().await?;
        scene.left_no_trace().await.context(setting)?;

        let scene = open(stage, &before).await?;
        scene.track(json!({})).await?;
        scene
            .page
            .act("_na.sendFeatureEvent('a'); await _na.flush();", Value::Null)
            .await?;
        ensure!(scene.features()? == ["a"], "{setting} is off by default");

        let scene = open(stage, "").await?;
        scene.track(json!({ setting: true })).await?;
        scene
            .page
            .act("_na.sendFeatureEvent('a'); await _na.flush();", Value::Null)
            .await?;
        ensure!(
            scene.features()? == ["a"],
            "{setting} denies without a signal"
        );
    }
    Ok(())
}

async fn before_send_edits_redacts_and_drops(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let stats: Value = scene
        .page
        .run(
            "window.problems = [];
             window._na = new na('api', 'auth', {
               endpoint: args, accountId: 'acme', userId: 'ann@acme.example',
               trackPageViews: false, trackUnload: false, compress: false,
               onError: (problem) => problems.push(problem),
               beforeSend(event) {
                 if (event.feature === 'drop') return null;
                 if (event.feature === 'throw') throw new Error('the page has a bug');
                 if (event.feature === 'edit') return { ...event, feature: 'edited', event_id: 'forged' };
                 delete event.details?.secret;
                 return event;
               } });
             await _na.ready;
             for (const name of ['keep', 'drop', 'throw', 'edit'])
               _na.sendFeatureEvent(name, { details: { secret: 'hush', open: 1 } });
             await _na.flush();
             return _na.stats();",
            json!(scene.server.url()),
        )
        .await?;
    ensure!(scene.features()? == ["keep", "edited"]);
    let recorded = scene.server.recorded();
    let lines = recorded[0].lines()?;
    ensure!(lines[0]["details"] == json!({ "open": 1 }), "{lines:?}");
    ensure!(lines[1]["event_id"] != "forged", "{lines:?}");
    // What was dropped leaves no gap that would look like a loss.
    ensure!(lines[0]["seq"] == 0 && lines[1]["seq"] == 1, "{lines:?}");
    ensure!(
        stats["accepted"] == 4
            && stats["delivered"] == 2
            && stats["dropped"]["before_send"] == 2
            && stats["dropped"]["total"] == 2,
        "{stats}"
    );
    let problems: Value = scene.page.run("return problems;", Value::Null).await?;
    ensure!(
        problems.as_array().map(Vec::len) == Some(1) && problems[0]["code"] == "before_send",
        "{problems}"
    );
    let console = scene.page.is_unharmed().await?;
    ensure!(console.len() == 1, "{console:?}");
    Ok(())
}

async fn a_debug_url_gets_a_copy_and_its_failure_changes_nothing(stage: &Stage) -> Result<()> {
    let copy = FaultServer::start().await?;
    for failure in [
        None,
        Some(Answer::status(500)),
        Some(Answer::Raw(b"no HTTP\r\n\r\n".to_vec())),
    ] {
        let failing = failure.is_some();
        let before = copy.recorded().len();
        copy.otherwise(failure.unwrap_or(Answer::Accept));
        let scene = open(stage, "").await?;
        let url = format!("{}/copies?of=events", copy.url());
        scene
            .track(json!({ "debugUrl": url, "trackPageViews": false, "trackUnload": false }))
            .await?;
        let stats: Value = scene
            .page
            .run(
                "for (let i = 0; i < 40; i += 1) _na.sendFeatureEvent('a' + i);
                 await _na.flush();
                 return _na.stats();",
                Value::Null,
            )
            .await?;
        let copies = copy.until_recorded(before + 1).await?;
        ensure!(copies[before].target == "/copies?of=events");
        ensure!(
            copies[before].text()? == scene.server.recorded()[0].text()?,
            "the copy is another text"
        );
        ensure!(
            stats["delivered"] == 40
                && stats["requests"] == 1
                && stats["retries"] == 0
                && stats["dropped"]["total"] == 0,
            "{failing}: {stats}"
        );
        // A copy that failed is not made again.
        scene.page.let_pass(300).await?;
        ensure!(copy.recorded().len() == before + 1);
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

async fn disable_event_send_tells_the_debug_url_nothing_either(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    scene
        .track(json!({
            "disableEventSend": true,
            "debugUrl": format!("{}/copy", scene.server.url()),
        }))
        .await?;
    scene.use_it().await?;
    ensure!(scene.server.recorded().is_empty() && scene.server.preflights() == 0);
    let stats: Value = scene
        .page
        .run(
            "return [_na.stats(), _na.getModuleId(), Object.keys(localStorage)];",
            Value::Null,
        )
        .await?;
    ensure!(
        stats[0]["dropped"]["disabled"].as_u64() >= Some(61)
            && stats[0]["pending"] == 0
            && stats[1] == "reports"
            && stats[2] == json!([]),
        "everything runs, nothing is stored: {stats}"
    );
    scene.page.is_untroubled().await
}

async fn debug_prints_a_line_for_each_event_and_request(stage: &Stage) -> Result<()> {
    for debug in [true, false] {
        let scene = open(
            stage,
            "window.lines = [];
             console.log = (...parts) => lines.push(parts.map(String).join(' '));",
        )
        .await?;
        scene
            .track(json!({ "debug": debug, "trackPageViews": false, "trackUnload": false }))
            .await?;
        let lines: Vec<String> = scene
            .page
            .run(
                "_na.sendFeatureEvent('first'); _na.sendFeatureEvent('second');
                 await _na.flush();
                 return lines;",
                Value::Null,
            )
            .await?;
        if !debug {
            ensure!(lines.is_empty(), "{lines:?}");
            continue;
        }
        ensure!(
            lines
                .iter()
                .all(|line| line.starts_with("natero: ") && !line.contains('\n')),
            "{lines:?}"
        );
        for name in ["first", "second"] {
            ensure!(
                lines
                    .iter()
                    .filter(|line| line.contains("event") && line.contains(name))
                    .count()
                    == 1,
                "{name}: {lines:?}"
            );
        }
        ensure!(
            lines
                .iter()
                .any(|line| line.contains("request 1") && line.contains("2 events"))
                && lines
                    .iter()
                    .any(|line| line.contains("request 1") && line.contains("200")),
            "{lines:?}"
        );
    }
    Ok(())
}

async fn addresses_are_recorded_without_query_and_fragment(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    site.put_tracked("/tracked", server.url(), &source(), &json!({}));
    site.put_html(
        "/from",
        "<!doctype html><meta name=referrer content=unsafe-url><script src=/watch.js></script>
         <a href='/tracked?secret=1#secret'>go</a>",
    );
    let page = stage.open(&site, "/from?secret=0").await?;
    page.act("document.querySelector('a').click();", Value::Null)
        .await?;
    page.until("window.tracking").await?;
    let referrer: String = page.run("return document.referrer;", Value::Null).await?;
    ensure!(referrer.ends_with("?secret=0"), "{referrer}");
    page.act(
        "history.pushState(null, '', '/next?secret=2#secret');
         history.replaceState(null, '', '/last?secret=3');
         _na.trackPageView({ title: 'again' });
         _na.shutdown();",
        Value::Null,
    )
    .await?;
    page.until("_na.stats().pending === 0").await?;
    let mut urls = Vec::new();
    for request in server.recorded() {
        let text = request.text()?;
        ensure!(!text.contains("secret"), "{text}");
        for line in request.lines()? {
            if line["action"] == "pageView" {
                urls.push((line["url"].clone(), line["referrer"].clone()));
            }
        }
    }
    let at = |path: &str| json!(site.url(path));
    ensure!(
        urls == [
            (at("/tracked"), at("/from")),
            (at("/next"), at("/tracked")),
            (at("/last"), at("/next")),
            (at("/last"), at("/last")),
        ],
        "{urls:?}"
    );
    // What the page passes itself is recorded as it is; see the page views' own tests.
    page.is_untroubled().await
}
