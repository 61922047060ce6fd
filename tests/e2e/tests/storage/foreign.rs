//! Storage with entries that are not ours, or that a later version wrote.

use anyhow::{Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{MAKE, open};

pub async fn corrupt_and_foreign_content_costs_nothing_else(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let page = &scene.page;
    scene.server.set_down(true);
    scene.track().await?;
    page.act(MAKE, json!([0, 20])).await?;
    // Among the entries of this page and next to them, there are entries that our code did
    // not write.
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

pub async fn what_a_future_version_stored_is_left_alone(stage: &Stage) -> Result<()> {
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
