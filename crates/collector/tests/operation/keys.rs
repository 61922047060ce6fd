//! Credentials and request rates.

use std::time::{Duration, Instant};

use axum::{body::Body, http::Request};
use base64::Engine;
use natero_collector::store::rates::RateSubject;

use crate::support::{browser::Browser, *};

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_to_wait() {
    let collector = Collector::with(&["--rate-limit", "3"]);
    let mut accepted = 0;
    let refused = loop {
        let event = feature("acme", "ann", "export", accepted);
        let answer = collector.post(event.to_string()).await;
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
        // On a slow machine, the rate allows some more requests meanwhile.
        assert!(accepted < 1000, "it is never told");
    };
    assert!(accepted >= 6, "{accepted}");
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains_key("retry-after"));
    assert!(refused.error().contains("larger batches"));
    let usage = collector
        .call("GET", "/api/v2/accounts/acme/usage", None)
        .await;
    assert_eq!(usage.status, 200, "another key is not held up");
}

#[tokio::test]
async fn an_account_key_has_its_rate_too_over_the_api_and_the_dashboard_together() {
    let collector = Collector::with(&["--rate-limit", "2"]);
    let browser = Browser::of(&collector).await;
    let page = || browser.ask("/loss");
    let api = || collector.call("GET", "/api/v2/accounts", None);
    assert_eq!(page().await.status, 200);
    assert_eq!(api().await.status, 200);
    // Requests of either kind use up the rate. On a slow machine, it allows some more
    // meanwhile.
    let mut asked = 0;
    while api().await.status == 200 {
        asked += 1;
        assert!(asked < 1000, "the API is never refused");
    }
    while page().await.status == 200 {
        asked += 1;
        assert!(asked < 1000, "the dashboard is never refused");
    }
    // Once the rate of the key is used up for the next hour, both are refused, however slow
    // the machine is.
    let (store, key) = (collector.app.store.clone(), collector.account_key.clone());
    let key = async move { store.account_key(&key).await.unwrap().unwrap() };
    let key = collector.place.run(key).await;
    let key = RateSubject::Key(key);
    let in_an_hour = Instant::now() + Duration::from_secs(3600);
    let rate = &collector.app.request_rate;
    while rate.count_alone(key, in_an_hour).is_ok() {}
    let answer = api().await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    answer.error();
    let answer = page().await;
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("<h1>Too many requests</h1>"));
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
        // A session is only valid for the collector's own pages.
        let page = Request::get("/").header("origin", origin);
        let page = collector.ask(page.body(Body::empty()).unwrap()).await;
        assert!(!page.headers.contains_key("access-control-allow-origin"));
    }
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
        // The keys of a source allow only writing.
        Some(basic(format!("api:{}", collector.source.api_key))),
        Some(basic(format!("api:{}", collector.source.auth_key))),
    ] {
        let answer = ask(path, wrong.clone()).await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        answer.error();
    }
}

#[tokio::test]
async fn what_a_key_reads_is_stored_by_no_browser_and_no_proxy() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    for (path, status) in [
        ("/api/v2/accounts/acme", 200),
        ("/api/v2/accounts/acme/usage", 200),
        ("/api/v2/accounts/nobody", 404),
        ("/api/v2/account_users?page=-1", 400),
        ("/api/v2/webhook", 404),
    ] {
        let answer = collector.call("GET", path, None).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
    // Nor does a proxy keep saying that the collector is ready.
    for path in ["/readyz", "/healthz", "/metrics", "/api/v2/accounts"] {
        let answer = collector
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}
