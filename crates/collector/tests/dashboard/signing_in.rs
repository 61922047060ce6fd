//! Signing in and out.

use axum::{body::Body, http::Request};

use crate::support::{
    Collector,
    browser::{Browser, assert_shows, cookie_of, sign_in, sign_in_form},
    feature,
};

#[tokio::test]
async fn who_is_not_signed_in_gets_a_form_and_nothing_else() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let first = collector
        .ask(Request::get("/").body(Body::empty()).unwrap())
        .await;
    assert_eq!(first.status, 200);
    assert_shows(
        &first.text,
        &["<form", "action=\"/sign-in\"", "type=\"password\""],
    );
    assert!(!first.text.contains("acme"));
    for path in [
        "/accounts/acme",
        "/accounts/acme/below",
        "/accounts/acme/users",
        "/accounts/acme/records",
        "/accounts/acme/adoption",
        "/accounts/acme/events",
        "/users/ann",
        "/events",
        "/loss?range=7d",
    ] {
        let answer = collector
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, 303, "{path}");
        let to = answer.headers["location"].to_str().unwrap();
        assert!(to.starts_with("/?next=%2F"), "{to}");
        assert!(!answer.text.contains("acme"));
    }
    for path in [
        "/fragments/tree",
        "/fragments/search?search=a",
        "/fragments/events",
    ] {
        let answer = collector
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.text.contains("acme"));
    }
}

#[tokio::test]
async fn signing_in_opens_a_session_that_scripts_cannot_read_and_signing_out_ends_it() {
    let collector = Collector::new();
    let answer = sign_in(&collector, &collector.account_key, "%2Floss%3Frange%3D7d").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers["location"], "/loss?range=7d");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains(&collector.account_key));

    let browser = Browser {
        collector: &collector,
        cookie: cookie_of(&answer),
    };
    assert_shows(&browser.open("/").await, &["Sign out", "No accounts yet"]);
    let sign_out = Request::post("/sign-out")
        .header("cookie", &browser.cookie)
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty())
        .unwrap();
    let answer = collector.ask(sign_out).await;
    assert_eq!(answer.status, 303);
    assert!(
        answer.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(browser.ask("/events").await.status, 303);
    assert_shows(&browser.open("/").await, &["action=\"/sign-in\""]);
}

#[tokio::test]
async fn over_https_the_cookie_is_secure() {
    let collector = Collector::new();
    let request = sign_in_form()
        .header("origin", "https://natero.example")
        .body(Body::from(format!("key={}", collector.account_key)))
        .unwrap();
    let cookie = collector.ask(request).await.headers["set-cookie"].clone();
    let cookie = cookie.to_str().unwrap();
    assert!(cookie.starts_with("__Host-natero_session="), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn an_ended_session_beside_an_open_one_keeps_nobody_out() {
    let collector = Collector::new();
    let open = Browser::of(&collector).await;
    let secure = sign_in_form()
        .header("origin", "https://natero.example")
        .body(Body::from(format!("key={}", collector.account_key)))
        .unwrap();
    let secure = cookie_of(&collector.ask(secure).await);
    // Sessions of before the address had HTTPS, or of a collector on another port.
    for open in [&open.cookie, &secure] {
        for ended in ["natero_session=ended", "__Host-natero_session=ended"] {
            for cookie in [format!("{ended}; {open}"), format!("{open}; {ended}")] {
                let collector = &collector;
                Browser { collector, cookie }.open("/events").await;
            }
        }
    }
    let both = format!("{}; {secure}", open.cookie);
    let sign_out = Request::post("/sign-out")
        .header("cookie", &both)
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty())
        .unwrap();
    collector.ask(sign_out).await;
    for cookie in [open.cookie, secure] {
        let collector = &collector;
        let browser = Browser { collector, cookie };
        assert_eq!(browser.ask("/events").await.status, 303);
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_words_and_sets_no_cookie() {
    let collector = Collector::new();
    for key in ["nacc_0000", "", &collector.source.api_key.clone()] {
        let answer = sign_in(&collector, key, "").await;
        assert_eq!(answer.status, 401);
        assert_shows(
            &answer.text,
            &["unknown or was revoked", "action=\"/sign-in\""],
        );
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn pages_of_other_sites_can_neither_sign_in_nor_out() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    for path in ["/sign-in", "/sign-out"] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-none", "of both"),
        ] {
            let request = Request::post(path)
                .header("host", "natero.example")
                .header("cookie", &browser.cookie)
                .header("content-type", "application/x-www-form-urlencoded")
                .header(name, value)
                .body(Body::from(format!("key={}", collector.account_key)))
                .unwrap();
            let answer = collector.ask(request).await;
            assert_eq!(answer.status, 403, "{path} {name} {value}");
            assert!(!answer.headers.contains_key("set-cookie"));
        }
    }
    browser.open("/events").await;
}

#[tokio::test]
async fn after_signing_in_nobody_is_sent_to_another_site() {
    let collector = Collector::new();
    for next in [
        "%2F%2Fevil.example",
        "https%3A%2F%2Fevil.example",
        "%2F%5Cevil.example",
    ] {
        let answer = sign_in(&collector, &collector.account_key, next).await;
        assert_eq!(answer.headers["location"], "/", "{next}");
    }
}

#[tokio::test]
async fn a_revoked_key_ends_its_sessions() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    browser.open("/events").await;
    collector.place.revoke("account-1");
    assert_eq!(browser.ask("/events").await.status, 303);
    assert_eq!(browser.ask("/fragments/events").await.status, 401);
}

#[tokio::test]
async fn a_link_from_a_chat_leads_who_is_signed_in_to_its_page() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let answer = browser.ask("/?next=%2Floss%3Frange%3D7d").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers["location"], "/loss?range=7d");
    for elsewhere in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example"] {
        let answer = browser.ask(&format!("/?next={elsewhere}")).await;
        assert_eq!(answer.headers["location"], "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_collector() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let cookie = browser.cookie.clone();
    let restarted = collector.restarted();
    let again = Browser {
        collector: &restarted,
        cookie,
    };
    again.open("/loss").await;
    let id = again.cookie.split('=').nth(1).unwrap();
    assert!(
        restarted.place.keeps("tests") && !restarted.place.keeps(id),
        "it is stored hashed"
    );
}

#[tokio::test]
async fn a_link_to_a_filtered_list_leads_there_after_signing_in() {
    let collector = Collector::new();
    let link = "/?range=90d&level=leaves&d.tier=enterprise";
    let asked = Request::get(link).body(Body::empty()).unwrap();
    let form = collector.ask(asked).await.text;
    let next = link.replace('&', "&amp;");
    assert_shows(&form, &[&format!("name=\"next\" value=\"{next}\"")]);
    let next = "%2F%3Frange%3D90d%26level%3Dleaves%26d.tier%3Denterprise";
    let answer = sign_in(&collector, &collector.account_key, next).await;
    assert_eq!(answer.headers["location"], link);
}
