//! Two thousand events in one task: the time of a call, and what the page
//! spends until it is quiet.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::table::{Row, Table};
use super::{OURS, SUBJECTS, median, percentile};
use crate::stage::Stage;

const ROUNDS: usize = 5;
const EVENTS: usize = 2_000;

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

/// These rewrite all that waits for each event, which takes them the most of a
/// minute: once is enough, for the noise of those that come last does not count.
const SLOW: [&str; 2] = ["snowplow", "mixpanel"];

/// Figures by name.
#[derive(Default)]
pub struct Measured(BTreeMap<&'static str, Figures>);

/// Measures the slow ones. Others may work meanwhile.
///
/// # Errors
/// When a tracker does not run.
pub async fn slow(stage: &Stage<'_>) -> Result<Measured> {
    let mut all = Measured::default();
    for subject in SLOW {
        eprintln!("burst: {subject}");
        let figures = all.0.entry(subject).or_default();
        one(stage, subject, "bench.tracker.feature", figures).await?;
    }
    Ok(all)
}

/// Measures the others, and adds the rows.
///
/// # Errors
/// When a tracker does not run.
pub async fn measure(
    stage: &Stage<'_>,
    Measured(mut all): Measured,
    table: &mut Table,
) -> Result<()> {
    let (mut bare, mut with_options) = (Figures::default(), Figures::default());
    for round in 0..ROUNDS {
        for index in 0..SUBJECTS.len() {
            // In another order each time.
            let subject = SUBJECTS[(index + round) % SUBJECTS.len()];
            if SLOW.contains(&subject) {
                continue;
            }
            eprintln!("burst, round {} of {ROUNDS}: {subject}", round + 1);
            one(
                stage,
                subject,
                "bench.tracker.feature",
                all.entry(subject).or_default(),
            )
            .await?;
        }
        one(
            stage,
            OURS,
            "bench.tracker.featureWithOptions",
            &mut with_options,
        )
        .await?;
        let page = stage.open("empty").await?;
        let times: Vec<f64> = page
            .run(&format!(
                "return bench.burst(bench.stringify, {EVENTS}, 50);"
            ))
            .await?;
        bare.add_times(&times);
    }
    let of = |name: &str, unit, pick: fn(&Figures) -> &Vec<f64>| {
        all.iter()
            .fold(Row::new(name, unit), |row, (subject, figures)| {
                row.figure(subject, median(pick(figures)))
            })
    };
    let stringify = (median(&bare.p50), median(&bare.p99));
    let p50 = of("call in a burst, p50", "µs", |figures| &figures.p50)
        .figure("base", stringify.0)
        .share_of_best(1.0 / 5.0);
    let ours = median(&all[OURS].p50);
    table.add(p50);
    table.add(
        of("call in a burst, p99", "µs", |figures| &figures.p99)
            .figure("base", stringify.1)
            .share_of_best(1.0 / 5.0),
    );
    table.add(
        Row::new("call in a burst, p50, by JSON.stringify", "×")
            .figure(OURS, ours / stringify.0)
            .at_most("≤ 2 × JSON.stringify", 2.0),
    );
    table.add(
        Row::new("same, module and product given, p50", "µs")
            .figure(OURS, median(&with_options.p50)),
    );
    table.add(
        of("main-thread CPU per event of a burst", "µs", |figures| {
            &figures.main
        })
        .share_of_best(1.0 / 5.0),
    );
    table.add(of(
        "CPU of all threads per event of a burst",
        "µs",
        |figures| &figures.process,
    ));
    table.add(
        of("longest task (0: none over 50 ms)", "ms", |figures| {
            &figures.longest
        })
        .at_most("no long task", 0.0),
    );
    table.add(of(
        "heap + wasm more after a burst than before",
        "KB",
        |figures| &figures.kept,
    ));
    table.add(of("events of a burst that never came", "", |figures| {
        &figures.lost
    }));
    Ok(())
}

async fn one(stage: &Stage<'_>, subject: &str, call: &str, figures: &mut Figures) -> Result<()> {
    let page = stage.open(subject).await?;
    let alive = page.alive().await?;
    let before = page.spent().await?;
    let times: Vec<f64> = page
        .run(&format!(
            "bench.longTasks.length = 0; return bench.burst({call}, {EVENTS}, 50);"
        ))
        .await?;
    // What a task leaves to be done at once may keep the page busy for most of
    // a minute, in which it sends nothing.
    page.page
        .act("await new Promise((go) => setTimeout(go));", Value::Null)
        .await?;
    page.until_quiet().await?;
    let came = page.sink.until_events(EVENTS).await;
    page.until_quiet().await?;
    let after = page.spent().await?;
    let longest: f64 = page.run("return Math.max(0, ...bench.longTasks);").await?;
    figures.add_times(&times);
    figures
        .main
        .push((after.main - before.main) / EVENTS as f64);
    figures
        .process
        .push((after.process - before.process) / EVENTS as f64);
    figures.longest.push(longest);
    figures.kept.push((page.alive().await? - alive) / 1_000.0);
    figures.lost.push(EVENTS as f64 - came as f64);
    Ok(())
}

impl Figures {
    fn add_times(&mut self, times: &[f64]) {
        self.p50.push(percentile(times, 0.5));
        self.p99.push(percentile(times, 0.99));
    }
}
