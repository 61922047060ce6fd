//! Days, weeks and months of a time zone.

use natero_collector::model::calendar::TimeZone;
use serde_json::{Value, json};

use crate::support::*;

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
