//! Usage by account, with the previous period, and as a table.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use support::*;

/// A use by a user of an account, this many days after the first use.
fn used(account: &str, user: &str, day: i64, total: u32) -> Value {
    let tag = format!("{account} {user} {day} {total}");
    with(
        feature(account, user, "f", tag),
        json!({"created_at": NOW + day * DAY, "total": total, "product": "p"}),
    )
}

/// Two accounts below a parent, over two weeks.
async fn fortnight() -> Collector {
    let collector = Collector::new();
    let child = |id: &str| json!({"account_id": id, "parent_account_id": "top"});
    let records = json!({"records": [child("a"), child("=b")]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
        .send(vec![
            used("a", "ann", 0, 10),
            used("a", "ann", 8, 1),
            used("a", "ann", 9, 1),
            used("a", "bob", 2, 5),
            used("=b", "eve", 3, 7),
            used("=b", "eve", 8, 9),
        ])
        .await;
    collector
}

const WEEK: i64 = 7 * DAY;

#[tokio::test]
async fn accounts_divide_the_usage_of_a_subtree_and_say_when_they_were_seen() {
    let collector = fortnight().await;
    let usage = collector.get("/api/v2/accounts/top/usage?by=account").await;
    let quarter = |day: i64| (NOW + day * DAY) / (HOUR / 4) * (HOUR / 4);
    let rows: Vec<_> = usage["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["key"],
                row["features"],
                row["users"],
                row["sessions"],
                row["first_seen"],
                row["last_seen"],
                row["active_days"]
            ])
        })
        .collect();
    assert_eq!(
        rows,
        [
            json!(["=b", 16, 1, 1, quarter(3), quarter(8), 2]),
            json!(["a", 17, 2, 2, quarter(0), quarter(9), 4]),
        ]
    );
    // The first use is over all time, and the days are those of the span.
    let path = format!("/api/v2/accounts/top/usage?by=user&from={}", NOW + WEEK);
    let usage = collector.get(&path).await;
    let ann = &usage["rows"][0];
    assert_eq!(
        (&ann["key"], &ann["first_seen"], &ann["active_days"]),
        (&json!("ann"), &json!(quarter(0)), &json!(2))
    );
    assert_eq!(usage["rows"].as_array().unwrap().len(), 2);
    assert!(usage["rows"][0].get("previous").is_none());
}

#[tokio::test]
async fn figures_are_compared_with_the_period_before_unless_that_reaches_before_the_first_use() {
    let collector = fortnight().await;
    let path = |by: &str, from: i64| {
        let to = from + WEEK;
        format!("/api/v2/accounts/top/usage?previous=true&by={by}&from={from}&to={to}")
    };
    let usage = collector.get(&path("user", NOW + WEEK)).await;
    assert_eq!(usage["totals"]["features"], 11);
    assert_eq!(usage["previous"]["features"], 22);
    assert_eq!(usage["change"]["features"], -11);
    assert_eq!(usage["change"]["users"], -1);
    let rows: Vec<_> = usage["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["key"],
                row["features"],
                row["previous"]["features"],
                row["change"]["features"]
            ])
        })
        .collect();
    assert_eq!(
        rows,
        [
            json!(["ann", 2, 10, -8]),
            // A user who stopped has a row. A user who did not exist in the previous period
            // has no comparison.
            json!(["bob", 0, null, null]),
            json!(["eve", 9, null, null]),
        ]
    );
    let sorted = collector
        .get(&(path("user", NOW + WEEK) + "&sort=-features&limit=1"))
        .await;
    assert_eq!(sorted["rows"][0]["key"], "eve");
    let cursor = sorted["next_cursor"].as_str().unwrap();
    let behind = format!("&sort=-features&limit=1&cursor={cursor}");
    let next = collector.get(&(path("user", NOW + WEEK) + &behind)).await;
    assert_eq!(next["rows"][0]["key"], "ann");
    // The previous period begins two days before the first use.
    let usage = collector.get(&path("product", NOW + 5 * DAY)).await;
    assert_eq!(usage["previous"], Value::Null);
    assert_eq!(usage["rows"][0]["change"], Value::Null);
    // Days are not compared, but their sum is.
    let usage = collector.get(&path("day", NOW + WEEK)).await;
    assert_eq!(usage["previous"]["features"], 22);
    assert!(usage["rows"][0].get("previous").is_none());
    // No event has this name, so there is no comparison.
    let usage = collector
        .get(&(path("product", NOW + WEEK) + "&product=none"))
        .await;
    assert_eq!(
        (&usage["previous"], &usage["rows"]),
        (&Value::Null, &json!([]))
    );
    // There is nothing before all time.
    let usage = collector
        .get("/api/v2/accounts/top/usage?previous=true&by=user")
        .await;
    assert_eq!(usage["previous"], Value::Null);
    assert_eq!(usage["rows"][0]["change"], Value::Null);
}

#[tokio::test]
async fn usage_is_a_table_for_who_accepts_csv() {
    let collector = fortnight().await;
    let ask = async |query: &str, accepted: &str| {
        let request = Request::get(format!(
            "/api/v2/accounts/top/usage?api_key={}{query}",
            collector.account_key
        ))
        .header("accept", accepted)
        .body(Body::empty())
        .unwrap();
        collector.ask(request).await
    };
    let answer = ask("&by=account", "text/csv").await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<_> = answer.text.lines().collect();
    assert_eq!(
        lines[0],
        "key,events,features,module_time,active_time,sessions,users,first_seen,last_seen,active_days"
    );
    // A spreadsheet must not run an id as a formula.
    assert!(lines[1].starts_with("'=b,2,16,0,0,1,1,"), "{}", lines[1]);
    assert_eq!(lines.len(), 3);
    let answer = ask("", "text/csv, application/json").await;
    assert_eq!(
        answer.text,
        "events,features,module_time,active_time,sessions,users\n6,33,0,0,3,3\n"
    );
    let span = format!(
        "&previous=true&by=user&from={}&to={}",
        NOW + WEEK,
        NOW + 2 * WEEK
    );
    let answer = ask(&span, "text/csv").await;
    let bob = answer.text.lines().nth(2).unwrap();
    assert!(bob.starts_with("bob,0,0,0,0,0,0,"), "{bob}");
    assert!(bob.ends_with(&",".repeat(12)), "{bob}");
    let ann = answer.text.lines().nth(1).unwrap();
    assert!(ann.ends_with(",1,10,0,0,1,1,1,-8,0,0,0,0"), "{ann}");
    for accepted in ["application/json, text/csv", "*/*", ""] {
        let answer = ask("&by=day", accepted).await;
        assert_eq!(
            answer.headers["content-type"], "application/json",
            "{accepted}"
        );
    }
}
