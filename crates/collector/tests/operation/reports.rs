//! Reports with more rows than fit into one answer.

use serde_json::{Value, json};

use crate::support::*;

/// Reads all pages of a report.
async fn pages(collector: &Collector, path: &str, limit: usize) -> Vec<Value> {
    let mut cursor = String::new();
    let mut rows = Vec::new();
    loop {
        let answer = collector
            .get(&format!("{path}&limit={limit}{cursor}"))
            .await;
        let page = answer["rows"].as_array().unwrap();
        assert!(page.len() <= limit);
        rows.extend(page.iter().cloned());
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace(' ', "%20")),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn the_rows_of_a_report_come_in_pages_that_leave_out_none() {
    let collector = Collector::new();
    let event = |account: &str, no: usize| {
        let feature = feature(
            account,
            &format!("user {}", no % 700),
            "x",
            format!("{account}{no}"),
        );
        let name = (!no.is_multiple_of(7)).then(|| format!("module {}", no % 7));
        with(
            feature,
            json!({"module": name, "session_id": format!("s {no}"), "feature": format!("f {}", no % 30)}),
        )
    };
    collector
        .send((0..2000).map(|no| event("acme", no)).collect())
        .await;
    // A few of all users, so that they are looked up one by one.
    collector
        .send(
            (0..20)
                .map(|no| with(event("small", no), json!({"user_id": format!("few {no}")})))
                .collect(),
        )
        .await;
    for (account, by, count) in [
        ("acme", "user", 700),
        ("acme", "module", 7),
        ("acme", "feature", 30),
        ("small", "user", 20),
        ("small", "day", 1),
    ] {
        let path = format!("/api/v2/accounts/{account}/usage?by={by}");
        let whole = collector.get(&path).await;
        assert_eq!(whole["next_cursor"], Value::Null);
        let rows = whole["rows"].as_array().unwrap();
        assert_eq!(rows.len(), count, "{by}");
        for limit in [1, 7, count, 1000] {
            if count / limit < 200 {
                assert_eq!(
                    pages(&collector, &path, limit).await,
                    *rows,
                    "{by} by {limit}"
                );
            }
        }
        let sum = |name: &str| -> i64 { rows.iter().filter_map(|row| row[name].as_i64()).sum() };
        assert_eq!(whole["totals"]["events"], sum("events"));
        assert_eq!(whole["totals"]["sessions"], sum("sessions"));
    }
    for limit in ["0", "-1", "x"] {
        let path = format!("/api/v2/accounts/acme/usage?by=user&limit={limit}");
        assert_eq!(collector.call("GET", &path, None).await.status, 400);
    }
}

#[tokio::test]
async fn a_report_of_many_users_answers_a_thousand_of_them_at_a_time() {
    let collector = Collector::new();
    let event = |no: usize| feature("acme", &format!("user {no}"), "x", no);
    collector.send((0..2500).map(event).collect()).await;
    let path = "/api/v2/accounts/acme/usage?by=user";
    let first = collector.get(path).await;
    assert_eq!(first["rows"].as_array().unwrap().len(), 1000);
    assert!(first["next_cursor"].is_string());
    assert_eq!(first["totals"]["users"], 2500);
    let wide = collector.get(&format!("{path}&limit=100000")).await;
    assert_eq!(wide["rows"].as_array().unwrap().len(), 1000);
    assert_eq!(pages(&collector, path, 1000).await.len(), 2500);
}
