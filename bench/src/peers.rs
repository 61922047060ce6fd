//! The budgets: ours beside the peers', in one run.

mod burst;
mod idle;
mod memory;
mod start;
mod steady;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::stage::Stage;
use table::Table;

/// Ours.
pub const OURS: &str = "natero";

/// Those whose figures ours are held against.
pub const PEERS: [&str; 4] = ["snowplow", "mixpanel", "posthog", "amplitude"];

/// All of them.
const SUBJECTS: [&str; 5] = [OURS, PEERS[0], PEERS[1], PEERS[2], PEERS[3]];

/// A group of the budgets, to be measured by itself.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Part {
    /// From the script's start to a running tracker.
    Start,
    /// Two thousand events in one task.
    Burst,
    /// An event every 10 ms.
    Steady,
    /// What is kept of delivered events.
    Memory,
}

/// Measures everything, or one part of it, prints the table and writes it to `out` as JSON.
///
/// # Errors
/// When a tracker does not run.
pub async fn run(bundles: &Path, sizes: &Path, out: &Path, part: Option<Part>) -> Result<()> {
    let sizes = fs::read_to_string(sizes).with_context(|| format!("read {}", sizes.display()))?;
    let sizes: Value = serde_json::from_str(&sizes)?;
    let stage = Stage::start(bundles).await?;
    let mut table = Table::new(stage.version().await?);
    table.add_sizes(&sizes);
    match part {
        None => {
            start::measure(&stage, &mut table).await?;
            let idle_stage = Stage::start(bundles).await?;
            let (idle, slow) = tokio::try_join!(idle::measure(&idle_stage), burst::slow(&stage))?;
            drop(idle_stage);
            burst::measure(&stage, slow, &mut table).await?;
            steady::measure(&stage, &mut table).await?;
            memory::measure(bundles, &mut table).await?;
            idle.into_iter().for_each(|row| table.add(row));
        }
        Some(Part::Start) => start::measure(&stage, &mut table).await?,
        Some(Part::Burst) => {
            let slow = burst::slow(&stage).await?;
            burst::measure(&stage, slow, &mut table).await?;
        }
        Some(Part::Steady) => steady::measure(&stage, &mut table).await?,
        Some(Part::Memory) => memory::measure(bundles, &mut table).await?,
    }
    table.print();
    fs::write(out, format!("{:#}\n", table.json()))
        .with_context(|| format!("write {}", out.display()))
}

/// The value that a share of all lies under, by the nearest rank.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}
