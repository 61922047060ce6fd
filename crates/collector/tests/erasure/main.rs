//! Events and stored data can be erased.
#![allow(missing_docs)]

mod company;
mod forged;
mod listed;
mod placed;
mod placed_model;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod viewers;

use company::event;
use serde_json::{Value, json};
use support::*;

async fn collector() -> Collector {
    company::fill(Collector::new()).await
}

async fn usage(collector: &Collector) -> Value {
    collector.get("/api/v2/accounts/top/usage?by=user").await
}

#[tokio::test]
async fn a_stream_is_taken_back_with_its_figures_and_what_it_said() {
    let collector = collector().await;
    let said = |details: Value| json!({"action": "identifyAccount", "details": details});
    collector
        .send(vec![
            event("acme", "ann", "good", 0),
            with(
                event("acme", "ann", "good", 1),
                said(json!({"plan": "gold"})),
            ),
        ])
        .await;
    let (before, account) = (
        usage(&collector).await,
        collector.get("/api/v2/accounts/acme").await,
    );
    let loss = collector.get("/api/v2/loss").await;
    collector
        .send(vec![
            with(event("acme", "ann", "bad", 0), json!({"total": 1_000_000})),
            // In hours without other events, in another account and as another user.
            with(
                event("beta", "eve", "bad", 1),
                json!({"created_at": NOW - DAY}),
            ),
            with(event("beta", "ann", "bad", 2), json!({"total": 7})),
            with(
                event("acme", "ann", "bad", 9),
                said(json!({"name": "Forged", "size": 1})),
            ),
        ])
        .await;
    assert_eq!(
        collector.get("/api/v2/accounts/acme").await["name"],
        "Forged"
    );
    let path = "/api/v2/streams/bad";
    let answer = collector.call("DELETE", path, None).await;
    assert_eq!(
        answer.json(),
        json!({"stream_id": "bad", "erased": {"events": 4, "users": 1, "accounts": 0}})
    );
    assert_eq!(usage(&collector).await, before);
    assert_eq!(collector.get("/api/v2/accounts/acme").await, account);
    assert_eq!(collector.get("/api/v2/loss").await, loss);
    collector.check_figures().await;

    // Events that are sent late or again stay out, and the answer says so.
    let receipt = collector
        .post(ndjson(&[
            event("acme", "ann", "bad", 0),
            event("acme", "ann", "bad", 10),
            with(event("acme", "ann", "bad", 11), json!({"total": -1})),
        ]))
        .await
        .json();
    assert_eq!(receipt["accepted"], 0);
    assert_eq!(receipt["rejected"].as_array().unwrap().len(), 3);
    assert_eq!(collector.get("/api/v2/loss").await, loss);
    assert_eq!(collector.call("DELETE", path, None).await.status, 404);
}

#[tokio::test]
async fn even_a_figure_that_overflowed_is_right_once_its_stream_is_gone() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "good", 0)]).await;
    let before = usage(&collector).await;
    collector.send(vec![event("acme", "ann", "bad", 0)]).await;
    // Earlier versions did not limit totals, and could store this.
    let sql = "UPDATE events SET total = 1e308 WHERE stream_id = 'bad'";
    collector.place.execute(sql);
    collector.place.rebuild();
    collector
        .change("DELETE", "/api/v2/streams/bad", None)
        .await;
    assert_eq!(usage(&collector).await, before);
}

#[tokio::test]
async fn from_hours_without_their_events_the_figures_of_a_stream_are_subtracted() {
    let collector = collector().await;
    let old = |event: Value, hours: i64| with(event, json!({"created_at": NOW - hours * HOUR}));
    collector
        .send(vec![old(event("acme", "ann", "good", 0), 10)])
        .await;
    assert_eq!(collector.prune(NOW - 5 * HOUR).await, 1);
    let before = usage(&collector).await;
    // Arrives after the other events of its hour were deleted.
    collector
        .send(vec![old(event("acme", "ann", "bad", 0), 10)])
        .await;
    collector
        .change("DELETE", "/api/v2/streams/bad", None)
        .await;
    assert_eq!(usage(&collector).await, before);
}

#[tokio::test]
async fn an_erased_user_leaves_no_trace_but_the_figures_of_others() {
    let collector = collector().await;
    let others = [event("acme", "bob", "b", 0), event("beta", "cid", "c", 0)];
    collector.send(others.to_vec()).await;
    let before = usage(&collector).await;
    let details = json!({"first_name": "Ann", "mail": "ann@acme.example"});
    collector
        .send(vec![
            event("acme", "ann", "a", 0),
            // Not counted, because the user belongs to another account.
            event("beta", "ann", "a", 1),
            with(
                event("acme", "ann", "a", 2),
                json!({"action": "identifyUser", "details": details}),
            ),
        ])
        .await;
    let path = "/api/v2/account_users/ann";
    let answer = collector
        .call("DELETE", &format!("{path}?erase=true"), None)
        .await;
    assert_eq!(
        answer.json(),
        json!({"user_id": "ann", "erased": {"events": 3, "users": 1, "accounts": 0}})
    );
    assert_eq!(usage(&collector).await, before);
    assert_eq!(collector.call("GET", path, None).await.status, 404);
    collector.check_figures().await;
    for (table, column) in [("events", "user_id"), ("users", "user_id")] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} = 'ann'");
        assert_eq!(collector.count(&sql), 0);
    }
    assert_eq!(usage(&collector).await["totals"]["sessions"], 2);

    // Late events stay out; if a user comes back, that is a new user.
    let late = with(event("acme", "ann", "a", 3), json!({"event_id": "late"}));
    let now = natero_collector::clock::now_ms() + HOUR;
    let fresh = with(event("acme", "ann", "a", 4), json!({"created_at": now}));
    let receipt = collector.post(ndjson(&[late, fresh])).await.json();
    assert_eq!(
        (&receipt["accepted"], &receipt["rejected"][0]["line"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(collector.get(path).await["first_name"], json!(null));
}

#[tokio::test]
async fn an_erased_account_takes_its_users_and_records_along_and_leaves_its_children() {
    let collector = collector().await;
    collector.send(vec![event("beta", "cid", "c", 0)]).await;
    let before = usage(&collector).await;
    let child = json!({"records": [{"account_id": "below", "parent_account_id": "acme"}]});
    let ann = json!({"user_id": "ann", "account_id": "acme"});
    collector
        .change("PUT", "/api/v2/account_users/ann", Some(ann))
        .await;
    collector
        .send(vec![
            event("acme", "ann", "a", 0),
            event("acme", "cid", "a", 1),
            event("beta", "ann", "a", 2),
        ])
        .await;
    collector
        .change("POST", "/api/v2/accounts", Some(child))
        .await;
    let money = json!({"date": NOW, "name": "mrr", "amount": 5, "currency": "EUR"});
    for (kind, record) in [("financials", money), ("notes", json!({"text": "x"}))] {
        let path = format!("/api/v2/accounts/acme/{kind}");
        collector.change("POST", &path, Some(record)).await;
    }
    let answer = collector
        .call("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    assert_eq!(
        answer.json(),
        json!({"account_id": "acme", "erased": {"events": 3, "users": 1, "accounts": 1}})
    );
    assert_eq!(usage(&collector).await, before);
    let summary = collector.get("/api/v2/accounts/top/summary").await;
    assert_eq!(summary["financials"], json!([]));
    let below = collector.get("/api/v2/accounts/below").await;
    assert_eq!(below["parent_account_id"], "top");
    let gone = collector.call("GET", "/api/v2/accounts/acme", None).await;
    assert_eq!(gone.status, 404);
    collector.check_figures().await;
}
