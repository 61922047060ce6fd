//! The account of a user whom a forged first event has assigned, after that event was taken
//! back.

use axum::{body::Body, http::Request};
use natero_collector::model::keys::NewSource;
use serde_json::{Value, json};

use crate::{collector, company::event, support::*};

/// Sends events from another source.
pub async fn send_from(collector: &Collector, source: &str, events: &[Value]) {
    let request = Request::post(source).body(Body::from(ndjson(events)));
    let answer = collector.ask(request.unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn account_of(collector: &Collector, user: &str) -> Value {
    let user = collector
        .get(&format!("/api/v2/account_users/{user}"))
        .await;
    user["account_id"].clone()
}

/// The counted and the set-aside events of an account.
pub async fn totals(collector: &Collector, account: &str) -> (Value, Value) {
    let path = format!("/api/v2/accounts/{account}/usage");
    let usage = collector.get(&path).await;
    (
        usage["totals"]["events"].clone(),
        usage["uncaptured"]["user_conflict"].clone(),
    )
}

/// Sends a forged event of a source that names the user first, and three of others that name
/// the right account.
async fn forge(collector: &Collector, source: &str) {
    let said = json!({"action": "identifyUser", "details": {"first_name": "Ann"}});
    send_from(collector, source, &[event("forged", "u", "bad", 0)]).await;
    let honest = vec![
        event("acme", "u", "good", 0),
        event("acme", "u", "good", 1),
        with(event("acme", "u", "good", 2), said),
    ];
    let receipt = collector.send(honest).await;
    assert_eq!(receipt["set_aside"], 3);
    assert_eq!(account_of(collector, "u").await, "forged");
}

/// Checks that the forged event has no effect any more, and that all others count.
async fn check_healed(collector: &Collector, events: i64) {
    let user = collector.get("/api/v2/account_users/u").await;
    assert_eq!(
        (&user["account_id"], &user["first_name"]),
        (&json!("acme"), &json!("Ann"))
    );
    assert_eq!(totals(collector, "acme").await, (json!(events), json!(0)));
    let gone = collector.call("GET", "/api/v2/accounts/forged", None).await;
    assert_eq!(gone.status, 404);
    let next = collector.send(vec![event("acme", "u", "good", 9)]).await;
    assert_eq!(
        (&next["accepted"], &next["set_aside"]),
        (&json!(1), &json!(0))
    );
    collector.check_figures().await;
}

#[tokio::test]
async fn a_user_whom_a_forged_event_has_placed_moves_where_the_first_other_names_it() {
    for path in [
        "/api/v2/streams/bad",
        "/api/v2/events/bad-0",
        "/api/v2/sources/source-2/events?from=0",
        "/api/v2/accounts/forged?erase=true",
    ] {
        let collector = collector().await;
        let other = collector.new_source(&NewSource::default());
        forge(&collector, &other).await;
        let answer = collector.call("DELETE", path, None).await;
        assert_eq!(
            answer.json()["erased"],
            json!({"events": 1, "users": 0, "accounts": 1, "users_moved": 1}),
            "{path}"
        );
        check_healed(&collector, 3).await;
    }
}

#[tokio::test]
async fn a_user_whom_an_erasure_has_moved_moves_again_with_the_next() {
    for [first, second] in [
        ["events/bad-0", "events/worse-0"],
        ["streams/bad", "streams/worse"],
        [
            "sources/source-2/events?from=0",
            "sources/source-3/events?from=0",
        ],
        ["streams/bad", "accounts/forged?erase=true"],
    ] {
        let collector = collector().await;
        let one = collector.new_source(&NewSource::default());
        let other = collector.new_source(&NewSource::default());
        send_from(&collector, &one, &[event("acme", "u", "bad", 0)]).await;
        send_from(&collector, &other, &[event("forged", "u", "worse", 0)]).await;
        collector.send(vec![event("acme", "u", "good", 0)]).await;
        let path = format!("/api/v2/{first}");
        collector.change("DELETE", &path, None).await;
        assert_eq!(account_of(&collector, "u").await, "forged");
        // What counted where it happened stays there.
        assert_eq!(totals(&collector, "acme").await, (json!(1), json!(0)));
        assert_eq!(totals(&collector, "forged").await, (json!(1), json!(0)));

        let path = format!("/api/v2/{second}");
        let answer = collector.call("DELETE", &path, None).await.json();
        assert_eq!(
            answer["erased"],
            json!({"events": 1, "users": 0, "accounts": 1, "users_moved": 1}),
            "{path}"
        );
        assert_eq!(account_of(&collector, "u").await, "acme");
        let gone = collector.call("GET", "/api/v2/accounts/forged", None).await;
        assert_eq!(gone.status, 404, "{path}");
        let next = collector.send(vec![event("acme", "u", "good", 1)]).await;
        assert_eq!(next["set_aside"], 0);
        assert_eq!(totals(&collector, "acme").await, (json!(2), json!(0)));
        collector.check_figures().await;
    }
}

#[tokio::test]
async fn a_user_who_has_moved_leaves_an_account_in_which_later_events_count() {
    let collector = collector().await;
    collector
        .send(vec![
            event("acme", "u", "bad", 0),
            event("forged", "u", "worse", 0),
            event("acme", "u", "good", 0),
            event("forged", "u", "other", 0),
        ])
        .await;
    for (path, account) in [("streams/bad", "forged"), ("streams/worse", "acme")] {
        let path = format!("/api/v2/{path}");
        let answer = collector.call("DELETE", &path, None).await.json();
        assert_eq!(
            answer["erased"],
            json!({"events": 1, "users": 0, "accounts": 0, "users_moved": 1})
        );
        assert_eq!(account_of(&collector, "u").await, account);
    }
    // Both events count where they counted before.
    for account in ["acme", "forged"] {
        assert_eq!(totals(&collector, account).await, (json!(1), json!(0)));
    }
    collector.check_figures().await;
}

#[tokio::test]
async fn a_user_moves_back_to_figures_that_count_and_whose_events_were_dropped() {
    for path in [
        "/api/v2/streams/worse",
        "/api/v2/accounts/forged?erase=true",
    ] {
        let collector = collector().await;
        let late = json!({"created_at": NOW + DAY});
        collector
            .send(vec![
                with(event("acme", "u", "bad", 0), late.clone()),
                with(event("forged", "u", "worse", 0), late),
                event("acme", "u", "good", 0),
            ])
            .await;
        let first = collector.call("DELETE", "/api/v2/streams/bad", None).await;
        assert_eq!(first.json()["erased"]["users_moved"], 1, "{}", first.text);
        assert_eq!(collector.prune(NOW + 2 * HOUR).await, 1);
        let answer = collector.call("DELETE", path, None).await.json();
        assert_eq!(answer["erased"]["users_moved"], 1, "{path}: {answer}");
        assert_eq!(account_of(&collector, "u").await, "acme");
        assert_eq!(totals(&collector, "acme").await, (json!(1), json!(0)));
        let gone = collector.call("GET", "/api/v2/accounts/forged", None).await;
        assert_eq!(gone.status, 404, "{path}");
    }
}

/// An identification of the user that gives a first name.
fn named(account: &str, stream: &str, seq: u32, first_name: &str) -> Value {
    let said = json!({"action": "identifyUser", "details": {"first_name": first_name}});
    with(event(account, "u", stream, seq), said)
}

async fn place_and_name(collector: &Collector) -> (Value, Value) {
    let user = collector.get("/api/v2/account_users/u").await;
    (user["account_id"].clone(), user["first_name"].clone())
}

#[tokio::test]
async fn a_user_who_moves_is_called_what_the_identifications_say_that_remain() {
    for path in [
        "/api/v2/streams/bad",
        "/api/v2/events/bad-0",
        "/api/v2/sources/source-2/events?from=0",
    ] {
        let collector = collector().await;
        let forger = collector.new_source(&NewSource::default());
        send_from(&collector, &forger, &[named("forged", "bad", 0, "Eve")]).await;
        collector.send(vec![named("acme", "good", 0, "Ann")]).await;
        collector
            .send(vec![named("forged", "other", 0, "Anna")])
            .await;
        if path != "/api/v2/events/bad-0" {
            send_from(&collector, &forger, &[named("forged", "bad", 1, "Mallory")]).await;
            let forged = (json!("forged"), json!("Mallory"));
            assert_eq!(place_and_name(&collector).await, forged);
        }
        collector.send(vec![event("third", "u", "good", 1)]).await;
        let answer = collector.call("DELETE", path, None).await.json();
        assert_eq!(answer["erased"]["users_moved"], 1, "{path}: {answer}");
        let moved = (json!("acme"), json!("Ann"));
        assert_eq!(place_and_name(&collector).await, moved, "{path}");

        collector
            .send(vec![named("acme", "good", 2, "Annie")])
            .await;
        let path = "/api/v2/accounts/acme?erase=true";
        let answer = collector.call("DELETE", path, None).await.json();
        assert_eq!(answer["erased"]["users_moved"], 1, "{answer}");
        let moved = (json!("forged"), json!("Anna"));
        assert_eq!(place_and_name(&collector).await, moved);
        collector.check_figures().await;
    }
}

#[tokio::test]
async fn a_user_of_whom_the_inbox_has_dropped_the_honest_events_moves_to_their_account() {
    for path in ["/api/v2/streams/bad", "/api/v2/accounts/forged?erase=true"] {
        let collector = collector().await;
        let late = json!({"created_at": NOW + DAY});
        collector
            .send(vec![with(event("forged", "u", "bad", 0), late)])
            .await;
        collector.send(vec![event("acme", "u", "good", 0)]).await;
        assert_eq!(collector.prune(NOW + 2 * HOUR).await, 1);
        let answer = collector.call("DELETE", path, None).await.json();
        assert_eq!(answer["erased"]["users_moved"], 1, "{path}: {answer}");
        assert_eq!(account_of(&collector, "u").await, "acme");
        assert_eq!(totals(&collector, "acme").await, (json!(1), json!(0)));
    }
}

#[tokio::test]
async fn a_user_stays_whom_somebody_else_has_placed() {
    let collector = collector().await;
    let server = collector.new_source(&NewSource {
        trusted: true,
        ..NewSource::default()
    });
    let said = json!({"action": "identifyUser", "details": {"plan": "gold"}});
    let record = json!({"user_id": "api", "account_id": "beta"});
    collector
        .change("PUT", "/api/v2/account_users/api", Some(record))
        .await;
    collector
        .send(vec![
            // This is the first event that names the account, and is not taken back.
            event("beta", "first", "good", 0),
            event("beta", "first", "bad", 0),
            event("beta", "api", "bad", 1),
            event("beta", "server", "bad", 2),
        ])
        .await;
    let identified = with(event("beta", "server", "server", 0), said);
    send_from(&collector, &server, &[identified]).await;
    let users = ["first", "api", "server"];
    for (seq, user) in users.into_iter().enumerate() {
        let aside = event("acme", user, "other", seq as u32);
        collector.send(vec![aside]).await;
    }
    let answer = collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(
        answer.json()["erased"],
        json!({"events": 3, "users": 0, "accounts": 0})
    );
    for user in users {
        assert_eq!(account_of(&collector, user).await, "beta");
    }
    collector.check_figures().await;
}

#[tokio::test]
async fn an_erasure_says_how_many_records_keep_what_a_trusted_source_said() {
    for path in [
        "/api/v2/streams/server",
        "/api/v2/sources/source-2/events?from=0",
    ] {
        let collector = collector().await;
        let server = collector.new_source(&NewSource {
            trusted: true,
            ..NewSource::default()
        });
        let account = json!({"action": "identifyAccount", "details": {"name": "Acme", "tier": 2}});
        // One that is set aside is not applied.
        let aside = json!({"action": "identifyUser", "details": {"first_name": "Eve"}});
        collector.send(vec![event("beta", "bob", "good", 0)]).await;
        send_from(
            &collector,
            &server,
            &[
                with(event("acme", "u", "server", 0), account.clone()),
                with(event("acme", "u", "server", 1), account),
                named("acme", "server", 2, "Ann"),
                with(event("acme", "bob", "server", 3), aside),
                event("acme", "plain", "server", 4),
            ],
        )
        .await;
        let answer = collector.call("DELETE", path, None).await;
        assert_eq!(
            answer.json()["erased"],
            json!({"events": 5, "users": 1, "accounts": 0, "values_kept": 2}),
            "{path}"
        );
        let account = collector.get("/api/v2/accounts/acme").await;
        assert_eq!(account["name"], "Acme");
        let user = collector.get("/api/v2/account_users/u").await;
        assert_eq!(user["first_name"], "Ann");
    }
}

#[tokio::test]
async fn a_user_whose_first_event_retention_has_dropped_stays() {
    let collector = collector().await;
    collector.send(vec![event("beta", "u", "good", 0)]).await;
    let ahead = |event: Value| with(event, json!({"created_at": NOW + DAY}));
    assert_eq!(collector.prune(NOW + 2 * HOUR).await, 1);
    collector
        .send(vec![
            ahead(event("beta", "u", "bad", 0)),
            ahead(event("acme", "u", "other", 0)),
        ])
        .await;
    let answer = collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(answer.json()["erased"]["events"], 1, "{}", answer.text);
    assert_eq!(account_of(&collector, "u").await, "beta");
}

#[tokio::test]
async fn an_erased_account_takes_users_along_whom_the_api_or_a_server_has_placed() {
    let collector = collector().await;
    let server = collector.new_source(&NewSource {
        trusted: true,
        ..NewSource::default()
    });
    let record = json!({"user_id": "api", "account_id": "beta"});
    collector
        .change("PUT", "/api/v2/account_users/api", Some(record))
        .await;
    send_from(&collector, &server, &[event("beta", "it's", "server", 0)]).await;
    collector
        .send(vec![
            event("beta", "public", "good", 0),
            event("acme", "api", "other", 0),
            event("acme", "it's", "other", 1),
            event("acme", "public", "other", 2),
        ])
        .await;
    let answer = collector
        .call("DELETE", "/api/v2/accounts/beta?erase=true", None)
        .await;
    assert_eq!(
        answer.json()["erased"],
        json!({"events": 4, "users": 2, "accounts": 1, "users_moved": 1})
    );
    assert_eq!(account_of(&collector, "public").await, "acme");
    assert_eq!(totals(&collector, "acme").await, (json!(1), json!(0)));
    collector.check_figures().await;
    // A user who moved is not on the list of erased users.
    let late = with(
        event("acme", "public", "other", 3),
        json!({"event_id": "late"}),
    );
    assert_eq!(collector.post(ndjson(&[late])).await.json()["accepted"], 1);
    let late = with(
        event("acme", "api", "other", 4),
        json!({"event_id": "late 2"}),
    );
    assert_eq!(collector.post(ndjson(&[late])).await.json()["accepted"], 0);
}
