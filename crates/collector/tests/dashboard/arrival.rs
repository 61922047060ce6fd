//! Events as they arrive, and those that did not arrive.

use natero_collector::clock::now_ms;
use serde_json::json;

use crate::support::{
    Collector, DAY,
    browser::{Browser, assert_shows},
    feature, with,
};

#[tokio::test]
async fn events_are_followed_as_they_arrive_and_never_shown_twice() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    assert_shows(
        &browser.open("/events").await,
        &["No events yet", "data-last=\"0\""],
    );
    let last = |rows: &str| {
        rows.split("data-last=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let rows = browser.open("/fragments/events?after=0").await;
    assert_shows(&rows, &["export", ">acme</a>", "ann"]);
    let rows = browser
        .open(&format!("/fragments/events?after={}", last(&rows)))
        .await;
    assert!(!rows.contains("<tr"), "{rows}");
    collector
        .send(vec![feature("other", "bob", "share", 2)])
        .await;
    let own = browser
        .open("/fragments/events?after=0&account_id=acme")
        .await;
    assert!(own.contains("export") && !own.contains("share"), "{own}");
    // People read words. A program that reads CSV has the name of the action.
    let page = browser.open("/events").await;
    assert_shows(&page, &["Used export"]);
    assert!(!page.contains("feature export"), "{page}");
    let csv = browser.ask("/events?csv=events").await.text;
    assert!(csv.contains("feature export,"), "{csv}");
    // Events of other accounts are not searched again.
    assert_eq!(last(&own), "2");
    assert_shows(
        &browser.open("/accounts/other/events").await,
        &["share", "account_id=other"],
    );
    let many: Vec<_> = (10..300)
        .map(|tag| feature("acme", "ann", "export", tag))
        .collect();
    collector.send(many).await;
    let rows = browser.open("/fragments/events?after=0").await;
    assert_eq!(rows.matches("<tr").count(), 100);
}

#[tokio::test]
async fn the_loss_report_tells_what_is_missing() {
    let collector = Collector::new();
    let numbered = |seq: i64| {
        with(
            feature("acme", "ann", "export", seq),
            json!({
                "created_at": now_ms() - DAY, "stream_id": "page-1", "seq": seq,
            }),
        )
    };
    let browser = Browser::of(&collector).await;
    assert_shows(
        &browser.open("/loss").await,
        &["No numbered events in this period"],
    );
    collector
        .send(vec![numbered(0), numbered(1), numbered(2)])
        .await;
    assert_shows(&browser.open("/loss").await, &["Nothing is missing"]);
    collector.send(vec![numbered(7)]).await;
    let page = browser.open("/loss").await;
    assert_shows(
        &page,
        &[
            "<dt>Made</dt><dd>8<",
            "<dt>Missing</dt><dd>4<",
            "50.0 %",
            "page-1",
        ],
    );
}
