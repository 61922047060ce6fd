//! Addresses that are no page, and pages that are asked for too often.

use axum::{body::Body, http::Request};

use crate::support::{
    Collector,
    browser::{Browser, assert_shows},
};

#[tokio::test]
async fn who_asks_too_often_hears_when_to_come_back() {
    let collector = Collector::with(&["--rate-limit", "1"]);
    let browser = Browser::of(&collector).await;
    let mut refused = None;
    for _ in 0..200 {
        let answer = browser.ask("/loss").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let answer = refused.expect("a page is refused");
    assert_shows(&answer.text, &["Too many requests"]);
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn who_opens_the_address_of_a_form_is_led_to_its_page() {
    let collector = Collector::new();
    let ask = async |path: &str, accept: &str| {
        let request = Request::get(path).header("accept", accept);
        collector.ask(request.body(Body::empty()).unwrap()).await
    };
    for (form, page) in [
        ("/quality/move-user", "/quality"),
        ("/quality/name-account?range=7d", "/quality?range=7d"),
        ("/alerts/rules?tz=Asia%2FTokyo", "/alerts?tz=Asia%2FTokyo"),
        ("/alerts/rules/7", "/alerts"),
        ("/alerts/webhook", "/alerts"),
        ("/views/7/delete", "/"),
        ("/sign-in", "/"),
        ("/accounts/a%2Fb/records/delete", "/accounts/a%2Fb/records"),
    ] {
        let answer = ask(form, "text/html,*/*").await;
        assert_eq!(answer.status, 303, "{form}");
        assert_eq!(answer.headers["location"], page, "{form}");
        let answer = ask(form, "application/json").await;
        assert_eq!(answer.status, 405, "{form}");
        answer.error();
    }
}

#[tokio::test]
async fn browsers_find_an_icon_where_they_look_for_one() {
    let collector = Collector::new();
    let request = Request::get("/favicon.ico").body(Body::empty()).unwrap();
    let answer = collector.ask(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "image/svg+xml");
}
