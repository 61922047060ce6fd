//! Simulates several tabs, storage, locks, a network and a collector under one seeded
//! virtual clock, with faults at every boundary. Whatever happens, every accepted event
//! arrives once the network heals, and is counted once.
//!
//! `NATERO_SEEDS` sets how many seeds to run, `NATERO_SEED` runs a single one.

mod collector;
#[allow(dead_code, reason = "pages here do not call all there is")]
#[path = "../common/input.rs"]
mod input;
mod world;

use world::World;

/// Number of seeds in an ordinary test run.
const SEEDS: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} has to be a number, not {text}")),
    )
}

#[test]
fn what_was_accepted_arrives_once_whatever_fails() {
    if let Some(seed) = number("NATERO_SEED") {
        let summary = World::new(seed, true).run();
        println!("seed {seed}: {summary}");
        return;
    }
    let seeds = number("NATERO_SEEDS").unwrap_or(SEEDS);
    let mut events = 0;
    let mut crashes = 0;
    for seed in 0..seeds {
        let run = std::panic::catch_unwind(|| World::new(seed, false).run());
        match run {
            Ok(summary) => {
                events += summary.events;
                crashes += summary.crashes;
            }
            Err(_) => {
                panic!("seed {seed} failed: replay it with `cargo xtask simulate --seed {seed}`")
            }
        }
    }
    println!("{seeds} seeds: {events} events accepted and received, {crashes} crashes");
    assert!(
        events > seeds && crashes > seeds / 10,
        "the simulation did next to nothing"
    );
}
