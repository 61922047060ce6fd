//! Two thousand events in one task: the time of a call, and the CPU time that the page spends
//! until it is idle.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::table::{Row, Table};
use super::{Call, EMPTY, OURS, SUBJECTS, median, percentile};
use crate::stage::Stage;

const ROUNDS: usize = 5;
const EVENTS: usize = 2_000;

/// The figures of one tracker and one way to call, one for each round.
#[derive(Default)]
struct Figures {
    p50: Vec<f64>,
    p99: Vec<f64>,
    main: Vec<f64>,
    process: Vec<f64>,
    longest: Vec<f64>,
    kept: Vec<f64>,
    lost: Vec<f64>,
}

/// These trackers rewrite the whole queue for each event, which takes most of a minute. One
/// round is enough: noise does not matter for the slowest.
const SLOW: [&str; 2] = ["snowplow", "mixpanel"];

/// The figures by the way to call and the name of the tracker.
#[derive(Default)]
pub struct Measured(BTreeMap<(Call, &'static str), Figures>);

/// Measures the slow trackers. Other measurements may run at the same time.
///
/// # Errors
/// When a tracker does not run.
pub async fn slow(stage: &Stage<'_>, calls: &[Call]) -> Result<Measured> {
    let mut all = Measured::default();
    for call in calls {
        for subject in SLOW {
            eprintln!("burst {}: {subject}", call.label());
            all.round(stage, *call, subject).await?;
        }
    }
    Ok(all)
}

/// Measures the other trackers, and adds the rows.
///
/// # Errors
/// When a tracker does not run.
pub async fn measure(
    stage: &Stage<'_>,
    calls: &[Call],
    mut all: Measured,
    table: &mut Table,
) -> Result<()> {
    for round in 0..ROUNDS {
        for index in 0..SUBJECTS.len() {
            // Each round uses another order.
            let subject = SUBJECTS[(index + round) % SUBJECTS.len()];
            if SLOW.contains(&subject) {
                continue;
            }
            eprintln!("burst, round {} of {ROUNDS}: {subject}", round + 1);
            for call in calls {
                all.round(stage, *call, subject).await?;
            }
        }
        for call in calls {
            let page = stage.open(EMPTY).await?;
            let times = page.burst(call.stringify_script(), EVENTS).await?;
            all.of(*call, EMPTY).add_times(&times);
        }
    }
    for call in calls {
        all.add_rows(*call, table);
    }
    Ok(())
}

impl Measured {
    fn of(&mut self, call: Call, subject: &'static str) -> &mut Figures {
        self.0.entry((call, subject)).or_default()
    }

    /// One burst on a fresh page, until everything is delivered.
    async fn round(&mut self, stage: &Stage<'_>, call: Call, subject: &'static str) -> Result<()> {
        let figures = self.of(call, subject);
        let page = stage.open(subject).await?;
        page.page
            .act("bench.longTasks.length = 0;", Value::Null)
            .await?;
        let alive = page.alive().await?.total();
        let before = page.spent().await?;
        let times = page.burst(call.script(), EVENTS).await?;
        // The tasks that follow a burst may keep the page busy for most of a minute, during
        // which it sends nothing.
        page.page
            .act("await new Promise((go) => setTimeout(go));", Value::Null)
            .await?;
        page.until_quiet().await?;
        let came = page.sink.until_events(EVENTS).await;
        page.until_quiet().await?;
        let after = page.spent().await?;
        let longest: f64 = page.run("return Math.max(0, ...bench.longTasks);").await?;
        let per_event = |before: f64, after: f64| (after - before) / EVENTS as f64;
        figures.add_times(&times);
        figures.main.push(per_event(before.main, after.main));
        figures
            .process
            .push(per_event(before.process, after.process));
        figures.longest.push(longest);
        let kept = page.alive().await?.total() - alive;
        figures.kept.push(kept / 1_000.0);
        figures.lost.push(EVENTS as f64 - came as f64);
        Ok(())
    }

    fn add_rows(&self, call: Call, table: &mut Table) {
        let row = |name: &str, unit, value: &dyn Fn(&Figures) -> f64| {
            let name = format!("burst {}: {name}", call.label());
            SUBJECTS.iter().fold(Row::new(&name, unit), |row, subject| {
                match self.0.get(&(call, *subject)) {
                    Some(figures) => row.figure(subject, value(figures)),
                    None => row,
                }
            })
        };
        let best = call.share_of_best();
        let base = "a bare JSON.stringify";
        let (bare, ours) = (&self.0[&(call, EMPTY)], &self.0[&(call, OURS)]);
        let (bare50, bare99) = (median(&bare.p50), median(&bare.p99));
        table.add(
            row("one call, p50", "µs", &|figures| median(&figures.p50))
                .base(base, bare50)
                .share_of_best(best),
        );
        table.add(
            row("one call, p99", "µs", &|figures| median(&figures.p99))
                .base(base, bare99)
                .share_of_best(best),
        );
        let name = format!("burst {}: one call, p50, by {base}", call.label());
        table.add(
            Row::new(&name, "×")
                .figure(OURS, median(&ours.p50) / bare50)
                .at_most(2.0),
        );
        table.add(
            row("main-thread CPU per event", "µs", &|figures| {
                median(&figures.main)
            })
            .share_of_best(1.0 / 5.0),
        );
        table.add(row("CPU of all threads per event", "µs", &|figures| {
            median(&figures.process)
        }));
        // All rounds count, because a user notices every long task.
        table.add(
            row("longest task (0: none over 50 ms)", "ms", &|figures| {
                percentile(&figures.longest, 1.0)
            })
            .at_most(0.0),
        );
        table.add(row(
            "heap + wasm above before, compiled code included",
            "KB",
            &|figures| median(&figures.kept),
        ));
        table.add(row("events that never came", "", &|figures| {
            median(&figures.lost)
        }));
    }
}

impl Figures {
    fn add_times(&mut self, times: &[f64]) {
        self.p50.push(percentile(times, 0.5));
        self.p99.push(percentile(times, 0.99));
    }
}
