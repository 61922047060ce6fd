//! What was erased stays so: late events, rebuilds and restored backups.

use natero_collector::store::sqlite::{
    SqliteStore as Store, backup, erasure, erasure_list, rebuild,
};
use serde_json::{Value, json};

use crate::{collector, event, support::*};

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
