//! Shows where the main thread spends its time in a burst of features with details.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::peers::{Call, OURS};
use crate::stage::Stage;

const EVENTS: usize = 2_000;

/// A CPU profile, as DevTools report it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    nodes: Vec<Node>,
    samples: Vec<u64>,
    time_deltas: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: u64,
    call_frame: Frame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    function_name: String,
    url: String,
    line_number: i64,
    column_number: i64,
}

/// Prints the functions with the largest own time.
///
/// # Errors
/// When the browser fails or does not answer as expected.
pub async fn run(bundles: &Path) -> Result<()> {
    let stage = Stage::start(bundles).await?;
    let page = stage.open(OURS).await?;
    let devtools = async |name: &str, params| page.browser.devtools(name, &params).await;
    devtools("Profiler.enable", json!({})).await?;
    devtools("Profiler.setSamplingInterval", json!({ "interval": 100 })).await?;
    devtools("Profiler.start", json!({})).await?;
    page.burst(Call::Details.script(), EVENTS).await?;
    page.sink.until_events(EVENTS).await;
    page.until_quiet().await?;
    let mut answer = devtools("Profiler.stop", json!({})).await?;
    let profile: Profile = serde_json::from_value(answer["profile"].take()).context("a profile")?;
    let names: BTreeMap<u64, String> = profile
        .nodes
        .iter()
        .map(
            |Node {
                 id,
                 call_frame: frame,
             }| {
                let file = frame.url.rsplit('/').next().unwrap_or_default();
                let place = format!(
                    "{file}:{}:{}",
                    frame.line_number + 1,
                    frame.column_number + 1
                );
                (*id, format!("{:<36} {place}", frame.function_name))
            },
        )
        .collect();
    let mut spent = BTreeMap::<&str, f64>::new();
    for (node, delta) in profile.samples.iter().zip(&profile.time_deltas) {
        if let Some(name) = names.get(node) {
            *spent.entry(name).or_default() += delta;
        }
    }
    let mut spent: Vec<_> = spent.into_iter().collect();
    spent.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("{:>9}  {:>9}  function", "ms", "µs/event");
    for (name, micros) in spent
        .iter()
        .filter(|(name, _)| !name.starts_with("(idle)"))
        .take(20)
    {
        println!(
            "{:>9.1}  {:>9.2}  {name}",
            micros / 1e3,
            micros / EVENTS as f64
        );
    }
    Ok(())
}
