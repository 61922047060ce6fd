//! A client asks which of its events are stored.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use natero_collector::model::keys::NewSource;
use serde_json::{Value, json};
use support::*;

async fn ask(collector: &Collector, path: &str, asked: &str, events: &[Value]) -> Answer {
    let request = Request::post(format!("{path}?asked={asked}"))
        .body(Body::from(ndjson(events)))
        .unwrap();
    collector.ask(request).await
}

fn event(tag: &str) -> Value {
    feature("acme", "ann", "export", tag)
}

#[tokio::test]
async fn the_answer_lists_the_asked_events_that_are_not_stored() {
    let collector = Collector::new();
    let path = collector.events_path();
    collector.send(vec![event("a")]).await;
    let answer = ask(&collector, &path, "a,b,%20c%20,x%2Dy,,d", &[event("b")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    // `b` arrived in the same request.
    assert_eq!(answer.json()["lacking"], "c,x-y,d");
    let answer = ask(&collector, &path, "a,b", &[event("c")]).await;
    assert_eq!(answer.json()["lacking"], "");
}

#[tokio::test]
async fn a_rejected_event_is_lacking_even_when_no_line_is_stored() {
    let collector = Collector::new();
    let bad = with(event("a"), json!({"total": "many"}));
    let answer = ask(&collector, &collector.events_path(), "a", &[bad]).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["lacking"]),
        (200, &json!("a"))
    );
}

#[tokio::test]
async fn a_client_that_does_not_ask_gets_no_such_field() {
    let collector = Collector::new();
    let receipt = collector.send(vec![event("a")]).await;
    assert!(receipt.get("lacking").is_none(), "{receipt}");
}

#[tokio::test]
async fn a_client_may_ask_without_an_event() {
    let collector = Collector::new();
    let path = collector.events_path();
    collector.send(vec![event("a")]).await;
    let answer = ask(&collector, &path, "a,b", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["accepted"], 0);
    assert_eq!(answer.json()["lacking"], "b");
}

#[tokio::test]
async fn a_source_learns_nothing_about_the_events_of_another() {
    let collector = Collector::new();
    collector.send(vec![event("a")]).await;
    let path = collector.new_source(&NewSource::default());
    let answer = ask(&collector, &path, "a,b", &[event("b")]).await;
    assert_eq!(answer.json()["lacking"], "a");
}

#[tokio::test]
async fn a_dropped_event_is_not_taken_for_the_one_that_came_after_it() {
    let collector = Collector::new();
    let path = collector.events_path();
    collector.send(vec![event("old")]).await;
    assert_eq!(collector.prune((NOW / HOUR + 1) * HOUR).await, 1);
    let later = with(event("new"), json!({"created_at": NOW + HOUR + 1}));
    let answer = ask(&collector, &path, "old,new", &[later]).await;
    assert_eq!(answer.json()["lacking"], "old", "{}", answer.text);
}

#[tokio::test]
async fn too_many_ids_are_refused_before_anything_is_stored() {
    let collector = Collector::new();
    let path = collector.events_path();
    let ids = |count: usize| vec!["i"; count].join(",");
    let answer = ask(&collector, &path, &ids(201), &[event("a")]).await;
    assert_eq!(answer.status, 400);
    assert!(answer.error().contains("200"));
    let answer = ask(&collector, &path, &"i".repeat(8193), &[event("a")]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
    let answer = ask(&collector, &path, &ids(200), &[event("a")]).await;
    assert_eq!(answer.status, 200);
}
