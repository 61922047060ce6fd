//! Rules that were checked while the clock of the machine was ahead.

use natero_collector::{clock::now_ms, http::alerting};
use serde_json::json;

use crate::{rules::add, support::*};

#[tokio::test]
async fn a_rule_that_was_checked_while_the_clock_was_ahead_is_checked_again_once_it_is_right() {
    let collector = Collector::new();
    add(&collector, json!({"name": "New", "when": "new_user"})).await;
    let now = now_ms();
    let rules = async |now| {
        let app = collector.app.clone();
        let checked = async move { alerting::check_due(&app, now).await.unwrap().rules };
        collector.place.run(checked).await
    };
    assert_eq!(rules(now + 400 * DAY).await, 1);
    assert_eq!(rules(now).await, 1);
    assert_eq!(rules(now + 1).await, 0);
    // Collectors that share a store do not repeat the checks of one whose clock is a little ahead.
    assert_eq!(rules(now + HOUR + 60_000).await, 1);
    assert_eq!(rules(now + HOUR).await, 0);
}
