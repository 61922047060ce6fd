//! What is kept for how long, and what goes elsewhere.

use natero_collector::{
    clock::now_ms,
    model::usage::Span,
    store::{
        export::{EventFilter, Format},
        sqlite::{self as store, export, facts, rebuild, retention},
    },
};
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn old_events_go_and_their_figures_stay() {
    let collector = Collector::new();
    let old = now_ms() - 500 * DAY;
    let at = |no: i64| {
        with(
            feature("acme", "ann", "export", no),
            json!({"created_at": old + no * HOUR}),
        )
    };
    collector.send((0..48).map(at).collect()).await;
    collector
        .send(vec![feature("acme", "bob", "share", "fresh")])
        .await;
    let path = "/api/v2/accounts/acme/usage?by=feature";
    let before = collector.get(path).await;
    let span = format!(
        "/api/v2/accounts/acme/usage?from={}&to={}",
        old + 90 * 60_000,
        old + 10 * HOUR
    );
    let exact = collector.get(&span).await;

    let horizon = facts::quarter_at(old + 40 * HOUR);
    loop {
        let gone = collector
            .store
            .write(move |tx| retention::prune(tx, horizon))
            .await
            .unwrap();
        if gone.events == 0 {
            break;
        }
    }
    let kept = collector.count("SELECT COUNT(*) FROM events");
    assert!((8..=10).contains(&kept), "{kept}");
    assert_eq!(collector.get(path).await, before);
    let rounded = collector.get(&span).await;
    let difference =
        exact["totals"]["events"].as_i64().unwrap() - rounded["totals"]["events"].as_i64().unwrap();
    assert!(
        difference.abs() <= 1,
        "a span is cut at quarters of an hour now"
    );

    let rebuilt = rebuild::rebuild(&mut collector.sql(), false).unwrap();
    assert!(
        rebuilt.differing.is_empty(),
        "what has no events any more is not held against them"
    );
    rebuild::rebuild(&mut collector.sql(), true).unwrap();
    assert_eq!(collector.get(path).await, before);
}

#[tokio::test]
async fn an_export_can_be_sent_to_another_collector() {
    let collector = Collector::new();
    let events = vec![
        with(
            feature("acme", "ann", "a \"b\", c", "1"),
            json!({
                "total": 2.5, "product": "p", "plan": "gold", "details": {"x": [1, 2]},
                "stream_id": "t", "seq": 0, "url": "https://x/ü",
            }),
        ),
        json!({"account_id": "acme", "user_id": "bob", "created_at": NOW + DAY, "action": "custom"}),
    ];
    collector.post(ndjson(&events)).await;
    let write = |format: Format, account: Option<&str>| {
        let mut out = Vec::new();
        let wanted = EventFilter {
            span: Span::new(None, None),
            account_id: account.map(str::to_owned),
        };
        let count = export::export(&collector.sql(), &wanted, format, &mut out).unwrap();
        (count, String::from_utf8(out).unwrap())
    };
    let (count, text) = write(Format::Ndjson, None);
    assert_eq!(count, 2);
    assert_eq!(
        serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap(),
        events[0]
    );

    let other = Collector::new();
    let receipt = other.post(text.clone()).await.json();
    assert_eq!(receipt["accepted"], 2);
    assert_eq!(collector.post(text).await.json()["duplicates"], 2);
    assert_eq!(
        other.get("/api/v2/accounts/acme/usage?by=user").await,
        collector.get("/api/v2/accounts/acme/usage?by=user").await
    );

    let (_, csv) = write(Format::Csv, Some("acme"));
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.contains("\"a \"\"b\"\", c\""));
    assert_eq!(write(Format::Csv, Some("nobody")).0, 0);
}

#[tokio::test]
async fn no_cell_of_an_exported_table_is_a_formula() {
    let collector = Collector::new();
    let formula = "=HYPERLINK(\"https://x\")";
    collector
        .send(vec![with(
            feature("@acme", "+ann", formula, "-1"),
            json!({"title": "\t=1", "url": "-2+3", "details": {"a": "=1"}}),
        )])
        .await;
    let mut out = Vec::new();
    let all = EventFilter {
        span: Span::ALL,
        account_id: None,
    };
    export::export(&collector.sql(), &all, Format::Csv, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for cell in ["'@acme", "'+ann", "'=HYPERLINK", "'\t=1", "'-2+3", "'-1"] {
        assert!(text.contains(cell), "{cell} is not in {text}");
    }
    let rows = text.lines().skip(1).flat_map(|row| row.split(','));
    for cell in rows.map(|cell| cell.trim_matches('"')) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
    }
}

#[tokio::test]
async fn a_backup_taken_while_events_arrive_is_whole() {
    let collector = Collector::new();
    collector
        .send(
            (0..500)
                .map(|no| feature("acme", "ann", "export", no))
                .collect(),
        )
        .await;
    let copy = collector.db.with_file_name("copy.db");
    let conn = collector.sql();
    let sending = async {
        for no in 500..600 {
            collector
                .send(vec![feature("acme", "ann", "export", no)])
                .await;
        }
    };
    let (to, backed_up) = (copy.clone(), tokio::task::spawn_blocking(move || conn));
    let backup = async move {
        let conn = backed_up.await.unwrap();
        tokio::task::spawn_blocking(move || store::backup(&conn, &to))
            .await
            .unwrap()
            .unwrap();
    };
    tokio::join!(sending, backup);
    let mut copy = store::SqliteStore::open_for_command(&copy).unwrap();
    let rebuilt = rebuild::rebuild(&mut copy, false).unwrap();
    assert!(rebuilt.events >= 500, "{rebuilt:?}");
    assert!(rebuilt.differing.is_empty());
}

#[tokio::test]
async fn old_events_go_in_slices_that_batches_do_not_wait_long_for() {
    let collector = Collector::new();
    let event = |no: usize| feature("acme", "ann", "export", no);
    collector.send((0..3000).map(event).collect()).await;
    let mut slices = 0;
    loop {
        let pruned = collector
            .store
            .write(|tx| retention::prune(tx, u32::MAX))
            .await
            .unwrap();
        assert!(pruned.events < 3000, "all of them at once");
        if pruned.events == 0 {
            break;
        }
        slices += 1;
    }
    assert!(slices > 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
}
