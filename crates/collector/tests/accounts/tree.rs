//! Accounts and their ancestors.

use serde_json::{Value, json};

use crate::{accounts, post, support::*};

#[tokio::test]
async fn an_account_reads_back_as_it_was_written() {
    let collector = Collector::new();
    let record = json!({
        "account_id": "acme", "name": "Acme", "hierarchy_label": "company",
        "join_date": 1_600_000_000_000_i64, "details": {"size": "xl"}, "tier": 2,
    });
    let answer = accounts(&collector, json!([record])).await;
    assert_eq!(
        answer,
        json!({"accepted": 1, "rejected": [], "failed_results": [], "status_is_ok": true})
    );
    assert_eq!(
        collector.get("/api/v2/accounts/acme").await,
        json!({
            "account_id": "acme", "name": "Acme", "parent_account_id": null,
            "hierarchy_label": "company", "join_date": 1_600_000_000_000_i64,
            "details": {"size": "xl", "tier": 2}, "is_leaf": true, "is_deleted": false,
        })
    );
    let read_back = collector.get("/api/v2/accounts/acme").await;
    let put = collector
        .call("PUT", "/api/v2/accounts/acme", Some(read_back.clone()))
        .await;
    assert_eq!(put.json(), read_back, "what a GET gives can be PUT");
}

#[tokio::test]
async fn whether_an_account_is_a_leaf_is_read_and_not_written() {
    let collector = Collector::new();
    let record = json!({"account_id": "acme", "is_leaf": false});
    accounts(&collector, json!([record])).await;
    collector
        .change("PUT", "/api/v2/accounts/acme", Some(record))
        .await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (
            &account["is_leaf"],
            &account["is_deleted"],
            &account["details"]
        ),
        (&json!(true), &json!(false), &json!({}))
    );
}

#[tokio::test]
async fn a_parent_that_comes_in_a_later_call_is_fine_too() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "b", "parent_account_id": "a"}]),
    )
    .await;
    accounts(&collector, json!([{"account_id": "a", "name": "A"}])).await;
    let parent = collector.get("/api/v2/accounts/a").await;
    assert_eq!(
        (&parent["name"], &parent["is_leaf"]),
        (&json!("A"), &json!(false))
    );
}

#[tokio::test]
async fn a_cycle_is_refused_and_spelled_out() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([
            {"account_id": "b", "parent_account_id": "c"},
            {"account_id": "a", "parent_account_id": "b"},
        ]),
    )
    .await;
    let body = json!({"parent_account_id": "a", "name": "kept out"});
    let answer = collector
        .call("PUT", "/api/v2/accounts/c", Some(body))
        .await;
    assert_eq!(answer.status, 409);
    assert!(answer.error().contains("c → a → b → c"), "{}", answer.text);
    assert_eq!(
        collector.get("/api/v2/accounts/c").await["name"],
        Value::Null
    );

    let body = json!({"parent_account_id": "a"});
    let answer = collector
        .call("PUT", "/api/v2/accounts/a", Some(body))
        .await;
    assert!(answer.error().contains("a → a"));

    let bulk = post(
        &collector,
        "/api/v2/accounts",
        json!([{"account_id": "c", "parent_account_id": "a"}]),
    )
    .await;
    assert_eq!(bulk.status, 422, "none was accepted");
    assert!(bulk.json()["error"].is_string());
    assert!(
        bulk.json()["rejected"][0]["error"]
            .as_str()
            .unwrap()
            .contains("c → a → b → c")
    );
}

#[tokio::test]
async fn a_whole_branch_can_be_turned_upside_down_in_one_call() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "a", "parent_account_id": "b"}]),
    )
    .await;
    let answer = accounts(
        &collector,
        json!([
            {"account_id": "b", "parent_account_id": "a"},
            {"account_id": "a", "parent_account_id": null},
        ]),
    )
    .await;
    assert_eq!(answer["accepted"], 2, "{answer}");
    assert_eq!(
        collector.get("/api/v2/accounts/b").await["parent_account_id"],
        "a"
    );
}

#[tokio::test]
async fn a_deactivated_account_stays_readable_and_frees_its_parent() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "b", "parent_account_id": "a"}]),
    )
    .await;
    let answer = collector.call("DELETE", "/api/v2/accounts/b", None).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["is_deleted"]),
        (200, &json!(true))
    );
    assert_eq!(collector.get("/api/v2/accounts/a").await["is_leaf"], true);
    // A nightly synchronisation sends every account.
    for record in [
        json!({"account_id": "b", "name": "B"}),
        json!({"account_id": "b", "is_deleted": true}),
        json!({"account_id": "b", "is_deleted": null}),
    ] {
        accounts(&collector, json!([record])).await;
        let account = collector.get("/api/v2/accounts/b").await;
        assert_eq!(account["is_deleted"], true, "{record}");
        assert_eq!(collector.get("/api/v2/accounts/a").await["is_leaf"], true);
    }
    accounts(
        &collector,
        json!([{"account_id": "b", "is_deleted": false}]),
    )
    .await;
    assert_eq!(
        collector.get("/api/v2/accounts/b").await["is_deleted"],
        false
    );
    assert_eq!(collector.get("/api/v2/accounts/a").await["is_leaf"], false);
    let answer = collector
        .call("DELETE", "/api/v2/accounts/nobody", None)
        .await;
    assert_eq!(answer.status, 404);
    answer.error();
}

#[tokio::test]
async fn ids_with_any_characters_can_be_addressed() {
    let collector = Collector::new();
    let id = "a/b ?&%ü<script>'; DROP TABLE accounts; --";
    accounts(&collector, json!([{"account_id": id}])).await;
    let escaped = "a%2Fb%20%3F%26%25%C3%BC%3Cscript%3E%27%3B%20DROP%20TABLE%20accounts%3B%20--";
    let path = format!("/api/v2/accounts/{escaped}");
    assert_eq!(collector.get(&path).await["account_id"], id);
    collector.send(vec![feature(id, id, id, id)]).await;
    let usage = format!("{path}/usage?by=feature&feature={escaped}&user={escaped}");
    assert_eq!(collector.get(&usage).await["totals"]["events"], 1);
    let search = format!("/api/v2/accounts?search={escaped}");
    assert_eq!(collector.get(&search).await["total"], 1);
    let answer = collector.call("GET", "/api/v2/accounts/%FF", None).await;
    assert_eq!(answer.status, 400);
    answer.error();
}

#[tokio::test]
async fn an_account_can_be_deactivated_in_bulk() {
    let collector = Collector::new();
    let records = json!([
        {"account_id": "a", "is_deleted": true},
        {"account_id": "b", "is_deleted": "true"},
        {"account_id": "c"},
    ]);
    accounts(&collector, records).await;
    let deleted = |id: &'static str| {
        let collector = &collector;
        async move { collector.get(&format!("/api/v2/accounts/{id}")).await["is_deleted"] == true }
    };
    assert_eq!(
        (deleted("a").await, deleted("b").await, deleted("c").await),
        (true, true, false)
    );
}

#[tokio::test]
async fn a_reorganisation_is_accepted_whole_whatever_the_order_of_its_records() {
    let moves = [
        json!({"account_id": "a", "parent_account_id": "b"}),
        json!({"account_id": "c", "parent_account_id": "d"}),
    ];
    for order in [[0, 1], [1, 0]] {
        for path in ["/api/v2/accounts?dry_run=true", "/api/v2/accounts"] {
            let collector = Collector::new();
            // `c` appears once as the parent of `b`, and once as a record.
            let stored = json!([
                {"account_id": "a"},
                {"account_id": "c", "parent_account_id": "a"},
                {"account_id": "b", "parent_account_id": "c"},
                {"account_id": "d"},
            ]);
            accounts(&collector, stored).await;
            let records = json!(order.map(|at| &moves[at]));
            let answer = post(&collector, path, records).await;
            assert_eq!(answer.status, 200, "{order:?} {path}: {}", answer.text);
            assert_eq!(answer.json()["rejected"], json!([]), "{order:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_cycle_within_a_call_costs_the_same_record_whatever_the_order() {
    let records = json!([
        {"account_id": "b", "parent_account_id": "a"},
        {"account_id": "c", "parent_account_id": "b"},
        {"account_id": "a", "parent_account_id": "c"},
    ]);
    let refused = async |records: Value| {
        let answer = accounts(&Collector::new(), records).await;
        assert_eq!(answer["accepted"], 2, "{answer}");
        answer["rejected"][0]["id"].clone()
    };
    let mut turned = records.as_array().unwrap().clone();
    turned.reverse();
    assert_eq!(refused(records).await, refused(json!(turned)).await);
}
