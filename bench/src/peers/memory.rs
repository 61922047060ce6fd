//! What stays in memory of events that were delivered.

use anyhow::Result;

use super::OURS;
use super::table::{Row, Table};
use crate::stage::Stage;

const PORTION: usize = 500;

/// Adds the row.
///
/// # Errors
/// When the tracker does not run.
pub async fn measure(stage: &Stage<'_>, table: &mut Table) -> Result<()> {
    eprintln!("memory: {OURS}");
    let page = stage.open(OURS).await?;
    let mut first = 0.0;
    for events in (PORTION..=10_000).step_by(PORTION) {
        let _: Vec<f64> = page
            .run(&format!(
                "return bench.burst(bench.tracker.feature, {PORTION}, 50);"
            ))
            .await?;
        page.sink.until_events(events).await;
        if events == 1_000 {
            page.until_quiet().await?;
            first = page.alive().await?;
        }
    }
    page.until_quiet().await?;
    let growth = (page.alive().await? - first) / 1_000.0;
    table.add(
        Row::new("heap + wasm, 1,000th to 10,000th event", "KB")
            .figure(OURS, growth)
            // Compiled code and the collector's own books move by some KB.
            .at_most("not growing (under 2 B an event)", 18.0),
    );
    Ok(())
}
