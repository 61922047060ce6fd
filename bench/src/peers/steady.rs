//! A call every 10 ms, and what 500 events are on the wire.

use std::collections::BTreeMap;

use anyhow::Result;

use super::table::{Row, Table};
use super::{SUBJECTS, median};
use crate::stage::{Stage, Tracked};

const ROUNDS: usize = 3;
const CALLS: usize = 100;
const EVENTS: usize = 500;

/// Adds the rows.
///
/// # Errors
/// When a tracker does not run.
pub async fn measure(stage: &Stage<'_>, table: &mut Table) -> Result<()> {
    let mut times = BTreeMap::<&str, Vec<f64>>::new();
    let mut wire = Row::new("sent per event, headers included, 500 events", "B");
    for round in 0..ROUNDS {
        for subject in SUBJECTS.into_iter().chain(["empty"]) {
            eprintln!("steady, round {} of {ROUNDS}: {subject}", round + 1);
            let page = stage.open(subject).await?;
            let calls: Vec<f64> = page
                .run(&format!(
                    "return bench.steadily(bench.tracker.feature, {CALLS}, 10);"
                ))
                .await?;
            times.entry(subject).or_default().push(median(&calls));
            // Bytes have no noise.
            if round == 0 && subject != "empty" {
                wire = wire.figure(subject, bytes_per_event(&page).await?);
            }
        }
    }
    let mut row = Row::new("call every 10 ms, p50", "µs");
    for (subject, times) in &times {
        row = row.figure(
            if *subject == "empty" { "base" } else { subject },
            median(times),
        );
    }
    table.add(row.share_of_best(1.0 / 4.0));
    table.add(wire.share_of_best(1.0));
    Ok(())
}

/// What 500 events of one task make the browser send.
async fn bytes_per_event(page: &Tracked<'_>) -> Result<f64> {
    page.sink.until_events(CALLS).await;
    page.until_quiet().await?;
    let (events, bytes) = (page.sink.events(), page.sink.bytes());
    let _: Vec<f64> = page
        .run(&format!(
            "return bench.burst(bench.tracker.feature, {EVENTS}, 50);"
        ))
        .await?;
    page.until_quiet().await?;
    let came = page.sink.until_events(events + EVENTS).await - events;
    Ok((page.sink.bytes() - bytes) as f64 / came as f64)
}
