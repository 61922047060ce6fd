//! More load than a collector can or may take.

use std::time::Instant;

use natero_collector::model::keys::SourceId as SourceRow;

use crate::support::*;

#[tokio::test]
async fn a_fault_of_the_store_is_told_without_its_details() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    collector.place.execute("DROP TABLE account_records");
    let answer = collector
        .call("GET", "/api/v2/accounts/acme/notes", None)
        .await;
    assert_eq!(answer.status, 500);
    assert!(
        !answer.error().contains("account_records"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn more_bodies_than_fit_are_told_to_come_back() {
    let collector = Collector::new();
    let source = SourceRow::from_number(1).unwrap();
    let mut held = collector.app.admission.room(source);
    held.grow(16 * 1024 * 1024, Instant::now()).unwrap();
    let event = feature("acme", "ann", "export", 1).to_string();
    let answer = collector.post(event.clone()).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    answer.error();
    drop(held);
    assert_eq!(collector.post(event).await.status, 200);
}
