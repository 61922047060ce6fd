//! Downloads, searches and empty states of tables.

use serde_json::json;

use crate::support::{
    Collector, DAY, HOUR, NOW,
    browser::{Browser, assert_shows},
    feature, with,
};

async fn with_ada() -> Collector {
    let collector = Collector::new();
    let records = json!({"records": [{"account_id": "acme", "name": "Acme Freight Group"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let user = json!({"user_id": "u1", "account_id": "acme", "first_name": "Ada", "last_name": "Lindqvist"});
    collector
        .change(
            "POST",
            "/api/v2/account_users",
            Some(json!({ "records": [user] })),
        )
        .await;
    collector
        .send(vec![
            with(
                feature("acme", "u1", "export", 1),
                json!({"session_id": "s1", "product": "studio"}),
            ),
            with(
                feature("acme", "u1", "import", 2),
                json!({"session_id": null, "created_at": NOW - HOUR}),
            ),
        ])
        .await;
    collector
}

#[tokio::test]
async fn events_without_a_session_are_no_session() {
    let collector = with_ada().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/users/u1?range=all&metric=users").await;
    assert_shows(
        &page,
        &[
            "<dt>Sessions</dt><dd>1<",
            "<h2>1 session and events without a session</h2>",
            ">1 feature use<",
        ],
    );
    assert!(!page.contains("1 feature uses"));
    // The number of users would always be one for a single user.
    assert!(!page.contains("Active users") && !page.contains("data-label=\"Users\""));
}

#[tokio::test]
async fn sessions_and_events_of_a_user_are_downloaded() {
    let collector = with_ada().await;
    let browser = Browser::of(&collector).await;
    let answer = browser.ask("/users/u1?range=all&csv=sessions").await;
    let lines: Vec<_> = answer.text.lines().collect();
    assert_eq!(lines[0], "begins,session_id,events,uses,active_time");
    assert_eq!(lines.len(), 3, "{}", answer.text);
    assert!(lines[1].ends_with("Z,s1,1,1,0"), "{}", answer.text);
    let answer = browser.ask("/users/u1?range=all&csv=events").await;
    let lines: Vec<_> = answer.text.lines().collect();
    assert_eq!(
        lines[0],
        "at,session_id,action,product,module,feature,url,total,time_spent,active_duration"
    );
    assert!(lines[1].contains(",,feature,,,import,"), "{}", answer.text);
    assert!(
        lines[2].contains(",s1,feature,studio,,export,"),
        "{}",
        answer.text
    );
    assert_eq!(
        answer.headers["content-disposition"],
        "attachment; filename=\"natero-u1-events.csv\""
    );
}

#[tokio::test]
async fn a_table_that_a_page_does_not_have_is_refused_and_an_empty_one_has_its_head() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    for path in ["/?csv=nonsense", "/loss?csv=accounts", "/quality?csv=days"] {
        let answer = browser.ask(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_shows(&answer.text, &["no such table"]);
    }
    for (path, head) in [
        ("/?csv=accounts", "account,account_id,uses,"),
        ("/events?csv=events", "event,arrived,"),
        ("/quality?csv=conflicts", "user,account,home,"),
        ("/alerts?csv=alerts", "account,account_id,user,rule,"),
        ("/alerts?csv=rules", "rule,when,"),
    ] {
        let answer = browser.ask(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.starts_with(head), "{path}: {}", answer.text);
        assert_eq!(answer.text.lines().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_table_is_named_by_its_account() {
    let collector = with_ada().await;
    let browser = Browser::of(&collector).await;
    for (path, name) in [
        ("/accounts/acme?range=all&csv=days", "natero-acme-days.csv"),
        ("/accounts/acme/users?csv=silent", "natero-acme-silent.csv"),
        ("/?csv=accounts", "natero-accounts.csv"),
    ] {
        let answer = browser.ask(path).await;
        let named = format!("attachment; filename=\"{name}\"");
        assert_eq!(answer.headers["content-disposition"], named.as_str());
    }
}

#[tokio::test]
async fn words_are_found_in_any_order() {
    let collector = with_ada().await;
    let browser = Browser::of(&collector).await;
    for (words, found) in [
        ("lindqvist+ada", "Ada Lindqvist"),
        ("group+acme", "Acme Freight Group"),
    ] {
        let text = browser
            .open(&format!("/fragments/search?search={words}"))
            .await;
        assert_shows(&text, &[found]);
    }
    let text = browser.open("/fragments/search?search=lindqvist+eve").await;
    assert!(!text.contains("Ada"), "{text}");
}

#[tokio::test]
async fn nothing_is_said_of_a_comparison_that_is_not_made() {
    let collector = with_ada().await;
    let browser = Browser::of(&collector).await;
    let period = "from=2023-11-14&to=2023-11-14";
    for path in ["/", "/accounts/acme/users", "/accounts/acme", "/users/u1"] {
        let page = browser.open(&format!("{path}?{period}")).await;
        assert!(!page.contains("Changes compare"), "{path}");
    }
}

#[tokio::test]
async fn a_csv_with_accounts_has_their_ids() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let account = json!({"records": [{"account_id": "acme"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(account))
        .await;
    for (path, ids) in [
        ("/accounts/acme/users?csv=users", vec!["account_id"]),
        ("/accounts/acme/users?csv=silent", vec!["account_id"]),
        ("/quality?csv=losses", vec!["account_id"]),
        ("/quality?csv=uncaptured", vec!["account_id"]),
        ("/quality?csv=conflicts", vec!["account_id", "home_id"]),
        ("/loss?csv=worst", vec!["account_id"]),
        ("/loss?csv=implausible", vec!["account_id"]),
    ] {
        let text = browser.ask(path).await.text;
        let heads: Vec<_> = text.lines().next().unwrap().split(',').collect();
        for id in ids {
            assert!(heads.contains(&id), "{path}: {heads:?}");
        }
    }
}

/// The names of the columns of a CSV, without those of currencies.
async fn heads(browser: &Browser<'_>, path: &str) -> Vec<String> {
    let answer = browser.ask(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let heads = answer.text.lines().next().unwrap().split(',');
    let fixed = heads.filter(|head| !head.starts_with("mrr_"));
    fixed.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_csv_has_the_same_columns_whatever_the_data_and_the_view() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let account = json!({"records": [{"account_id": "acme"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(account))
        .await;
    let user = json!({"records": [{"account_id": "acme", "user_id": "ann"}]});
    collector
        .change("POST", "/api/v2/account_users", Some(user))
        .await;
    let tables = [
        "/?csv=accounts",
        "/accounts/acme?csv=breakdown",
        "/accounts/acme?csv=days",
        "/accounts/acme/users?csv=users",
        "/accounts/acme/users?csv=silent",
        "/accounts/acme/adoption?csv=unused",
        "/accounts/acme/adoption?csv=used",
        "/users/ann?csv=breakdown",
        "/users/ann?csv=days",
        "/users/ann?csv=sessions",
        "/users/ann?csv=events",
    ];
    let mut empty = Vec::new();
    for path in tables {
        empty.push(heads(&browser, path).await);
    }
    let synced = |product: &str, tag: u32, age: i64| {
        let at = natero_collector::clock::now_ms() - age;
        let time = json!({
            "action": "sessionSync", "active_duration": 1000, "product": product,
            "created_at": at,
        });
        with(feature("acme", "ann", "x", tag), time)
    };
    // One product has active time, then two have; there is a period before; then the account
    // has dimensions and an account below it.
    let below = json!({"records": [
        {"account_id": "below", "parent_account_id": "acme", "tier": "gold", "region": "EMEA"},
    ]});
    for step in 0..3 {
        match step {
            0 => {
                collector.send(vec![synced("studio", 1, DAY)]).await;
            }
            1 => {
                let events = vec![synced("other", 2, DAY), synced("studio", 3, 100 * DAY)];
                collector.send(events).await;
            }
            _ => {
                let call = collector.call("POST", "/api/v2/accounts", Some(below.clone()));
                assert_eq!(call.await.status, 200);
            }
        }
        for (path, expected) in tables.iter().zip(&empty) {
            for view in [
                "",
                "&range=all",
                "&range=7d",
                "&rollup=false",
                "&deactivated=true",
                "&product=studio",
                "&d.tier=gold",
            ] {
                let path = format!("{path}{view}");
                assert_eq!(
                    &heads(&browser, &path).await,
                    expected,
                    "{path}, step {step}"
                );
            }
        }
    }
}

#[tokio::test]
async fn active_time_has_a_column_on_the_page_if_a_named_product_has_some() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let synced = |product: Option<&str>, tag: u32| {
        let time = json!({"action": "sessionSync", "active_duration": 1000, "product": product});
        with(feature("acme", "ann", "x", tag), time)
    };
    // The explanation of the column.
    let column = "Most trackers report it without a product";
    let path = "/accounts/acme?range=all";
    collector.send(vec![synced(None, 1)]).await;
    assert!(!browser.open(path).await.contains(column));
    let csv = browser.ask(&format!("{path}&csv=breakdown")).await.text;
    let heads = csv.lines().next().unwrap();
    let at = heads.split(',').position(|head| head == "active_time");
    let row = csv.lines().nth(1).unwrap();
    assert_eq!(row.split(',').nth(at.unwrap()), Some("1000"));
    collector.send(vec![synced(Some("studio"), 2)]).await;
    assert!(browser.open(path).await.contains(column));
}
