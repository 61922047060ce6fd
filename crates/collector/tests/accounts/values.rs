//! Values as clients write them. Many clients can only send texts.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{accounts, post, support::*};

const DAY_MS: i64 = 1_714_521_600_000;

#[tokio::test]
async fn numbers_dates_and_flags_may_come_as_text() {
    let collector = Collector::new();
    for date in [
        json!(DAY_MS),
        json!("1714521600000"),
        json!("2024-05-01"),
        json!("2024-05-01T00:00:00Z"),
    ] {
        let record =
            json!({"account_id": "a", "name": 7, "join_date": date, "is_deleted": "False"});
        accounts(&collector, json!([record])).await;
        let account = collector.get("/api/v2/accounts/a").await;
        assert_eq!(
            (&account["name"], &account["join_date"]),
            (&json!("7"), &json!(DAY_MS))
        );
        let money = json!({"date": date, "name": "mrr", "amount": "12.50", "currency": "EUR"});
        let path = "/api/v2/accounts/a/financials";
        let answer = post(&collector, path, json!([with(money, json!({"id": "m"}))])).await;
        assert_eq!(answer.status, 200, "{date}: {}", answer.text);
        let stored = collector.get(path).await["results"][0].clone();
        assert_eq!(
            (&stored["date"], &stored["amount"]),
            (&json!(DAY_MS), &json!(12.5))
        );
    }
    accounts(
        &collector,
        json!([{"account_id": "a", "is_deleted": "True"}]),
    )
    .await;
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["is_deleted"], true);
    let rule = json!({"name": "Quiet", "when": "silent", "days": "3"});
    let answer = collector
        .call("POST", "/api/v2/alert_rules", Some(rule))
        .await;
    assert_eq!(answer.json()["days"], 3, "{}", answer.text);
}

#[tokio::test]
async fn a_blank_field_is_empty_whatever_its_name() {
    let collector = Collector::new();
    let blank = json!({"name": "", "tier": "", "details": {"csm": " "}, "stage": "trial"});
    let answer = collector.call("PUT", "/api/v2/accounts/a", Some(blank));
    assert_eq!(answer.await.status, 200);
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["details"], json!({"stage": "trial"}));
    let said = json!({"name": "A", "tier": "gold", "csm": "Kim", "stage": "x", "industry": ""});
    let said = json!({"action": "identifyAccount", "details": said});
    collector
        .send(vec![with(feature("a", "ann", "x", "1"), said)])
        .await;
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["name"], "A");
    let filled = json!({"stage": "trial", "tier": "gold", "csm": "Kim"});
    assert_eq!(account["details"], filled);
    let cleared = json!({"tier": " ", "stage": ""});
    collector
        .change("PUT", "/api/v2/accounts/a", Some(cleared))
        .await;
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["details"], json!({"csm": "Kim"}), "empty for all");
    let user = json!({"account_id": "a", "first_name": "", "team": ""});
    collector
        .change("PUT", "/api/v2/account_users/ann", Some(user))
        .await;
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(user["details"], json!({}));
}

#[tokio::test]
async fn a_byte_order_mark_before_json_is_passed_over() {
    let collector = Collector::new();
    let path = format!("/api/v2/accounts/a?api_key={}", collector.account_key);
    let put = Request::put(path)
        .header("content-type", "application/json")
        .body(Body::from("\u{feff}{\"name\": \"A\"}"));
    let answer = collector.ask(put.unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["name"], "A");
}

#[tokio::test]
async fn a_renewal_date_is_one_day_however_it_is_written() {
    let collector = Collector::new();
    for renewal in [
        json!(1_738_281_600_000_i64),
        json!("1738281600000"),
        json!("2025-01-31"),
        json!("2025-01-31T10:00:00Z"),
    ] {
        let record = json!({"account_id": "a", "details": {"renewal_date": renewal}});
        accounts(&collector, json!([record])).await;
        let account = collector.get("/api/v2/accounts/a").await;
        assert_eq!(
            account["details"]["renewal_date"], "2025-01-31",
            "{renewal}"
        );
    }
    for renewal in [json!(true), json!("31.01.2025"), json!("2024-02-30")] {
        let record = json!([{"account_id": "a", "renewal_date": renewal}]);
        let answer = post(&collector, "/api/v2/accounts", record).await;
        assert_eq!(answer.status, 422, "{renewal}");
        assert!(answer.text.contains("`renewal_date` must be a date"));
    }
    // Unreadable details never make an event invalid.
    let said = |at: i64, renewal: &str| {
        json!({"account_id": "b", "user_id": "u", "created_at": at, "action": "identifyAccount",
               "details": {"renewal_date": renewal, "tier": "gold"}})
    };
    collector.send(vec![said(NOW, "1738281600000")]).await;
    let account = collector.get("/api/v2/accounts/b").await;
    assert_eq!(account["details"]["renewal_date"], "2025-01-31");
    collector.send(vec![said(NOW + 1, "soon")]).await;
    let account = collector.get("/api/v2/accounts/b").await;
    assert_eq!(account["details"], json!({"tier": "gold"}));
}

#[tokio::test]
async fn a_date_is_read_alike_wherever_it_stands() {
    let collector = Collector::new();
    for date in [
        json!("20240501"),
        json!(1_714_521_600),
        json!(2024),
        json!("today"),
    ] {
        for field in ["join_date", "renewal_date"] {
            let record = json!([{"account_id": "a", field: date}]);
            let answer = post(&collector, "/api/v2/accounts", record).await;
            assert_eq!(answer.status, 422, "{field} {date}: {}", answer.text);
        }
    }
    let record =
        json!({"account_id": "a", "join_date": "1965-03-01", "renewal_date": "1965-03-01"});
    accounts(&collector, json!([record])).await;
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["join_date"], -152_668_800_000_i64);
    assert_eq!(account["details"]["renewal_date"], "1965-03-01");
    let put = collector
        .call("PUT", "/api/v2/accounts/a", Some(account.clone()))
        .await;
    assert_eq!(put.json(), account, "what a GET gives can be PUT");
}

#[tokio::test]
async fn a_blank_text_stands_for_none() {
    let collector = Collector::new();
    let stored = json!([{"account_id": "a", "parent_account_id": "top", "is_deleted": true}]);
    accounts(&collector, stored).await;
    let blank =
        json!([{"account_id": "a", "parent_account_id": "", "is_deleted": "", "join_date": ""}]);
    let answer = accounts(&collector, blank).await;
    assert_eq!(answer["accepted"], 1, "{answer}");
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["parent_account_id"], Value::Null);
    assert_eq!(account["is_deleted"], true);
    let users = "/api/v2/account_users";
    post(
        &collector,
        users,
        json!([{"user_id": "u", "account_id": "a"}]),
    )
    .await;
    for account_id in [json!(""), Value::Null] {
        let record =
            json!([{"user_id": "u", "account_id": account_id, "first_name": "Uma", "move": ""}]);
        let answer = post(&collector, users, record).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let unknown = json!([{"user_id": "new", "account_id": account_id}]);
        let answer = post(&collector, users, unknown).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(answer.text.contains("`account_id` is missing"));
    }
    let user = collector.get("/api/v2/account_users/u").await;
    assert_eq!(
        (&user["account_id"], &user["first_name"]),
        (&json!("a"), &json!("Uma"))
    );
    let note = json!([{"id": "", "date": "", "text": "called"}]);
    let answer = post(&collector, "/api/v2/accounts/a/notes", note).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn whether_an_account_churned_and_its_employees_have_one_form() {
    let collector = Collector::new();
    for (churned, employees) in [(json!("True"), json!("1,200")), (json!(1), json!(1200.0))] {
        let record = json!([{"account_id": "a", "is_churned": churned, "employees": employees}]);
        accounts(&collector, record).await;
        let account = collector.get("/api/v2/accounts/a").await;
        assert_eq!(
            account["details"],
            json!({"is_churned": true, "employees": 1200})
        );
    }
    for (field, value) in [("is_churned", json!("soon")), ("employees", json!(-1))] {
        let record = json!([{"account_id": "a", field: value}]);
        let answer = post(&collector, "/api/v2/accounts", record).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(field), "{}", answer.text);
    }
}
