//! Account and user details in events.

use serde_json::{Value, json};

use crate::{accounts, support::*};

#[tokio::test]
async fn identifications_are_merged_into_accounts_and_users() {
    let collector = Collector::new();
    let identify = |action: &str, tag: &str, at: i64, details: Value| {
        with(
            feature("acme", "ann", "x", tag),
            json!({"action": action, "created_at": at, "details": details}),
        )
    };
    collector
        .send(vec![
            identify(
                "identifyAccount",
                "1",
                NOW,
                json!({"name": "Acme", "plan": "gold", "size": 5}),
            ),
            identify(
                "identifyAccount",
                "2",
                NOW + 1,
                json!({"plan": "silver", "size": null}),
            ),
            identify(
                "identifyAccount",
                "3",
                NOW - 1,
                json!({"name": "Old", "region": "eu"}),
            ),
            identify(
                "identifyUser",
                "4",
                NOW,
                json!({"first_name": "Ann", "last_name": "Lee", "age": 7}),
            ),
        ])
        .await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["name"], "Acme");
    assert_eq!(
        account["details"],
        json!({"plan": "silver", "region": "eu"})
    );
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(
        (&user["first_name"], &user["last_name"]),
        (&json!("Ann"), &json!("Lee"))
    );
    assert_eq!(user["details"], json!({"age": 7}));
}

#[tokio::test]
async fn only_a_source_that_may_places_accounts_in_the_tree() {
    for (set, orphan, child) in [
        ("trusted = FALSE", json!(null), json!("old")),
        ("allow_hierarchy = TRUE", json!("top"), json!("old")),
        ("trusted = TRUE", json!("top"), json!("top")),
    ] {
        let collector = Collector::new();
        collector
            .place
            .execute(&format!("UPDATE sources SET {set}"));
        accounts(
            &collector,
            json!([{"account_id": "child", "parent_account_id": "old"}]),
        )
        .await;
        let said = json!({"action": "identifyAccount", "details": {"parent_account_id": "top"}});
        let now = natero_collector::clock::now_ms() + HOUR;
        let said = with(said, json!({"created_at": now}));
        collector
            .send(vec![
                with(feature("orphan", "ann", "x", "1"), said.clone()),
                with(feature("child", "bob", "x", "2"), said),
            ])
            .await;
        let orphan_is = collector.get("/api/v2/accounts/orphan").await;
        assert_eq!(orphan_is["parent_account_id"], orphan, "{set}");
        if orphan.is_null() {
            assert_eq!(orphan_is["details"]["parent_account_id"], "top", "recorded");
        }
        let child_is = collector.get("/api/v2/accounts/child").await;
        assert_eq!(child_is["parent_account_id"], child, "{set}");
    }
}

#[tokio::test]
async fn a_public_source_takes_no_usage_away_with_a_child() {
    for (set, parent) in [
        ("trusted = FALSE", json!(null)),
        ("trusted = TRUE", json!("used")),
    ] {
        let collector = Collector::with(&["--allow-hierarchy"]);
        collector
            .place
            .execute(&format!("UPDATE sources SET {set}"));
        collector.send(vec![feature("used", "ann", "x", "1")]).await;
        let said = json!({"action": "identifyAccount", "details": {"parent_account_id": "used"}});
        collector
            .send(vec![with(feature("forged", "eve", "x", "2"), said)])
            .await;
        let forged = collector.get("/api/v2/accounts/forged").await;
        assert_eq!(forged["parent_account_id"], parent, "{set}");
        if parent.is_null() {
            assert_eq!(forged["details"]["parent_account_id"], "used", "recorded");
            let usage = collector.get("/api/v2/accounts/used/usage").await;
            assert_eq!(usage["totals"]["features"], 1);
        }
    }
}

#[tokio::test]
async fn one_flag_lets_every_source_place_accounts_that_have_no_place() {
    let collector = Collector::with(&["--allow-hierarchy"]);
    accounts(
        &collector,
        json!([{"account_id": "child", "parent_account_id": "old"}]),
    )
    .await;
    let said = json!({"action": "identifyAccount", "details": {"parent_account_id": "top"}});
    collector
        .send(vec![
            with(feature("orphan", "ann", "x", "1"), said.clone()),
            with(feature("child", "bob", "x", "2"), said),
        ])
        .await;
    for (account, parent) in [("orphan", "top"), ("child", "old")] {
        let account = collector.get(&format!("/api/v2/accounts/{account}")).await;
        assert_eq!(account["parent_account_id"], parent);
    }
}

fn said(action: &str, tag: &str, at: i64, details: Value) -> Value {
    with(
        feature("acme", "ann", "x", tag),
        json!({"action": action, "created_at": at, "details": details}),
    )
}

#[tokio::test]
async fn a_public_source_only_fills_what_others_left_empty() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "acme", "name": "Acme", "tier": 1}]),
    )
    .await;
    let user = json!({"account_id": "acme", "first_name": "Ann", "role": "admin"});
    collector
        .change("PUT", "/api/v2/account_users/ann", Some(user))
        .await;
    // Later than everything that is stored.
    let later = natero_collector::clock::now_ms() + HOUR;
    let forged = json!({"name": "Forged", "hierarchy_label": "region", "tier": 9, "size": 5});
    let forged_user = json!({"first_name": "Eve", "last_name": "Lee", "role": null});
    collector
        .send(vec![
            said("identifyAccount", "1", later, forged),
            said("identifyUser", "2", later, forged_user),
        ])
        .await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (&account["name"], &account["hierarchy_label"]),
        (&json!("Acme"), &json!("region"))
    );
    assert_eq!(account["details"], json!({"tier": 1, "size": 5}));
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(
        (&user["first_name"], &user["last_name"], &user["details"]),
        (&json!("Ann"), &json!("Lee"), &json!({"role": "admin"}))
    );
}

#[tokio::test]
async fn the_account_api_wins_over_what_a_public_source_said_first() {
    let collector = Collector::new();
    collector
        .send(vec![said(
            "identifyAccount",
            "1",
            NOW,
            json!({"name": "Page", "plan": "gold", "size": 1}),
        )])
        .await;
    let record = json!({"name": "Crm", "plan": "basic", "size": null});
    let put = collector
        .call("PUT", "/api/v2/accounts/acme", Some(record))
        .await;
    assert_eq!(put.json()["details"], json!({"plan": "basic"}), "cleared");
    let later = natero_collector::clock::now_ms() + HOUR;
    collector
        .send(vec![said(
            "identifyAccount",
            "2",
            later,
            json!({"name": "Page", "plan": "gold"}),
        )])
        .await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (&account["name"], &account["details"]),
        (&json!("Crm"), &json!({"plan": "basic"}))
    );
}

#[tokio::test]
async fn a_trusted_source_changes_what_is_known_and_a_public_one_cannot_change_it_back() {
    let collector = Collector::new();
    accounts(&collector, json!([{"account_id": "acme", "name": "Old"}])).await;
    let trust = |is_trusted: bool| {
        let sql = format!("UPDATE sources SET trusted = {is_trusted}");
        collector.place.execute(&sql);
    };
    let later = natero_collector::clock::now_ms() + HOUR;
    for (at, is_trusted, name) in [(0, true, "Server"), (1, false, "Forged")] {
        trust(is_trusted);
        let details = json!({"name": name});
        collector
            .send(vec![said("identifyAccount", name, later + at, details)])
            .await;
    }
    assert_eq!(
        collector.get("/api/v2/accounts/acme").await["name"],
        "Server"
    );
}

/// A collector whose sources are trusted.
fn trusting() -> Collector {
    let collector = Collector::new();
    collector.place.execute("UPDATE sources SET trusted = TRUE");
    collector
}

#[tokio::test]
async fn a_trusted_source_clears_any_field_with_null_or_a_blank_text() {
    for empty in [json!(null), json!(" ")] {
        let collector = trusting();
        let named = json!({
            "name": "Acme", "hierarchy_label": "Region", "join_date": "2024-01-01",
            "parent_account_id": "top", "tier": "gold",
        });
        let named_user = json!({"first_name": "Ann", "last_name": "Lee", "role": "admin"});
        let cleared = |named: &Value| {
            let fields = named.as_object().unwrap().keys();
            Value::Object(fields.map(|field| (field.clone(), empty.clone())).collect())
        };
        let (empty_account, empty_user) = (cleared(&named), cleared(&named_user));
        for (at, account, user) in [(0, named, named_user), (1, empty_account, empty_user)] {
            let tag = |subject: &str| format!("{subject}{at}");
            collector
                .send(vec![
                    said("identifyAccount", &tag("a"), NOW + at, account),
                    said("identifyUser", &tag("u"), NOW + at, user),
                ])
                .await;
        }
        let account = collector.get("/api/v2/accounts/acme").await;
        for field in ["name", "hierarchy_label", "join_date", "parent_account_id"] {
            assert_eq!(account[field], json!(null), "{field} after {empty}");
        }
        assert_eq!(account["details"], json!({}));
        assert_eq!(collector.get("/api/v2/accounts/top").await["is_leaf"], true);
        let user = collector.get("/api/v2/account_users/ann").await;
        for field in ["first_name", "last_name"] {
            assert_eq!(user[field], json!(null), "{field} after {empty}");
        }
        assert_eq!(user["details"], json!({}));
    }
}

#[tokio::test]
async fn what_a_trusted_source_clears_shows_what_public_sources_said() {
    let collector = Collector::new();
    let send = async |is_trusted: bool, tag: &str, at: i64, details: Value| {
        let sql = format!("UPDATE sources SET trusted = {is_trusted}");
        collector.place.execute(&sql);
        collector
            .send(vec![said("identifyAccount", tag, NOW + at, details)])
            .await;
    };
    send(false, "1", 0, json!({"name": "Page"})).await;
    send(true, "2", 1, json!({"name": "Server"})).await;
    send(true, "3", 2, json!({"name": null})).await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["name"], "Page");
}

#[tokio::test]
async fn a_late_identification_clears_nothing_and_does_not_place_a_top_account() {
    let collector = trusting();
    let events = [
        ("1", 5, json!({"name": "Acme", "parent_account_id": "top"})),
        ("2", 4, json!({"name": null, "parent_account_id": null})),
    ];
    for (tag, at, details) in events {
        collector
            .send(vec![said("identifyAccount", tag, NOW + at, details)])
            .await;
    }
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (&account["name"], &account["parent_account_id"]),
        (&json!("Acme"), &json!("top"))
    );
    // Cleared by a trusted source at 7, and by the Account API now.
    let placed = |tag: &str, at: i64| {
        said(
            "identifyAccount",
            tag,
            NOW + at,
            json!({"parent_account_id": "top"}),
        )
    };
    let parent = async || collector.get("/api/v2/accounts/acme").await["parent_account_id"].clone();
    collector
        .send(vec![
            said(
                "identifyAccount",
                "3",
                NOW + 7,
                json!({"parent_account_id": null}),
            ),
            said("identifyAccount", "4", NOW + 9, json!({"tier": 1})),
        ])
        .await;
    collector.send(vec![placed("5", 6)]).await;
    assert_eq!(parent().await, json!(null));
    collector.send(vec![placed("6", 8)]).await;
    assert_eq!(parent().await, "top", "it was made after the clearing");
    let record = json!({"parent_account_id": null});
    collector
        .change("PUT", "/api/v2/accounts/acme", Some(record))
        .await;
    collector.send(vec![placed("7", 10)]).await;
    assert_eq!(parent().await, json!(null));
    let now = natero_collector::clock::now_ms() + HOUR - NOW;
    collector.send(vec![placed("8", now)]).await;
    assert_eq!(parent().await, "top");
}
