//! Users of an account.

use natero_collector::{clock::now_ms, model::calendar::TimeZone};
use serde_json::json;

use crate::support::{
    Collector, DAY, HOUR,
    browser::{Browser, assert_shows},
    feature, with,
};

#[tokio::test]
async fn users_are_listed_by_use_and_quiet_ones_apart() {
    let collector = Collector::new();
    collector
        .change(
            "POST",
            "/api/v2/account_users",
            Some(json!({"records": [
                {"user_id": "ann", "account_id": "acme", "first_name": "Ann", "last_name": "Lee"},
                {"user_id": "zed", "account_id": "acme", "first_name": "Zed"},
            ]})),
        )
        .await;
    let yesterday = now_ms() - DAY;
    let at = json!({"created_at": yesterday});
    collector
        .send(vec![
            with(
                feature("acme", "ann", "export", 1),
                json!({"created_at": yesterday, "total": 7}),
            ),
            with(feature("acme", "bob", "export", 2), at),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/acme/users").await;
    assert_shows(
        &page,
        &[
            "2 active users",
            "Ann Lee",
            "Not active in this period",
            "Zed",
        ],
    );
    assert!(page.find("Ann Lee") < page.find(">bob<"), "most use first");
    assert!(page.find(">bob<") < page.find("Zed"));
}

#[tokio::test]
async fn a_parent_shows_who_is_not_active_anywhere_below_it() {
    let collector = Collector::new();
    let accounts = json!({"records": [
        {"account_id": "top"},
        {"account_id": "mid", "parent_account_id": "top"},
        {"account_id": "leaf", "parent_account_id": "mid"},
        {"account_id": "elsewhere"},
    ]});
    let users = json!({"records": [
        {"user_id": "quiet-below", "account_id": "leaf"},
        {"user_id": "busy-below", "account_id": "leaf"},
        {"user_id": "stranger", "account_id": "elsewhere"},
    ]});
    for (path, records) in [("accounts", accounts), ("account_users", users)] {
        let answer = collector
            .call("POST", &format!("/api/v2/{path}"), Some(records))
            .await;
        assert_eq!(answer.status, 200);
    }
    collector
        .send(vec![with(
            feature("leaf", "busy-below", "export", 1),
            json!({"created_at": now_ms() - DAY}),
        )])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/top/users").await;
    let quiet = page.split("Not active in this period").nth(1).unwrap();
    assert!(quiet.contains("quiet-below"), "{quiet}");
    assert!(!quiet.contains("busy-below") && !quiet.contains("stranger"));
    let alone = browser.open("/accounts/top/users?rollup=false").await;
    assert!(!alone.contains("quiet-below"));
}

#[tokio::test]
async fn nobody_is_waited_for_who_has_left_or_whose_account_is_deactivated() {
    let collector = Collector::new();
    let below = |id: &str, parent: &str| json!({"account_id": id, "parent_account_id": parent});
    let accounts = json!({"records": [
        {"account_id": "top"}, below("gone", "top"), below("below-gone", "gone"), below("live", "top"),
        {"account_id": "other"},
    ]});
    let of = |user: &str, account: &str| json!({"user_id": user, "account_id": account});
    let users = json!({"records": [
        of("of-gone", "gone"), of("of-below-gone", "below-gone"), of("of-live", "live"),
        of("mover", "live"),
    ]});
    for (path, records) in [("accounts", accounts), ("account_users", users)] {
        let answer = collector
            .call("POST", &format!("/api/v2/{path}"), Some(records))
            .await;
        assert_eq!(answer.status, 200);
    }
    let at = json!({"created_at": now_ms() - 40 * DAY});
    collector
        .send(vec![with(feature("live", "mover", "export", 1), at)])
        .await;
    let moved = json!({"account_id": "other", "move": true});
    for (method, path, body) in [
        ("PUT", "account_users/mover", Some(moved)),
        ("DELETE", "accounts/gone", None),
    ] {
        let path = format!("/api/v2/{path}");
        assert!(
            collector
                .call(method, &path, body)
                .await
                .status
                .is_success()
        );
    }
    let browser = Browser::of(&collector).await;
    for (account, silent) in [
        ("top", vec!["of-live"]),
        ("live", vec!["of-live"]),
        ("other", vec!["mover"]),
        // As the page of the deactivated account itself shows it.
        ("gone", vec!["of-below-gone", "of-gone"]),
    ] {
        let path = format!("/accounts/{account}/users?csv=silent&range=7d");
        let csv = browser.ask(&path).await.text;
        let mut users: Vec<_> = csv
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap())
            .collect();
        users.sort_unstable();
        assert_eq!(users, silent, "{account}");
    }
}

#[tokio::test]
async fn the_page_of_a_moved_user_has_what_counted_before() {
    let collector = Collector::new();
    let day = now_ms() / DAY * DAY - 3 * DAY;
    let event = |account: &str, no: i64, session: &str| {
        let at = json!({"created_at": day + no * 1000, "session_id": session, "product": account});
        with(
            feature(account, "ann", "export", format!("{account} {no}")),
            at,
        )
    };
    collector
        .send(vec![event("old", 1, "s1"), event("old", 2, "s1")])
        .await;
    let moved = json!({"account_id": "new", "move": true});
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(moved))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    // The session continues in the new account, and nothing counts in the old one any more.
    collector
        .send(vec![
            event("new", 3, "s1"),
            event("new", 4, "s2"),
            event("old", 5, "s1"),
        ])
        .await;
    let all = Browser::of(&collector).await;
    let of_new = collector.viewer_key(Some("new"));
    let of_new = Browser::with_key(&collector, &of_new).await;
    for (browser, [whole, alone], products) in [
        (&all, [3, 1], vec!["new", "old"]),
        (&of_new, [1, 1], vec!["new"]),
    ] {
        for range in ["all", "7d"] {
            let rows = async |list: &str| -> Vec<Vec<String>> {
                let path = format!("/users/ann?range={range}&csv={list}");
                let text = browser.ask(&path).await.text;
                let lines = text.lines().skip(1);
                lines
                    .map(|line| line.split(',').map(str::to_owned).collect())
                    .collect()
            };
            let mut sessions = rows("sessions").await;
            sessions.sort_by_key(|row| row[1].clone());
            let figures: Vec<_> = sessions.iter().map(|row| &row[1..4]).collect();
            let (whole, alone) = (whole.to_string(), alone.to_string());
            assert_eq!(
                figures,
                [["s1", &whole, &whole], ["s2", &alone, &alone]],
                "{range}"
            );
            let events = rows("events").await;
            let mut in_order = events.clone();
            in_order.sort();
            assert_eq!(events, in_order);
            assert_eq!(events.len(), if products.len() > 1 { 4 } else { 2 });
            let path = format!("/users/ann?range={range}&csv=breakdown");
            let text = browser.ask(&path).await.text;
            let header = text.lines().next().unwrap();
            let product = header
                .split(',')
                .position(|name| name == "product")
                .unwrap();
            let mut used: Vec<&str> = text
                .lines()
                .skip(1)
                .map(|line| line.split(',').nth(product).unwrap())
                .collect();
            used.sort_unstable();
            used.dedup();
            assert_eq!(used, products, "{range}");
        }
    }
}

#[tokio::test]
async fn a_user_of_whom_nothing_counts_did_not_never_come() {
    let collector = Collector::new();
    let accounts = json!({"records": [
        {"account_id": "top"},
        {"account_id": "leaf", "parent_account_id": "top"},
        {"account_id": "other"},
    ]});
    let users = json!({"records": [
        {"user_id": "uncaptured", "account_id": "top"},
        {"user_id": "aside", "account_id": "leaf"},
        {"user_id": "never", "account_id": "leaf"},
    ]});
    for (path, records) in [("accounts", accounts), ("account_users", users)] {
        let answer = collector
            .call("POST", &format!("/api/v2/{path}"), Some(records))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let at = |event| with(event, json!({"created_at": now_ms() - DAY}));
    collector
        .send(vec![
            at(feature("top", "uncaptured", "export", 1)),
            at(feature("top", "uncaptured", "export", 2)),
            at(feature("other", "aside", "export", 3)),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/top/users").await;
    for (user, standing, events) in [
        (
            "uncaptured",
            "Not counted",
            "2 events are kept but not counted",
        ),
        ("aside", "Not counted", "1 event is kept but not counted"),
        ("never", "Never came", ""),
    ] {
        let row = page
            .split("<tr")
            .find(|row| row.contains(&format!(">{user}</a>")));
        let row = row.unwrap_or_else(|| panic!("no row of {user} in {page}"));
        assert_shows(row, &[standing, events]);
        assert_eq!(
            row.contains("href=\"/quality?range=all\""),
            !events.is_empty()
        );
        let page = browser.open(&format!("/users/{user}")).await;
        let words = if events.is_empty() {
            "No events in this period"
        } else {
            events
        };
        assert_shows(&page, &[words]);
        let link = format!("href=\"/quality\">{words}");
        assert_eq!(page.contains(&link), !events.is_empty(), "{page}");
    }
    assert_shows(&page, &["3 users, 1 never seen."]);
    // Somebody who sees one account alone learns about events in it, but gets no link.
    let viewer = Browser::with_key(&collector, &collector.viewer_key(Some("leaf"))).await;
    let page = viewer.open("/accounts/leaf/users").await;
    assert!(
        !page.contains("not counted") && !page.contains("/quality"),
        "{page}"
    );
}

#[tokio::test]
async fn active_days_of_all_time_are_those_of_the_api() {
    let collector = Collector::new();
    let today = now_ms() / DAY * DAY;
    // The earliest lies more than a chart's bars before the latest.
    let ages = [1, 1, 2, 40, 1500, 1501, 3000];
    let events = ages.iter().zip(0..).map(|(age, tag)| {
        let at = today - age * DAY + 13 * HOUR;
        with(feature("acme", "ann", "x", tag), json!({"created_at": at}))
    });
    collector.send(events.collect()).await;
    let browser = Browser::of(&collector).await;
    for zone in ["UTC", "Pacific/Auckland"] {
        let usage = format!("/api/v2/accounts/acme/usage?by=user&tz={zone}");
        let days = &collector.get(&usage).await["rows"][0]["active_days"];
        assert_eq!(*days, 6);
        for period in ["range=all", "from=2010-01-01&to=2099-01-01"] {
            let path = format!("/accounts/acme/users?{period}&tz={zone}");
            let csv = browser.ask(&format!("{path}&csv=users")).await.text;
            let mut lines = csv.lines().map(|line| line.split(','));
            let at = lines.next().unwrap().position(|head| head == "active_days");
            let found = lines.next().unwrap().nth(at.unwrap());
            assert_eq!(found, Some("6"), "{path}");
        }
    }
    let page = browser.open("/accounts/acme/users?range=all").await;
    assert_shows(&page, &["data-label=\"Active days\""]);
}

/// Accounts `top` and below it `leaf` and `other`, with a user who was last seen 40 days ago and
/// first 70 days ago.
async fn with_stopped() -> Collector {
    let collector = Collector::new();
    let accounts = json!({"records": [
        {"account_id": "top"},
        {"account_id": "leaf", "name": "Leaf <1>", "parent_account_id": "top"},
        {"account_id": "other", "parent_account_id": "top"},
    ]});
    let answer = collector
        .call("POST", "/api/v2/accounts", Some(accounts))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let events = [70, 40].map(|age| {
        let at = json!({"created_at": now_ms() - age * DAY});
        with(feature("leaf", "ann", "export", age), at)
    });
    collector.send(events.to_vec()).await;
    collector
}

/// A day some days ago, as CSV has it.
fn day(age: i64) -> String {
    TimeZone::UTC.day_at(now_ms() - age * DAY).to_string()
}

#[tokio::test]
async fn whoever_was_seen_before_the_period_stopped_however_long_it_is() {
    let collector = with_stopped().await;
    let browser = Browser::of(&collector).await;
    // Forty days ago lies in the period before the last 28 days, not in that before the last 7.
    for range in ["7d", "28d"] {
        let path = format!("/accounts/leaf/users?range={range}");
        let csv = browser.ask(&format!("{path}&csv=silent")).await.text;
        let row = csv.lines().nth(1).unwrap();
        assert!(row.contains("Stopped"), "{range}: {row}");
        assert!(row.contains(&day(40)), "{range}: {row}");
        assert_shows(&browser.open(&path).await, &["1 user, 1 stopped."]);
    }
}

#[tokio::test]
async fn the_page_of_a_silent_user_says_when_the_user_was_seen_and_leads_there() {
    let collector = with_stopped().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/users/ann?range=7d&product=none").await;
    let seen = |words: &str, age: i64| {
        let at = TimeZone::UTC.day_at(now_ms() - age * DAY).to_string();
        let (year, rest) = at.split_once('-').unwrap();
        let (_, of_month) = rest.split_once('-').unwrap();
        let of_month = of_month.trim_start_matches('0');
        let line = page
            .split("<span>")
            .find(|part| part.starts_with(words))
            .unwrap_or_else(|| panic!("no {words} in {page}"));
        assert!(
            line.starts_with(&format!("{words} {of_month} ")) && line.contains(year),
            "{line}"
        );
    };
    seen("First seen", 70);
    seen("Last seen", 40);
    let to = format!("/users/ann?from={}&to={}", day(67), day(40));
    assert_shows(&page, &[&format!("href=\"{}\"", to.replace('&', "&amp;"))]);
    assert_shows(&browser.open(&to).await, &["1 session"]);
    // The dates do not depend on the period; a user without counted events has none.
    let page = browser.open("/users/ann?range=all").await;
    assert_shows(&page, &["First seen", "Last seen"]);
    let record = json!({"account_id": "leaf"});
    let answer = collector
        .call("PUT", "/api/v2/account_users/zed", Some(record))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let page = browser.open("/users/zed").await;
    assert!(!page.contains("First seen"), "{page}");
    assert_shows(&page, &["No event of this user has ever counted."]);
}

#[tokio::test]
async fn users_of_several_accounts_are_listed_with_the_whole_names_of_these() {
    let collector = with_stopped().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/top/users?range=90d").await;
    assert_shows(&page, &["title=\"Leaf &lt;1&gt; (leaf)\""]);
    let head = "data-label=\"Time in modules\"";
    assert!(!page.contains(head), "{page}");
    let leaf = browser.open("/accounts/leaf/users?range=90d").await;
    assert_shows(&leaf, &[head]);
    for account in ["top", "leaf"] {
        let path = format!("/accounts/{account}/users?range=90d&csv=users");
        let csv = browser.ask(&path).await.text;
        assert!(csv.lines().next().unwrap().contains("module_time"), "{csv}");
    }
}
