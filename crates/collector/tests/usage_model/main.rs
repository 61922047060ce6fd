//! Usage compared with a recomputation that is too simple to be wrong: it keeps every event
//! in a list, and every query walks the list and the tree.
#![allow(missing_docs)]

mod large_trees;
mod model;
mod said;
mod steps;
#[path = "../support/mod.rs"]
mod support;
mod zones;

use natero_collector::model::usage::{Dimension, Span};
use proptest::prelude::*;

use model::Model;
use said::{ALL, said};
use steps::{run, step};
use support::*;
use zones::ZONES;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(place::cases(24)))]

    #[test]
    fn usage_is_what_a_naive_recomputation_says(
        steps in proptest::collection::vec(step(), 1..25),
        from in prop_oneof![0..3 * HOUR, Just(HOUR), Just(2 * HOUR - 1)],
        length in prop_oneof![0..2 * HOUR, 0..4 * DAY, Just(1), Just(HOUR)],
        zone in proptest::sample::select(&ZONES[..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let collector = Collector::new();
        let mut model = Model::default();
        runtime.block_on(async {
            for step in &steps {
                run(&collector, &mut model, step).await;
            }
        });
        let midnight = NOW - NOW % DAY;
        let cut = Span { from: midnight + from, to: midnight + from + length };
        for account in model.parents.keys() {
            for rollup in [true, false] {
                for (by, span) in [
                    (None, ALL), (Some(Dimension::Product), ALL), (Some(Dimension::Module), cut),
                    (Some(Dimension::Feature), cut), (Some(Dimension::User), ALL), (Some(Dimension::Day), cut),
                    (Some(Dimension::Day), ALL), (Some(Dimension::Week), ALL), (Some(Dimension::Month), cut),
                    (Some(Dimension::Account), ALL), (Some(Dimension::Account), cut), (Some(Dimension::User), cut),
                ] {
                    let said = runtime.block_on(said(&collector, account, rollup, by, span, zone));
                    prop_assert_eq!(
                        said,
                        model.answer(account, rollup, by, span, zone),
                        "{} rollup {} by {:?} in {:?} of {}", account, rollup, by, span, zone.0
                    );
                }
            }
        }
        runtime.block_on(collector.check_figures());
        let stored = collector.count("SELECT COUNT(*) FROM events");
        prop_assert_eq!(stored as usize, model.events.len());
    }
}
