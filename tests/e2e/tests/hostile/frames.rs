//! Environments that a page has broken, and one without an origin, each in a frame.

use anyhow::{Result, ensure};
use natero_e2e::hosts;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{Scene, open};

/// Runs a script in a frame with these attributes, uses the tracker there, and returns what
/// the frame reports. A driver does not work in every such environment, so it controls the
/// page around the frame.
async fn in_a_frame(scene: &Scene<'_>, before: &str, attributes: Value) -> Result<Value> {
    scene.site.put_html(
        "/frame",
        format!(
            r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>frame</title><script src="/watch.js"></script>
<script>{before}</script>{script}<script>
  onmessage = async ({{ data }}) => {{
    while (!window.na) await new Promise((go) => setTimeout(go, 10));
    const problems = [];
    const details = {{ list: [1, [2]], deep: {{ a: {{}} }} }};
    const tracker = new na("api", "auth", {{
      endpoint: data, accountId: "a", userId: "u", onError: (problem) => problems.push(problem) }});
    tracker.sendFeatureEvent("early", {{ details }});
    const ready = await tracker.ready;
    tracker.setModuleId("reports");
    tracker.sendFeatureEvent("later", {{ details }});
    const {{ pending }} = await tracker.flush();
    tracker.reset();
    tracker.optOut();
    tracker.shutdown();
    await new Promise((go) => setTimeout(go, 50));
    parent.postMessage({{ ready, pending, problems, trouble }}, "*");
  }};
</script></head><body></body></html>"#,
            script = hosts::global_script()
        ),
    );
    scene
        .page
        .run(
            "const frame = document.createElement('iframe');
             for (const [name, value] of Object.entries(args.attributes)) frame.setAttribute(name, value);
             frame.src = '/frame';
             const told = new Promise((tell) => { onmessage = ({ data }) => tell(data); });
             frame.onload = () => frame.contentWindow.postMessage(args.endpoint, '*');
             document.body.append(frame);
             return await told;",
            json!({ "attributes": attributes, "endpoint": scene.server.url() }),
        )
        .await
}

async fn tracks_in_a_frame(stage: &Stage, before: &str, attributes: Value) -> Result<()> {
    let scene = open(stage, "").await?;
    let outcome = in_a_frame(&scene, before, attributes).await?;
    let expected = json!({
        "ready": true,
        "pending": 0,
        "problems": [],
        "trouble": { "errors": [], "rejections": [], "console": [] },
    });
    ensure!(outcome == expected, "{before}: {outcome}");
    let details = json!({ "list": [1, [2]], "deep": { "a": {} } });
    let expected = ["early", "later"].map(|name| (name.to_owned(), details.clone()));
    let features = scene.features()?;
    ensure!(features == expected, "{before}: {features:?}");
    Ok(())
}

pub async fn a_to_json_of_all_arrays_changes_nothing_that_arrives(stage: &Stage) -> Result<()> {
    for holder in ["Array.prototype", "Object.prototype"] {
        let before = format!(
            "Object.defineProperty({holder}, 'toJSON', {{ configurable: true, value: () => 'forged' }});"
        );
        tracks_in_a_frame(stage, &before, json!({})).await?;
    }
    Ok(())
}

pub async fn prototypes_that_a_page_has_emptied_change_nothing_that_arrives(
    stage: &Stage,
) -> Result<()> {
    for (holder, names) in [
        ("Function.prototype", "call apply bind"),
        ("Array.prototype", "push map join reduce indexOf concat"),
        ("Promise.prototype", "then catch finally"),
        ("RegExp.prototype", "test"),
        ("Map.prototype", "get set has"),
        ("Object", "assign entries fromEntries"),
    ] {
        let before = format!(
            "for (const name of '{names}'.split(' ')) {holder}[name] = () => {{ throw new Error(name); }};"
        );
        tracks_in_a_frame(stage, &before, json!({})).await?;
    }
    Ok(())
}

pub async fn a_frame_without_an_origin_of_its_own_tracks(stage: &Stage) -> Result<()> {
    tracks_in_a_frame(stage, "", json!({ "sandbox": "allow-scripts" })).await
}

pub async fn a_frame_without_an_address_of_its_own_takes_a_path_of_the_page_around_it(
    stage: &Stage,
) -> Result<()> {
    let scene = open(stage, "").await?;
    let outcome: Value = scene
        .page
        .run(
            "const frame = document.createElement('iframe');
             frame.srcdoc = args;
             const loaded = new Promise((go) => { frame.onload = go; });
             document.body.append(frame);
             await loaded;
             const inner = frame.contentWindow;
             while (!inner.na) await new Promise((go) => setTimeout(go, 10));
             const problems = [];
             const onError = ({ message }) => problems.push(message);
             const tracker = new inner.na('api', 'auth', { endpoint: '/usage', accountId: 'a', userId: 'u', onError });
             const ready = await tracker.ready;
             tracker.shutdown();
             return { ready, problems };",
            json!(format!("<!doctype html>{}", hosts::global_script())),
        )
        .await?;
    ensure!(
        outcome == json!({ "ready": true, "problems": [] }),
        "{outcome}"
    );
    scene.site.until_requested("/usage/v1/auth/api").await
}
