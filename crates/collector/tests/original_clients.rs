//! The request and response formats of the original's public clients.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use support::*;

async fn with_accounts(count: usize) -> Collector {
    let collector = Collector::new();
    let records: Vec<_> = (0..count)
        .map(|no| json!({"account_id": format!("a{no:04}")}))
        .collect();
    let body = json!({ "records": records });
    let answer = collector.call("POST", "/api/v2/accounts", Some(body)).await;
    assert_eq!(answer.status, 200);
    collector
}

#[tokio::test]
async fn a_put_takes_the_record_in_data_or_bare() {
    let collector = with_accounts(1).await;
    let path = "/api/v2/accounts/a0000";
    for (body, name, tier) in [
        (json!({"data": {"name": "A", "tier": 1}}), "A", 1),
        (json!({"name": "B", "tier": 2}), "B", 2),
    ] {
        let answer = collector.call("PUT", path, Some(body)).await;
        assert_eq!(answer.status, 200);
        let account = collector.get(path).await;
        assert_eq!(
            (&account["name"], &account["details"]),
            (&json!(name), &json!({"tier": tier}))
        );
    }
    let wrong = json!({"data": {"name": []}});
    assert_eq!(collector.call("PUT", path, Some(wrong)).await.status, 422);
    let user = json!({"data": {"account_id": "a0000", "first_name": "Ann"}});
    let path = "/api/v2/account_users/ann";
    collector.change("PUT", path, Some(user)).await;
    assert_eq!(collector.get(path).await["first_name"], "Ann");
}

#[tokio::test]
async fn a_client_that_counts_pages_from_0_reads_every_record_once() {
    let collector = with_accounts(25).await;
    let mut ids = Vec::new();
    for page in 0.. {
        let list = collector
            .get(&format!("/api/v2/accounts?limit=10&page={page}"))
            .await;
        assert_eq!(list["status_is_ok"], true);
        assert_eq!(list["current_page"], page);
        assert_eq!(
            (&list["max_page_size"], &list["total"]),
            (&json!(10), &json!(25))
        );
        let results = list["results"].as_array().unwrap().clone();
        let is_last = results.len() < 10;
        ids.extend(
            results
                .into_iter()
                .map(|record| record["account_id"].clone()),
        );
        if is_last {
            break;
        }
    }
    let all: Vec<_> = (0..25).map(|no| json!(format!("a{no:04}"))).collect();
    assert_eq!(ids, all);
    let first = collector.get("/api/v2/accounts").await;
    assert_eq!(first["current_page"], 0);
    let large = collector.get("/api/v2/accounts?limit=5000").await;
    assert_eq!(large["max_page_size"], 1000);
}

#[tokio::test]
async fn a_bulk_call_returns_its_failed_records_with_a_message() {
    let collector = with_accounts(1).await;
    let bad = json!({"account_id": "b", "name": []});
    let cycle = json!({"account_id": "a0000", "parent_account_id": "a0000"});
    let body = json!({"records": [bad, {"account_id": "c"}, cycle]});
    let answer = collector.call("POST", "/api/v2/accounts", Some(body)).await;
    let failed = answer.json()["failed_results"].clone();
    assert_eq!((&failed[0]["record"], &failed[1]["record"]), (&bad, &cycle));
    for failed in failed.as_array().unwrap() {
        assert!(failed["message"].as_str().unwrap().len() > 20);
    }
    let body = json!({"records": [bad]});
    let answer = collector.call("POST", "/api/v2/accounts", Some(body)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["failed_results"][0]["record"], bad);
    // The same for records of an account.
    let money = json!({"name": "mrr"});
    let path = "/api/v2/accounts/a0000/financials";
    let answer = collector.call("POST", path, Some(money.clone())).await;
    assert_eq!(answer.json()["failed_results"][0]["record"], money);
}

#[tokio::test]
async fn every_collection_of_an_account_is_kept_and_listed() {
    let collector = with_accounts(2).await;
    for kind in [
        "metrics",
        "contacts",
        "subscriptions",
        "statements",
        "stage_history",
        "nps_history",
        "dimension_values",
        "assigned_csms",
    ] {
        let path = format!("/api/v2/accounts/a0000/{kind}");
        assert_eq!(collector.get(&path).await["results"], json!([]), "{kind}");
        let record = json!({"id": "1", "date": NOW, "email": "c@x.example", "value": 5});
        let body = json!({"records": [record]});
        let answer = collector.call("POST", &path, Some(body)).await;
        assert_eq!(answer.status, 200, "{kind}");
        assert_eq!(collector.get(&path).await["results"], json!([record]));
        let other = format!("/api/v2/accounts/a0001/{kind}");
        assert_eq!(collector.get(&other).await["total"], 0);
    }
}

#[tokio::test]
async fn an_assigned_manager_is_removed_by_e_mail() {
    let collector = with_accounts(1).await;
    let path = "/api/v2/accounts/a0000/assigned_csms";
    let managers = json!({"records": [{"email": "Cat@x.example"}, {"email": "dan@x.example"}]});
    collector.change("POST", path, Some(managers)).await;
    let by_mail = format!("{path}?email=cat@x.example");
    assert_eq!(collector.call("DELETE", &by_mail, None).await.status, 200);
    let left = collector.get(path).await;
    assert_eq!(left["results"][0]["email"], "dan@x.example");
    assert_eq!(left["total"], 1);
    assert_eq!(collector.call("DELETE", &by_mail, None).await.status, 404);
    assert_eq!(collector.call("DELETE", path, None).await.status, 400);
}

#[tokio::test]
async fn a_user_can_be_addressed_within_its_account() {
    let collector = with_accounts(2).await;
    let (here, there) = (
        "/api/v2/account_users/ann/a0000",
        "/api/v2/account_users/ann/a0001",
    );
    let record = json!({"data": {"first_name": "Ann"}});
    let put = collector.call("PUT", here, Some(record)).await.json();
    assert_eq!(
        (&put["account_id"], &put["first_name"]),
        (&json!("a0000"), &json!("Ann"))
    );
    assert_eq!(collector.get(here).await, put);
    assert_eq!(collector.call("GET", there, None).await.status, 404);
    let moved = collector.call("PUT", there, Some(json!({}))).await;
    assert_eq!(moved.status, 409, "without `move`");
    let contradiction = json!({"account_id": "a0001"});
    let answer = collector.call("PUT", here, Some(contradiction)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(collector.call("DELETE", there, None).await.status, 404);
    let deleted = collector.call("DELETE", here, None).await;
    assert_eq!(deleted.json()["is_deleted"], true);
}

#[tokio::test]
async fn an_event_of_a_known_user_needs_no_account() {
    let collector = Collector::new();
    let bare = |user: &str, tag: &str| -> Value {
        with(
            feature("", user, "export", tag),
            json!({"account_id": null}),
        )
    };
    collector
        .send(vec![feature("acme", "ann", "export", "1")])
        .await;
    let batch = [
        bare("ann", "2"),
        with(bare("bob", "3"), json!({"stream_id": "t", "seq": 0})),
    ];
    let receipt = collector.post(ndjson(&batch)).await.json();
    assert_eq!(receipt["accepted"], 1);
    assert_eq!(receipt["rejected"][0]["line"], 2);
    let error = receipt["rejected"][0]["error"].as_str().unwrap();
    assert!(error.contains("account_id"), "{error}");
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 2);
    assert_eq!(collector.get("/api/v2/loss").await["rejected"], 1);
    // The user becomes known within the batch.
    let batch = [feature("beta", "bob", "export", "4"), bare("bob", "5")];
    assert_eq!(collector.post(ndjson(&batch)).await.json()["accepted"], 2);
}

#[tokio::test]
async fn a_form_under_a_json_content_type_is_an_event() {
    let collector = Collector::new();
    let form = "account_id=1044&user_id=88213&created_at=1700000000000&session_id=5f1c0a\
                &action=feature&feature=bonus&module=wallet&total=3";
    for (accepted, duplicates) in [(1, 0), (0, 1)] {
        let request = Request::post(collector.events_path())
            .header("content-type", "application/json")
            .body(Body::from(form))
            .unwrap();
        let receipt = collector.ask(request).await.json();
        assert_eq!(
            (&receipt["accepted"], &receipt["duplicates"]),
            (&json!(accepted), &json!(duplicates)),
            "{receipt}"
        );
    }
    let usage = collector.get("/api/v2/accounts/1044/usage").await;
    assert_eq!(usage["totals"]["features"], 3);
}
