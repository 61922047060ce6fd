//! Deep trees, and batches that name many new accounts and users.

use std::time::{Duration, Instant};

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::support::*;

async fn post_chain(collector: &Collector, records: &[Value]) -> Duration {
    let start = Instant::now();
    let body = json!({"records": records});
    let answer = collector.call("POST", "/api/v2/accounts", Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["accepted"], records.len());
    start.elapsed()
}

fn chain(depth: usize) -> Vec<Value> {
    (0..depth)
        .map(|no| {
            json!({
                "account_id": format!("a{no}"),
                "parent_account_id": (no > 0).then(|| format!("a{}", no - 1)),
            })
        })
        .collect()
}

#[tokio::test]
async fn a_known_deep_chain_is_posted_again_as_quickly_as_the_first_time() {
    let collector = Collector::new();
    let records = chain(3000);
    let first = post_chain(&collector, &records).await;
    let again = post_chain(&collector, &records).await;
    // Walking up the tree for each record would take some hundred times as long.
    assert!(again < 5 * first, "{again:?} after {first:?}");
}

#[tokio::test]
async fn a_deep_chain_is_rearranged_as_quickly_as_it_was_posted() {
    const DEPTH: usize = 3000;
    let collector = Collector::new();
    let first = post_chain(&collector, &chain(DEPTH)).await;
    let placed = |no: usize, parent: Option<usize>| {
        json!({
            "account_id": format!("a{no}"),
            "parent_account_id": parent.map(|parent| format!("a{parent}")),
        })
    };
    // Two chains of every other account, and then all accounts in reverse order.
    let split: Vec<_> = (0..DEPTH).map(|no| placed(no, no.checked_sub(2))).collect();
    let turned: Vec<_> = (0..DEPTH)
        .map(|no| placed(no, Some(no + 1).filter(|below| *below < DEPTH)))
        .collect();
    for records in [split, turned] {
        let again = post_chain(&collector, &records).await;
        // Walking up the tree for each record would take some hundred times as long.
        assert!(again < 8 * first, "{again:?} after {first:?}");
    }
    let top = collector.get("/api/v2/accounts/a0").await;
    assert_eq!(
        (&top["parent_account_id"], &top["is_leaf"]),
        (&json!("a1"), &json!(true))
    );
}

#[tokio::test]
async fn a_deep_chain_is_tried_as_quickly_as_it_was_posted() {
    const DEPTH: usize = 3000;
    let collector = Collector::new();
    let first = post_chain(&collector, &chain(DEPTH)).await;
    let turned: Vec<_> = (1..DEPTH)
        .map(|no| json!({"account_id": format!("a{}", no - 1), "parent_account_id": format!("a{no}")}))
        .collect();
    for records in [chain(DEPTH), turned] {
        let start = Instant::now();
        let body = json!({ "records": records });
        let path = "/api/v2/accounts?dry_run=true";
        let answer = collector.call("POST", path, Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let again = start.elapsed();
        // Walking up the tree for each record would take some hundred times as long.
        assert!(again < 8 * first, "{again:?} after {first:?}");
    }
}

#[tokio::test]
async fn many_cycles_in_a_deep_chain_are_refused_as_quickly_as_it_was_posted() {
    const DEPTH: usize = 3000;
    let collector = Collector::new();
    let first = post_chain(&collector, &chain(DEPTH)).await;
    // Each record would move an account below the last of the chain.
    let records: Vec<_> = (0..DEPTH - 1)
        .map(|no| json!({"account_id": format!("a{no}"), "parent_account_id": format!("a{}", DEPTH - 1)}))
        .collect();
    let start = Instant::now();
    let body = json!({"records": records});
    let answer = collector.call("POST", "/api/v2/accounts", Some(body)).await;
    let took = start.elapsed();
    assert_eq!(answer.status, 422);
    assert!(took < 8 * first, "{took:?} after {first:?}");
    let error = answer.json()["rejected"][0]["error"].to_string();
    let named =
        "a0 → a2999 → a2998 → a2997 → a2996 → a2995 → a2994 → a2993 → … 2985 more … → a7 → a6";
    assert!(error.contains(named), "{error}");
    let late = answer.json()["rejected"][DEPTH - 4]["error"].to_string();
    assert!(
        late.contains("a2996 → a2999 → a2998 → a2997 → a2996"),
        "{late}"
    );
}

#[tokio::test]
async fn events_rearrange_a_deep_chain_in_time_too() {
    const DEPTH: usize = 1500;
    let collector = Collector::with(&["--allow-hierarchy"]);
    let identify = |no: usize, parent: usize, tag: &str| {
        with(
            feature(
                &format!("a{no}"),
                &format!("u{no}"),
                "x",
                format!("{tag} {no}"),
            ),
            json!({
                "action": "identifyAccount",
                "details": {"parent_account_id": format!("a{parent}")},
            }),
        )
    };
    let batch = |parent: fn(usize) -> usize, tag: &str| -> Vec<Value> {
        (1..DEPTH).map(|no| identify(no, parent(no), tag)).collect()
    };
    let start = Instant::now();
    collector.send(batch(|no| no - 1, "first")).await;
    let first = start.elapsed();
    // Each of them would make a cycle, or move an account that already has a parent.
    let start = Instant::now();
    collector.send(batch(|_| DEPTH - 1, "second")).await;
    assert!(
        start.elapsed() < 8 * first,
        "{:?} after {first:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_cycle_in_a_deep_chain_is_found_and_named() {
    let collector = Collector::new();
    post_chain(&collector, &chain(500)).await;
    let record = json!({"parent_account_id": "a499"});
    let answer = collector
        .call("PUT", "/api/v2/accounts/a496", Some(record))
        .await;
    assert!(matches!(answer.status.as_u16(), 409 | 422));
    let error = answer.error();
    assert!(
        error.contains("a496 → a499 → a498 → a497 → a496"),
        "{error}"
    );
}

#[tokio::test]
async fn a_batch_of_many_new_accounts_lets_others_in_between() {
    let collector = Collector::new();
    let events: Vec<_> = (0..8000)
        .map(|no| feature(&format!("account {no}"), &format!("user {no}"), "x", no))
        .collect();
    let request = Request::post(collector.events_path())
        .header("content-encoding", "gzip")
        .body(Body::from(gzip(ndjson(&events).as_bytes())));
    let mut large = std::pin::pin!(collector.ask(request.unwrap()));
    let mut answered_before = 0;
    loop {
        let small = feature("acme", "ann", "x", format!("small {answered_before}"));
        tokio::select! {
            biased;
            answer = &mut large => {
                assert_eq!(answer.json()["accepted"], 8000);
                break;
            }
            receipt = collector.send(vec![small]) => {
                assert_eq!(receipt["accepted"], 1);
                answered_before += 1;
            }
        }
    }
    assert!(answered_before >= 3, "{answered_before}");
    let events = collector.count("SELECT COUNT(*) FROM events WHERE account_id <> 'acme'");
    assert_eq!(events, 8000);
}
