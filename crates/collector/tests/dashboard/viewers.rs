//! Viewers, and what a key for one account may see.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use natero_collector::clock::now_ms;
use serde_json::json;

use crate::{
    company::with_company,
    support::{
        Collector,
        browser::{Browser, assert_shows},
        feature, with,
    },
};

/// Pages of the company, each with a text that identifies it.
const PAGES: [&str; 14] = [
    "/",
    "/?level=all",
    "/?search=o",
    "/accounts/meridian",
    "/accounts/meridian/below",
    "/accounts/meridian/users",
    "/accounts/meridian/records",
    "/accounts/meridian/events",
    "/accounts/meridian-nordics",
    "/accounts/meridian-nordics-oslo",
    "/accounts/meridian-nordics-oslo/users",
    "/fragments/tree?parent=meridian-nordics",
    "/fragments/search?search=o",
    "/fragments/events?account_id=meridian-nordics-oslo",
];

#[tokio::test]
async fn a_viewer_key_sees_everything_and_changes_nothing() {
    let collector = with_company().await;
    let browser = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    for page in PAGES {
        browser.open(page).await;
    }
    browser.open("/loss").await;
    browser.open("/events").await;
    assert!(!browser.open("/").await.contains("Save this view"));
    for (path, form) in [("/views", "name=x&address=%2F"), ("/views/1/delete", "")] {
        let answer = browser.post(path, form).await;
        assert_eq!(answer.status, 403, "{path}");
        assert_shows(&answer.text, &["looks and changes nothing"]);
    }
}

#[tokio::test]
async fn a_viewer_key_reads_usage_and_no_other_part_of_the_api() {
    let collector = with_company().await;
    let whole = collector.viewer_key(None);
    let part = collector.viewer_key(Some("meridian-nordics"));
    let ask = async |method: &str, path: &str, key: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v2/{path}?api_key={key}"))
            .header("content-type", "application/json")
            .body(Body::from(json!({"name": "changed"}).to_string()))
            .unwrap();
        collector.ask(request).await.status.as_u16()
    };
    for (key, account, status) in [
        (&whole, "meridian", 200),
        (&whole, "helvetia", 200),
        (&part, "meridian-nordics", 200),
        (&part, "meridian-nordics-oslo", 200),
        (&part, "meridian", 404),
        (&part, "helvetia", 404),
        (&part, "nobody", 404),
    ] {
        let path = format!("accounts/{account}/usage");
        assert_eq!(ask("GET", &path, key).await, status, "{account}");
    }
    for (method, path) in [
        ("GET", "accounts"),
        ("GET", "accounts/meridian"),
        ("PUT", "accounts/meridian"),
        ("DELETE", "accounts/meridian"),
        ("GET", "accounts/meridian/summary"),
        ("GET", "accounts/meridian/notes"),
        ("POST", "accounts/meridian/notes"),
        ("GET", "account_users"),
        ("GET", "events"),
        ("GET", "loss"),
        ("DELETE", "streams/page-1"),
    ] {
        assert_eq!(ask(method, path, &whole).await, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_key_for_one_account_sees_it_and_what_is_below_and_no_trace_of_others() {
    let collector = with_company().await;
    let key = collector.viewer_key(Some("meridian-nordics"));
    let browser = Browser::with_key(&collector, &key).await;
    let others = [
        "Meridian Foods",
        "Helvetia",
        "Kestrel",
        "Benelux",
        "Rotterdam",
        "helvetia",
        "kestrel",
        "orchard",
    ];
    for (page, status) in [
        ("/", 200),
        ("/?level=all", 200),
        ("/?level=all&csv=accounts", 200),
        ("/?search=o", 200),
        ("/accounts/meridian-nordics", 200),
        ("/accounts/meridian-nordics/below", 200),
        ("/accounts/meridian-nordics/users", 200),
        ("/accounts/meridian-nordics-oslo", 200),
        ("/accounts/meridian-nordics-oslo/users", 200),
        ("/accounts/meridian-nordics-oslo/events", 200),
        ("/accounts/meridian", 404),
        ("/accounts/meridian/users", 404),
        ("/accounts/meridian-benelux", 404),
        ("/accounts/kestrel/records", 404),
        ("/accounts/meridian-nordics/adoption", 404),
        ("/events", 404),
        ("/loss", 404),
        ("/fragments/tree", 404),
        ("/fragments/tree?parent=meridian", 404),
        ("/fragments/tree?parent=meridian-nordics", 200),
        ("/fragments/search?search=a", 200),
        ("/fragments/events", 404),
        ("/fragments/events?account_id=kestrel", 404),
        ("/fragments/events?account_id=meridian-nordics-oslo", 200),
    ] {
        let answer = browser.ask(page).await;
        assert_eq!(answer.status, status, "{page}");
        for other in others {
            // An error page repeats the requested id.
            assert!(
                page.contains(other) || !answer.text.contains(other),
                "{page} names {other}: {}",
                answer.text
            );
        }
    }
    // An account that may not be seen is answered as one that does not exist.
    for page in ["", "/users", "/below", "/records", "/events"] {
        let of = async |id: &str| browser.ask(&format!("/accounts/{id}{page}")).await;
        let (hidden, unknown) = (of("kestrel").await, of("nobody").await);
        assert_eq!(
            (hidden.status, &hidden.text),
            (unknown.status, &unknown.text)
        );
        assert_shows(
            &hidden.text,
            &[
                "<h1>There is no such account</h1>",
                "or your key does not see it",
            ],
        );
        assert!(!hidden.text.contains("/api/v2"), "{}", hidden.text);
    }
    let user = browser.ask("/users/nobody").await;
    assert_eq!(user.status, 404);
    assert_shows(&user.text, &["<h1>There is no such user</h1>"]);
    // The search does not find users of other accounts either.
    let csv = |text: String| -> Vec<String> {
        text.lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap().to_owned())
            .collect()
    };
    let everyone = Browser::of(&collector).await;
    let path = "/accounts/kestrel/users?csv=users";
    for user in csv(everyone.open(path).await) {
        let page = format!("/users/{}", user.replace('@', "%40"));
        assert_eq!(everyone.ask(&page).await.status, 200, "{user}");
        assert_eq!(browser.ask(&page).await.status, 404, "{user}");
    }
}

/// The test's reason: anybody with a public key can name a user of another account, and users
/// move.
#[tokio::test]
async fn a_key_for_one_account_learns_nothing_of_users_who_belong_to_another() {
    let collector = Collector::new();
    let records = |records: serde_json::Value| Some(json!({ "records": records }));
    let accounts = json!([{"account_id": "mine"}, {"account_id": "mine-below", "parent_account_id": "mine"},
        {"account_id": "theirs", "name": "Their Account"}]);
    let users = json!([
        {"user_id": "stranger", "account_id": "theirs", "first_name": "Secret", "last_name": "Stranger"},
        {"user_id": "mover", "account_id": "mine-below", "first_name": "Once", "last_name": "Here"},
    ]);
    for (path, posted) in [("accounts", accounts), ("account_users", users)] {
        let path = format!("/api/v2/{path}");
        assert_eq!(
            collector.call("POST", &path, records(posted)).await.status,
            200
        );
    }
    collector
        .send(vec![
            feature("mine-below", "mover", "export", 1),
            feature("mine-below", "stranger", "export", 2),
        ])
        .await;
    let moved = json!({"account_id": "theirs", "last_name": "Away", "move": true});
    let answer = collector
        .call("PUT", "/api/v2/account_users/mover", Some(moved))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let key = collector.viewer_key(Some("mine"));
    let browser = Browser::with_key(&collector, &key).await;
    for (page, shown) in [
        ("/accounts/mine/users?range=all", "mover"),
        (
            "/accounts/mine/users?range=all&csv=users",
            "another account",
        ),
        ("/accounts/mine-below/users?range=all", "mover"),
        ("/accounts/mine-below/events", "stranger"),
        ("/fragments/events?account_id=mine-below", "stranger"),
    ] {
        let text = browser.open(page).await;
        assert_shows(&text, &[shown]);
        for secret in ["Secret", "Away", "Their Account", "theirs"] {
            assert!(!text.contains(secret), "{page} tells {secret}: {text}");
        }
    }
    let all = Browser::of(&collector).await;
    assert_shows(
        &all.open("/accounts/mine-below/events").await,
        &["Secret Stranger"],
    );
}

#[tokio::test]
async fn a_key_of_an_account_that_is_erased_sees_nothing() {
    let collector = with_company().await;
    let key = collector.viewer_key(Some("kestrel"));
    let browser = Browser::with_key(&collector, &key).await;
    browser.open("/accounts/kestrel").await;
    let erased = collector
        .call("DELETE", "/api/v2/accounts/kestrel?erase=true", None)
        .await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert_eq!(browser.ask("/accounts/meridian").await.status, 303);
    let page = browser.ask("/").await;
    assert_shows(&page.text, &["action=\"/sign-in\""]);
}

#[tokio::test]
async fn the_names_of_what_was_erased_are_offered_no_more() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let wrong = with(
        feature("wrong", "wrong", "wrong", "wrong"),
        json!({"stream_id": "wrong", "seq": 0, "product": "wrong-product",
            "created_at": now_ms() - 1000}),
    );
    collector.send(vec![wrong]).await;
    let offered = "wrong-product";
    assert_shows(&browser.open("/").await, &[offered]);
    let erased = collector
        .call("DELETE", "/api/v2/streams/wrong", None)
        .await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    let page = browser.open("/").await;
    assert!(!page.contains("wrong-product"));
}

#[tokio::test]
async fn a_list_that_is_saved_after_a_removed_one_has_another_number_and_its_place() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let id = || collector.count("SELECT MAX(id) FROM saved_views");
    browser.post("/views", "name=One&address=%2F").await;
    let stale = format!("/views/{}/delete", id());
    browser.post(&stale, "").await;
    for name in ["b-list", "a-list", "B-list", "A-list"] {
        browser
            .post("/views", format!("name={name}&address=%2F").as_str())
            .await;
    }
    browser.post(&stale, "").await;
    let page = browser.open("/").await;
    let places = ["A-list", "a-list", "B-list", "b-list"].map(|name| page.find(name));
    assert!(places.iter().all(Option::is_some), "all are there");
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn a_list_is_saved_by_name_for_everyone() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let form = "name=Freight+%3C3&address=%2F%3Fproduct%3Dfreight%26level%3Dall";
    let answer = browser.post("/views", form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.headers["location"], "/?product=freight&level=all");
    let link = "href=\"/?product=freight&amp;level=all\"";
    assert_shows(&browser.open("/").await, &[link, "Freight &lt;3"]);
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    assert_shows(&viewer.open("/").await, &[link]);
    // A name stands for the view that was saved last.
    browser
        .post("/views", "name=Freight+%3C3&address=%2F%3Flevel%3Dall")
        .await;
    let page = browser.open("/").await;
    assert!(!page.contains(link));
    // The browser itself refuses a blank name.
    assert_shows(&page, &[r#"pattern=".*\S.*""#]);
    for (form, status) in [
        ("name=+&address=%2F", 422),
        ("name=x", 400),
        (&format!("name={}&address=%2F", "x".repeat(81)), 422),
    ] {
        assert_eq!(browser.post("/views", form).await.status, status, "{form}");
    }
    // The address of a view never leads to another host.
    let answer = browser
        .post("/views", "name=x&address=https%3A%2F%2Fevil.example")
        .await;
    assert_eq!(answer.headers["location"], "/");
    let id = collector.count("SELECT id FROM saved_views WHERE name LIKE 'Freight%'");
    browser.post(&format!("/views/{id}/delete"), "").await;
    assert!(!browser.open("/").await.contains("Freight &lt;3"));
    // A form from another site changes nothing.
    let request = Request::post("/views")
        .header("cookie", &browser.cookie)
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("name=y&address=%2F"))
        .unwrap();
    assert_eq!(collector.ask(request).await.status, 403);
}

/// The addresses within the dashboard that a page links to.
fn links(page: &str) -> impl Iterator<Item = String> + '_ {
    let parts = page.split("href=\"").skip(1);
    let links = parts.map(|part| part.split(['"', '#']).next().unwrap());
    let links = links.filter(|link| link.starts_with('/') && !link.starts_with("/assets/"));
    links.map(|link| link.replace("&amp;", "&"))
}

#[tokio::test]
async fn every_link_that_a_key_for_one_account_is_shown_leads_somewhere() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "mine"}, {"account_id": "leaf", "parent_account_id": "mine"},
        {"account_id": "theirs"},
    ]});
    let rule = json!({"name": "New", "when": "new_user"});
    for (path, body) in [("accounts", records), ("alert_rules", rule)] {
        let path = format!("/api/v2/{path}");
        assert_eq!(collector.call("POST", &path, Some(body)).await.status, 200);
    }
    let event = |account: &str, user: &str, tag: u32| {
        let fields = json!({"created_at": now_ms(), "stream_id": "s", "seq": 2 * tag});
        with(feature(account, user, "export", tag), fields)
    };
    collector
        .send(vec![
            event("theirs", "set-aside", 1),
            event("leaf", "set-aside", 2),
            event("leaf", "mover", 3),
            event("leaf", "here", 4),
        ])
        .await;
    // The alert about this user stays in the account.
    let check = collector.call("POST", "/api/v2/alerts/check", None).await;
    assert_eq!(check.json()["began"], 3, "{}", check.text);
    let moved = json!({"account_id": "theirs", "move": true});
    let moved = collector.call("PUT", "/api/v2/account_users/mover", Some(moved));
    assert_eq!(moved.await.status, 200);

    let key = collector.viewer_key(Some("mine"));
    let browser = Browser::with_key(&collector, &key).await;
    for (page, texts) in [
        ("/accounts/leaf/events", ["set-aside", "href=\"/users/here"]),
        ("/accounts/leaf?range=all", ["mover", "href=\"/users/here"]),
        ("/alerts", ["mover", "href=\"/users/here"]),
    ] {
        assert_shows(&browser.open(page).await, &texts);
    }
    let mut seen = BTreeSet::new();
    let mut next = ["/", "/fragments/events?account_id=leaf", "/?search=e"]
        .map(str::to_owned)
        .to_vec();
    while let Some(page) = next.pop() {
        // One view of each page has its links.
        let path = page.split('?').next().unwrap().to_owned();
        if !seen.insert(path) {
            continue;
        }
        let answer = browser.ask(&page).await;
        assert_eq!(answer.status, 200, "{page}");
        next.extend(links(&answer.text));
    }
    assert!(
        seen.contains("/accounts/leaf/users") && seen.contains("/users/here"),
        "{seen:?}"
    );
    assert!(seen.contains("/alerts"), "{seen:?}");
}
