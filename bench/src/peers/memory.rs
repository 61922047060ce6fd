//! What stays in memory of events that were delivered.

use std::path::Path;

use anyhow::Result;

use super::OURS;
use super::table::{Row, Table};
use crate::stage::Stage;

const PORTION: usize = 500;

/// The browser keeps the code that it compiles on the heap of JavaScript, and
/// compiles for as long as it finds more to make faster. Without that, what is
/// kept is the tracker's.
const NO_COMPILING: &str = "--no-opt --no-maglev --no-sparkplug --no-lazy-feedback-allocation";

/// Adds the rows.
///
/// # Errors
/// When the tracker does not run.
pub async fn measure(bundles: &Path, table: &mut Table) -> Result<()> {
    eprintln!("memory");
    let stage = Stage::start_with(bundles, NO_COMPILING).await?;
    let kept = growth(&stage, OURS).await?;
    // To be asked leaves traces in any page.
    let base = growth(&stage, "empty").await?;
    table.add(
        Row::new("heap + wasm, 1,000th to 10,000th event", "KB")
            .figure(OURS, kept)
            .figure("base", base)
            .at_most("not growing (base + 0.2 B an event)", base + 1.8),
    );
    eprintln!("memory, with compiled code");
    let with_code = growth(&Stage::start(bundles).await?, OURS).await?;
    table.add(Row::new("same, with compiled code", "KB").figure(OURS, with_code));
    Ok(())
}

/// KB that are alive after 10,000 calls, and were not after 1,000.
async fn growth(stage: &Stage<'_>, subject: &str) -> Result<f64> {
    let page = stage.open(subject).await?;
    let mut alive = Vec::new();
    for events in (PORTION..=10_000).step_by(PORTION) {
        let _: Vec<f64> = page
            .run(&format!(
                "return bench.burst(bench.tracker.feature, {PORTION}, 50);"
            ))
            .await?;
        if subject == OURS {
            page.sink.until_events(events).await;
        }
        if [1_000, 10_000].contains(&events) {
            page.until_quiet().await?;
            alive.push(page.alive().await? / 1_000.0);
        }
    }
    Ok(alive[1] - alive[0])
}
