//! The page of alerts, and the alerts on the page of an account.

use axum::{body::Body, http::Request};
use natero_collector::clock::now_ms;
use serde_json::json;

use crate::support::*;

async fn signed_in(collector: &Collector, key: &str) -> String {
    let request = Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(format!("key={key}&next=")))
        .unwrap();
    let answer = collector.ask(request).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn open(collector: &Collector, cookie: &str, path: &str) -> String {
    let request = Request::get(path)
        .header("cookie", cookie)
        .body(Body::empty())
        .unwrap();
    let answer = collector.ask(request).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text.replace('\u{a0}', " ")
}

async fn post(collector: &Collector, cookie: &str, path: &str, form: &str) -> Answer {
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    collector.ask(request).await
}

async fn with_silent() -> Collector {
    let collector = Collector::new();
    let old = |account: &str, tag: u32| {
        with(
            feature(account, &format!("u{tag}"), "f", tag),
            json!({"created_at": now_ms() - 10 * DAY}),
        )
    };
    collector
        .send(vec![old("acme", 1), old("acme-<b>", 2)])
        .await;
    collector
}

const RULE: &str = "name=Quiet+%3Ci%3E&when=silent&days=7&percent=30&level=top&account_id=&product=&module=&feature=&dimension=&dimension_value=";

#[tokio::test]
async fn a_rule_is_made_checked_and_removed_by_forms() {
    let collector = with_silent().await;
    let cookie = signed_in(&collector, &collector.account_key).await;
    let answer = post(&collector, &cookie, "/alerts/rules", RULE).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let page = open(&collector, &cookie, "/alerts?done=added").await;
    for text in [
        "2 alerts hold",
        "acme-&lt;b&gt;",
        "Quiet &lt;i&gt;",
        "no use in the last 7 days",
        "was checked",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let csv = open(&collector, &cookie, "/alerts?csv=alerts").await;
    assert!(
        csv.starts_with("account,account_id,user,rule,now,before,since,until\n"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 3);
    let account = open(&collector, &cookie, "/accounts/acme").await;
    assert!(
        account.contains("1 alert") && account.contains("Quiet &lt;i&gt;"),
        "{account}"
    );

    let answer = post(&collector, &cookie, "/alerts/check", "").await;
    assert_eq!(answer.headers["location"], "/alerts?done=checked");
    for (form, status) in [
        (RULE, 409),
        ("name=x&when=silent&days=0", 422),
        ("name=x", 422),
    ] {
        let answer = post(&collector, &cookie, "/alerts/rules", form).await;
        assert_eq!(answer.status.as_u16(), status, "{form}");
    }
    let id = collector.count("SELECT id FROM alert_rules");
    post(
        &collector,
        &cookie,
        &format!("/alerts/rules/{id}/delete"),
        "",
    )
    .await;
    let page = open(&collector, &cookie, "/alerts").await;
    assert!(
        page.contains("No rule yet") && page.contains("No rule has hit"),
        "{page}"
    );
    let account = open(&collector, &cookie, "/accounts/acme").await;
    assert!(!account.contains("Quiet"));
}

#[tokio::test]
async fn the_secret_of_the_webhook_is_shown_once_and_its_path_never() {
    let collector = Collector::new();
    let cookie = signed_in(&collector, &collector.account_key).await;
    let form = "url=https%3A%2F%2Fhooks.example.com%2FT0%2Fsesame";
    let answer = post(&collector, &cookie, "/alerts/webhook", form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("whsec_"));
    let page = open(&collector, &cookie, "/alerts").await;
    assert!(page.contains("https://hooks.example.com/…"), "{page}");
    for secret in ["whsec_", "sesame"] {
        assert!(!page.contains(secret), "{page}");
    }
    let answer = post(&collector, &cookie, "/alerts/webhook", "url=javascript%3A1").await;
    assert_eq!(answer.status, 422);
    let answer = post(&collector, &cookie, "/alerts/webhook/remove", "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(collector.count("SELECT COUNT(*) FROM webhook"), 0);
}

#[tokio::test]
async fn viewers_see_alerts_of_their_accounts_and_change_nothing() {
    let collector = with_silent().await;
    let admin = signed_in(&collector, &collector.account_key).await;
    post(&collector, &admin, "/alerts/rules", RULE).await;
    let whole = signed_in(&collector, &collector.viewer_key(None)).await;
    let part = signed_in(&collector, &collector.viewer_key(Some("acme"))).await;
    let page = open(&collector, &whole, "/alerts").await;
    assert!(
        page.contains("2 alerts hold") && page.contains("1 rule"),
        "{page}"
    );
    assert!(!page.contains("method=\"post\" action=\"/alerts"), "{page}");
    assert!(!page.contains("Webhook"), "{page}");
    let page = open(&collector, &part, "/alerts").await;
    assert!(
        page.contains("1 alert holds") && !page.contains("acme-&lt;b&gt;"),
        "{page}"
    );
    assert!(!page.contains("no use in the last 7 days"), "{page}");
    for (path, form) in [
        ("/alerts/rules", RULE),
        ("/alerts/rules/1/delete", ""),
        ("/alerts/check", ""),
        ("/alerts/webhook", "url=https%3A%2F%2Fx.example"),
        ("/alerts/webhook/remove", ""),
    ] {
        for cookie in [&whole, &part] {
            assert_eq!(
                post(&collector, cookie, path, form).await.status,
                403,
                "{path}"
            );
        }
    }
}
