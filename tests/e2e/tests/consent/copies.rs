//! The copies of events that a developer sees, and what is sent when nothing may be stored.

use anyhow::{Result, ensure};
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::open;

pub async fn a_debug_url_gets_a_copy_and_its_failure_changes_nothing(stage: &Stage) -> Result<()> {
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
        // A copy that failed is not repeated.
        scene.page.let_pass(300).await?;
        ensure!(copy.recorded().len() == before + 1);
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

pub async fn disable_event_send_tells_the_debug_url_nothing_either(stage: &Stage) -> Result<()> {
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

pub async fn debug_prints_a_line_for_each_event_and_request(stage: &Stage) -> Result<()> {
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
