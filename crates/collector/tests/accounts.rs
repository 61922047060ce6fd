//! The Account API: accounts, users and the tree they form.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use support::*;

async fn post(collector: &Collector, path: &str, records: Value) -> Answer {
    collector
        .call("POST", path, Some(json!({ "records": records })))
        .await
}

async fn accounts(collector: &Collector, records: Value) -> Value {
    let answer = post(collector, "/api/v2/accounts", records).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn an_account_reads_back_as_it_was_written() {
    let collector = Collector::new();
    let record = json!({
        "account_id": "acme", "name": "Acme", "hierarchy_label": "company",
        "join_date": 1_600_000_000_000_i64, "details": {"size": "xl"}, "tier": 2,
    });
    let answer = accounts(&collector, json!([record])).await;
    assert_eq!(answer, json!({"accepted": 1, "rejected": []}));
    assert_eq!(
        collector.get("/api/v2/accounts/acme").await,
        json!({
            "account_id": "acme", "name": "Acme", "parent_account_id": null,
            "hierarchy_label": "company", "join_date": 1_600_000_000_000_i64,
            "details": {"size": "xl", "tier": 2}, "is_leaf": true, "is_deleted": false,
        })
    );
    let read_back = collector.get("/api/v2/accounts/acme").await;
    let put = collector
        .call("PUT", "/api/v2/accounts/acme", Some(read_back.clone()))
        .await;
    assert_eq!(put.json(), read_back, "what a GET gives can be PUT");
}

#[tokio::test]
async fn whether_an_account_is_a_leaf_or_deleted_is_read_and_not_written() {
    let collector = Collector::new();
    let record = json!({"account_id": "acme", "is_leaf": false, "is_deleted": true});
    accounts(&collector, json!([record])).await;
    collector
        .call("PUT", "/api/v2/accounts/acme", Some(record))
        .await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (
            &account["is_leaf"],
            &account["is_deleted"],
            &account["details"]
        ),
        (&json!(true), &json!(false), &json!({}))
    );
}

#[tokio::test]
async fn records_come_in_any_order_and_wrong_ones_cost_no_other() {
    let collector = Collector::new();
    let answer = accounts(
        &collector,
        json!([
            {"account_id": "leaf", "parent_account_id": "mid"},
            {"name": "nameless"},
            {"account_id": "mid", "parent_account_id": "top"},
            {"account_id": "bad", "join_date": "today"},
            {"account_id": "top"},
        ]),
    )
    .await;
    assert_eq!(answer["accepted"], 3);
    assert_eq!(answer["rejected"][0]["index"], 1);
    assert_eq!(answer["rejected"][1]["index"], 3);
    assert_eq!(answer["rejected"][1]["id"], "bad");
    // Told in the order of the call, whenever each was refused.
    let itself = json!({"account_id": "self", "parent_account_id": "self"});
    let both = post(
        &collector,
        "/api/v2/accounts",
        json!([itself, {"name": "x"}]),
    )
    .await;
    let both = both.json();
    let indexes = [&both["rejected"][0]["index"], &both["rejected"][1]["index"]];
    assert_eq!(indexes, [0, 1], "{both}");
    let mid = collector.get("/api/v2/accounts/mid").await;
    assert_eq!(
        (&mid["parent_account_id"], &mid["is_leaf"]),
        (&json!("top"), &json!(false))
    );
    let roots = collector.get("/api/v2/accounts?roots=true").await;
    assert_eq!(
        (&roots["total"], &roots["records"][0]["account_id"]),
        (&json!(1), &json!("top"))
    );
    let children = collector.get("/api/v2/accounts/top/children").await;
    assert_eq!(children["records"][0]["account_id"], "mid");
    assert_eq!(children["total"], 1);
}

#[tokio::test]
async fn a_parent_that_comes_in_a_later_call_is_fine_too() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "b", "parent_account_id": "a"}]),
    )
    .await;
    accounts(&collector, json!([{"account_id": "a", "name": "A"}])).await;
    let parent = collector.get("/api/v2/accounts/a").await;
    assert_eq!(
        (&parent["name"], &parent["is_leaf"]),
        (&json!("A"), &json!(false))
    );
}

#[tokio::test]
async fn a_cycle_is_refused_and_spelled_out() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([
            {"account_id": "b", "parent_account_id": "c"},
            {"account_id": "a", "parent_account_id": "b"},
        ]),
    )
    .await;
    let body = json!({"parent_account_id": "a", "name": "kept out"});
    let answer = collector
        .call("PUT", "/api/v2/accounts/c", Some(body))
        .await;
    assert_eq!(answer.status, 409);
    assert!(answer.error().contains("c → a → b → c"), "{}", answer.text);
    assert_eq!(
        collector.get("/api/v2/accounts/c").await["name"],
        Value::Null
    );

    let body = json!({"parent_account_id": "a"});
    let answer = collector
        .call("PUT", "/api/v2/accounts/a", Some(body))
        .await;
    assert!(answer.error().contains("a → a"));

    let bulk = post(
        &collector,
        "/api/v2/accounts",
        json!([{"account_id": "c", "parent_account_id": "a"}]),
    )
    .await;
    assert_eq!(bulk.status, 422, "none was accepted");
    assert!(bulk.json()["error"].is_string());
    assert!(
        bulk.json()["rejected"][0]["error"]
            .as_str()
            .unwrap()
            .contains("c → a → b → c")
    );
}

#[tokio::test]
async fn a_whole_branch_can_be_turned_upside_down_in_one_call() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "a", "parent_account_id": "b"}]),
    )
    .await;
    let answer = accounts(
        &collector,
        json!([
            {"account_id": "b", "parent_account_id": "a"},
            {"account_id": "a", "parent_account_id": null},
        ]),
    )
    .await;
    assert_eq!(answer["accepted"], 2, "{answer}");
    assert_eq!(
        collector.get("/api/v2/accounts/b").await["parent_account_id"],
        "a"
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let collector = Collector::new();
    let records: Vec<_> = (0..25)
        .map(|n| json!({"account_id": format!("a{n:02}")}))
        .collect();
    accounts(&collector, json!(records)).await;
    let mut seen = Vec::new();
    let mut page = json!(1);
    while !page.is_null() {
        let list = collector
            .get(&format!("/api/v2/accounts?limit=10&page={page}"))
            .await;
        assert_eq!((&list["total"], &list["page"]), (&json!(25), &page));
        seen.extend(list["records"].as_array().unwrap().clone());
        page = list["next_page"].clone();
    }
    let ids: Vec<_> = seen
        .iter()
        .map(|record| record["account_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 25);
    assert!(ids.is_sorted());
    let users: Vec<_> = (0..3)
        .map(|n| json!({"user_id": format!("u{n}"), "account_id": "a00"}))
        .collect();
    post(&collector, "/api/v2/account_users", json!(users)).await;
    let notes: Vec<_> = (0..3)
        .map(|n| json!({"id": n.to_string(), "date": n}))
        .collect();
    post(&collector, "/api/v2/accounts/a00/notes", json!(notes)).await;
    for path in ["account_users", "accounts/a00/users", "accounts/a00/notes"] {
        let first = collector.get(&format!("/api/v2/{path}?limit=2")).await;
        assert_eq!(first["records"].as_array().unwrap().len(), 2, "{path}");
        assert_eq!(
            (&first["page"], &first["next_page"], &first["total"]),
            (&json!(1), &json!(2), &json!(3)),
            "{path}"
        );
        let last = collector
            .get(&format!("/api/v2/{path}?limit=2&page=2"))
            .await;
        assert_eq!(last["records"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(last["next_page"], Value::Null, "{path}");
    }
    let found = collector.get("/api/v2/accounts?search=A07").await;
    assert_eq!(found["total"], 1);
    for query in ["limit=0", "page=0", "limit=many"] {
        let answer = collector
            .call("GET", &format!("/api/v2/accounts?{query}"), None)
            .await;
        assert_eq!(answer.status, 400);
        answer.error();
    }
}

#[tokio::test]
async fn a_deactivated_account_stays_readable_and_frees_its_parent() {
    let collector = Collector::new();
    accounts(
        &collector,
        json!([{"account_id": "b", "parent_account_id": "a"}]),
    )
    .await;
    let answer = collector.call("DELETE", "/api/v2/accounts/b", None).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["is_deleted"]),
        (200, &json!(true))
    );
    assert_eq!(collector.get("/api/v2/accounts/a").await["is_leaf"], true);
    accounts(&collector, json!([{"account_id": "b"}])).await;
    assert_eq!(
        collector.get("/api/v2/accounts/b").await["is_deleted"],
        false
    );
    assert_eq!(collector.get("/api/v2/accounts/a").await["is_leaf"], false);
    let answer = collector
        .call("DELETE", "/api/v2/accounts/nobody", None)
        .await;
    assert_eq!(answer.status, 404);
    answer.error();
}

#[tokio::test]
async fn a_user_is_in_one_account_until_it_is_moved() {
    let collector = Collector::new();
    let users = "/api/v2/account_users";
    let record = json!({"user_id": "ann", "account_id": "a", "first_name": "Ann", "role": "admin"});
    assert_eq!(post(&collector, users, json!([record])).await.status, 200);
    let elsewhere = json!({"user_id": "ann", "account_id": "b"});
    let answer = post(&collector, users, json!([elsewhere])).await;
    assert_eq!(answer.status, 422);
    let refused = &answer.json()["rejected"][0];
    assert_eq!(
        (&refused["index"], &refused["id"]),
        (&json!(0), &json!("ann"))
    );
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("\"move\": true")
    );
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(elsewhere.clone()))
        .await;
    assert_eq!(answer.status, 409);
    assert!(answer.error().contains("\"move\": true"));
    let moved = with(elsewhere, json!({"move": true}));
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(moved))
        .await;
    assert_eq!(
        answer.json(),
        json!({
            "user_id": "ann", "account_id": "b", "first_name": "Ann", "last_name": null,
            "details": {"role": "admin"}, "is_deleted": false,
        })
    );
    assert_eq!(collector.get("/api/v2/accounts/b/users").await["total"], 1);
    for account in ["a", "b"] {
        let moved = json!({"user_id": "ann", "account_id": account, "move": true});
        let answer = post(&collector, users, json!([moved])).await.json();
        assert_eq!(answer, json!({"accepted": 1, "rejected": []}));
        let user = collector.get("/api/v2/account_users/ann").await;
        assert_eq!(user["account_id"], account, "moved in bulk");
    }
    assert_eq!(
        collector.get("/api/v2/account_users?account_id=a").await["total"],
        0
    );
    let deleted = collector
        .call("DELETE", "/api/v2/account_users/ann", None)
        .await;
    assert_eq!(deleted.json()["is_deleted"], true);
    let again = collector
        .call("PUT", "/api/v2/account_users/ann", Some(json!({})))
        .await;
    assert_eq!(
        again.json()["is_deleted"],
        false,
        "named again, active again"
    );
    let nowhere = collector
        .call(
            "PUT",
            "/api/v2/account_users/new",
            Some(json!({"first_name": "New"})),
        )
        .await;
    assert_eq!(nowhere.status, 422);
    assert!(nowhere.error().contains("account_id"));
}

#[tokio::test]
async fn moving_a_user_counts_what_was_set_aside_there_and_takes_nothing_away() {
    let collector = Collector::new();
    let forged = feature("forged", "ann", "export", "0");
    collector.send(vec![forged]).await;
    let name = json!({"action": "identifyUser", "details": {"first_name": "Ann"}});
    let receipt = collector
        .send(vec![
            feature("acme", "ann", "export", "1"),
            with(feature("acme", "ann", "x", "2"), name),
        ])
        .await;
    assert_eq!(receipt["set_aside"], 2);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["uncaptured"]["user_conflict"], 2);
    assert_eq!(
        collector.get("/api/v2/account_users/ann").await["first_name"],
        Value::Null
    );

    let body = json!({"account_id": "acme", "move": true});
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(body))
        .await;
    assert_eq!(answer.status, 200);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 2);
    assert_eq!(usage["uncaptured"]["user_conflict"], 0);
    assert_eq!(
        collector.get("/api/v2/account_users/ann").await["first_name"],
        "Ann"
    );
    let before = collector.get("/api/v2/accounts/forged/usage").await;
    assert_eq!(before["totals"]["events"], 1, "it happened there");
}

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
        ("trusted = 0", json!(null), json!("old")),
        ("allow_hierarchy = 1", json!("top"), json!("old")),
        ("trusted = 1", json!("top"), json!("top")),
    ] {
        let collector = Collector::new();
        collector
            .sql()
            .execute(&format!("UPDATE sources SET {set}"), [])
            .unwrap();
        accounts(
            &collector,
            json!([{"account_id": "child", "parent_account_id": "old"}]),
        )
        .await;
        let said = json!({"action": "identifyAccount", "details": {"parent_account_id": "top"}});
        let now = natero_collector::app::now_ms() + HOUR;
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

#[tokio::test]
async fn ids_with_any_characters_can_be_addressed() {
    let collector = Collector::new();
    let id = "a/b ?&%ü<script>'; DROP TABLE accounts; --";
    accounts(&collector, json!([{"account_id": id}])).await;
    let escaped = "a%2Fb%20%3F%26%25%C3%BC%3Cscript%3E%27%3B%20DROP%20TABLE%20accounts%3B%20--";
    let path = format!("/api/v2/accounts/{escaped}");
    assert_eq!(collector.get(&path).await["account_id"], id);
    collector.send(vec![feature(id, id, id, id)]).await;
    let usage = format!("{path}/usage?by=feature&feature={escaped}&user={escaped}");
    assert_eq!(collector.get(&usage).await["totals"]["events"], 1);
    let search = format!("/api/v2/accounts?search={escaped}");
    assert_eq!(collector.get(&search).await["total"], 1);
    let answer = collector.call("GET", "/api/v2/accounts/%FF", None).await;
    assert_eq!(answer.status, 400);
    answer.error();
}

#[tokio::test]
async fn half_a_character_costs_no_record() {
    let collector = Collector::new();
    // As JSON.stringify writes a text that was cut within an emoji.
    let send = async |method: &str, path: &str, body: &str| {
        let target = format!("/api/v2/{path}?api_key={}", collector.account_key);
        let request = Request::builder().method(method).uri(target);
        let answer = collector
            .ask(request.body(Body::from(body.to_owned())).unwrap())
            .await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        answer.json()
    };
    let account =
        r#"{"account_id": "acme", "name": "Cut \ud83d", "details": {"\ude00": "\ud83d\ude00"}}"#;
    let user = r#"{"user_id": "ann", "account_id": "acme", "first_name": "\ud83d"}"#;
    for (list, id, record) in [
        ("accounts", "acme", account),
        ("account_users", "ann", user),
    ] {
        let bulk = format!("{{\"records\": [{record}]}}");
        let answer = send("POST", list, &bulk).await;
        assert_eq!(answer, json!({"accepted": 1, "rejected": []}), "{list}");
        send("PUT", &format!("{list}/{id}"), record).await;
    }
    send("POST", "accounts/acme/notes", r#"{"text": "\ud83d"}"#).await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["name"], "Cut \u{fffd}");
    assert_eq!(
        account["details"],
        json!({"\u{fffd}": "\u{1f600}"}),
        "whole pairs stay"
    );
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(user["first_name"], "\u{fffd}");
    let notes = collector.get("/api/v2/accounts/acme/notes").await;
    assert_eq!(notes["records"][0]["text"], "\u{fffd}");
}

#[tokio::test]
async fn wrong_bodies_say_what_to_send() {
    let collector = Collector::new();
    for (body, status) in [
        ("{", 400),
        ("[]", 400),
        ("{\"records\": 7}", 400),
        ("{\"records\": []}", 422),
    ] {
        let request = Request::post(format!(
            "/api/v2/accounts?api_key={}",
            collector.account_key
        ))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
        let answer = collector.ask(request).await;
        assert_eq!(answer.status, status, "{body}");
        answer.error();
    }
    let request = Request::post(format!(
        "/api/v2/accounts?api_key={}",
        collector.account_key
    ))
    .header("content-type", "text/plain")
    .body(Body::from("{}"))
    .unwrap();
    let answer = collector.ask(request).await;
    assert_eq!(answer.status, 415);
    answer.error();
    let request = Request::post(format!(
        "/api/v2/accounts?api_key={}",
        collector.account_key
    ))
    .header("content-encoding", "gzip")
    .body(Body::from(gzip(b"{\"records\": []}")))
    .unwrap();
    let answer = collector.ask(request).await;
    assert_eq!(answer.status, 415);
    assert!(answer.error().contains("without Content-Encoding"));
}

#[tokio::test]
async fn a_bulk_call_has_limits_and_says_so() {
    let collector = Collector::new();
    let target = format!("/api/v2/accounts?api_key={}", collector.account_key);
    let many = json!({"records": vec![json!({}); 20_001]}).to_string();
    let long = format!("{{\"records\": \"{}\"}}", "x".repeat(16 * 1024 * 1024));
    for (body, words) in [(many, "20000 records"), (long, "16 MiB")] {
        let request = Request::post(&target).body(Body::from(body)).unwrap();
        let answer = collector.ask(request).await;
        assert_eq!(answer.status, 413);
        assert!(answer.error().contains(words), "{}", answer.text);
    }
    // One that does not say its length is read as far as the limit.
    let chunks = (0..17).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 20]));
    let chunked = Body::from_stream(futures_util::stream::iter(chunks));
    let answer = collector
        .ask(Request::post(&target).body(chunked).unwrap())
        .await;
    assert_eq!(answer.status, 413);
    answer.error();
}
