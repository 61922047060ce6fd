//! The budgets: natero-wasm beside the other trackers, measured in one run.

mod burst;
mod call;
mod download;
mod idle;
mod markdown;
mod memory;
mod start;
mod steady;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::stage::Stage;
pub use call::Call;
use table::Table;

/// The tracker that the budgets apply to.
pub const OURS: &str = "natero";

/// The trackers that ours is compared with.
pub const PEERS: [&str; 4] = ["snowplow", "mixpanel", "posthog", "amplitude"];

/// The page that tracks nothing: the baseline.
const EMPTY: &str = "empty";

/// All trackers.
const SUBJECTS: [&str; 5] = [OURS, PEERS[0], PEERS[1], PEERS[2], PEERS[3]];

/// What to measure, and where the results go.
#[derive(clap::Args)]
pub struct Options {
    /// The trackers, each bundled as a page would have it.
    #[arg(long)]
    bundles: PathBuf,
    /// Their downloads in bytes and their versions, as JSON.
    #[arg(long)]
    facts: PathBuf,
    /// Where the figures go as JSON, beside the printed table.
    #[arg(long)]
    out: PathBuf,
    /// Where the table goes as Markdown.
    #[arg(long)]
    markdown: Option<PathBuf>,
    /// Measure this part alone.
    #[arg(long)]
    only: Option<Part>,
    /// Measure bursts and paced calls of this kind alone.
    #[arg(long)]
    call: Option<Call>,
}

/// A group of the budgets, to be measured by itself.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    /// From the script's start to a running tracker.
    Start,
    /// Two thousand events in one task.
    Burst,
    /// An event every 10 ms.
    Steady,
    /// The memory that is still in use after events were delivered.
    Memory,
}

/// What the build knows of the bundled trackers.
#[derive(Deserialize)]
struct Facts {
    /// Bytes after gzip -9, by the name of the download.
    gzip: Map<String, Value>,
    /// The name and version of each package.
    versions: Vec<String>,
}

/// Measures everything, or one part of it, prints the table and writes it.
///
/// # Errors
/// When a tracker does not run, or a result cannot be written.
pub async fn run(options: &Options) -> Result<()> {
    let place = options.facts.display();
    let facts = fs::read_to_string(&options.facts).with_context(|| format!("read {place}"))?;
    let facts: Facts = serde_json::from_str(&facts).with_context(|| format!("parse {place}"))?;
    let bundles = &options.bundles;
    let calls = options.call.map_or(Call::ALL.to_vec(), |call| vec![call]);

    let stage = Stage::start(bundles).await?;
    let mut table = Table::new(stage.version().await?, facts.versions);
    download::add(&facts.gzip, &mut table);
    match options.only {
        None => {
            start::measure(&stage, &mut table).await?;
            let idle_stage = Stage::start(bundles).await?;
            let (idle, slow) =
                tokio::try_join!(idle::measure(&idle_stage), burst::slow(&stage, &calls))?;
            drop(idle_stage);
            burst::measure(&stage, &calls, slow, &mut table).await?;
            steady::measure(&stage, &calls, &mut table).await?;
            memory::measure(bundles, &mut table).await?;
            idle.into_iter().for_each(|row| table.add(row));
        }
        Some(Part::Start) => start::measure(&stage, &mut table).await?,
        Some(Part::Burst) => {
            let slow = burst::slow(&stage, &calls).await?;
            burst::measure(&stage, &calls, slow, &mut table).await?;
        }
        Some(Part::Steady) => steady::measure(&stage, &calls, &mut table).await?,
        Some(Part::Memory) => memory::measure(bundles, &mut table).await?,
    }

    table.print();
    let json = format!("{:#}\n", table.json());
    fs::write(&options.out, json).with_context(|| format!("write {}", options.out.display()))?;
    if let Some(place) = &options.markdown {
        fs::write(place, markdown::render(&table))
            .with_context(|| format!("write {}", place.display()))?;
    }
    Ok(())
}

/// The percentile of `values` at `share`, by the nearest-rank method.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The median.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}
