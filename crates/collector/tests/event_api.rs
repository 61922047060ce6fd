//! The Event API, as a client sees it.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use natero_collector::model::keys::NewSource;
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_assert,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use support::*;

#[tokio::test]
async fn an_accepted_event_is_in_the_database_to_the_field() {
    let collector = Collector::new();
    let event = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s1", "created_at": NOW,
        "action": "feature", "feature": "export", "module": "reports", "product": "studio",
        "total": 2.5, "details": {"size": "xl"}, "event_id": "e1", "visitor_id": "v1",
        "stream_id": "t1", "seq": 7, "plan": "gold",
    });
    let answer = collector.post(event.to_string()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"accepted": 1, "duplicates": 0, "set_aside": 0, "rejected": []})
    );
    let stored = collector.get("/api/v2/events").await["records"].clone();
    let received_at = &stored[0]["received_at"];
    assert!(received_at.is_i64(), "{stored}");
    let told = json!({"received_at": received_at, "set_aside": false});
    assert_eq!(stored, json!([with(event, told)]));
}

#[tokio::test]
async fn three_broken_lines_of_a_hundred_cost_no_other() {
    let collector = Collector::new();
    let mut lines: Vec<String> = (0..100)
        .map(|n| feature("acme", "ann", "export", n).to_string())
        .collect();
    lines[9] = "{\"account_id\":".into();
    lines[49] = with(feature("acme", "ann", "x", "y"), json!({"total": "many"})).to_string();
    lines[99] = "[]".into();
    let receipt = collector.post(lines.join("\r\n")).await.json();
    assert_eq!(receipt["accepted"], 97);
    let rejected = receipt["rejected"].as_array().unwrap();
    let numbers: Vec<_> = rejected.iter().map(|line| &line["line"]).collect();
    assert_eq!(numbers, [10, 50, 100]);
    assert!(rejected.iter().all(|line| line["error"].is_string()));
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 97);
}

#[tokio::test]
async fn half_a_character_costs_no_event() {
    let collector = Collector::new();
    // The text that JSON.stringify writes for a title that was cut within an emoji.
    let cut = |feature: &str| {
        format!(
            r#"{{"account_id":"acme","user_id":"ann","created_at":{NOW},"action":"feature","feature":"{feature}","title":"Cut \ud83d"}}"#
        )
    };
    let receipt = collector
        .post(format!("{}\n{}\n{}", cut("a"), cut("b"), cut("a")))
        .await
        .json();
    assert_eq!(receipt["rejected"], json!([]), "{receipt}");
    // Without an event_id, the content is the key here too.
    assert_eq!(
        (&receipt["accepted"], &receipt["duplicates"]),
        (&json!(2), &json!(1))
    );
    let stored = collector.get("/api/v2/events").await;
    assert_eq!(stored["records"][0]["title"], "Cut \u{fffd}");
}

#[tokio::test]
async fn the_same_event_counts_once_however_often_it_comes() {
    let collector = Collector::new();
    let event = feature("acme", "ann", "export", "e1");
    let twice = ndjson(&[event.clone(), event.clone()]);
    assert_eq!(collector.post(twice).await.json()["duplicates"], 1);
    let again = collector.post(event.to_string()).await.json();
    assert_eq!(again["accepted"], 0);
    assert_eq!(again["duplicates"], 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 1);
}

#[tokio::test]
async fn text_plain_is_taken_so_that_a_page_needs_no_preflight() {
    let collector = Collector::new();
    for kind in [
        "text/plain",
        "text/plain;charset=UTF-8",
        "Application/JSON; charset=utf-8",
    ] {
        let request = Request::post(collector.events_path())
            .header("content-type", kind)
            .body(Body::from(
                feature("acme", "ann", "export", kind).to_string(),
            ))
            .unwrap();
        assert_eq!(collector.ask(request).await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn gzip_is_unpacked_and_bombs_are_not() {
    let collector = Collector::new();
    let send = |body: Vec<u8>| {
        let request = Request::post(collector.events_path())
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .body(Body::from(body))
            .unwrap();
        collector.ask(request)
    };
    let events: Vec<_> = (0..50)
        .map(|n| feature("acme", "ann", "export", n))
        .collect();
    let packed = gzip(ndjson(&events).as_bytes());
    assert_eq!(send(packed.clone()).await.json()["accepted"], 50);

    let bomb = gzip(&vec![b' '; 9 * 1024 * 1024]);
    assert!(bomb.len() < 20_000);
    let answer = send(bomb).await;
    assert_eq!(answer.status, 413);
    assert!(answer.error().contains("8 MiB"));

    let answer = send(packed[..packed.len() / 2].to_vec()).await;
    assert_eq!(answer.status, 400);
    answer.error();
}

#[tokio::test]
async fn bodies_up_to_the_limits_are_taken() {
    const WIRE: usize = 1024 * 1024;
    let event = |tag: &str| feature("acme", "ann", "export", tag).to_string();
    let collector = Collector::new();
    let mut full = event("wire").into_bytes();
    full.resize(WIRE, b'\n');
    assert_eq!(collector.post(full).await.json()["accepted"], 1);

    let mut unpacked = event("unpacked").into_bytes();
    unpacked.resize(8 * WIRE, b'\n');
    for (more, status) in [(0, 200), (1, 413)] {
        unpacked.resize(8 * WIRE + more, b'\n');
        let request = Request::post(collector.events_path())
            .header("content-encoding", "gzip")
            .body(Body::from(gzip(&unpacked)))
            .unwrap();
        assert_eq!(collector.ask(request).await.status, status, "{more}");
    }

    let answer = collector.post("{}\n".repeat(65_537)).await;
    assert_eq!(
        answer.status, 413,
        "more lines than a batch of events can have"
    );
    assert!(answer.error().contains("65536 lines"));

    // Each line has its own size limit, and exceeding it does not affect other lines.
    let padding = "x".repeat(256 * 1024);
    let long = with(feature("acme", "ann", "x", "long"), json!({"y": padding}));
    let receipt = collector
        .post(format!("{long}\n{}", event("short")))
        .await
        .json();
    assert_eq!(
        (&receipt["accepted"], &receipt["rejected"][0]["line"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_body_over_1_mib_is_refused_however_it_is_announced() {
    let collector = Collector::new();
    let long = vec![b'x'; 1024 * 1024 + 1];
    let answer = collector.post(long.clone()).await;
    assert_eq!(answer.status, 413);
    assert!(answer.error().contains("split"));

    let chunks = long
        .chunks(10_000)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()));
    let chunked = Body::from_stream(futures_util::stream::iter(chunks.collect::<Vec<_>>()));
    assert_eq!(collector.post(chunked).await.status, 413);

    let request = Request::post(collector.events_path())
        .header("content-length", "99999999999")
        .body(Body::empty())
        .unwrap();
    assert_eq!(collector.ask(request).await.status, 413);
}

#[tokio::test]
async fn what_cannot_be_read_at_all_is_400() {
    let collector = Collector::new();
    for body in ["", "\n\n", "hello", "[{\"action\":\"feature\"}]"] {
        let answer = collector.post(body).await;
        assert_eq!(answer.status, 400, "{body:?}");
        answer.error();
    }
}

#[tokio::test]
async fn keys_that_are_not_a_living_pair_are_401() {
    let collector = Collector::new();
    let other = natero_collector::model::keys::SourceKeys::generate().unwrap();
    let source = &collector.source;
    let event = feature("acme", "ann", "export", 1).to_string();
    for path in [
        format!("/v1/{}/{}", source.auth_key, other.api_key),
        format!("/v1/{}/{}", other.auth_key, source.api_key),
        format!("/v1/{}/{}", source.api_key, source.auth_key),
        "/v1/a/b".to_owned(),
    ] {
        let request = Request::post(path).body(Body::from(event.clone())).unwrap();
        let answer = collector.ask(request).await;
        assert_eq!(answer.status, 401);
        answer.error();
        assert_eq!(
            answer.headers["access-control-allow-origin"], "*",
            "a page can read why"
        );
    }
    collector.place.revoke("source-1");
    assert_eq!(
        collector.post(event).await.status,
        401,
        "at once after it is revoked"
    );
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
}

#[tokio::test]
async fn other_content_types_and_encodings_are_415() {
    let collector = Collector::new();
    for (name, value) in [
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "text/html"),
        ("content-encoding", "br"),
        ("content-encoding", "gzip, gzip"),
    ] {
        let request = Request::post(collector.events_path())
            .header(name, value)
            .body(Body::from("{}"))
            .unwrap();
        let answer = collector.ask(request).await;
        assert_eq!(answer.status, 415, "{value}");
        answer.error();
    }
}

#[tokio::test]
async fn an_origin_that_an_earlier_version_stored_as_it_was_written_is_that_of_its_pages() {
    let collector = Collector::new();
    for (stored, sent, status) in [
        ("https://app.example.com", "https://app.example.com", 200),
        ("https://App.Example.com/", "https://app.example.com", 200),
        (
            "HTTPS://App.example.com:443",
            "https://app.example.com",
            200,
        ),
        ("https://App.Example.com/", "https://other.example.com", 403),
        ("app.example.com", "https://app.example.com", 403),
    ] {
        let source = collector.new_source(&NewSource {
            origins: vec![stored.to_owned()],
            ..NewSource::default()
        });
        let request = Request::post(source)
            .header("origin", sent)
            .body(Body::from(feature("a", "u", "f", stored).to_string()));
        let answer = collector.ask(request.unwrap()).await;
        assert_eq!(answer.status, status, "{stored}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_preflight_allows_what_the_tracker_sends_and_no_credentials() {
    let collector = Collector::new();
    let preflight = |collector: &Collector, origin: &str| {
        Request::options(collector.events_path())
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,content-encoding",
            )
            .body(Body::empty())
            .unwrap()
    };
    let answer = collector
        .ask(preflight(&collector, "https://app.example.com"))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["access-control-allow-methods"], "POST");
    let headers = answer.headers["access-control-allow-headers"]
        .to_str()
        .unwrap();
    assert!(headers.contains("content-type") && headers.contains("content-encoding"));
    assert!(
        !answer
            .headers
            .contains_key("access-control-allow-credentials")
    );

    let strict = Collector::with(&["--allow-origin", "https://app.example.com"]);
    let answer = strict
        .ask(preflight(&strict, "https://app.example.com"))
        .await;
    assert_eq!(
        answer.headers["access-control-allow-origin"],
        "https://app.example.com"
    );
    let answer = strict.ask(preflight(&strict, "https://evil.example")).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_source_bound_to_an_origin_is_refused_from_another() {
    let collector = Collector::new();
    let bound = collector.new_source(&NewSource {
        origins: vec!["https://app.example.com".to_owned()],
        ..NewSource::default()
    });
    let post = |origin: &'static str| {
        Request::post(&bound)
            .header("origin", origin)
            .body(Body::from(
                feature("acme", "ann", "export", origin).to_string(),
            ))
            .unwrap()
    };
    assert_eq!(
        collector.ask(post("https://app.example.com")).await.status,
        200
    );
    let answer = collector.ask(post("https://evil.example")).await;
    assert_eq!(answer.status, 403);
    answer.error();
    let program = feature("acme", "ann", "export", "curl").to_string();
    let program = Request::post(&bound).body(Body::from(program)).unwrap();
    assert_eq!(
        collector.ask(program).await.status,
        200,
        "programs have no origin"
    );
}

#[tokio::test]
async fn an_event_of_tomorrow_is_taken_and_one_of_the_day_after_is_not() {
    let collector = Collector::new();
    let now = natero_collector::clock::now_ms();
    let at = |time: i64| {
        with(
            feature("acme", "ann", "export", time),
            json!({"created_at": time}),
        )
    };
    let receipt = collector
        .post(ndjson(&[at(now + 23 * HOUR), at(now + 25 * HOUR)]))
        .await
        .json();
    assert_eq!(receipt["accepted"], 1);
    assert_eq!(receipt["rejected"][0]["line"], 2);
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist_say_so_in_json() {
    let collector = Collector::new();
    let get = Request::get("/nowhere").body(Body::empty()).unwrap();
    let answer = collector.ask(get).await;
    assert_eq!(answer.status, 404);
    answer.error();
    let get = Request::get(collector.events_path())
        .body(Body::empty())
        .unwrap();
    let answer = collector.ask(get).await;
    assert_eq!(answer.status, 405);
    answer.error();
    let health = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(collector.ask(health).await.status, 200);
}

/// Junk bytes, how they are compressed, and the position at which they are put into a valid
/// event.
fn broken_bodies() -> impl Strategy<Value = (Vec<u8>, u8, usize)> {
    (vec(any::<u8>(), 0..600), 0..3_u8, 0..600_usize)
}

#[test]
fn no_body_makes_it_fail() {
    let collector = Collector::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config::with_cases(64));
    let outcome = runner.run(&broken_bodies(), |(junk, packing, at)| {
        let mut body = feature("acme", "ann", "export", 1).to_string().into_bytes();
        let cut = at.min(body.len());
        match packing {
            // Junk as the body, junk in a valid gzip body, or a valid event with junk in it.
            0 => body = junk,
            1 => body = gzip(&junk),
            _ => {
                body = gzip(&body);
                let cut = cut.min(body.len());
                body.splice(cut..cut, junk.into_iter().take(3));
            }
        }
        let mut request = Request::post(collector.events_path());
        if packing > 0 {
            request = request.header("content-encoding", "gzip");
        }
        let answer = runtime.block_on(collector.ask(request.body(Body::from(body)).unwrap()));
        prop_assert!(
            matches!(answer.status.as_u16(), 200 | 400),
            "{}",
            answer.text
        );
        Ok(())
    });
    outcome.unwrap();
}
