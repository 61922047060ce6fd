//! What was sent or stored can be taken back.
#![allow(missing_docs)]

mod support;

use natero_collector::{
    model::erasure::{Erasure, ErasureKind},
    store::sqlite::{SqliteStore as Store, backup, erasure, erasure_list, rebuild, retention},
};
use serde_json::{Value, json};
use support::*;

async fn collector() -> Collector {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "top"},
        {"account_id": "acme", "parent_account_id": "top", "tier": 1},
        {"account_id": "beta", "parent_account_id": "top"},
    ]});
    collector
        .call("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
}

fn event(account: &str, user: &str, stream: &str, seq: u32) -> Value {
    with(
        feature(account, user, "export", format!("{stream}-{seq}")),
        json!({"stream_id": stream, "seq": seq, "product": "studio"}),
    )
}

async fn usage(collector: &Collector) -> Value {
    collector.get("/api/v2/accounts/top/usage?by=user").await
}

/// Checks that the figures are those of the remaining events.
fn check_figures(collector: &Collector) {
    let rebuilt = rebuild::rebuild(&mut collector.sql(), false).unwrap();
    assert_eq!(rebuilt.differing, Vec::<String>::new());
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
            // In hours of its own, under another account and as another user.
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
    check_figures(&collector);

    // What is sent late or again stays out, and is told.
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
    // As a version stored it that did not bound totals.
    let conn = collector.sql();
    conn.execute(
        "UPDATE events SET total = 1e308 WHERE stream_id = 'bad'",
        [],
    )
    .unwrap();
    rebuild::rebuild(&mut collector.sql(), true).unwrap();
    collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(usage(&collector).await, before);
}

#[tokio::test]
async fn from_hours_without_their_events_the_figures_of_a_stream_are_subtracted() {
    let collector = collector().await;
    let old = |event: Value, hours: i64| with(event, json!({"created_at": NOW - hours * HOUR}));
    collector
        .send(vec![old(event("acme", "ann", "good", 0), 10)])
        .await;
    let horizon = u32::try_from(NOW / HOUR).unwrap() - 5;
    collector
        .store
        .write(move |tx| retention::prune(tx, horizon))
        .await
        .unwrap();
    let before = usage(&collector).await;
    // Arrives after the others of its hour are gone.
    collector
        .send(vec![old(event("acme", "ann", "bad", 0), 10)])
        .await;
    collector.call("DELETE", "/api/v2/streams/bad", None).await;
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
            // Set aside.
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
    check_figures(&collector);
    for (table, column) in [("events", "user_id"), ("users", "user_id")] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} = 'ann'");
        assert_eq!(collector.count(&sql), 0);
    }
    assert_eq!(collector.count("SELECT COUNT(*) FROM sessions"), 2);

    // Late events stay out; a user who comes back is a new one.
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
    collector
        .send(vec![
            event("acme", "ann", "a", 0),
            event("acme", "cid", "a", 1),
            event("beta", "ann", "a", 2),
        ])
        .await;
    collector
        .call("POST", "/api/v2/accounts", Some(child))
        .await;
    let money = json!({"date": NOW, "name": "mrr", "amount": 5, "currency": "EUR"});
    for (kind, record) in [("financials", money), ("notes", json!({"text": "x"}))] {
        let path = format!("/api/v2/accounts/acme/{kind}");
        collector.call("POST", &path, Some(record)).await;
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
    check_figures(&collector);
}

#[tokio::test]
async fn the_list_of_erasures_survives_a_rebuild_and_names_nobody() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    collector
        .call("DELETE", "/api/v2/account_users/ann?erase=true", None)
        .await;
    rebuild::rebuild(&mut collector.sql(), true).unwrap();
    let list = erasure_list::entries(&collector.sql()).unwrap();
    assert_eq!((list.len(), list[0].0.as_str()), (1, "user"));
    assert_ne!(list[0].1, b"ann");
    let late = with(event("acme", "ann", "a", 1), json!({"event_id": "late"}));
    assert_eq!(collector.post(ndjson(&[late])).await.json()["accepted"], 0);
}

#[tokio::test]
async fn a_restored_backup_holds_nothing_that_was_erased_since() {
    let collector = collector().await;
    let erase = |kind: &'static str, id: &'static str| {
        let collector = &collector;
        async move {
            let path = match kind {
                "stream" => format!("/api/v2/streams/{id}"),
                kind => format!("/api/v2/{kind}/{id}?erase=true"),
            };
            assert_eq!(collector.call("DELETE", &path, None).await.status, 200);
        }
    };
    collector
        .send(vec![
            event("acme", "ann", "a", 0),
            event("acme", "bob", "b", 0),
            event("acme", "cid", "c", 0),
            event("beta", "dan", "d", 0),
        ])
        .await;
    erase("account_users", "ann").await;
    // Comes back after the erasure, and is in the backup rightly.
    let now = natero_collector::clock::now_ms() + HOUR;
    let back = with(event("acme", "ann", "e", 0), json!({"created_at": now}));
    collector.send(vec![back]).await;
    let copy = collector.db.with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    erase("stream", "b").await;
    erase("account_users", "cid").await;
    erase("accounts", "beta").await;
    let list = erasure_list::entries(&collector.sql()).unwrap();

    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    // Bob goes with the stream, since nothing else has named him.
    assert_eq!((erased.events, erased.users, erased.accounts), (3, 3, 1));
    assert_eq!(erasure_list::entries(&restored).unwrap(), list);
    let remaining: String = restored
        .query_row("SELECT group_concat(stream_id) FROM events", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(remaining, "e");
    let rebuilt = rebuild::rebuild(&mut restored, false).unwrap();
    assert!(rebuilt.differing.is_empty());
}

#[tokio::test]
async fn events_that_arrive_while_an_erasure_looks_for_others_are_erased_too() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    let stream = Erasure::of(ErasureKind::Stream, "a");
    let found = erasure::find_events(&collector.sql(), &stream).unwrap();
    collector.send(vec![event("acme", "ann", "a", 1)]).await;
    collector
        .sql()
        .execute("DELETE FROM events WHERE seq = 0", [])
        .unwrap();
    let erased = collector
        .store
        .write(move |tx| erasure::erase(tx, &stream, &found, NOW))
        .await
        .unwrap();
    assert_eq!(erased.unwrap().events, 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
}

/// Sends ann's event of before under another account, and expects a refusal.
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
        .call("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    check_stays_erased(&collector).await;
}

fn move_to(user: &str, account: &str) -> Value {
    json!({"user_id": user, "account_id": account, "move": true})
}

#[tokio::test]
async fn a_restored_backup_takes_who_was_erased_with_an_account_and_nobody_else() {
    let collector = collector().await;
    collector
        .send(vec![
            event("beta", "ann", "a", 0),
            event("acme", "bob", "b", 0),
            event("acme", "cid", "c", 0),
            event("beta", "bob", "b", 1),
        ])
        .await;
    let copy = collector.db.with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    // Ann comes to the account and bob leaves it, before it is erased.
    for (user, account) in [("ann", "acme"), ("bob", "beta")] {
        let path = format!("/api/v2/account_users/{user}");
        let moved = collector
            .call("PUT", &path, Some(move_to(user, account)))
            .await;
        assert_eq!(moved.status, 200, "{}", moved.text);
    }
    let erased = collector
        .call("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    assert_eq!(erased.json()["erased"]["users"], 2);
    let list = erasure_list::entries(&collector.sql()).unwrap();

    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    let column =
        |sql: &str| -> Option<String> { restored.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        column("SELECT group_concat(user_id) FROM users").as_deref(),
        Some("bob")
    );
    // What he did in the account went with it, and what he did elsewhere stays.
    assert_eq!(
        column("SELECT group_concat(account_id || user_id) FROM events").as_deref(),
        Some("betabob")
    );
    assert_eq!(
        column("SELECT details FROM accounts WHERE account_id = 'acme'").as_deref(),
        Some("{}"),
        "of the account nothing but its id is left, for as long as bob belongs to it"
    );
    let rebuilt = rebuild::rebuild(&mut restored, false).unwrap();
    assert!(rebuilt.differing.is_empty());
}

#[tokio::test]
async fn an_account_that_an_earlier_version_erased_takes_its_members_from_a_backup() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    let copy = collector.db.with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    collector
        .call("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    let mut list = erasure_list::entries(&collector.sql()).unwrap();
    list.retain(|(kind, ..)| kind == "account");
    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    assert_eq!((erased.events, erased.users, erased.accounts), (1, 1, 1));
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
        .call("DELETE", "/api/v2/account_users/ann?erase=true", None)
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
    rebuild::rebuild(&mut collector.sql(), true).unwrap();
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
        .call("PUT", "/api/v2/account_users/named%20later", Some(named))
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
    check_figures(&collector);
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
    let copy = collector.db.with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    for id in ["forged%2F1", "forged%2F2"] {
        let path = format!("/api/v2/events/{id}");
        let answer = collector.call("DELETE", &path, None).await;
        assert_eq!(answer.json()["erased"]["events"], 1, "{}", answer.text);
        assert_eq!(collector.call("DELETE", &path, None).await.status, 404);
    }
    assert_eq!(usage(&collector).await, before);
    assert_eq!(listed(&collector).await, known);
    assert_eq!(collector.get("/api/v2/accounts/acme").await, account);
    check_figures(&collector);
    let receipt = collector.post(ndjson(&[forged])).await.json();
    assert_eq!(receipt["accepted"], 0, "{receipt}");

    let list = erasure_list::entries(&collector.sql()).unwrap();
    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    assert_eq!((erased.events, erased.users), (2, 1));
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
    let forged: Vec<_> = (0..20)
        .map(|no| {
            let user = format!("forged {no}");
            let event = event(&user, &user, &user, 0);
            with(
                event,
                json!({"stream_id": if no < 5 { json!(user) } else { json!(null) }}),
            )
        })
        .collect();
    let mut forged = forged;
    forged.push(feature("acme", "ann", "export", "forged"));
    for event in &mut forged {
        if event["stream_id"].is_null() {
            event.as_object_mut().unwrap().remove("stream_id");
            event.as_object_mut().unwrap().remove("seq");
        }
    }
    collector.send(forged).await;
    let copy = collector.db.with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
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
    check_figures(&collector);

    // What came later is not of the span.
    let again = collector
        .call("DELETE", &path("source-1"), None)
        .await
        .json();
    assert_eq!(again["erased"]["events"], 0);
    collector.send(vec![event("acme", "ann", "good", 7)]).await;
    let list = erasure_list::entries(&collector.sql()).unwrap();
    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    assert_eq!((erased.events, erased.users, erased.accounts), (21, 20, 20));
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
    let horizon = u32::try_from(NOW / HOUR).unwrap() * 4 + 8;
    while collector
        .store
        .write(move |tx| retention::prune(tx, horizon))
        .await
        .unwrap()
        .events
        > 0
    {}
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
