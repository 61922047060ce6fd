//! What an event costs, counted: a regression in speed shows here whatever the
//! machine is doing.

mod common;

use common::{Call, Tab, config};
use natero_engine::Config;

const EVENTS: u64 = 1_000;

/// Allocations of one call of a burst, in hundredths.
fn of_each(call: Call<'_>) -> u64 {
    let mut tab = Tab::open(Config {
        max_queue_bytes: 1e9,
        ..config()
    });
    tab.call(Call::SetModule(Some("reports")));
    tab.call(Call::SetProduct(Some("studio")));
    tab.within(call);
    let counted = allocation_counter::measure(|| {
        for _ in 0..EVENTS {
            tab.within(call);
        }
    });
    // Of these, the test's own text is one.
    counted.count_total * 100 / EVENTS - 100
}

#[test]
fn a_feature_of_a_burst_allocates_its_line_and_next_to_nothing_more() {
    let hundredths = of_each(Call::feature("export report"));
    assert!((100..=105).contains(&hundredths), "{hundredths}");
}
