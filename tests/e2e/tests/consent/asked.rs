//! With consent, without it, and before the visitor was asked.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::rows::until_events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{Scene, open, trace};

pub async fn without_consent_nothing_is_stored_or_sent(stage: &Stage) -> Result<()> {
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
        // Neither does navigating away, nor the next page.
        scene.page.act("_na.shutdown();", Value::Null).await?;
        stage.browser().await?.client().refresh().await?;
        scene.page.until("window.na").await?;
        scene.left_no_trace().await.context(consent)?;
    }
    Ok(())
}

pub async fn without_consent_tabs_without_channels_store_nothing_either(
    stage: &Stage,
) -> Result<()> {
    for consent in ["pending", "denied"] {
        let scene = open(stage, "delete window.BroadcastChannel;").await?;
        scene.track(json!({ "consent": consent })).await?;
        scene.use_it().await?;
        scene.left_no_trace().await.context(consent)?;
    }
    Ok(())
}

pub async fn opting_in_sends_what_was_held_with_the_time_of_each_call(stage: &Stage) -> Result<()> {
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

/// Uses a page that can send nothing, and so leaves cookies and stored events.
async fn leave_traces(stage: &Stage) -> Result<Scene<'_>> {
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
    Ok(scene)
}

pub async fn opting_out_deletes_cookies_and_stored_events(stage: &Stage) -> Result<()> {
    let scene = leave_traces(stage).await?;
    scene.page.act("_na.optOut();", Value::Null).await?;
    scene.left_no_trace().await?;
    // Nothing comes back, on this page or the next one.
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

pub async fn opting_out_in_memory_deletes_what_other_pages_left(stage: &Stage) -> Result<()> {
    let scene = leave_traces(stage).await?;
    stage.browser().await?.client().refresh().await?;
    scene.page.until("window.na").await?;
    scene.track(json!({ "persistence": "memory" })).await?;
    scene.page.act("_na.optOut();", Value::Null).await?;
    scene.left_no_trace().await
}

pub async fn privacy_signals_deny_where_they_are_respected(stage: &Stage) -> Result<()> {
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
