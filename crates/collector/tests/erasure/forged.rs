//! Taking back forged events also removes what they changed and created.

use axum::{body::Body, http::Request};
use natero_collector::model::keys::NewSource;
use serde_json::{Value, json};

use crate::{
    collector,
    company::{self, event},
    support::*,
    usage,
};

async fn listed(collector: &Collector) -> (Value, Value) {
    let accounts = collector.get("/api/v2/accounts").await;
    let users = collector.get("/api/v2/account_users").await;
    (accounts["total"].clone(), users["total"].clone())
}

#[tokio::test]
async fn what_forged_events_invented_goes_with_them_and_what_others_named_stays() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "good", 0)]).await;
    let before = listed(&collector).await;
    collector
        .send(vec![
            event("invented", "nobody", "bad", 0),
            event("named later", "named later", "bad", 1),
            event("used", "used", "bad", 2),
            event("acme", "ann", "bad", 3),
            event("acme", "new in acme", "bad", 4),
        ])
        .await;
    let named = json!({"user_id": "named later", "account_id": "named later"});
    collector
        .change("PUT", "/api/v2/account_users/named%20later", Some(named))
        .await;
    collector.send(vec![event("used", "used", "good", 1)]).await;
    let answer = collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(
        answer.json()["erased"],
        json!({"events": 5, "users": 2, "accounts": 1})
    );
    let after = listed(&collector).await;
    let more = |number: &Value| number.as_i64().unwrap() + 2;
    assert_eq!(after, (json!(more(&before.0)), json!(more(&before.1))));
    collector.check_figures().await;
}

/// An identification that sets a parent, as number `seq` of a stream.
fn placed(account: &str, stream: &str, seq: u32, parent: &Value) -> Value {
    with(
        event(account, account, stream, seq),
        json!({"action": "identifyAccount", "details": {"parent_account_id": parent}}),
    )
}

#[tokio::test]
async fn a_parent_that_a_forged_event_has_set_is_taken_back_and_one_that_was_confirmed_stays() {
    let collector = Collector::with(&["--allow-hierarchy"]);
    let accounts = ["by stream", "by event", "confirmed", "moved"];
    let records: Vec<_> = accounts.map(|id| json!({"account_id": id})).into();
    let records = json!({"records": records});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let parent = async |account: &str| {
        let account = account.replace(' ', "%20");
        let stored = collector.get(&format!("/api/v2/accounts/{account}")).await;
        assert!(
            stored["details"].as_object().unwrap().is_empty(),
            "{stored}"
        );
        stored["parent_account_id"].clone()
    };
    collector
        .send(vec![
            placed("by stream", "bad", 0, &json!("forged")),
            placed("by event", "single", 0, &json!(7)),
            placed("confirmed", "bad", 1, &json!("forged")),
            placed("moved", "bad", 2, &json!("forged")),
        ])
        .await;
    assert_eq!(parent("by stream").await, "forged");
    assert_eq!(parent("by event").await, "7");
    for (account, parent) in [("confirmed", "forged"), ("moved", "true")] {
        let record = json!({"account_id": account, "parent_account_id": parent});
        let path = format!("/api/v2/accounts/{account}");
        collector.change("PUT", &path, Some(record)).await;
    }
    for path in ["/api/v2/streams/bad", "/api/v2/events/single-0"] {
        let answer = collector.call("DELETE", path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(parent("by stream").await, Value::Null);
    assert_eq!(parent("by event").await, Value::Null);
    assert_eq!(parent("confirmed").await, "forged");
    assert_eq!(parent("moved").await, "true");
    let gone = collector.call("GET", "/api/v2/accounts/7", None).await;
    assert_eq!(gone.status, 404);
}

/// An identification of acme or ann as number `seq` of a stream, with a time that is `ahead`
/// ms from now.
fn said(action: &str, stream: &str, seq: u32, ahead: i64, details: Value) -> Value {
    let created_at = natero_collector::clock::now_ms() + ahead;
    with(
        event("acme", "ann", stream, seq),
        json!({"action": action, "created_at": created_at, "details": details}),
    )
}

#[tokio::test]
async fn what_a_forged_identification_replaced_is_back_once_it_is_taken_back() {
    const AHEAD: i64 = 23 * HOUR + 54 * 60_000;
    for erase in [
        "streams/bad",
        "events/bad-0",
        "sources/source-2/events?from=0",
    ] {
        let collector = Collector::new();
        let forger = collector.new_source(&NewSource::default());
        let account = async || {
            let stored = collector.get("/api/v2/accounts/acme").await;
            (stored["name"].clone(), stored["details"].clone())
        };
        let honest = json!({"name": "Acme", "tier": "gold"});
        let ann = json!({"first_name": "Ann", "team": "a"});
        collector
            .send(vec![
                said("identifyAccount", "good", 0, -HOUR, honest),
                said("identifyUser", "good", 1, -HOUR, ann),
            ])
            .await;
        let forged = json!({"name": "Evil", "tier": "x", "note": "y"});
        let eve = json!({"first_name": "Eve", "team": "x", "note": "y"});
        let forged = [
            said("identifyAccount", "bad", 0, AHEAD, forged),
            said("identifyUser", "bad", 1, AHEAD, eve),
        ];
        let request = Request::post(&forger).body(Body::from(ndjson(&forged)));
        let receipt = collector.ask(request.unwrap()).await.json();
        assert_eq!(receipt["accepted"], 2, "{receipt}");
        let tier = json!({"tier": "x", "note": "y"});
        assert_eq!(account().await, (json!("Evil"), tier.clone()));

        let later = json!({"name": "Acme Inc"});
        collector
            .send(vec![said("identifyAccount", "good", 2, 0, later)])
            .await;
        assert_eq!(account().await, (json!("Acme Inc"), tier));
        let path = format!("/api/v2/{erase}");
        let answer = collector.call("DELETE", &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let left = (json!("Acme Inc"), json!({"tier": "gold"}));
        assert_eq!(account().await, left, "{erase}");
        let ann = collector.get("/api/v2/account_users/ann").await;
        if erase != "events/bad-0" {
            assert_eq!(ann["first_name"], "Ann", "{erase}");
            assert_eq!(ann["details"], json!({"team": "a"}), "{erase}");
        }
    }
}

#[tokio::test]
async fn what_the_account_api_cleared_stays_so_when_a_forged_identification_goes() {
    let collector = collector().await;
    let honest = json!({"name": "Acme", "tier": "gold"});
    collector
        .send(vec![said("identifyAccount", "good", 0, 0, honest)])
        .await;
    let cleared = json!({"tier": null});
    collector
        .change("PUT", "/api/v2/accounts/acme", Some(cleared))
        .await;
    let forged = json!({"name": "Evil", "tier": "x"});
    collector
        .send(vec![said("identifyAccount", "bad", 0, 0, forged)])
        .await;
    collector
        .change("DELETE", "/api/v2/streams/bad", None)
        .await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["name"], "Acme");
    assert_eq!(account["details"], json!({}));
}

#[tokio::test]
async fn a_parent_that_an_honest_source_asked_for_is_set_once_a_forged_one_is_gone() {
    let collector = Collector::new();
    let sources = ["forger", "ours"].map(|name| {
        collector.new_source(&NewSource {
            name: name.to_owned(),
            allow_hierarchy: true,
            ..NewSource::default()
        })
    });
    for (source, stream, parent) in [
        (&sources[0], "bad", "forged"),
        (&sources[1], "good", "region"),
    ] {
        let placed = ndjson(&[placed("acme", stream, 0, &json!(parent))]);
        let request = Request::post(source).body(Body::from(placed)).unwrap();
        collector.ask(request).await;
    }
    let parent = async || {
        let stored = collector.get("/api/v2/accounts/acme").await;
        assert_eq!(stored["details"], json!({}), "{stored}");
        stored["parent_account_id"].clone()
    };
    assert_eq!(parent().await, "forged");
    collector
        .change("DELETE", "/api/v2/streams/bad", None)
        .await;
    assert_eq!(parent().await, "region");
}

#[tokio::test]
async fn a_forged_place_is_taken_back_where_the_account_above_is_gone_meanwhile() {
    let collector = Collector::with(&["--allow-hierarchy"]);
    let records = json!({"records": [
        {"account_id": "top"}, {"account_id": "middle", "parent_account_id": "top"},
        {"account_id": "placed"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
        .send(vec![placed("placed", "bad", 0, &json!("middle"))])
        .await;
    let parent = async || {
        let stored = collector.get("/api/v2/accounts/placed").await;
        stored["parent_account_id"].clone()
    };
    let erase = "/api/v2/accounts/middle?erase=true";
    assert_eq!(collector.call("DELETE", erase, None).await.status, 200);
    assert_eq!(parent().await, "top");
    let stream = "/api/v2/streams/bad";
    assert_eq!(collector.call("DELETE", stream, None).await.status, 200);
    assert_eq!(parent().await, Value::Null);
}

#[tokio::test]
async fn a_single_event_is_taken_back_by_its_id() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "good", 0)]).await;
    let (before, known) = (usage(&collector).await, listed(&collector).await);
    let account = collector.get("/api/v2/accounts/acme").await;
    let forged = with(
        feature("acme", "eve", "export", "forged/1"),
        json!({"total": 1000}),
    );
    let said = with(
        feature("acme", "ann", "x", "forged/2"),
        json!({"action": "identifyAccount", "details": {"name": "Forged"}}),
    );
    collector.send(vec![forged.clone(), said]).await;
    for id in ["forged%2F1", "forged%2F2"] {
        let path = format!("/api/v2/events/{id}");
        let answer = collector.call("DELETE", &path, None).await;
        assert_eq!(answer.json()["erased"]["events"], 1, "{}", answer.text);
        assert_eq!(collector.call("DELETE", &path, None).await.status, 404);
    }
    assert_eq!(usage(&collector).await, before);
    assert_eq!(listed(&collector).await, known);
    assert_eq!(collector.get("/api/v2/accounts/acme").await, account);
    collector.check_figures().await;
    let receipt = collector.post(ndjson(&[forged])).await.json();
    assert_eq!(receipt["accepted"], 0, "{receipt}");
}

#[tokio::test]
async fn what_a_source_sent_in_a_span_of_arrival_is_taken_back() {
    let collector = collector().await;
    let early = event("acme", "ann", "good", 0);
    collector.send(vec![early]).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let from = natero_collector::clock::now_ms();
    let (before, known) = (usage(&collector).await, listed(&collector).await);
    let loss = collector.get("/api/v2/loss").await;
    collector.send(company::forged()).await;
    let path = |source: &str| format!("/api/v2/sources/{source}/events?from={from}");
    let unknown = collector.call("DELETE", &path("source-9"), None).await;
    assert_eq!(unknown.status, 404);
    let unbounded = collector.call("DELETE", "/api/v2/sources/source-1/events", None);
    assert_eq!(unbounded.await.status, 400);
    let answer = collector.call("DELETE", &path("source-1"), None).await;
    assert_eq!(
        answer.json()["erased"],
        json!({"events": 21, "users": 20, "accounts": 20}),
        "{}",
        answer.text
    );
    assert_eq!(usage(&collector).await, before);
    assert_eq!(listed(&collector).await, known);
    assert_eq!(collector.get("/api/v2/loss").await, loss);
    collector.check_figures().await;

    // Later arrivals are not in the erased span.
    let again = collector
        .call("DELETE", &path("source-1"), None)
        .await
        .json();
    assert_eq!(again["erased"]["events"], 0);
    collector.send(vec![event("acme", "ann", "good", 7)]).await;
}

#[tokio::test]
async fn figures_that_nobody_can_tell_any_more_are_said_to_stay() {
    let collector = collector().await;
    collector
        .send(vec![
            event("acme", "ann", "bad", 0),
            event("acme", "ann", "bad", 1),
        ])
        .await;
    assert_eq!(collector.prune(NOW + 2 * HOUR).await, 2);
    let late = with(
        event("acme", "ann", "bad", 2),
        json!({"created_at": NOW + DAY}),
    );
    collector.send(vec![late]).await;
    let answer = collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(
        answer.json()["erased"],
        json!({"events": 1, "users": 0, "accounts": 0, "figures_kept": 2})
    );
}
