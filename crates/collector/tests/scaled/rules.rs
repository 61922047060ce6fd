//! Alert rules, which both stores check.

use natero_collector::model::{
    alert_rule::AlertRule,
    calendar::TimeZone,
    webhook::{WebhookSecret, WebhookUrl},
};
use serde_json::json;

use crate::{
    pages::{assert_same, same_page},
    pair::{NOW, Pair, same},
    steps::DAY,
};

/// Adds rules of every kind, some of which will match.
pub async fn add(pair: &Pair) {
    for rule in [
        json!({"name": "fewer uses", "when": "uses_down", "percent": 10, "days": 2}),
        json!({"name": "fewer users", "when": "users_down", "percent": 1, "days": 1,
            "level": "all", "account_id": "b"}),
        json!({"name": "silent", "when": "silent", "days": 1, "level": "leaves", "feature": "f"}),
        json!({"name": "new", "when": "new_user"}),
        json!({"name": "new gold", "when": "new_user", "product": "x",
            "dimensions": {"tier": "gold"}}),
    ] {
        let rule = || AlertRule::from_record(rule.clone()).unwrap();
        let _ = same!(pair, store => store.add_alert_rule(rule(), NOW - 2 * DAY));
    }
    let url = WebhookUrl::parse("https://example.com/hook").unwrap();
    let secret = WebhookSecret::from_bytes(vec![7; 24]);
    same!(pair, store => store.set_webhook(url.clone(), secret.clone(), NOW));
}

/// Checks the alert rules in both stores.
pub async fn check(pair: &Pair, now: i64) {
    for rule in pair.sqlite.alert_rules().await.unwrap() {
        let zone: TimeZone = "Asia/Kathmandu".parse().unwrap();
        same_page!(pair, store => store.check_alert_rule(rule.id, zone.clone(), now), checked => {
            checked
        });
    }
}
