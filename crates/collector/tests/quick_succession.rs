//! Batches that arrive in quick succession wait in the inbox, which must not be visible to
//! clients.
#![allow(missing_docs)]

mod support;

use std::sync::Arc;

use serde_json::json;
use support::*;

const CLIENTS: usize = 4;
const BATCHES: usize = 60;

/// Sends batches as fast as they are answered, and asks whether some of them are stored.
async fn send_and_ask(collector: Arc<Collector>, client: usize) {
    let account = format!("account {client}");
    for no in 0..BATCHES {
        let events = (0..3).map(|at| {
            let event = feature(
                &account,
                &format!("user {client}"),
                "export",
                format!("{client}-{no}-{at}"),
            );
            with(
                event,
                json!({"stream_id": format!("{client}-{no}"), "seq": at, "session_id": no}),
            )
        });
        collector.send(events.collect()).await;
        if no % 7 == client {
            let usage = collector
                .get(&format!("/api/v2/accounts/account%20{client}/usage"))
                .await;
            assert_eq!(usage["totals"]["events"], 3 * (no + 1));
            assert_eq!(usage["totals"]["sessions"], no + 1);
        }
    }
}

async fn check(collector: Arc<Collector>) {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(send_and_ask(Arc::clone(&collector), client)))
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    // A batch that is sent again is recognised, whether it still waits or not.
    let again = feature(
        "account 1",
        "user 1",
        "export",
        format!("1-{}-0", BATCHES - 1),
    );
    let receipt = collector.post(ndjson(&[again])).await.json();
    assert_eq!(
        (&receipt["accepted"], &receipt["duplicates"]),
        (&json!(0), &json!(1))
    );
    let loss = collector.get("/api/v2/loss").await;
    assert_eq!(loss["received"], CLIENTS * BATCHES * 3);
    assert_eq!(loss["missing"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_question_counts_every_batch_that_was_answered() {
    check(Arc::new(Collector::new())).await;
}

#[tokio::test]
async fn so_it_does_where_one_thread_serves_everybody() {
    check(Arc::new(Collector::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_changes_an_account_comes_after_the_batches_that_were_answered() {
    let collector = Collector::new();
    for no in 0..50 {
        collector
            .send(vec![feature("acme", &format!("user {no}"), "export", no)])
            .await;
        let moved = json!({"account_id": "other", "move": true});
        let path = format!("/api/v2/account_users/user%20{no}");
        assert_eq!(collector.call("PUT", &path, Some(moved)).await.status, 200);
        let event = feature(
            "acme",
            &format!("user {no}"),
            "export",
            format!("{no} again"),
        );
        let receipt = collector.post(ndjson(&[event])).await.json();
        assert_eq!(receipt["set_aside"], 1, "{receipt}");
    }
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 50);
    assert_eq!(usage["uncaptured"]["user_conflict"], 50);
}
