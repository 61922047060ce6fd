//! Users, each in one account.

use serde_json::{Value, json};

use crate::{post, support::*};

#[tokio::test]
async fn a_user_is_in_one_account_until_it_is_moved() {
    let collector = Collector::new();
    let users = "/api/v2/account_users";
    let record = json!({"user_id": "ann", "account_id": "a", "first_name": "Ann", "role": "admin"});
    assert_eq!(post(&collector, users, json!([record])).await.status, 200);
    let elsewhere = json!({"user_id": "ann", "account_id": "b"});
    let answer = post(&collector, users, json!([elsewhere])).await;
    assert_eq!(answer.status, 422);
    let refused = &answer.json()["rejected"][0];
    assert_eq!(
        (&refused["index"], &refused["id"]),
        (&json!(0), &json!("ann"))
    );
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("\"move\": true")
    );
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(elsewhere.clone()))
        .await;
    assert_eq!(answer.status, 409);
    assert!(answer.error().contains("\"move\": true"));
    let moved = with(elsewhere, json!({"move": true}));
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(moved))
        .await;
    assert_eq!(
        answer.json(),
        json!({
            "user_id": "ann", "account_id": "b", "first_name": "Ann", "last_name": null,
            "details": {"role": "admin"}, "is_deleted": false,
        })
    );
    assert_eq!(collector.get("/api/v2/accounts/b/users").await["total"], 1);
    for account in ["a", "b"] {
        let moved = json!({"user_id": "ann", "account_id": account, "move": true});
        let answer = post(&collector, users, json!([moved])).await.json();
        assert_eq!(
            answer,
            json!({"accepted": 1, "rejected": [], "failed_results": [], "status_is_ok": true})
        );
        let user = collector.get("/api/v2/account_users/ann").await;
        assert_eq!(user["account_id"], account, "moved in bulk");
    }
    assert_eq!(
        collector.get("/api/v2/account_users?account_id=a").await["total"],
        0
    );
    let deleted = collector
        .call("DELETE", "/api/v2/account_users/ann", None)
        .await;
    assert_eq!(deleted.json()["is_deleted"], true);
    let put = |record: Value| collector.call("PUT", "/api/v2/account_users/ann", Some(record));
    for (record, is_deleted) in [
        (json!({}), true),
        (json!({"is_deleted": null, "first_name": "Anna"}), true),
        (json!({"is_deleted": true}), true),
        (json!({"is_deleted": false}), false),
        (json!({"is_deleted": true}), true),
    ] {
        assert_eq!(
            put(record.clone()).await.json()["is_deleted"],
            is_deleted,
            "{record}"
        );
    }
    assert_eq!(put(json!({"is_deleted": "no"})).await.status, 422);
}

#[tokio::test]
async fn moving_a_user_counts_what_was_set_aside_there_and_takes_nothing_away() {
    let collector = Collector::new();
    let forged = feature("forged", "ann", "export", "0");
    collector.send(vec![forged]).await;
    let name = json!({"action": "identifyUser", "details": {"first_name": "Ann"}});
    let receipt = collector
        .send(vec![
            feature("acme", "ann", "export", "1"),
            with(feature("acme", "ann", "x", "2"), name),
        ])
        .await;
    assert_eq!(receipt["set_aside"], 2);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["uncaptured"]["user_conflict"], 2);
    assert_eq!(
        collector.get("/api/v2/account_users/ann").await["first_name"],
        Value::Null
    );

    let body = json!({"account_id": "acme", "move": true});
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(body))
        .await;
    assert_eq!(answer.status, 200);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 2);
    assert_eq!(usage["uncaptured"]["user_conflict"], 0);
    assert_eq!(
        collector.get("/api/v2/account_users/ann").await["first_name"],
        "Ann"
    );
    let before = collector.get("/api/v2/accounts/forged/usage").await;
    assert_eq!(before["totals"]["events"], 1, "it happened there");
}
