//! Running a collector: figures, readiness, limits, a store that is full,
//! retention, export and backup.
#![allow(missing_docs)]

mod support;

use std::sync::Arc;

use axum::{body::Body, http::Request};
use base64::Engine;
use http_body_util::BodyExt;
use natero_collector::{
    app::now_ms,
    store::{
        self,
        export::{self, Format, Wanted},
        rebuild, retention,
    },
    usage::Span,
};
use serde_json::{Value, json};
use support::*;
use tower::ServiceExt;

async fn open(collector: &Collector, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    collector.ask(request).await
}

#[tokio::test]
async fn figures_tell_of_events_and_requests_and_never_of_keys() {
    let collector = Collector::new();
    let events = [
        feature("acme", "ann", "export", "1"),
        feature("beta", "ann", "export", "2"),
    ];
    collector.post(format!("{}{{}}\n", ndjson(&events))).await;
    collector.post(ndjson(&events)).await;
    collector.get("/api/v2/accounts/acme/usage").await;
    let text = open(&collector, "/metrics").await.text;
    for line in [
        "natero_events_total{outcome=\"accepted\"} 1",
        "natero_events_total{outcome=\"set_aside\"} 1",
        "natero_events_total{outcome=\"duplicate\"} 2",
        "natero_events_total{outcome=\"rejected\"} 1",
        "natero_requests_total{route=\"/v1/{auth_key}/{api_key}\",method=\"POST\",status=\"200\"} 2",
        "natero_commit_duration_seconds_count 2",
        "natero_database_size_bytes ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for secret in [
        &collector.source.api_key,
        &collector.source.auth_key,
        &collector.account_key,
    ] {
        assert!(!text.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn while_another_process_holds_the_write_lock_batches_are_answered_503_and_taken_after_it() {
    let collector = Collector::new();
    // As `natero-collector rebuild` does.
    let other = collector.sql();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let batch = ndjson(&[feature("acme", "ann", "export", 1)]);
    let held = collector.post(batch.clone()).await;
    assert_eq!(held.status, 503, "{}", held.text);
    assert!(held.headers.contains_key("retry-after"));
    held.error();
    // What is read is answered meanwhile.
    assert_eq!(collector.get("/api/v2/accounts").await["total"], 0);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(collector.post(batch).await.json()["accepted"], 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 1);
}

#[tokio::test]
async fn a_full_store_answers_503_and_takes_events_again_once_there_is_room() {
    let collector = Collector::with(&["--max-db-bytes", "400000"]);
    assert_eq!(open(&collector, "/readyz").await.status, 200);
    let padding = "x".repeat(3000);
    let batch = |no: usize| {
        let event = feature("acme", "ann", "export", no);
        ndjson(&[with(event, json!({"details": {"padding": padding}}))])
    };
    let mut accepted = 0;
    let full = loop {
        let answer = collector.post(batch(accepted)).await;
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
        assert!(accepted < 1000, "it never fills up");
    };
    assert_eq!(full.status, 503);
    assert!(full.headers.contains_key("retry-after"));
    full.error();
    assert_eq!(open(&collector, "/healthz").await.status, 200);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(
        usage["totals"]["events"], accepted,
        "what was answered is there, and no more"
    );
    assert_eq!(
        collector.count("SELECT COUNT(*) FROM events"),
        accepted as i64
    );

    collector
        .sql()
        .execute("DELETE FROM events WHERE id % 2 = 0", [])
        .unwrap();
    assert_eq!(
        collector.post(batch(accepted)).await.status,
        200,
        "the same batch, again"
    );
    assert_eq!(open(&collector, "/readyz").await.status, 200);
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_to_wait() {
    let collector = Collector::with(&["--rate-limit", "3"]);
    let mut statuses = Vec::new();
    for no in 0..7 {
        let answer = collector
            .post(feature("acme", "ann", "export", no).to_string())
            .await;
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            assert!(answer.error().contains("larger batches"));
        }
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 429]);
    let usage = collector
        .call("GET", "/api/v2/accounts/acme/usage", None)
        .await;
    assert_eq!(usage.status, 200, "another key is not held up");
}

#[tokio::test]
async fn an_account_key_has_its_rate_too_over_the_api_and_the_dashboard_together() {
    let collector = Collector::with(&["--rate-limit", "2"]);
    let form = format!("key={}", collector.account_key);
    let sign_in = Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let answer = collector.ask(sign_in.body(Body::from(form)).unwrap()).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let page = || {
        let request = Request::get("/loss").header("cookie", &cookie);
        collector.ask(request.body(Body::empty()).unwrap())
    };
    assert_eq!(page().await.status, 200);
    for status in [200, 200, 429] {
        let answer = collector.call("GET", "/api/v2/accounts", None).await;
        assert_eq!(answer.status, status);
        if status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            answer.error();
        }
    }
    let answer = page().await;
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("<h1>Too many requests</h1>"));
}

#[tokio::test]
async fn while_more_waits_for_the_writer_than_can_be_done_soon_batches_are_told_to_come_back() {
    let collector = Collector::with(&["--rate-limit", "0"]);
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let store = Arc::clone(&collector.store);
    let held = tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = wait.recv();
                Ok(())
            })
            .await
    });
    let mut asking = tokio::task::JoinSet::new();
    for no in 0..1200 {
        let event = feature("acme", "ann", "x", no).to_string();
        let request = Request::post(collector.events_path())
            .header("origin", "https://app.example.com")
            // A body that does not say its length is taken for a full one.
            .header("content-length", event.len())
            .body(Body::from(event));
        asking.spawn(collector.router.clone().oneshot(request.unwrap()));
    }
    let first = asking.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(first.status(), 429, "the others wait");
    assert!(first.headers().contains_key("retry-after"));
    assert_eq!(
        first.headers()["access-control-expose-headers"],
        "retry-after",
        "a page can read it"
    );
    let body = first.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("Retry-After"));
    go_on.send(()).unwrap();
    held.await.unwrap().unwrap();
    let mut taken = 0;
    while let Some(answer) = asking.join_next().await {
        let status = answer.unwrap().unwrap().status().as_u16();
        assert!(status == 200 || status == 429, "{status}");
        taken += i64::from(status == 200);
    }
    assert!((1000..1200).contains(&taken), "{taken}");
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), taken);
}

#[tokio::test]
async fn a_fault_of_the_store_is_told_without_its_details() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    collector
        .sql()
        .execute_batch("DROP TABLE account_records")
        .unwrap();
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
async fn pages_use_the_account_api_only_from_configured_origins() {
    let configured = Collector::with(&["--api-origin", "https://crm.example.com"]);
    let usual = Collector::new();
    for (collector, origin, is_allowed) in [
        (&configured, "https://crm.example.com", true),
        (&configured, "https://evil.example", false),
        (&usual, "https://crm.example.com", false),
    ] {
        let path = format!("/api/v2/accounts?api_key={}", collector.account_key);
        let preflight = Request::options(&path).header("access-control-request-method", "GET");
        for request in [
            preflight,
            Request::get(&path),
            Request::get("/api/v2/accounts"),
        ] {
            let request = request.header("origin", origin).body(Body::empty());
            let answer = collector.ask(request.unwrap()).await;
            let allowed = answer.headers.get("access-control-allow-origin");
            assert_eq!(allowed.is_some(), is_allowed, "{origin}");
            assert!(allowed.is_none_or(|allowed| allowed == origin));
        }
        // A session is of the collector's own pages alone.
        let page = Request::get("/").header("origin", origin);
        let page = collector.ask(page.body(Body::empty()).unwrap()).await;
        assert!(!page.headers.contains_key("access-control-allow-origin"));
    }
}

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

    let horizon = u32::try_from((old + 40 * HOUR) / HOUR).unwrap();
    loop {
        let gone = collector
            .store
            .write(move |tx| retention::prune(tx, horizon))
            .await
            .unwrap();
        if gone == 0 {
            break;
        }
    }
    let kept = collector.count("SELECT COUNT(*) FROM events");
    assert!((8..=10).contains(&kept), "{kept}");
    assert_eq!(collector.get(path).await, before);
    let rounded = collector.get(&span).await;
    let difference =
        exact["totals"]["events"].as_i64().unwrap() - rounded["totals"]["events"].as_i64().unwrap();
    assert!(difference.abs() <= 1, "a span is cut at whole hours now");

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
        let wanted = Wanted {
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
    let mut copy = store::Store::open_for_command(&copy).unwrap();
    let rebuilt = rebuild::rebuild(&mut copy, false).unwrap();
    assert!(rebuilt.events >= 500, "{rebuilt:?}");
    assert!(rebuilt.differing.is_empty());
}

#[tokio::test]
async fn the_latest_events_can_be_followed() {
    let collector = Collector::new();
    collector
        .send(vec![
            feature("acme", "ann", "export", 1),
            feature("beta", "bob", "share", 2),
        ])
        .await;
    let first = collector.get("/api/v2/events").await;
    assert_eq!(first["records"][0]["account_id"], "beta", "newest first");
    assert_eq!(first["records"].as_array().unwrap().len(), 2);
    let path = format!("/api/v2/events?after={}", first["last"]);
    assert_eq!(
        collector.get(&path).await,
        json!({"records": [], "last": first["last"]})
    );
    collector
        .send(vec![feature("acme", "ann", "more", 3)])
        .await;
    let next = collector.get(&path).await;
    assert_eq!(next["records"][0]["feature"], "more");
    let of_account = collector
        .get("/api/v2/events?account_id=acme&limit=1")
        .await;
    assert_eq!(of_account["records"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn more_bodies_than_fit_are_told_to_come_back() {
    let collector = Collector::new();
    let held = collector.admission.room(usize::MAX).unwrap();
    let answer = collector
        .post(feature("acme", "ann", "export", 1).to_string())
        .await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    answer.error();
    // Told by its length, before any of it is received.
    let never = futures_util::stream::pending::<std::io::Result<Vec<u8>>>();
    let announced = Request::post(collector.events_path())
        .header("content-length", 1000)
        .body(Body::from_stream(never));
    assert_eq!(collector.ask(announced.unwrap()).await.status, 429);
    drop(held);
    assert_eq!(
        collector
            .post(feature("acme", "ann", "export", 1).to_string())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_account_key_is_taken_from_the_address_or_as_a_password_and_no_other_way() {
    let collector = Collector::new();
    let key = collector.account_key.clone();
    let basic = |text: String| {
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(text)
        )
    };
    let ask = async |target: &str, authorization: Option<String>| {
        let mut request = Request::get(target);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        collector.ask(request.body(Body::empty()).unwrap()).await
    };
    let path = "/api/v2/accounts";
    assert_eq!(
        ask(&format!("{path}?api_key={key}"), None).await.status,
        200
    );
    assert_eq!(
        ask(path, Some(basic(format!("api:{key}")))).await.status,
        200
    );
    for wrong in [
        None,
        Some(basic("api:nacc_0".into())),
        Some(basic(key.clone())),
        Some(format!("Bearer {key}")),
        Some("Basic not base64".into()),
        // A source can only write.
        Some(basic(format!("api:{}", collector.source.api_key))),
        Some(basic(format!("api:{}", collector.source.auth_key))),
    ] {
        let answer = ask(path, wrong.clone()).await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        answer.error();
    }
}
