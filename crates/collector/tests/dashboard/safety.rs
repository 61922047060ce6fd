//! What a page may load and execute.

use axum::{body::Body, http::Request};
use natero_collector::clock::now_ms;
use serde_json::json;

use crate::support::{
    Collector, DAY,
    browser::{Browser, assert_shows},
    feature, with,
};

const POLICY: [&str; 8] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
];

#[tokio::test]
async fn every_answer_carries_the_strict_policy_and_names_no_other_host() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let signed_out = Browser {
        collector: &collector,
        cookie: String::new(),
    };
    for (who, path, status) in [
        (&signed_out, "/", 200),
        (&signed_out, "/events", 303),
        (&browser, "/", 200),
        (&browser, "/accounts/acme", 200),
        (&browser, "/accounts/nobody", 404),
        (&browser, "/accounts/acme?range=sometime", 400),
        (&browser, "/events", 200),
        (&browser, "/loss", 200),
        (&browser, "/assets/dashboard.js", 200),
        (&browser, "/fragments/tree", 200),
    ] {
        let answer = who.ask(path).await;
        assert_eq!(answer.status, status, "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        let rules: Vec<_> = policy.split("; ").collect();
        assert_eq!(rules, POLICY, "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        if path.starts_with("/assets/") {
            continue;
        }
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        for forbidden in [
            "http://", "https://", "src=\"//", " style=", "<style", "onclick",
        ] {
            assert!(!answer.text.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

#[tokio::test]
async fn what_pages_load_is_there() {
    let collector = Collector::new();
    let page = Browser::of(&collector).await.open("/").await;
    let assets: Vec<_> = page
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert_eq!(assets.len(), 3);
    for asset in assets {
        let answer = collector
            .ask(Request::get(asset).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(
            answer.headers["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert!(!answer.text.is_empty());
    }
}

#[tokio::test]
async fn markup_in_data_is_shown_as_text_everywhere() {
    let collector = Collector::new();
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let id = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E";
    let mut events = vec![with(
        feature(evil, evil, evil, 1),
        json!({"module": evil, "product": evil, "created_at": now_ms() - DAY, "stream_id": evil, "seq": 3}),
    )];
    events.push(with(
        feature(evil, evil, "f", 2),
        json!({
            "action": "identifyUser", "details": {"first_name": evil, "last_name": evil},
        }),
    ));
    events.push(with(
        feature(evil, evil, "f", 3),
        json!({
            "action": "identifyAccount", "details": {"name": evil, "hierarchy_label": evil},
        }),
    ));
    collector.send(events).await;
    for kind in ["notes", "financials"] {
        let record = json!({"date": 1, "name": evil, "amount": 1, "currency": "EUR", "text": evil, evil: evil});
        let answer = collector
            .call(
                "POST",
                &format!("/api/v2/accounts/{id}/{kind}"),
                Some(record),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let browser = Browser::of(&collector).await;
    for path in [
        "/".to_owned(),
        format!("/?search={id}"),
        format!("/accounts/{id}"),
        format!("/accounts/{id}?product={id}&module={id}"),
        format!("/accounts/{id}/users"),
        format!("/accounts/{id}/records"),
        format!("/accounts/{id}/events"),
        "/events".to_owned(),
        "/loss?range=all".to_owned(),
        "/fragments/tree".to_owned(),
        "/fragments/search?search=script".to_owned(),
        format!("/accounts/{id}/adoption?range=7d"),
        format!("/users/{id}"),
        format!("/users/{id}/edit"),
        format!("/?f.product=%3D{id}&d.tier={id}"),
        "/fragments/events".to_owned(),
    ] {
        let page = browser.open(&path).await;
        assert_shows(&page, &["&lt;script&gt;alert(1)&lt;/script&gt;"]);
        for forbidden in ["<script>alert", "<img", "\"'>"] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
    }
    let answer = browser.ask("/accounts/%3Cscript%3Ealert(2)").await;
    assert_eq!(answer.status, 404);
    assert!(!answer.text.contains("<script>alert"), "{}", answer.text);
    // Pages that refuse something escape what they repeat.
    let form = "employees=%3Cscript%3Ealert(2)";
    let answer = browser.post(&format!("/accounts/{id}/edit"), form).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.text.contains("<script>alert"), "{}", answer.text);
    assert_shows(&answer.text, &["&lt;script&gt;alert(2)"]);
}

#[tokio::test]
async fn what_goes_wrong_is_a_page_for_people_and_json_for_scripts() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let signed_out = Browser {
        collector: &collector,
        cookie: String::new(),
    };
    for (path, status) in [
        ("/accounts/nobody", 404),
        ("/accounts/nobody/records", 404),
        ("/accounts/%FF", 400),
        ("/accounts/a?range=sometime", 400),
        ("/loss?from=soon", 400),
    ] {
        let answer = browser.ask(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_shows(&answer.text, &["<h1>", "All accounts"]);
    }
    for (who, path, status) in [
        (&browser, "/fragments/tree?parent=nobody", 404),
        (&browser, "/fragments/events?after=then", 400),
        (&browser, "/fragments/search", 400),
        (&browser, "/assets/nothing.js", 404),
        (&browser, "/nowhere", 404),
        (&signed_out, "/fragments/tree", 401),
    ] {
        let answer = who.ask(path).await;
        assert_eq!(answer.status, status, "{path}");
        answer.error();
    }
    let as_browser = Request::get("/nowhere").header("accept", "text/html,*/*;q=0.8");
    let answer = collector.ask(as_browser.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 404);
    assert_shows(&answer.text, &["There is no such page", "All accounts"]);
    assert!(answer.headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_answered_with_a_page() {
    let collector = Collector::new();
    let long = format!("key={}", "x".repeat(20_000));
    let form = "application/x-www-form-urlencoded";
    for (kind, body, status, words) in [
        ("application/json", "{}", 415, "open the dashboard"),
        (form, "next=a", 400, "open the dashboard"),
        (form, long.as_str(), 413, "go back"),
    ] {
        let request = Request::post("/sign-in")
            .header("content-type", kind)
            .header("sec-fetch-site", "same-origin");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = collector.ask(request).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_shows(&answer.text, &["<h1>", words]);
    }
    let answer = collector
        .ask(Request::post("/loss").body(Body::empty()).unwrap())
        .await;
    assert_eq!(answer.status, 405);
    answer.error();
}
