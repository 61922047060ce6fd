//! Many records in one call, and in one list.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{accounts, post, support::*};

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
    // The rejected records are listed in the order of the call, no matter at which stage
    // each was refused.
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
        (&roots["total"], &roots["results"][0]["account_id"]),
        (&json!(1), &json!("top"))
    );
    let children = collector.get("/api/v2/accounts/top/children").await;
    assert_eq!(children["results"][0]["account_id"], "mid");
    assert_eq!(children["total"], 1);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let collector = Collector::new();
    let records: Vec<_> = (0..25)
        .map(|n| json!({"account_id": format!("a{n:02}")}))
        .collect();
    accounts(&collector, json!(records)).await;
    let mut seen = Vec::new();
    let mut page = json!(0);
    while !page.is_null() {
        let list = collector
            .get(&format!("/api/v2/accounts?limit=10&page={page}"))
            .await;
        assert_eq!((&list["total"], &list["current_page"]), (&json!(25), &page));
        seen.extend(list["results"].as_array().unwrap().clone());
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
        assert_eq!(first["results"].as_array().unwrap().len(), 2, "{path}");
        assert_eq!(
            (&first["current_page"], &first["next_page"], &first["total"]),
            (&json!(0), &json!(1), &json!(3)),
            "{path}"
        );
        let last = collector
            .get(&format!("/api/v2/{path}?limit=2&page=1"))
            .await;
        assert_eq!(last["results"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(last["next_page"], Value::Null, "{path}");
    }
    let found = collector.get("/api/v2/accounts?search=A07").await;
    assert_eq!(found["total"], 1);
    for query in ["limit=0", "page=-1", "limit=many"] {
        let answer = collector
            .call("GET", &format!("/api/v2/accounts?{query}"), None)
            .await;
        assert_eq!(answer.status, 400);
        answer.error();
    }
}

#[tokio::test]
async fn half_a_character_costs_no_record() {
    let collector = Collector::new();
    // The text that JSON.stringify writes for a string that was cut within an emoji.
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
        assert_eq!(
            answer,
            json!({"accepted": 1, "rejected": [], "failed_results": [], "status_is_ok": true}),
            "{list}"
        );
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
    assert_eq!(notes["results"][0]["text"], "\u{fffd}");
}

#[tokio::test]
async fn wrong_bodies_say_what_to_send() {
    let collector = Collector::new();
    for (body, status) in [
        ("{", 400),
        ("[]", 422),
        ("{}", 400),
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
    // A body without a declared length is read up to the limit.
    let chunks = (0..17).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 20]));
    let chunked = Body::from_stream(futures_util::stream::iter(chunks));
    let answer = collector
        .ask(Request::post(&target).body(chunked).unwrap())
        .await;
    assert_eq!(answer.status, 413);
    answer.error();
}
