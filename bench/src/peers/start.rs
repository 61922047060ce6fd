//! From the start of the page's script to a running tracker.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::table::{Row, Table};
use super::{EMPTY, OURS, SUBJECTS, median};
use crate::stage::Stage;

const ROUNDS: usize = 15;

/// Adds the rows.
///
/// # Errors
/// When a tracker does not run.
pub async fn measure(stage: &Stage<'_>, table: &mut Table) -> Result<()> {
    let mut accepted = BTreeMap::<&str, Vec<f64>>::new();
    let mut ready = Vec::new();
    for round in 0..ROUNDS {
        eprintln!("start, round {} of {ROUNDS}", round + 1);
        let subjects: Vec<_> = SUBJECTS.into_iter().chain([EMPTY]).collect();
        for index in 0..subjects.len() {
            // Each round uses another order.
            let subject = subjects[(index + round) % subjects.len()];
            let page = stage.load(subject).await?;
            let times: [f64; 2] = page
                .run("return [bench.accepted, bench.wasmReady];")
                .await?;
            accepted.entry(subject).or_default().push(times[0]);
            if subject == OURS {
                ready.push(times[1]);
            }
        }
    }
    let mut row = Row::new("script start to first event accepted", "ms");
    for (subject, times) in &accepted {
        row = row.figure(subject, median(times));
    }
    let best = row.best().context("no peer was measured")?;
    table.add(row.share_of_best(1.0 / 3.0));
    table.add(
        Row::new("script start to wasm ready", "ms")
            .figure(OURS, median(&ready))
            .at_most_by_rule("the best peer's first event", best),
    );
    Ok(())
}
