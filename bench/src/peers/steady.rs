//! A call every 10 ms, and the bytes that 500 events take on the wire.

use std::collections::BTreeMap;

use anyhow::Result;

use super::table::{Row, Table};
use super::{Call, EMPTY, SUBJECTS, median};
use crate::stage::{Stage, Tracked};

const ROUNDS: usize = 3;
const CALLS: usize = 100;
const EVENTS: usize = 500;

/// Adds the rows.
///
/// # Errors
/// When a tracker does not run.
pub async fn measure(stage: &Stage<'_>, calls: &[Call], table: &mut Table) -> Result<()> {
    for call in calls {
        paced(stage, *call, table).await?;
    }
    Ok(())
}

async fn paced(stage: &Stage<'_>, call: Call, table: &mut Table) -> Result<()> {
    let (label, script) = (call.label(), call.script());
    let mut times = BTreeMap::<&str, Vec<f64>>::new();
    let name = format!("sent per event of 500 {label}, headers included");
    let mut wire = Row::new(&name, "B");
    for round in 0..ROUNDS {
        for subject in SUBJECTS.into_iter().chain([EMPTY]) {
            eprintln!("steady {label}, round {} of {ROUNDS}: {subject}", round + 1);
            let page = stage.open(subject).await?;
            let calls: Vec<f64> = page
                .run(&format!("return bench.steadily({script}, {CALLS}, 10);"))
                .await?;
            times.entry(subject).or_default().push(median(&calls));
            // The byte count has no noise, so one round is enough.
            if round == 0 && subject != EMPTY {
                wire = wire.figure(subject, bytes_per_event(&page, call).await?);
            }
        }
    }
    let name = format!("one call every 10 ms {label}, p50");
    let row = times
        .iter()
        .fold(Row::new(&name, "µs"), |row, (subject, times)| {
            row.figure(subject, median(times))
        });
    table.add(row.share_of_best(1.0 / 2.0));
    table.add(wire.share_of_best(1.0));
    Ok(())
}

/// The bytes that the browser sends for 500 events of one task.
async fn bytes_per_event(page: &Tracked<'_>, call: Call) -> Result<f64> {
    page.sink.until_events(CALLS).await;
    page.until_quiet().await?;
    let (events, bytes) = (page.sink.events(), page.sink.bytes());
    page.burst(call.script(), EVENTS).await?;
    page.until_quiet().await?;
    let came = page.sink.until_events(events + EVENTS).await - events;
    Ok((page.sink.bytes() - bytes) as f64 / came as f64)
}
