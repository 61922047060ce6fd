//! The memory that is still in use after events were delivered.

use std::path::Path;

use anyhow::{Result, ensure};

use super::table::{Row, Table};
use super::{Call, EMPTY, OURS};
use crate::stage::{Alive, Stage, Tracked};

/// Number of events in the measured burst.
const BURST: usize = 2_000;

/// Number of events before that burst: enough for every function to have run once.
const WARM_UP: usize = 50;

/// Number of events in each portion of a long run.
const PORTION: usize = 500;

/// V8 keeps compiled code on the JavaScript heap, and goes on compiling while it finds more
/// to optimise. With these flags it only makes bytecode, at the first call of a function, so
/// what a burst after the warm-up leaves on the heap is data.
const NO_COMPILING: &str = "--no-opt --no-maglev --no-sparkplug --no-lazy-feedback-allocation";

/// Adds the rows.
///
/// # Errors
/// When the tracker does not run.
pub async fn measure(bundles: &Path, table: &mut Table) -> Result<()> {
    eprintln!("memory");
    let stage = Stage::start_with(bundles, NO_COMPILING).await?;
    let burst = after_burst(&stage, OURS, WARM_UP).await?;
    let burst_base = after_burst(&stage, EMPTY, WARM_UP).await?;
    let growth = growth_over_10_000(&stage, OURS).await?;
    // The measurement itself leaves objects in any page, so they are subtracted.
    let growth_base = growth_over_10_000(&stage, EMPTY).await?;
    drop(stage);
    eprintln!("memory, with compiled code");
    let stage = Stage::start(bundles).await?;
    let burst_with_code = after_burst(&stage, OURS, 0).await?;
    let growth_with_code = growth_over_10_000(&stage, OURS).await?;

    table.add(
        Row::new("heap above before, 2,000 delivered with details", "KB")
            .figure(OURS, burst.heap)
            .figure(EMPTY, burst_base.heap)
            .at_most(64.0),
    );
    // A wasm memory never shrinks, so this is what the queue took at its longest.
    table.add(Row::new("wasm memory above before that burst", "KB").figure(OURS, burst.wasm));
    table.add(
        Row::new(
            "heap above before, a page's first 2,000, with compiled code",
            "KB",
        )
        .figure(OURS, burst_with_code.heap),
    );
    table.add(
        Row::new("heap + wasm, 1,000th to 10,000th event", "KB")
            .figure(OURS, growth)
            .figure(EMPTY, growth_base)
            .at_most_by_rule("0.2 B an event above an empty page", growth_base + 1.8),
    );
    table.add(Row::new("the same, with compiled code", "KB").figure(OURS, growth_with_code));
    Ok(())
}

/// Memory in KB that is in use after a delivered burst with details, and was not before it.
async fn after_burst(stage: &Stage<'_>, subject: &str, warm_up: usize) -> Result<Alive> {
    let page = stage.open(subject).await?;
    deliver(&page, subject, warm_up).await?;
    let before = page.alive().await?;
    deliver(&page, subject, BURST).await?;
    let after = page.alive().await?;
    Ok(Alive {
        heap: (after.heap - before.heap) / 1_000.0,
        wasm: (after.wasm - before.wasm) / 1_000.0,
    })
}

/// Makes `events` events with details, and waits until they are delivered.
async fn deliver(page: &Tracked<'_>, subject: &str, events: usize) -> Result<()> {
    if events > 0 {
        let total = page.sink.events() + events;
        page.burst(Call::Details.script(), events).await?;
        if subject == OURS {
            let came = page.sink.until_events(total).await;
            ensure!(came >= total, "only {came} of {total} events came");
        }
    }
    page.until_quiet().await
}

/// Memory in KB that is in use after 10,000 calls by name, and was not after 1,000.
async fn growth_over_10_000(stage: &Stage<'_>, subject: &str) -> Result<f64> {
    let page = stage.open(subject).await?;
    let mut alive = Vec::new();
    for events in (PORTION..=10_000).step_by(PORTION) {
        page.burst(Call::Name.script(), PORTION).await?;
        if subject == OURS {
            page.sink.until_events(events).await;
        }
        if [1_000, 10_000].contains(&events) {
            page.until_quiet().await?;
            alive.push(page.alive().await?.total() / 1_000.0);
        }
    }
    Ok(alive[1] - alive[0])
}
