//! Measures what an event and a query cost two collectors on PostgreSQL and ClickHouse, as
//! inputs for capacity planning.
//!
//! `cargo run --release -p natero-collector --features scaled --example scale_load --
//! [SECONDS]`
//!
//! Two collectors take batches of 50 events as fast as they answer. During one half of the
//! time the events of a batch are from one page, during the other from 50 accounts. Loader,
//! collectors, PostgreSQL and ClickHouse share the machine, so the cost of an event is the
//! sum over all of them. `cargo xtask bench scale` runs it.

#[path = "../ingest_load/client.rs"]
mod client;
mod http;
mod machine;
mod parts;
#[allow(dead_code, reason = "what measures one collector needs more of it")]
#[path = "../ingest_load/process.rs"]
mod process;
mod questions;
mod watch;

use std::{sync::Arc, time::Duration};

use client::{Batch, Load, Outcome, run};
use machine::Machine;
use parts::Cpu;
use tokio::runtime::Runtime;
use watch::Watch;

/// Connections to each collector.
const CONNECTIONS: usize = 16;

/// The difference in age between the events of two rounds, in ms: queries are meant to cover
/// months.
const ROUND_AGE: i64 = 5 * 24 * 60 * 60 * 1000;

fn main() {
    let seconds = std::env::args()
        .nth(1)
        .map_or(20.0, |n| n.parse().expect("a number of seconds"));
    let runtime = Runtime::new().expect("a runtime");
    let machine = Machine::start();
    println!(
        "{} processors; two collectors, PostgreSQL and a node of ClickHouse, {CONNECTIONS} connections to each collector, 50 events a batch",
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    let mut events = 0;
    for (at, (name, batch)) in [
        ("of one page", Batch::OnePage(50)),
        ("of 50 accounts", Batch::ManyAccounts(50)),
    ]
    .into_iter()
    .enumerate()
    {
        let loaded = load(&runtime, &machine, batch, at as u64 + 1, seconds);
        loaded.print(name);
        events += loaded.events;
    }
    machine.print_sizes(events as f64);
    runtime.block_on(questions::print(&machine));
}

/// The cost of a load.
struct Loaded {
    events: u64,
    outcomes: Vec<Outcome>,
    cpu: Cpu,
    watch: Watch,
}

/// Sends batches to both collectors.
fn load(runtime: &Runtime, machine: &Machine, batch: Batch, phase: u64, seconds: f64) -> Loaded {
    let before = machine.cpu();
    let (outcomes, watch) = runtime.block_on(async {
        let watching = tokio::spawn(Watch::until_shipped(
            machine.addresses(),
            Duration::from_secs_f64(seconds),
        ));
        let loads: Vec<_> = machine
            .addresses()
            .iter()
            .zip(0u64..)
            .map(|(address, at)| {
                let age = phase as i64 * ROUND_AGE;
                let number = phase * 10 + at;
                let load = Load::new(address, machine.path(), batch, number, age, seconds);
                tokio::spawn(run(Arc::new(load), CONNECTIONS, seconds))
            })
            .collect();
        let mut outcomes = Vec::new();
        for load in loads {
            outcomes.push(load.await.expect("a load ends"));
        }
        (outcomes, watching.await.expect("it is shipped"))
    });
    Loaded {
        events: outcomes
            .iter()
            .map(|one| one.batches * batch.events())
            .sum(),
        outcomes,
        cpu: machine.cpu().less(&before),
        watch,
    }
}

impl Loaded {
    fn print(&self, name: &str) {
        let events = self.events as f64;
        let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1000.0;
        let p50 = self.outcomes.iter().map(|one| one.p50).max();
        let p99 = self.outcomes.iter().map(|one| one.p99).max();
        let rate: f64 = self.outcomes.iter().map(|one| one.rate).sum();
        println!("\nbatches {name}");
        println!(
            "{rate:>12.0} events/s answered; half of the batches took {:.0} ms, the slowest hundredth {:.0} ms",
            ms(p50),
            ms(p99)
        );
        println!(
            "{:>12.1} s was ClickHouse behind at most, {} events; {:.1} s after the last batch it had all",
            self.watch.most_age, self.watch.most_events, self.watch.caught_up
        );
        for (part, cpu) in self.cpu.parts() {
            println!(
                "{:>12.1} µs of processor time an event: {part}",
                cpu / events
            );
        }
    }
}
