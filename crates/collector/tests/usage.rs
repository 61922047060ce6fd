//! Usage of accounts.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use natero_collector::model::calendar::TimeZone;
use serde_json::{Value, json};
use support::*;

/// An event of another action.
fn event(action: &str, tag: &str, fields: Value) -> Value {
    let base = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s1", "created_at": NOW,
        "action": action, "event_id": tag,
    });
    with(base, fields)
}

fn visit() -> Vec<Value> {
    vec![
        event(
            "feature",
            "1",
            json!({"feature": "export", "module": "reports", "product": "studio", "total": 3}),
        ),
        event(
            "feature",
            "2",
            json!({"feature": "share", "product": "viewer", "created_at": NOW + DAY}),
        ),
        event(
            "moduleEnd",
            "3",
            json!({"module": "reports", "product": "studio", "time_spent": 1500}),
        ),
        event("sessionSync", "4", json!({"active_duration": 2500})),
        event(
            "feature",
            "5",
            json!({"feature": "export", "user_id": "bob", "session_id": "s2"}),
        ),
    ]
}

#[tokio::test]
async fn totals_add_up_what_the_events_say() {
    let collector = Collector::new();
    collector.send(visit()).await;
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(
        usage,
        json!({
            "account_id": "acme", "rollup": true, "by": null,
            "totals": {"events": 5, "features": 5, "module_time": 1500, "active_time": 2500,
                       "sessions": 2, "users": 2},
            "rows": [], "next_cursor": null, "uncaptured": {"non_leaf": 0, "user_conflict": 0},
        })
    );
}

#[tokio::test]
async fn products_stay_apart_and_events_without_one_come_under_null() {
    let collector = Collector::new();
    collector.send(visit()).await;
    let usage = collector
        .get("/api/v2/accounts/acme/usage?by=product")
        .await;
    let row = |key: Value| {
        usage["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["key"] == key)
            .unwrap()
    };
    assert_eq!(usage["rows"].as_array().unwrap().len(), 3);
    assert_eq!(row(json!("studio"))["features"], 3);
    assert_eq!(row(json!("studio"))["module_time"], 1500);
    assert_eq!(row(json!("viewer"))["features"], 1);
    assert_eq!(row(Value::Null)["active_time"], 2500);
    assert_eq!(row(Value::Null)["users"], 2);
}

#[tokio::test]
async fn every_dimension_and_span_can_be_asked_for() {
    let collector = Collector::new();
    collector.send(visit()).await;
    for (by, keys) in [
        ("module", json!(["reports", null])),
        ("feature", json!(["export", "share", null])),
        ("user", json!(["ann", "bob"])),
        ("day", json!(["2023-11-14", "2023-11-15"])),
        ("week", json!(["2023-11-13"])),
        ("month", json!(["2023-11"])),
    ] {
        let usage = collector
            .get(&format!("/api/v2/accounts/acme/usage?by={by}"))
            .await;
        let mut found: Vec<_> = usage["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["key"].clone())
            .collect();
        found.sort_by_key(|key| (key.is_null(), key.to_string()));
        assert_eq!(json!(found), keys, "{by}");
    }
    let path = format!("/api/v2/accounts/acme/usage?from={NOW}&to={}", NOW + 1);
    assert_eq!(collector.get(&path).await["totals"]["events"], 4);
    let path = format!("/api/v2/accounts/acme/usage?from={}", NOW + 1);
    assert_eq!(collector.get(&path).await["totals"]["events"], 1);
    let path = format!("/api/v2/accounts/acme/usage?to={NOW}");
    assert_eq!(collector.get(&path).await["totals"]["events"], 0);
}

#[tokio::test]
async fn a_user_of_another_account_is_set_aside() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let receipt = collector
        .send(vec![feature("beta", "ann", "export", 2)])
        .await;
    assert_eq!(receipt["set_aside"], 1);
    let usage = collector.get("/api/v2/accounts/beta/usage").await;
    assert_eq!(usage["totals"]["events"], 0);
    assert_eq!(usage["uncaptured"]["user_conflict"], 1);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 1);
}

#[tokio::test]
async fn usage_needs_an_account_key() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let ask = |query: String| {
        let request = Request::get(format!("/api/v2/accounts/acme/usage{query}"))
            .body(Body::empty())
            .unwrap();
        collector.ask(request)
    };
    assert_eq!(ask(String::new()).await.status, 401);
    assert_eq!(ask("?api_key=nacc_0".into()).await.status, 401);
    let source = collector.source.api_key.clone();
    assert_eq!(
        ask(format!("?api_key={source}")).await.status,
        401,
        "a source reads nothing"
    );
    assert_eq!(
        ask(format!("?api_key={}", collector.account_key))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn wrong_questions_say_what_to_ask() {
    let collector = Collector::new();
    let answer = collector
        .call("GET", "/api/v2/accounts/nobody/usage", None)
        .await;
    assert_eq!(answer.status, 404);
    assert!(answer.error().contains("nobody"));
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    for query in ["by=colour", "from=yesterday", "rollup=perhaps"] {
        let answer = collector
            .call("GET", &format!("/api/v2/accounts/acme/usage?{query}"), None)
            .await;
        assert_eq!(answer.status, 400, "{query}");
        answer.error();
    }
}

#[tokio::test]
async fn a_node_shows_itself_and_all_below_it_and_counts_only_leaves() {
    let collector = Collector::new();
    collector
        .send(vec![
            feature("top", "tom", "export", "1"),
            feature("mid", "mia", "export", "2"),
            feature("leaf", "lea", "export", "3"),
            feature("other", "oli", "export", "4"),
        ])
        .await;
    let records = json!({"records": [
        {"account_id": "leaf", "parent_account_id": "mid"},
        {"account_id": "other", "parent_account_id": "top"},
        {"account_id": "mid", "parent_account_id": "top"},
    ]});
    collector
        .call("POST", "/api/v2/accounts", Some(records))
        .await;

    let top = collector.get("/api/v2/accounts/top/usage").await;
    assert_eq!(
        (&top["totals"]["events"], &top["totals"]["users"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(top["uncaptured"]["non_leaf"], 2);
    let alone = collector
        .get("/api/v2/accounts/top/usage?rollup=false")
        .await;
    assert_eq!(
        (&alone["totals"]["events"], &alone["uncaptured"]["non_leaf"]),
        (&json!(0), &json!(1))
    );

    let away = json!({"parent_account_id": null});
    collector
        .call("PUT", "/api/v2/accounts/leaf", Some(away))
        .await;
    let mid = collector.get("/api/v2/accounts/mid/usage").await;
    assert_eq!(
        mid["totals"]["events"], 1,
        "a leaf again, and what it received counts"
    );
    assert_eq!(mid["uncaptured"]["non_leaf"], 0);
}

/// An event every half hour from one time to another.
fn half_hours(from: i64, to: i64) -> Vec<Value> {
    (from..to)
        .step_by(30 * 60_000)
        .map(|at| {
            with(
                feature("acme", "ann", "export", at),
                json!({"created_at": at}),
            )
        })
        .collect()
}

/// The keys of the rows and their events.
fn rows(usage: &Value) -> Vec<(String, i64)> {
    let rows = usage["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let key = row["key"].as_str().unwrap().to_owned();
        (key, row["events"].as_i64().unwrap())
    })
    .collect()
}

fn row(key: &str, events: i64) -> (String, i64) {
    (key.to_owned(), events)
}

#[tokio::test]
async fn friday_evening_in_san_francisco_is_friday() {
    let collector = Collector::new();
    // 17:30 there; in UTC it is Saturday, 4 May 2024.
    let at = 1_714_782_600_000_i64;
    collector.send(half_hours(at, at + 1)).await;
    let path = "/api/v2/accounts/acme/usage?by=day";
    let days = |usage: Value| rows(&usage);
    assert_eq!(days(collector.get(path).await), [row("2024-05-04", 1)]);
    let local = collector
        .get(&format!("{path}&tz=America/Los_Angeles"))
        .await;
    assert_eq!(days(local), [row("2024-05-03", 1)]);
    let escaped = format!("{path}&tz=America%2FLos_Angeles");
    assert_eq!(days(collector.get(&escaped).await), [row("2024-05-03", 1)]);

    let answer = collector
        .call("GET", &format!("{path}&tz=Mars"), None)
        .await;
    assert_eq!(answer.status, 400);
    assert!(answer.error().contains("time zone"), "{}", answer.text);
}

#[tokio::test]
async fn the_days_of_a_question_that_names_no_time_zone_are_those_of_the_collector() {
    let collector = Collector::with(&["--timezone", "America/Los_Angeles"]);
    let at = 1_714_782_600_000_i64;
    collector.send(half_hours(at, at + 1)).await;
    let path = "/api/v2/accounts/acme/usage?by=day";
    assert_eq!(rows(&collector.get(path).await), [row("2024-05-03", 1)]);
    let utc = collector.get(&format!("{path}&tz=UTC")).await;
    assert_eq!(rows(&utc), [row("2024-05-04", 1)]);
}

#[tokio::test]
async fn days_are_as_long_as_the_clocks_make_them() {
    for (zone, before, day, after, half_hours_of_day) in [
        (
            "America/New_York",
            "2024-03-09",
            "2024-03-10",
            "2024-03-11",
            46,
        ),
        (
            "America/New_York",
            "2024-11-02",
            "2024-11-03",
            "2024-11-04",
            50,
        ),
        // Clocks change by half an hour here.
        (
            "Australia/Lord_Howe",
            "2024-04-06",
            "2024-04-07",
            "2024-04-08",
            49,
        ),
        (
            "Australia/Lord_Howe",
            "2024-10-05",
            "2024-10-06",
            "2024-10-07",
            47,
        ),
        // Clocks change at midnight here.
        ("Africa/Cairo", "2024-04-25", "2024-04-26", "2024-04-27", 46),
        (
            "Asia/Kathmandu",
            "2024-04-25",
            "2024-04-26",
            "2024-04-27",
            48,
        ),
    ] {
        let collector = Collector::new();
        let time_zone: TimeZone = zone.parse().unwrap();
        let start = |day: &str| time_zone.start_of(day.parse().unwrap());
        let (from, to) = (start(before), start(after) + DAY);
        collector.send(half_hours(from, to)).await;
        let usage = collector
            .get(&format!("/api/v2/accounts/acme/usage?by=day&tz={zone}"))
            .await;
        let of_day = rows(&usage);
        assert_eq!(of_day[0], row(before, 48), "{zone}");
        assert_eq!(of_day[1], row(day, half_hours_of_day), "{zone}");
        assert_eq!(of_day[2], row(after, 48), "{zone}");
        // A query with the bounds of a day returns that day.
        let span = format!("from={}&to={}", start(day), start(after));
        let usage = collector
            .get(&format!(
                "/api/v2/accounts/acme/usage?by=day&tz={zone}&{span}"
            ))
            .await;
        assert_eq!(rows(&usage), [row(day, half_hours_of_day)], "{zone}");
    }
}

#[tokio::test]
async fn weeks_and_months_are_those_of_the_time_zone() {
    let collector = Collector::new();
    // From Sunday, 31 March 2024, 20:00 in UTC on, for eight hours.
    let from = 1_711_915_200_000_i64;
    collector.send(half_hours(from, from + 8 * HOUR)).await;
    for (by, zone, keys) in [
        ("week", "UTC", [("2024-03-25", 8), ("2024-04-01", 8)]),
        ("month", "UTC", [("2024-03", 8), ("2024-04", 8)]),
        // In this zone, the first of April began at 18:15.
        ("week", "Asia/Kathmandu", [("2024-04-01", 16), ("", 0)]),
        ("month", "Asia/Kathmandu", [("2024-04", 16), ("", 0)]),
        // In this zone, clocks had been set forward that morning.
        (
            "week",
            "Europe/Zurich",
            [("2024-03-25", 4), ("2024-04-01", 12)],
        ),
        ("month", "America/New_York", [("2024-03", 16), ("", 0)]),
    ] {
        let path = format!("/api/v2/accounts/acme/usage?by={by}&tz={zone}");
        let keys: Vec<_> = keys
            .into_iter()
            .filter(|(_, events)| *events > 0)
            .map(|(key, events)| row(key, events))
            .collect();
        assert_eq!(rows(&collector.get(&path).await), keys, "{by} {zone}");
    }
}

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

#[tokio::test]
async fn a_sum_of_fractions_is_written_as_people_add_it_up() {
    let collector = Collector::new();
    let uses = [0.1, 0.2].map(|total| {
        let tag = total.to_string();
        with(
            feature("acme", "ann", "export", tag),
            json!({ "total": total }),
        )
    });
    collector.send(uses.to_vec()).await;
    let path = "/api/v2/accounts/acme/usage";
    let usage = collector.get(&format!("{path}?by=user")).await;
    assert_eq!(usage["totals"]["features"].to_string(), "0.3");
    assert_eq!(usage["rows"][0]["features"].to_string(), "0.3");
    let request = Request::get(format!("{path}?api_key={}", collector.account_key))
        .header("accept", "text/csv")
        .body(Body::empty())
        .unwrap();
    let answer = collector.ask(request).await;
    assert!(answer.text.contains("\n2,0.3,"), "{}", answer.text);
}

#[tokio::test]
async fn a_span_that_ends_before_it_begins_is_refused() {
    let collector = Collector::new();
    collector.send(vec![feature("acme", "ann", "x", "1")]).await;
    for path in ["accounts/acme/usage", "loss"] {
        let ask = async |span: &str| {
            let path = format!("/api/v2/{path}{span}");
            collector.call("GET", &path, None).await
        };
        let answer = ask("?from=9&to=1").await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.error().contains("after to"), "{}", answer.text);
        assert_eq!(ask("?from=9&to=9").await.status, 200, "an empty span");
    }
    let erasure = "/api/v2/sources/source-1/events?from=9&to=1";
    assert_eq!(collector.call("DELETE", erasure, None).await.status, 400);
}
