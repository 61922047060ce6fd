//! Erased data stays erased, even if events arrive late.

use serde_json::json;

use crate::{collector, company::event, support::*};

/// Sends ann's earlier event again under another account, and expects a refusal.
async fn check_stays_erased(collector: &Collector) {
    let old = with(
        event("other", "ann", "z", 0),
        json!({"event_id": "elsewhere"}),
    );
    let receipt = collector.post(ndjson(&[old])).await.json();
    assert_eq!(receipt["accepted"], 0, "{receipt}");
    let user = collector.call("GET", "/api/v2/account_users/ann", None);
    assert_eq!(user.await.status, 404);
}

#[tokio::test]
async fn users_who_were_erased_with_their_account_stay_erased_elsewhere() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    collector
        .change("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    check_stays_erased(&collector).await;
}

#[tokio::test]
async fn an_event_without_an_account_is_of_the_account_that_its_user_belongs_to() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    collector
        .change("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    let new = json!({"user_id": "eran", "account_id": "acme"});
    collector
        .change("PUT", "/api/v2/account_users/eran", Some(new))
        .await;
    let named = event("acme", "eran", "b", 0);
    let unnamed = with(event("acme", "eran", "b", 1), json!({"account_id": null}));
    let now = natero_collector::clock::now_ms() + 1;
    let back = with(
        event("acme", "eran", "b", 2),
        json!({"account_id": null, "created_at": now}),
    );
    let receipt = collector.post(ndjson(&[named, unnamed, back])).await.json();
    assert_eq!(receipt["accepted"], 1, "{receipt}");
    let rejected = receipt["rejected"].as_array().unwrap();
    let told: Vec<_> = rejected.iter().map(|line| &line["error"]).collect();
    let erased = json!("the account of this event was erased; do not send it again");
    assert_eq!(told, [&erased, &erased]);
}

#[tokio::test]
async fn an_erased_event_that_lay_ahead_stays_out_and_a_user_who_returns_counts_at_once() {
    let collector = collector().await;
    let now = natero_collector::clock::now_ms();
    let ahead = |tag: u32, by: i64| {
        with(
            event("acme", "ann", "a", tag),
            json!({"created_at": now + by}),
        )
    };
    collector
        .send(vec![ahead(0, HOUR), ahead(1, 20 * HOUR)])
        .await;
    collector
        .change("DELETE", "/api/v2/account_users/ann?erase=true", None)
        .await;
    let resent = collector
        .post(ndjson(&[
            ahead(0, HOUR),
            ahead(1, 20 * HOUR),
            ahead(0, HOUR),
        ]))
        .await
        .json();
    assert_eq!(
        (
            &resent["accepted"],
            resent["rejected"].as_array().unwrap().len()
        ),
        (&json!(0), 3)
    );
    assert_eq!(collector.count("SELECT COUNT(*) FROM streams"), 0);
    collector.place.rebuild();
    let collector = collector.restarted();
    let back = with(
        event("acme", "ann", "b", 0),
        json!({"created_at": natero_collector::clock::now_ms() + 1}),
    );
    collector.send(vec![back]).await;
    assert_eq!(
        collector.post(ndjson(&[ahead(0, HOUR)])).await.json()["accepted"],
        0
    );
}
