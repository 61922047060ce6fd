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
    let mut alive = Vec::new();
    for events in (PORTION..=30_000).step_by(PORTION) {
        let _: Vec<f64> = page
            .run(&format!(
                "return bench.burst(bench.tracker.feature, {PORTION}, 50);"
            ))
            .await?;
        page.sink.until_events(events).await;
        if [1_000, 10_000, 20_000, 30_000].contains(&events) {
            page.until_quiet().await?;
            alive.push(page.alive().await? / 1_000.0);
        }
    }
    // Compiled code and the collector's own books move by some KB, the former
    // in the first seconds above all.
    for (name, growth, bound) in [
        ("1,000th to 10,000th", alive[1] - alive[0], 18.0),
        ("20,000th to 30,000th", alive[3] - alive[2], 20.0),
    ] {
        table.add(
            Row::new(&format!("heap + wasm, {name} event"), "KB")
                .figure(OURS, growth)
                .at_most("not growing (under 2 B an event)", bound),
        );
    }
    Ok(())
}
