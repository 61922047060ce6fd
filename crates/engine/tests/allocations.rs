//! Counts what an event costs, so that a regression in speed shows whatever the load of
//! the machine.

mod common;

use common::{Tab, config, feature};
use natero_engine::{Call, Config};
use natero_event::Id;

const EVENTS: u64 = 1_000;

/// Allocations per call in a burst, in hundredths.
fn of_each(call: Call<'_>) -> u64 {
    let mut tab = Tab::open(Config {
        max_queue_bytes: usize::MAX,
        ..config()
    });
    tab.call(Call::SetModule(Id::new("reports")));
    tab.call(Call::SetProduct(Id::new("studio")));
    tab.within(call);
    let counted = allocation_counter::measure(|| {
        for _ in 0..EVENTS {
            tab.within(call);
        }
    });
    counted.count_total * 100 / EVENTS
}

#[test]
fn a_feature_of_a_burst_allocates_its_line_and_next_to_nothing_more() {
    let hundredths = of_each(feature("export report"));
    assert!((100..=105).contains(&hundredths), "{hundredths}");
}
