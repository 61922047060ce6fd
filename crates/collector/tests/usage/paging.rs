//! Rows in order, a page at a time.

use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn rows_are_sorted_by_any_figure_and_paged_in_that_order() {
    let collector = Collector::new();
    // The user `u3` has three events with a product and none without.
    let events = (0..12_usize).flat_map(|no| {
        (0..no).map(move |at| {
            with(
                feature("acme", &format!("u{no}"), "x", format!("{no} {at}")),
                json!({"product": (no % 3 > 0).then(|| format!("p{no}")), "total": 12 - no}),
            )
        })
    });
    collector.send(events.collect()).await;
    let figure = |row: &Value, name: &str| row[name].as_i64().unwrap();
    for by in ["user", "product"] {
        let path = format!("/api/v2/accounts/acme/usage?by={by}");
        let whole = collector.get(&path).await["rows"]
            .as_array()
            .unwrap()
            .clone();
        for name in ["events", "features", "sessions", "users"] {
            for sort in [name.to_owned(), format!("-{name}")] {
                let sorted = collector.get(&format!("{path}&sort={sort}")).await;
                let sorted = sorted["rows"].as_array().unwrap().clone();
                let figures: Vec<_> = sorted.iter().map(|row| figure(row, name)).collect();
                let is_in_order = if sort.starts_with('-') {
                    figures.is_sorted_by(|left, right| left >= right)
                } else {
                    figures.is_sorted()
                };
                assert!(is_in_order, "{by} {sort}: {figures:?}");
                assert_eq!(sorted.len(), whole.len());
                let mut paged = Vec::new();
                let mut next = Some(format!("{path}&sort={sort}&limit=5"));
                while let Some(page) = next {
                    let page = collector.get(&page).await;
                    paged.extend(page["rows"].as_array().unwrap().clone());
                    next = page["next_cursor"]
                        .as_str()
                        .map(|cursor| format!("{path}&sort={sort}&limit=5&cursor={cursor}"));
                }
                assert_eq!(paged, sorted, "{by} {sort}");
            }
        }
    }
    let path = "/api/v2/accounts/acme/usage?by=user&sort=name";
    let answer = collector.call("GET", path, None).await;
    assert_eq!(answer.status, 400);
    assert!(answer.error().contains("-features"), "{}", answer.text);
}

#[tokio::test]
async fn a_sorted_page_goes_on_though_the_last_user_of_the_page_before_is_erased() {
    let collector = Collector::new();
    let uses = [("ann", 1), ("bob", 2), ("cid", 2), ("dan", 2), ("eve", 3)];
    let events = uses.into_iter().flat_map(|(user, times)| {
        (0..times).map(move |no| feature("acme", user, "export", format!("{user}{no}")))
    });
    collector.send(events.collect()).await;
    let keys = |page: &Value| -> Vec<Value> {
        let rows = page["rows"].as_array().unwrap().iter();
        rows.map(|row| row["key"].clone()).collect()
    };
    let path = "/api/v2/accounts/acme/usage?by=user&sort=-events&limit=2";
    let first = collector.get(path).await;
    assert_eq!(keys(&first), ["eve", "bob"]);
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    let erased = collector
        .call("DELETE", "/api/v2/account_users/bob?erase=true", None)
        .await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    let second = collector.get(&format!("{path}&cursor={cursor}")).await;
    assert_eq!(keys(&second), ["cid", "dan"]);
    let cursor = second["next_cursor"].as_str().unwrap();
    let third = collector.get(&format!("{path}&cursor={cursor}")).await;
    assert_eq!(
        (keys(&third), &third["next_cursor"]),
        (vec![json!("ann")], &Value::Null)
    );
}

#[tokio::test]
async fn a_cursor_that_cannot_be_read_is_refused_and_an_empty_one_begins() {
    let collector = Collector::new();
    let events = ["ann", "bob"].map(|user| feature("acme", user, "export", user));
    collector.send(events.to_vec()).await;
    let path = "/api/v2/accounts/acme/usage?by=user&limit=1";
    for sort in ["", "&sort=-events"] {
        let begun = collector.get(&format!("{path}{sort}&cursor=")).await;
        assert_eq!(begun["rows"][0]["key"], "ann", "{sort}");
    }
    for wrong in [
        "&sort=-events&cursor=nope",
        "&cursor=~nope",
        "&sort=users&cursor=bob",
    ] {
        let answer = collector.call("GET", &format!("{path}{wrong}"), None).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.error().contains("next_cursor"), "{}", answer.text);
    }
    // If rows are ordered by key, the key is the cursor.
    let behind = collector.get(&format!("{path}&cursor=ann")).await;
    assert_eq!(behind["rows"][0]["key"], "bob");
}

#[tokio::test]
async fn a_page_that_ends_with_the_row_without_a_value_is_not_the_last() {
    let collector = Collector::new();
    let nameless = |tag: u8| {
        json!({"action": "sessionSync", "account_id": "acme", "user_id": "ann", "created_at": NOW,
               "session_id": "s", "active_duration": 1, "event_id": format!("s{tag}")})
    };
    let events = vec![
        nameless(1),
        nameless(2),
        with(feature("acme", "ann", "export", 3), json!({"product": "p"})),
    ];
    collector.send(events).await;
    let path = "/api/v2/accounts/acme/usage?by=product&sort=-events&limit=1";
    let first = collector.get(path).await;
    assert_eq!(first["rows"][0]["key"], Value::Null);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert!(!cursor.is_empty());
    let next = collector.get(&format!("{path}&cursor={cursor}")).await;
    assert_eq!(next["rows"][0]["key"], "p");
    assert_eq!(next["next_cursor"], Value::Null);
}
