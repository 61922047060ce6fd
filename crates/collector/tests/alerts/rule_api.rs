//! Rules in the API: added, listed, changed and removed.

use serde_json::json;

use crate::{
    rules::{add, uses},
    support::*,
};

#[tokio::test]
async fn rules_are_read_changed_and_removed() {
    let collector = Collector::new();
    let rule = json!({"name": "Quiet", "when": "silent", "days": 7});
    let id = add(&collector, rule.clone()).await;
    let path = format!("/api/v2/alert_rules/{id}");
    assert_eq!(collector.get(&path).await["days"], 7);
    let answer = collector
        .call("POST", "/api/v2/alert_rules", Some(rule))
        .await;
    assert_eq!(answer.status, 409);
    assert!(answer.error().contains("another name"));
    let answer = collector
        .call(
            "PUT",
            &path,
            Some(json!({"name": "Quiet", "when": "silent", "days": 0})),
        )
        .await;
    assert_eq!(answer.status, 422);
    assert!(answer.error().contains("`days`"));
    let changed = json!({"data": {"name": "Still", "when": "silent", "days": 9}});
    assert_eq!(
        collector.call("PUT", &path, Some(changed)).await.json()["name"],
        "Still"
    );
    assert_eq!(collector.get("/api/v2/alert_rules").await["total"], 1);
    assert_eq!(collector.call("DELETE", &path, None).await.status, 200);
    for method in ["GET", "DELETE"] {
        assert_eq!(collector.call(method, &path, None).await.status, 404);
    }
    for unknown in ["account_id=nobody", "rule_id=99"] {
        let path = format!("/api/v2/alerts?{unknown}");
        assert_eq!(collector.call("GET", &path, None).await.status, 404);
    }
}

#[tokio::test]
async fn a_rule_below_an_unknown_account_is_refused() {
    let collector = Collector::new();
    collector.send(vec![uses("acme", "ann", 1, 1)]).await;
    let rule = |account: &str| json!({"name": "x", "when": "new_user", "account_id": account});
    let id = add(&collector, rule("acme")).await;
    let one = format!("/api/v2/alert_rules/{id}");
    for (method, path) in [("POST", "/api/v2/alert_rules"), ("PUT", one.as_str())] {
        let answer = collector.call(method, path, Some(rule("acne"))).await;
        assert_eq!(answer.status, 422, "{method}");
        assert!(answer.error().contains("no account \"acne\""), "{method}");
    }
    let rules = collector.get("/api/v2/alert_rules").await;
    assert_eq!(rules["total"], 1);
    assert_eq!(rules["results"][0]["account_id"], "acme");
}

#[tokio::test]
async fn a_rule_that_comes_after_a_removed_one_has_another_number() {
    let collector = Collector::new();
    let rule = |name: &str| json!({"name": name, "when": "new_user"});
    let stale = format!("/api/v2/alert_rules/{}", add(&collector, rule("one")).await);
    assert_eq!(collector.call("DELETE", &stale, None).await.status, 200);
    add(&collector, rule("two")).await;
    for (method, body) in [("PUT", Some(rule("three"))), ("DELETE", None)] {
        assert_eq!(collector.call(method, &stale, body).await.status, 404);
    }
    assert_eq!(collector.get("/api/v2/alert_rules").await["total"], 1);
}

#[tokio::test]
async fn rules_whose_names_differ_in_case_alone_have_one_order() {
    let collector = Collector::new();
    let names = ["b", "a", "B", "A", "aB", "AB"];
    for name in names {
        add(&collector, json!({"name": name, "when": "new_user"})).await;
    }
    let rules = collector.get("/api/v2/alert_rules").await;
    let rules = rules["results"].as_array().unwrap();
    let listed: Vec<_> = rules
        .iter()
        .map(|rule| rule["name"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ["A", "a", "AB", "aB", "B", "b"]);
}

#[tokio::test]
async fn the_list_of_rules_has_pages() {
    let collector = Collector::new();
    for name in ["one", "two", "three"] {
        let rule = json!({"name": name, "when": "new_user"});
        add(&collector, rule).await;
    }
    let first = collector.get("/api/v2/alert_rules?limit=2").await;
    assert_eq!(first["results"].as_array().unwrap().len(), 2);
    let told = [
        &first["max_page_size"],
        &first["next_page"],
        &first["total"],
    ];
    assert_eq!(told, [&json!(2), &json!(1), &json!(3)]);
    let last = collector.get("/api/v2/alert_rules?limit=2&page=1").await;
    assert_eq!(last["results"].as_array().unwrap().len(), 1);
    assert_eq!(last["next_page"], json!(null));
}
