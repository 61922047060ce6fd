//! What rules match.

use natero_collector::{clock::now_ms, http::alerting};
use serde_json::{Value, json};

use crate::support::*;

/// Noon in UTC, this many days ago.
fn noon(days_ago: i64) -> i64 {
    let today = now_ms() / DAY * DAY;
    today - days_ago * DAY + 12 * HOUR
}

/// Uses of a feature by a user of an account on one day.
pub fn uses(account: &str, user: &str, days_ago: i64, total: u32) -> Value {
    with(
        feature(
            account,
            user,
            "f",
            format!("{account} {user} {days_ago} {total}"),
        ),
        json!({"created_at": noon(days_ago), "total": total, "product": "p"}),
    )
}

/// Adds a rule and returns its number.
pub async fn add(collector: &Collector, rule: Value) -> i64 {
    let added = collector
        .change("POST", "/api/v2/alert_rules", Some(rule))
        .await;
    added["id"].as_i64().unwrap()
}

/// Account, user and figures of the active alerts.
async fn holding(collector: &Collector) -> Vec<Value> {
    let alerts = collector.get("/api/v2/alerts?holding=true").await;
    let mut alerts: Vec<_> = alerts["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| json!([of["account_id"], of["user_id"], of["now"], of["before"]]))
        .collect();
    alerts.sort_by_key(Value::to_string);
    alerts
}

async fn check(collector: &Collector) -> Value {
    collector.change("POST", "/api/v2/alerts/check", None).await
}

#[tokio::test]
async fn an_account_is_hit_that_uses_less_than_in_as_many_days_before() {
    let collector = Collector::new();
    collector
        .send(vec![
            // From 100 to 70 uses, and from 100 to 71.
            uses("down", "u1", 10, 100),
            uses("down", "u1", 3, 70),
            uses("less", "u2", 10, 100),
            uses("less", "u2", 3, 71),
            // There is no comparison with a time before the first use.
            uses("new", "u3", 9, 100),
            uses("new", "u3", 2, 1),
            uses("gone", "u4", 14, 5),
            // Today does not count, because it is not over.
            uses("today", "u5", 14, 5),
            uses("today", "u5", 0, 5),
        ])
        .await;
    // The day 14 days ago is the first of the previous period.
    collector
        .send(vec![uses("down", "u1", 14, 0), uses("less", "u2", 14, 0)])
        .await;
    add(
        &collector,
        json!({"name": "Down", "when": "uses_down", "percent": 30, "days": 7}),
    )
    .await;
    assert_eq!(
        holding(&collector).await,
        [
            json!(["down", null, 70.0, 100.0]),
            json!(["gone", null, 0.0, 5.0]),
            json!(["today", null, 0.0, 5.0]),
        ]
    );
}

#[tokio::test]
async fn uses_that_are_down_by_exactly_the_percent_of_a_rule_are_told() {
    let collector = Collector::new();
    let of = |account: &str, days_ago: i64, total: f64| {
        let event = uses(account, &format!("of {account}"), days_ago, 0);
        let tag = format!("{account} {days_ago} {total}");
        with(event, json!({"total": total, "event_id": tag}))
    };
    let mut events = Vec::new();
    for (account, before, now) in [
        ("of 43", vec![100.0], vec![57.0]),
        ("of 42", vec![100.0], vec![58.0]),
        ("fractions", vec![0.6], vec![0.1, 0.2]),
    ] {
        events.push(of(account, 14, 0.0));
        events.extend(before.into_iter().map(|total| of(account, 10, total)));
        events.extend(now.into_iter().map(|total| of(account, 3, total)));
    }
    collector.send(events).await;
    let of_42 = json!(["of 42", null, 58.0, 100.0]);
    let of_43 = json!(["of 43", null, 57.0, 100.0]);
    let fractions = json!(["fractions", null, 0.3, 0.6]);
    for (percent, hit) in [
        (42, vec![&fractions, &of_42, &of_43]),
        (43, vec![&fractions, &of_43]),
        (50, vec![&fractions]),
        (51, vec![]),
    ] {
        let rule = json!({"name": "Down", "when": "uses_down", "percent": percent, "days": 7});
        let id = add(&collector, rule).await;
        let found = holding(&collector).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), hit, "{percent} %");
        let path = format!("/api/v2/alert_rules/{id}");
        collector.change("DELETE", &path, None).await;
    }
}

#[tokio::test]
async fn a_rule_below_an_account_does_not_hit_the_account_itself() {
    let collector = Collector::new();
    collector.send(vec![uses("alone", "u", 90, 1)]).await;
    let quiet = json!({"name": "Quiet", "when": "silent", "days": 7, "level": "all"});
    let below = with(
        quiet.clone(),
        json!({"name": "Below", "account_id": "alone"}),
    );
    add(&collector, below).await;
    assert!(holding(&collector).await.is_empty());
    add(&collector, quiet).await;
    assert_eq!(
        holding(&collector).await,
        [json!(["alone", null, null, null])]
    );
}

#[tokio::test]
async fn users_of_a_subtree_are_compared_at_the_level_of_the_rule() {
    let collector = Collector::new();
    let child = |id: &str, tier: &str| json!({"account_id": id, "parent_account_id": "top", "details": {"tier": tier}});
    let records = json!({"records": [child("a", "gold"), child("b", "tin")]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
        .send(vec![
            uses("a", "u1", 2, 1),
            uses("a", "u2", 2, 1),
            uses("a", "u1", 1, 1),
            uses("b", "u3", 2, 1),
            uses("b", "u3", 1, 1),
        ])
        .await;
    let rule = |name: &str, percent: u32, more: Value| {
        with(
            json!({"name": name, "when": "users_down", "percent": percent, "days": 1}),
            more,
        )
    };
    let id = add(&collector, rule("top", 33, json!({}))).await;
    assert_eq!(holding(&collector).await, [json!(["top", null, 2.0, 3.0])]);
    collector
        .change("DELETE", &format!("/api/v2/alert_rules/{id}"), None)
        .await;
    assert!(holding(&collector).await.is_empty());
    let id = add(&collector, rule("leaves", 34, json!({"level": "leaves"}))).await;
    assert_eq!(holding(&collector).await, [json!(["a", null, 1.0, 2.0])]);
    // A rule that was changed is checked again.
    let changed = rule(
        "leaves",
        34,
        json!({"level": "leaves", "dimensions": {"tier": "tin"}}),
    );
    let path = format!("/api/v2/alert_rules/{id}");
    let answer = collector.call("PUT", &path, Some(changed)).await;
    assert_eq!(answer.json()["holding"], 0, "{}", answer.text);
    let below = rule("below", 34, json!({"level": "top", "account_id": "top"}));
    add(&collector, below).await;
    assert_eq!(holding(&collector).await, [json!(["a", null, 1.0, 2.0])]);
    let other = rule("other", 1, json!({"level": "all", "product": "other"}));
    add(&collector, other).await;
    assert_eq!(holding(&collector).await.len(), 1);
}

#[tokio::test]
async fn an_account_is_silent_from_a_number_of_whole_days_on_until_it_is_back() {
    let collector = Collector::new();
    collector
        .send(vec![
            uses("silent", "u1", 8, 1),
            uses("there", "u2", 7, 1),
            uses("left", "u3", 90, 1),
        ])
        .await;
    for record in [
        json!({"account_id": "never"}),
        json!({"account_id": "left", "is_deleted": true}),
    ] {
        let id = record["account_id"].as_str().unwrap().to_owned();
        collector
            .change("PUT", &format!("/api/v2/accounts/{id}"), Some(record))
            .await;
    }
    add(
        &collector,
        json!({"name": "Quiet", "when": "silent", "days": 7}),
    )
    .await;
    assert_eq!(
        holding(&collector).await,
        [json!(["silent", null, null, null])]
    );
    assert_eq!(
        check(&collector).await,
        json!({"rules": 1, "began": 0, "ended": 0})
    );

    collector.send(vec![uses("silent", "u1", 0, 1)]).await;
    assert_eq!(
        check(&collector).await,
        json!({"rules": 1, "began": 0, "ended": 1})
    );
    assert!(holding(&collector).await.is_empty());
    let all = collector.get("/api/v2/alerts").await;
    assert_eq!(all["total"], 1);
    assert!(all["results"][0]["ended_at"].is_i64());
}

/// The same search for due rules as in the background, this many minutes from now.
async fn check_due(collector: &Collector, minutes: i64) -> alerting::Checked {
    let app = collector.app.clone();
    let due = async move { alerting::check_due(&app, now_ms() + minutes * 60_000).await };
    collector.place.run(due).await.unwrap()
}

#[tokio::test]
async fn an_account_that_is_in_use_again_loses_its_alert_long_before_the_next_hourly_check() {
    let collector = Collector::new();
    let now = |account: &str, product: &str| {
        let fields = json!({"created_at": now_ms(), "product": product});
        with(
            uses(account, &format!("{product} of {account}"), 0, 1),
            fields,
        )
    };
    collector
        .send(vec![
            uses("returning", "u1", 10, 1),
            uses("gone", "u2", 10, 1),
        ])
        .await;
    for (name, product) in [("All", Value::Null), ("P", json!("p")), ("Q", json!("q"))] {
        let rule = json!({"name": name, "when": "silent", "days": 3, "product": product});
        add(&collector, rule).await;
    }
    assert_eq!(holding(&collector).await.len(), 4);
    // Nobody has returned, so nothing is due.
    assert_eq!(check_due(&collector, 6).await, alerting::Checked::default());

    // The rule about p is checked, too, but its product was not used.
    collector.send(vec![now("returning", "x")]).await;
    assert_eq!(
        check_due(&collector, 4).await.rules,
        0,
        "it was checked just now"
    );
    let checked = check_due(&collector, 6).await;
    assert_eq!((checked.rules, checked.ended), (2, 1));
    let accounts = async |collector: &Collector| {
        let holding = holding(collector).await;
        let mut accounts: Vec<_> = holding.iter().map(|alert| alert[0].clone()).collect();
        accounts.sort_by_key(Value::to_string);
        accounts
    };
    assert_eq!(accounts(&collector).await, ["gone", "gone", "returning"]);
    collector.send(vec![now("returning", "p")]).await;
    assert_eq!(check_due(&collector, 12).await.ended, 1);
    assert_eq!(accounts(&collector).await, ["gone", "gone"]);
}

#[tokio::test]
async fn alerts_of_a_customer_end_once_the_customer_has_left() {
    let collector = Collector::new();
    let child = |id: &str, parent: &str| json!({"account_id": id, "parent_account_id": parent});
    let records = json!({"records": [
        child("churned site", "churned"), child("deleted site", "deleted"), child("site", "kept"),
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let customers = ["churned", "deleted", "kept"];
    let sites = ["churned site", "deleted site", "site"];
    let mut events = Vec::new();
    for site in sites {
        let now = json!({"created_at": now_ms(), "product": "q"});
        events.push(uses(site, &format!("old of {site}"), 9, 1));
        events.push(with(uses(site, &format!("new of {site}"), 0, 1), now));
    }
    let silent = json!({"when": "silent", "days": 7, "level": "all", "product": "p"});
    add(&collector, with(silent.clone(), json!({"name": "Quiet"}))).await;
    for customer in customers {
        let below = json!({"name": format!("Below {customer}"), "account_id": customer});
        add(&collector, with(silent.clone(), below)).await;
    }
    add(&collector, json!({"name": "New", "when": "new_user"})).await;
    collector.send(events).await;
    check(&collector).await;
    let of = async |collector: &Collector| {
        let holding = holding(collector).await;
        let mut accounts: Vec<_> = holding
            .iter()
            .map(|alert| alert[0].as_str().unwrap().to_owned())
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    };
    let mut all = [customers, sites].concat();
    all.sort_unstable();
    assert_eq!(of(&collector).await, all);

    for change in [
        json!({"account_id": "churned", "is_churned": "yes"}),
        json!({"account_id": "deleted", "is_deleted": true}),
    ] {
        let records = json!({"records": [change]});
        collector
            .change("POST", "/api/v2/accounts", Some(records))
            .await;
    }
    check(&collector).await;
    assert_eq!(of(&collector).await, ["kept", "site"]);
    // Who comes back is a customer again.
    let back = json!({"records": [{"account_id": "churned", "is_churned": false}]});
    collector
        .change("POST", "/api/v2/accounts", Some(back))
        .await;
    check(&collector).await;
    let back = ["churned", "churned site", "kept", "site"];
    assert_eq!(of(&collector).await, back);
}

#[tokio::test]
async fn a_deactivated_user_is_not_reported_as_new() {
    let collector = Collector::new();
    add(&collector, json!({"name": "New", "when": "new_user"})).await;
    let now = json!({"created_at": now_ms()});
    let by = |user: &str| with(uses("a", user, 0, 1), now.clone());
    collector.send(vec![by("ada"), by("test")]).await;
    check(&collector).await;
    assert_eq!(holding(&collector).await.len(), 2);
    let path = "/api/v2/account_users/test";
    let answer = collector.call("DELETE", path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    check(&collector).await;
    assert_eq!(holding(&collector).await, [json!(["a", "ada", null, null])]);
}

#[tokio::test]
async fn a_user_is_new_with_the_first_event_and_told_once() {
    let collector = Collector::new();
    let now = now_ms();
    let at = |account: &str, user: &str, product: &str, at: i64| {
        let event = feature(
            account,
            user,
            "f",
            format!("{account} {user} {product} {at}"),
        );
        with(event, json!({"created_at": at, "product": product}))
    };
    collector
        .send(vec![at("a", "old", "p", now - 2 * DAY)])
        .await;
    let records = json!({"records": [{"user_id": "imported", "account_id": "a"}]});
    collector
        .change("POST", "/api/v2/account_users", Some(records))
        .await;
    add(&collector, json!({"name": "New", "when": "new_user"})).await;
    add(
        &collector,
        json!({"name": "New of q", "when": "new_user", "product": "q"}),
    )
    .await;
    assert!(holding(&collector).await.is_empty());
    collector
        .send(vec![
            at("a", "old", "q", now),
            at("b", "ada", "p", now),
            // The page of this user was offline.
            at("b", "late", "p", now - 3 * DAY),
        ])
        .await;
    assert_eq!(check(&collector).await["began"], 2);
    assert_eq!(
        holding(&collector).await,
        [
            json!(["a", "old", null, null]),
            json!(["b", "ada", null, null])
        ]
    );
    assert_eq!(check(&collector).await["began"], 0);
    // After a week a user is no longer new, and does not become new again.
    let later = now + 8 * DAY;
    let app = collector.app.clone();
    let checked = async move { alerting::check_all(&app, later).await.unwrap() };
    let checked = collector.place.run(checked).await;
    assert_eq!((checked.began, checked.ended), (0, 2));
}

#[tokio::test]
async fn rules_are_checked_once_an_hour_also_after_a_restart() {
    let collector = Collector::new();
    add(&collector, json!({"name": "New", "when": "new_user"})).await;
    let now = now_ms();
    let rules = async |collector: &Collector, now| {
        let app = collector.app.clone();
        let checked = async move { alerting::check_due(&app, now).await.unwrap().rules };
        collector.place.run(checked).await
    };
    assert_eq!(rules(&collector, now).await, 0);
    let collector = collector.restarted();
    assert_eq!(rules(&collector, now + HOUR - 60_000).await, 0);
    assert_eq!(rules(&collector, now + HOUR + 60_000).await, 1);
    assert_eq!(rules(&collector, now + HOUR + 60_000).await, 0);
}

#[tokio::test]
async fn an_erased_account_or_user_has_no_alert() {
    let collector = Collector::new();
    collector
        .send(vec![
            uses("a", "u1", 9, 1),
            uses("b", "u2", 9, 1),
            uses("c", "u3", 0, 1),
        ])
        .await;
    add(
        &collector,
        json!({"name": "Quiet", "when": "silent", "days": 7}),
    )
    .await;
    add(&collector, json!({"name": "New", "when": "new_user"})).await;
    collector
        .send(vec![with(
            uses("c", "u4", 0, 1),
            json!({"created_at": now_ms()}),
        )])
        .await;
    check(&collector).await;
    let before = holding(&collector).await.len();
    for path in [
        "/api/v2/accounts/a?erase=true",
        "/api/v2/account_users/u4?erase=true",
    ] {
        let answer = collector.call("DELETE", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let left = holding(&collector).await;
    assert_eq!(left.len(), before - 2, "{left:?}");
    assert!(left.contains(&json!(["b", null, null, null])), "{left:?}");
}

#[tokio::test]
async fn a_rule_waits_for_nobody_below_a_deactivated_account() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "gone"},
        {"account_id": "site", "parent_account_id": "gone"},
        {"account_id": "gone too"},
        {"account_id": "busy", "parent_account_id": "gone too"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    for when in [
        json!({"name": "silent", "when": "silent", "days": 7, "level": "all"}),
        json!({"name": "leaf", "when": "silent", "days": 7, "level": "leaves"}),
        json!({"name": "within", "when": "silent", "days": 7, "account_id": "gone"}),
        json!({"name": "new", "when": "new_user"}),
    ] {
        add(&collector, when).await;
    }
    let now = json!({"created_at": now_ms()});
    let events = vec![
        uses("site", "ann", 20, 1),
        with(uses("busy", "bob", 0, 1), now),
    ];
    collector.send(events).await;
    check(&collector).await;
    // A new user, an account that is silent by three rules, and the account above it by one.
    assert_eq!(holding(&collector).await.len(), 5);
    for id in ["gone", "gone%20too"] {
        let path = format!("/api/v2/accounts/{id}");
        let answer = collector.call("DELETE", &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    check(&collector).await;
    assert_eq!(holding(&collector).await, [json!(null); 0]);
}
