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
        .call("PUT", "/api/v2/account_users/ann", Some(user))
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
