//! Usage of accounts.
#![allow(missing_docs)]

mod paging;
#[path = "../support/mod.rs"]
mod support;
mod time_zones;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use support::*;

/// An event of another action.
fn event(action: &str, tag: &str, fields: Value) -> Value {
    let base = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s1", "created_at": NOW,
        "action": action, "event_id": tag,
    });
    with(base, fields)
}

fn visit() -> Vec<Value> {
    vec![
        event(
            "feature",
            "1",
            json!({"feature": "export", "module": "reports", "product": "studio", "total": 3}),
        ),
        event(
            "feature",
            "2",
            json!({"feature": "share", "product": "viewer", "created_at": NOW + DAY}),
        ),
        event(
            "moduleEnd",
            "3",
            json!({"module": "reports", "product": "studio", "time_spent": 1500}),
        ),
        event("sessionSync", "4", json!({"active_duration": 2500})),
        event(
            "feature",
            "5",
            json!({"feature": "export", "user_id": "bob", "session_id": "s2"}),
        ),
    ]
}

#[tokio::test]
async fn totals_add_up_what_the_events_say() {
    let collector = Collector::new();
    collector.send(visit()).await;
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(
        usage,
        json!({
            "account_id": "acme", "rollup": true, "by": null,
            "totals": {"events": 5, "features": 5, "module_time": 1500, "active_time": 2500,
                       "sessions": 2, "users": 2},
            "rows": [], "next_cursor": null, "uncaptured": {"non_leaf": 0, "user_conflict": 0},
        })
    );
}

#[tokio::test]
async fn products_stay_apart_and_events_without_one_come_under_null() {
    let collector = Collector::new();
    collector.send(visit()).await;
    let usage = collector
        .get("/api/v2/accounts/acme/usage?by=product")
        .await;
    let row = |key: Value| {
        usage["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["key"] == key)
            .unwrap()
    };
    assert_eq!(usage["rows"].as_array().unwrap().len(), 3);
    assert_eq!(row(json!("studio"))["features"], 3);
    assert_eq!(row(json!("studio"))["module_time"], 1500);
    assert_eq!(row(json!("viewer"))["features"], 1);
    assert_eq!(row(Value::Null)["active_time"], 2500);
    assert_eq!(row(Value::Null)["users"], 2);
}

#[tokio::test]
async fn every_dimension_and_span_can_be_asked_for() {
    let collector = Collector::new();
    collector.send(visit()).await;
    for (by, keys) in [
        ("module", json!(["reports", null])),
        ("feature", json!(["export", "share", null])),
        ("user", json!(["ann", "bob"])),
        ("day", json!(["2023-11-14", "2023-11-15"])),
        ("week", json!(["2023-11-13"])),
        ("month", json!(["2023-11"])),
    ] {
        let usage = collector
            .get(&format!("/api/v2/accounts/acme/usage?by={by}"))
            .await;
        let mut found: Vec<_> = usage["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["key"].clone())
            .collect();
        found.sort_by_key(|key| (key.is_null(), key.to_string()));
        assert_eq!(json!(found), keys, "{by}");
    }
    let path = format!("/api/v2/accounts/acme/usage?from={NOW}&to={}", NOW + 1);
    assert_eq!(collector.get(&path).await["totals"]["events"], 4);
    let path = format!("/api/v2/accounts/acme/usage?from={}", NOW + 1);
    assert_eq!(collector.get(&path).await["totals"]["events"], 1);
    let path = format!("/api/v2/accounts/acme/usage?to={NOW}");
    assert_eq!(collector.get(&path).await["totals"]["events"], 0);
}

#[tokio::test]
async fn a_user_of_another_account_is_set_aside() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let receipt = collector
        .send(vec![feature("beta", "ann", "export", 2)])
        .await;
    assert_eq!(receipt["set_aside"], 1);
    let usage = collector.get("/api/v2/accounts/beta/usage").await;
    assert_eq!(usage["totals"]["events"], 0);
    assert_eq!(usage["uncaptured"]["user_conflict"], 1);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 1);
}

#[tokio::test]
async fn usage_needs_an_account_key() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let ask = |query: String| {
        let request = Request::get(format!("/api/v2/accounts/acme/usage{query}"))
            .body(Body::empty())
            .unwrap();
        collector.ask(request)
    };
    assert_eq!(ask(String::new()).await.status, 401);
    assert_eq!(ask("?api_key=nacc_0".into()).await.status, 401);
    let source = collector.source.api_key.clone();
    assert_eq!(
        ask(format!("?api_key={source}")).await.status,
        401,
        "a source reads nothing"
    );
    assert_eq!(
        ask(format!("?api_key={}", collector.account_key))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn wrong_questions_say_what_to_ask() {
    let collector = Collector::new();
    let answer = collector
        .call("GET", "/api/v2/accounts/nobody/usage", None)
        .await;
    assert_eq!(answer.status, 404);
    assert!(answer.error().contains("nobody"));
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    for query in ["by=colour", "from=yesterday", "rollup=perhaps"] {
        let answer = collector
            .call("GET", &format!("/api/v2/accounts/acme/usage?{query}"), None)
            .await;
        assert_eq!(answer.status, 400, "{query}");
        answer.error();
    }
}

#[tokio::test]
async fn a_node_shows_itself_and_all_below_it_and_counts_only_leaves() {
    let collector = Collector::new();
    collector
        .send(vec![
            feature("top", "tom", "export", "1"),
            feature("mid", "mia", "export", "2"),
            feature("leaf", "lea", "export", "3"),
            feature("other", "oli", "export", "4"),
        ])
        .await;
    let records = json!({"records": [
        {"account_id": "leaf", "parent_account_id": "mid"},
        {"account_id": "other", "parent_account_id": "top"},
        {"account_id": "mid", "parent_account_id": "top"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;

    let top = collector.get("/api/v2/accounts/top/usage").await;
    assert_eq!(
        (&top["totals"]["events"], &top["totals"]["users"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(top["uncaptured"]["non_leaf"], 2);
    let alone = collector
        .get("/api/v2/accounts/top/usage?rollup=false")
        .await;
    assert_eq!(
        (&alone["totals"]["events"], &alone["uncaptured"]["non_leaf"]),
        (&json!(0), &json!(1))
    );

    let away = json!({"parent_account_id": null});
    collector
        .change("PUT", "/api/v2/accounts/leaf", Some(away))
        .await;
    let mid = collector.get("/api/v2/accounts/mid/usage").await;
    assert_eq!(
        mid["totals"]["events"], 1,
        "a leaf again, and what it received counts"
    );
    assert_eq!(mid["uncaptured"]["non_leaf"], 0);
}

#[tokio::test]
async fn a_sum_of_fractions_is_written_as_people_add_it_up() {
    let collector = Collector::new();
    let uses = [0.1, 0.2].map(|total| {
        let tag = total.to_string();
        with(
            feature("acme", "ann", "export", tag),
            json!({ "total": total }),
        )
    });
    collector.send(uses.to_vec()).await;
    let path = "/api/v2/accounts/acme/usage";
    let usage = collector.get(&format!("{path}?by=user")).await;
    assert_eq!(usage["totals"]["features"].to_string(), "0.3");
    assert_eq!(usage["rows"][0]["features"].to_string(), "0.3");
    let request = Request::get(format!("{path}?api_key={}", collector.account_key))
        .header("accept", "text/csv")
        .body(Body::empty())
        .unwrap();
    let answer = collector.ask(request).await;
    assert!(answer.text.contains("\n2,0.3,"), "{}", answer.text);
}

#[tokio::test]
async fn a_span_that_ends_before_it_begins_is_refused() {
    let collector = Collector::new();
    collector.send(vec![feature("acme", "ann", "x", "1")]).await;
    for path in ["accounts/acme/usage", "loss"] {
        let ask = async |span: &str| {
            let path = format!("/api/v2/{path}{span}");
            collector.call("GET", &path, None).await
        };
        let answer = ask("?from=9&to=1").await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.error().contains("after to"), "{}", answer.text);
        assert_eq!(ask("?from=9&to=9").await.status, 200, "an empty span");
    }
    let erasure = "/api/v2/sources/source-1/events?from=9&to=1";
    assert_eq!(collector.call("DELETE", erasure, None).await.status, 400);
}
