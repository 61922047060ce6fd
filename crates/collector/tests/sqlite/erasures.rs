//! Erased data stays erased despite late events, rebuilds and restored backups.

use natero_collector::{
    model::erasure::{Erasure, ErasureKind},
    store::sqlite::{
        CommandFile, SqliteStore as Store, backup, erasure, erasure_list, keys, rebuild,
    },
};
use serde_json::{Value, json};

use crate::{
    company::{self, event, forged},
    file::{self, OnFile},
    support::*,
};

async fn collector() -> Collector {
    company::fill(file::collector()).await
}

#[tokio::test]
async fn the_list_of_erasures_survives_a_rebuild_and_names_nobody() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    collector
        .change("DELETE", "/api/v2/account_users/ann?erase=true", None)
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
    // It comes back after the erasure, and is rightly in the backup.
    let now = natero_collector::clock::now_ms() + HOUR;
    let back = with(event("acme", "ann", "e", 0), json!({"created_at": now}));
    collector.send(vec![back]).await;
    let copy = collector.db().with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    erase("stream", "b").await;
    erase("account_users", "cid").await;
    erase("accounts", "beta").await;
    let list = erasure_list::entries(&collector.sql()).unwrap();

    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    // Bob is removed with the stream, because nothing else has named him.
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
async fn the_loss_report_of_a_restored_backup_is_what_it_was_before() {
    // Erased in either order; events in the past and ahead of the clock.
    for users in [["ann", "bob"], ["bob", "ann"]] {
        for ahead in [-HOUR, HOUR] {
            let collector = collector().await;
            let at = json!({"created_at": natero_collector::clock::now_ms() + ahead});
            let made = ["cid", "ann", "cid", "bob", "ann", "bob"];
            let events = (0..).zip(made).map(|(seq, user)| {
                let event = event("acme", user, "t", seq);
                if user == "cid" {
                    event
                } else {
                    with(event, at.clone())
                }
            });
            collector.send(events.collect()).await;
            let forged = with(event("acme", "cid", "t", 7), json!({"event_id": "forged"}));
            collector.send(vec![forged]).await;
            let copy = collector.db().with_file_name("backup.db");
            backup(&collector.sql(), &copy).unwrap();
            let [first, last] = users.map(|user| format!("account_users/{user}?erase=true"));
            for path in [&first, "events/forged", &last] {
                let path = format!("/api/v2/{path}");
                let answer = collector.call("DELETE", &path, None).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
            let list = erasure_list::entries(&collector.sql()).unwrap();
            let mut restored = Store::open_for_command(&copy).unwrap();
            let tx = restored.transaction().unwrap();
            erasure::apply(&tx, &list).unwrap();
            tx.commit().unwrap();
            let record = |conn: &rusqlite::Connection| {
                let sql = "SELECT made, received, rejected, duplicates, events FROM streams";
                conn.query_row(sql, [], |row| {
                    Ok([0, 1, 2, 3, 4].map(|column| row.get::<_, i64>(column).unwrap()))
                })
                .unwrap()
            };
            let left = record(&collector.sql());
            assert_eq!(left, [6, 2, 4, 0, 2], "{users:?} {ahead}");
            assert_eq!(record(&restored), left, "{users:?} {ahead}");
        }
    }
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
    let placed = json!({"user_id": "bob", "account_id": "acme"});
    collector
        .change("PUT", "/api/v2/account_users/bob", Some(placed))
        .await;
    let copy = collector.db().with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    // Ann comes to the account and bob leaves it, before the account is erased.
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
    // His events in the account were erased with it, and those elsewhere stay.
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

fn move_to(user: &str, account: &str) -> Value {
    json!({"user_id": user, "account_id": account, "move": true})
}

#[tokio::test]
async fn an_account_that_an_earlier_version_erased_takes_its_members_from_a_backup() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    let copy = collector.db().with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    collector
        .change("DELETE", "/api/v2/accounts/acme?erase=true", None)
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
async fn events_that_arrive_while_an_erasure_looks_for_others_are_erased_too() {
    let (collector, store) = file::collector_and_store(&[]);
    let collector = company::fill(collector).await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    let stream = Erasure::of(ErasureKind::Stream, "a");
    let found = erasure::find_events(&collector.sql(), &stream).unwrap();
    collector.send(vec![event("acme", "ann", "a", 1)]).await;
    collector
        .sql()
        .execute("DELETE FROM events WHERE seq = 0", [])
        .unwrap();
    let erased = store
        .write(move |tx| erasure::erase(tx, &stream, &found, NOW))
        .await
        .unwrap();
    assert_eq!(erased.unwrap().events, 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
}

#[tokio::test]
async fn a_restored_backup_has_none_of_the_forged_events_that_were_erased_since() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "good", 0)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let from = natero_collector::clock::now_ms();
    let single = ["single/1", "single/2"].map(|id| feature("acme", id, "export", id));
    collector.send(single.to_vec()).await;
    collector.send(forged()).await;
    let copy = collector.db().with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    for (path, events) in [
        ("events/single%2F1".to_owned(), 1),
        (format!("sources/source-1/events?from={from}"), 22),
    ] {
        let path = format!("/api/v2/{path}");
        let answer = collector.call("DELETE", &path, None).await;
        assert_eq!(answer.json()["erased"]["events"], events, "{}", answer.text);
    }
    let list = erasure_list::entries(&collector.sql()).unwrap();
    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    assert_eq!((erased.events, erased.users, erased.accounts), (23, 22, 20));
}

#[tokio::test]
async fn a_restored_backup_has_users_of_an_erased_account_where_others_name_them() {
    let collector = collector().await;
    collector
        .send(vec![
            event("forged", "u", "bad", 0),
            event("acme", "u", "good", 0),
            event("taken back", "v", "worse", 0),
            event("acme", "v", "good", 1),
        ])
        .await;
    let copy = collector.db().with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    for path in [
        "/api/v2/accounts/forged?erase=true",
        "/api/v2/events/worse-0",
    ] {
        let answer = collector.call("DELETE", path, None).await;
        assert_eq!(answer.json()["erased"]["users_moved"], 1, "{}", answer.text);
    }
    let list = erasure_list::entries(&collector.sql()).unwrap();
    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    let erased = erasure::apply(&tx, &list).unwrap();
    tx.commit().unwrap();
    assert_eq!((erased.events, erased.users, erased.users_moved), (2, 0, 2));
    let homes: i64 = restored
        .query_row(
            "SELECT COUNT(*) FROM users u JOIN accounts a ON a.no = u.account_no
             WHERE a.account_id = 'acme'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(homes, 2);
    let rebuilt = rebuild::rebuild(&mut restored, false).unwrap();
    assert!(rebuilt.differing.is_empty());
}

#[tokio::test]
async fn a_viewer_key_of_an_erased_account_is_revoked_in_a_restored_backup() {
    let collector = collector().await;
    collector.viewer_key(Some("acme"));
    collector.viewer_key(Some("beta"));
    let db = collector.db();
    let copy = db.with_file_name("backup.db");
    backup(&collector.sql(), &copy).unwrap();
    collector
        .change("DELETE", "/api/v2/accounts/acme?erase=true", None)
        .await;
    let list = erasure_list::entries(&collector.sql()).unwrap();
    let mut restored = CommandFile::open(&copy).unwrap();
    let beta = Erasure::of(ErasureKind::Account, "beta");
    assert_eq!(restored.erase(&beta).unwrap().unwrap().keys_revoked, 1);
    drop(restored);
    let mut restored = Store::open_for_command(&copy).unwrap();
    let tx = restored.transaction().unwrap();
    assert_eq!(erasure::apply(&tx, &list).unwrap().keys_revoked, 1);
    let keys = keys::list(&tx).unwrap();
    let viewers = keys.iter().filter(|key| key.kind == "viewer");
    for viewer in viewers {
        assert!(viewer.revoked_at.is_some(), "{viewer}");
        assert!(!viewer.to_string().contains("sees"), "{viewer}");
    }
}
