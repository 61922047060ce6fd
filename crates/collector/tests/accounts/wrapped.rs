//! Records in the wrappers that clients use.

use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn a_record_is_the_same_however_it_is_wrapped() {
    let collector = Collector::new();
    for (at, body) in [
        json!({"data": {"name": "N"}, "api_key": "x"}),
        json!({"data": {"name": "N"}, "account_id": "a1"}),
        json!({"data": [{"name": "N"}]}),
        json!({"data": json!({"name": "N"}).to_string()}),
        json!({"name": "N", "api_key": "x"}),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/api/v2/accounts/a{at}");
        let answer = collector.call("PUT", &path, Some(body.clone())).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text);
        let account = answer.json();
        assert_eq!(
            (&account["name"], &account["details"]),
            (&json!("N"), &json!({})),
            "{body}"
        );
    }
    let user = "/api/v2/account_users/ann";
    for (body, status, account) in [
        (
            json!({"data": {"account_id": "a0"}, "user_id": "ann"}),
            200,
            "a0",
        ),
        (json!({"data": {"account_id": "a1"}}), 409, "a0"),
        (
            json!({"data": {"account_id": "a1"}, "move": true}),
            200,
            "a1",
        ),
    ] {
        let answer = collector.call("PUT", user, Some(body.clone())).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        let stored = collector.get(user).await;
        assert_eq!(stored["account_id"], account, "{body}");
        assert_eq!(stored["details"], json!({}), "{body}");
    }
    let beside = json!({"data": {"name": "N"}, "tier": "gold"});
    let answer = collector
        .call("PUT", "/api/v2/accounts/a0", Some(beside))
        .await;
    assert_eq!(answer.status, 422);
    assert!(answer.error().contains("`tier`"), "{}", answer.text);
}

#[tokio::test]
async fn collections_take_wrapped_records_and_no_empty_ones() {
    let collector = Collector::new();
    let accounts = json!([{"account_id": "a"}, {"data": {"account_id": "b"}}]);
    for body in [accounts.clone(), json!({ "data": accounts })] {
        for path in ["accounts?dry_run=true", "accounts"] {
            let path = format!("/api/v2/{path}");
            let answer = collector.call("POST", &path, Some(body.clone())).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.json()["rejected"], json!([]), "{path}");
        }
    }
    assert_eq!(collector.get("/api/v2/accounts").await["total"], 2);
    for kind in ["notes", "metrics", "contacts"] {
        let path = format!("/api/v2/accounts/a/{kind}");
        let record = json!({"id": "1", "date": 5, "name": "N"});
        for body in [
            json!({ "data": record }),
            json!({"data": [record]}),
            json!({"data": record, "account_id": "a"}),
            json!([record]),
            json!({ "records": record }),
        ] {
            let answer = collector.call("POST", &path, Some(body.clone())).await;
            assert_eq!(answer.status, 200, "{body}: {}", answer.text);
            let listed = collector.get(&path).await;
            assert_eq!(listed["results"], json!([record]), "{body}");
        }
        for body in [json!({}), json!({"data": {}}), json!({"records": [{}]})] {
            let answer = collector.call("POST", &path, Some(body.clone())).await;
            assert_eq!(answer.status, 422, "{body}");
            assert!(answer.text.contains("the record is empty"), "{body}");
        }
        assert_eq!(collector.get(&path).await["total"], 1);
    }
}

#[tokio::test]
async fn an_id_that_no_address_can_have_is_refused() {
    let collector = Collector::new();
    for (path, record) in [
        ("accounts", json!({"account_id": ".."})),
        (
            "accounts",
            json!({"account_id": "a", "parent_account_id": "."}),
        ),
        ("account_users", json!({"user_id": ".", "account_id": "a"})),
        ("account_users", json!({"user_id": "u", "account_id": ".."})),
    ] {
        let path = format!("/api/v2/{path}");
        let answer = collector.call("POST", &path, Some(json!([record]))).await;
        assert_eq!(answer.status, 422, "{record}");
        assert!(answer.text.contains("folders"), "{}", answer.text);
    }
    let answer = collector
        .call("PUT", "/api/v2/accounts/%2E%2E", Some(json!({"name": "x"})))
        .await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert_eq!(collector.count("SELECT COUNT(*) FROM accounts"), 0);
}
