//! Compressed bodies that a proxy refuses, and a compression that never ends.

use anyhow::{Result, ensure};
use natero_e2e::fault::Answer;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{HURRY, open};

/// Makes features that are large enough to be compressed, each after the previous one was
/// delivered.
const DELIVER: &str = "
    for (const name of args) {
      const { delivered } = _na.stats();
      _na.sendFeatureEvent(name, { details: { text: 'x'.repeat(3000) } });
      while (_na.stats().delivered === delivered) await _na.flush();
    }";

pub async fn a_packed_body_that_is_refused_goes_as_it_is(stage: &Stage) -> Result<()> {
    for status in [400, 403, 406, 411, 415, 422, 501] {
        let scene = open(stage, "").await?;
        scene.server.script([Answer::status(status)]);
        scene.track(json!({})).await?;
        scene.page.act(DELIVER, json!(["a", "b"])).await?;
        let recorded = scene.server.recorded();
        let packed: Vec<bool> = recorded
            .iter()
            .map(|request| request.header("content-encoding").is_some())
            .collect();
        ensure!(packed[..3] == [true, false, false], "{status}: {packed:?}");
        ensure!(scene.features()?.len() == 2, "{status}");
        let dropped: Value = scene
            .page
            .run("return _na.stats().dropped.total;", Value::Null)
            .await?;
        ensure!(dropped == 0, "{status}: {dropped}");
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

pub async fn a_failure_of_packed_bodies_alone_is_found_out(stage: &Stage) -> Result<()> {
    for status in [404, 500, 502] {
        let scene = open(stage, "").await?;
        let refused = || Answer::status(status);
        // The bodies in order: all are compressed, except the fourth and those from the
        // sixth on.
        scene.server.script([
            refused(),
            refused(),
            refused(),
            Answer::Accept,
            refused(),
            Answer::Accept,
        ]);
        scene.track(json!({})).await?;
        scene.page.act(DELIVER, json!(["a", "b", "c", "d"])).await?;
        let packed: Vec<bool> = scene
            .server
            .recorded()
            .iter()
            .map(|request| request.header("content-encoding").is_some())
            .collect();
        let expected = [true, true, true, false, true, false, false, false];
        ensure!(packed == expected, "{status}: {packed:?}");
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

pub async fn a_compression_that_never_ends_costs_one_request(stage: &Stage) -> Result<()> {
    let before = format!(
        "{HURRY}
         window.CompressionStream = class {{
           readable = new ReadableStream();
           writable = new WritableStream({{ write: () => new Promise(() => {{}}) }});
         }};"
    );
    let scene = open(stage, &before).await?;
    scene.track(json!({})).await?;
    scene.page.act(DELIVER, json!(["a", "b"])).await?;
    let recorded = scene.server.recorded();
    let is_packed =
        |request: &natero_e2e::fault::Recorded| request.header("content-encoding").is_some();
    ensure!(!recorded.iter().any(is_packed), "{recorded:?}");
    ensure!(scene.features()?.len() == 2);
    scene.page.is_unharmed().await.map(drop)
}
