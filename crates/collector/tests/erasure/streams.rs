//! The loss report on streams from which something was erased.

use serde_json::{Value, json};

use crate::{collector, company::event, support::*};

async fn loss(collector: &Collector, counts: &[&str]) -> Vec<Value> {
    let report = collector.get("/api/v2/loss").await;
    counts.iter().map(|name| report[name].clone()).collect()
}

const COUNTS: [&str; 6] = [
    "streams",
    "made",
    "received",
    "missing",
    "duplicates",
    "implausible",
];

#[tokio::test]
async fn a_number_that_is_taken_back_is_as_if_it_had_never_come() {
    let collector = collector().await;
    let honest = [0, 1, 4].map(|seq| event("acme", "ann", "t", seq));
    collector.send(honest.to_vec()).await;
    let before = collector.get("/api/v2/loss").await;
    assert_eq!(before["missing"], 2);
    // The forged events hide a gap, repeat a number, are the earliest, and make the stream
    // implausible.
    for (id, seq) in [("a", 2), ("b", 4), ("c", 4_000_000_000_u32)] {
        let forged = json!({"event_id": id, "created_at": NOW - DAY});
        collector
            .send(vec![with(event("acme", "ann", "t", seq), forged)])
            .await;
    }
    assert_eq!(
        loss(&collector, &["implausible", "duplicates"]).await,
        [1, 1]
    );
    for id in ["a", "b", "c"] {
        let path = format!("/api/v2/events/{id}");
        assert_eq!(collector.call("DELETE", &path, None).await.status, 200);
    }
    assert_eq!(collector.get("/api/v2/loss").await, before);
    let since = collector.get(&format!("/api/v2/loss?from={NOW}")).await;
    assert_eq!(since, before);
}

#[tokio::test]
async fn what_a_source_sent_in_a_span_is_taken_out_of_streams_that_go_on() {
    let collector = collector().await;
    let early = [0, 1].map(|seq| event("acme", "ann", "t", seq));
    collector.send(early.to_vec()).await;
    let before = collector.get("/api/v2/loss").await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let from = natero_collector::clock::now_ms();
    let forged = [2, 3, 4, 5, 4_000_000_000].map(|seq| event("acme", "ann", "t", seq));
    collector.send(forged.to_vec()).await;
    let path = format!("/api/v2/sources/source-1/events?from={from}");
    let answer = collector.call("DELETE", &path, None).await;
    assert_eq!(answer.json()["erased"]["events"], 5, "{}", answer.text);
    assert_eq!(collector.get("/api/v2/loss").await, before);
}

#[tokio::test]
async fn the_last_event_of_a_stream_takes_its_record_along() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "t", 3)]).await;
    let path = "/api/v2/events/t-3";
    assert_eq!(collector.call("DELETE", path, None).await.status, 200);
    assert_eq!(loss(&collector, &COUNTS).await, [0; 6]);
}

#[tokio::test]
async fn events_of_an_erased_user_are_not_lost() {
    let collector = collector().await;
    // Two people use the same page.
    let events = ["bob", "ann", "ann", "bob", "ann"];
    let events = (0..)
        .zip(events)
        .map(|(seq, user)| event("acme", user, "t", seq));
    collector.send(events.collect()).await;
    let path = "/api/v2/account_users/ann?erase=true";
    assert_eq!(collector.call("DELETE", path, None).await.status, 200);
    // The stream counts as having made its last event, in whichever order the users are
    // erased.
    assert_eq!(loss(&collector, &COUNTS).await, [1, 5, 2, 0, 0, 0]);
    assert_eq!(loss(&collector, &["rejected"]).await, [3]);
}

#[tokio::test]
async fn what_retention_dropped_of_a_stream_stays_in_its_record() {
    let path = |of: &str| format!("/api/v2/{of}");
    let source = "sources/source-1/events?from=";
    for erased in ["events/forged", "account_users/bob?erase=true", source] {
        // A number that an honest event also has, one that fills a gap, and one after all
        // others.
        for seq in [2, 5, 9] {
            let collector = collector().await;
            let is_user = erased.contains("bob");
            let mut honest = [0, 1, 2, 4, 6].map(|seq| event("acme", "ann", "t", seq));
            // Erasing a user also erases a stream from which nothing else is stored.
            honest[4]["created_at"] = json!(if is_user { NOW + 2 * DAY } else { NOW });
            collector.send(honest.to_vec()).await;
            let before = collector.get("/api/v2/loss").await;
            assert_eq!(collector.prune(NOW + DAY).await, 5 - usize::from(is_user));
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            let from = natero_collector::clock::now_ms();
            let forged = json!({"event_id": "forged", "created_at": NOW + 2 * DAY});
            let forged = with(event("acme", "bob", "t", seq), forged);
            collector.send(vec![forged]).await;
            let path = match erased == source {
                true => path(&format!("{erased}{from}")),
                false => path(erased),
            };
            let answer = collector.call("DELETE", &path, None).await;
            assert_eq!(answer.json()["erased"]["events"], 1, "{}", answer.text);
            let after = collector.get("/api/v2/loss").await;
            match seq {
                2 => assert_eq!(after, before, "{erased}"),
                _ if !is_user => assert_eq!(after, before, "{erased} {seq}"),
                // It arrived, so it is not lost.
                _ => assert_eq!(
                    (&after["received"], &after["rejected"]),
                    (&json!(5), &json!(1)),
                    "{seq}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_record_goes_with_the_last_event_though_others_were_erased_with_a_user() {
    let collector = collector().await;
    let events = [event("acme", "ann", "t", 0), event("acme", "bob", "t", 1)];
    collector.send(events.to_vec()).await;
    for path in ["account_users/ann?erase=true", "events/t-1"] {
        let path = format!("/api/v2/{path}");
        assert_eq!(collector.call("DELETE", &path, None).await.status, 200);
    }
    assert_eq!(loss(&collector, &COUNTS).await, [0; 6]);
}

#[tokio::test]
async fn the_time_of_a_repeated_event_moves_no_stream() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "t", 0)]).await;
    let since = format!("/api/v2/loss?from={NOW}");
    assert_eq!(collector.get(&since).await["streams"], 1);
    let again = json!({"created_at": 946_684_800_000_i64});
    let again = with(event("acme", "ann", "t", 0), again);
    let receipt = collector.post(ndjson(&[again])).await.json();
    // With a store on servers, an event of another day is a different event.
    if receipt["duplicates"] == 1 {
        let report = collector.get(&since).await;
        assert_eq!(
            (&report["streams"], &report["duplicates"]),
            (&json!(1), &json!(1))
        );
    }
}

#[tokio::test]
async fn all_events_of_a_number_whose_figures_stay_are_told() {
    let collector = collector().await;
    let same = |tag: &str, at: i64| {
        let fields = json!({"event_id": tag, "created_at": at});
        with(event("acme", "ann", "bad", 0), fields)
    };
    collector
        .send(vec![same("a", NOW), same("b", NOW), same("c", NOW + DAY)])
        .await;
    assert_eq!(collector.prune(NOW + 2 * HOUR).await, 2);
    let answer = collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(
        answer.json()["erased"],
        json!({"events": 1, "users": 0, "accounts": 0, "figures_kept": 2})
    );
}
