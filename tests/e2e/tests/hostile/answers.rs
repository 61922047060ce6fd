//! Answers that never arrive, or that the page keeps for itself.

use anyhow::{Result, ensure};
use natero_e2e::fault::Answer;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{HURRY, open};

pub async fn a_server_that_swallows_requests_takes_no_connection_for_good(
    stage: &Stage,
) -> Result<()> {
    let scene = open(stage, HURRY).await?;
    // Browsers have six connections per server, and Chromium does not end an aborted request
    // with `keepalive`.
    scene.server.script(vec![Answer::Silence; 8]);
    scene.track(json!({ "compress": false })).await?;
    scene
        .page
        .act("_na.sendFeatureEvent('kept');", Value::Null)
        .await?;
    scene
        .page
        .until("(_na.flush(), _na.stats().delivered > 0)")
        .await?;
    ensure!(scene.server.recorded().len() > 8);
    scene.page.is_unharmed().await.map(drop)
}

pub async fn a_wrapper_of_fetch_that_keeps_the_answer_keeps_no_event(stage: &Stage) -> Result<()> {
    for wrapped in [
        "undefined",
        "({ ok: response.ok, status: response.status })",
        "new Proxy(response, {})",
        "(await response.json(), response)",
        "(response.body.getReader(), response)",
    ] {
        let before = format!(
            "{{
               const {{ fetch }} = window;
               window.fetch = async (...parameters) => {{
                 const response = await fetch(...parameters);
                 if (response.url.includes('/pkg/')) return response;
                 return {wrapped};
               }};
             }}"
        );
        let scene = open(stage, &before).await?;
        scene.track(json!({ "flushInterval": 50 })).await?;
        scene
            .page
            .act(
                "_na.sendFeatureEvent('a'); await _na.flush(); _na.sendFeatureEvent('b');",
                Value::Null,
            )
            .await?;
        let stats = scene.page.deliver().await?;
        ensure!(stats["delivered"] == 2, "{wrapped}: {stats}");
        // The tracker does not send for ever.
        let sent = scene.server.recorded().len();
        ensure!(sent <= 5, "{wrapped}: {sent} requests");
        scene.page.is_untroubled().await?;
    }
    Ok(())
}
