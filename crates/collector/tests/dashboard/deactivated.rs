//! Deactivated accounts.

use serde_json::json;

use crate::support::{
    Collector,
    browser::{Browser, assert_shows},
    feature,
};

#[tokio::test]
async fn deactivated_accounts_are_listed_only_on_request() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "group", "name": "Group"},
        {"account_id": "old-site", "name": "Old site", "parent_account_id": "group"},
        {"account_id": "new-site", "name": "New site", "parent_account_id": "group"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let users = ["old-site", "new-site", "gone", "here"];
    let users = users.map(|id| json!({"user_id": format!("of {id}"), "account_id": id}));
    collector
        .change(
            "POST",
            "/api/v2/account_users",
            Some(json!({ "records": users })),
        )
        .await;
    collector
        .send(vec![
            feature("gone", "ann", "export", 1),
            feature("here", "bob", "export", 2),
        ])
        .await;
    for id in ["gone", "old-site"] {
        let path = format!("/api/v2/accounts/{id}");
        let answer = collector.call("DELETE", &path, None).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    let browser = Browser::of(&collector).await;
    let csv = async |query: &str| {
        let path = format!("/?range=all&csv=accounts&{query}");
        deactivated_in(&browser, &path).await
    };
    let pair = |name: &str, is_deleted: bool| (name.to_owned(), is_deleted.to_string());
    let usual = csv("").await;
    assert_eq!(usual, [pair("Group", false), pair("here", false)]);
    let all = csv("deactivated=true").await;
    let expected = [
        pair("Group", false),
        pair("gone", true),
        pair("here", false),
    ];
    assert_eq!(all, expected);
    // The deactivated accounts are not included.
    let page = browser.open("/?range=all").await;
    assert_shows(&page, &["of 3 users", "name=\"deactivated\""]);
    let page = browser.open("/?range=all&deactivated=true").await;
    assert_shows(
        &page,
        &["With deactivated accounts", "<small>deactivated</small>"],
    );
}

/// The names of the accounts in a CSV, in order, and whether each is deactivated.
async fn deactivated_in(browser: &Browser<'_>, path: &str) -> Vec<(String, String)> {
    let answer = browser.ask(path).await;
    let mut lines = answer.text.lines().map(|line| line.split(','));
    let mut head = lines.next().unwrap();
    let at = head.position(|name| name == "is_deleted").unwrap();
    let mut found: Vec<_> = lines
        .map(|cells| {
            let cells: Vec<&str> = cells.collect();
            (cells[0].to_owned(), cells[at].to_owned())
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn what_is_below_a_deactivated_account_is_deactivated_at_every_level() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "gone", "name": "Gone"},
        {"account_id": "mid", "parent_account_id": "gone"},
        {"account_id": "site", "parent_account_id": "mid"},
        {"account_id": "here"},
    ]});
    let users = json!({"records": [
        {"user_id": "ann", "account_id": "site"},
        {"user_id": "bob", "account_id": "here"},
    ]});
    for (path, records) in [("accounts", records), ("account_users", users)] {
        let answer = collector
            .call("POST", &format!("/api/v2/{path}"), Some(records))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let amounts = json!({"records": [{"date": 7, "name": "mrr", "amount": 5, "currency": "EUR"}]});
    for id in ["site", "here"] {
        let path = format!("/api/v2/accounts/{id}/financials");
        let answer = collector.call("POST", &path, Some(amounts.clone())).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    collector
        .send(vec![
            feature("site", "ann", "export", 1),
            feature("here", "bob", "export", 2),
        ])
        .await;
    let answer = collector
        .call("DELETE", "/api/v2/accounts/gone", None)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let browser = Browser::of(&collector).await;
    let csv = async |path: &str| -> Vec<(String, String)> {
        let answer = browser.ask(path).await;
        let lines = answer.text.lines().skip(1).map(|line| {
            let mut cells = line.split(',').skip(1);
            let mut cell = || cells.next().unwrap().to_owned();
            (cell(), cell())
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort();
        lines
    };
    let pair = |id: &str, of: &str| (id.to_owned(), of.to_owned());
    for level in ["top", "leaves", "all"] {
        let path = format!("/?range=all&level={level}");
        assert_eq!(
            csv(&format!("{path}&csv=accounts")).await,
            [pair("here", "1")]
        );
        let page = browser.open(&path).await;
        assert_shows(&page, &["of 1 user<", ">EUR 5<"]);
    }
    let path = "/?range=all&level=all&deactivated=true&csv=accounts";
    let expected = ["mid", "site"].map(|id| pair(id, "true"));
    assert_eq!(
        deactivated_in(&browser, path).await,
        [
            &[pair("Gone", "true")],
            &[pair("here", "false")],
            &expected[..]
        ]
        .concat()
    );
    // The account's own pages still show it, and say that it is deactivated.
    let page = browser.open("/accounts/gone/below?range=all").await;
    assert_shows(&page, &["2 accounts", "Deactivated", ">EUR 5<"]);
    let page = browser.open("/accounts/site").await;
    assert_shows(&page, &["title=\"Deactivated with Gone\""]);
    let summary = collector.get("/api/v2/accounts/gone/summary").await;
    assert_eq!(summary["financials"][0]["by_name"][0]["amount"], 5.0);
    // For an account above it, it counts no more than in the list.
    let record = json!({"records": [{"account_id": "gone", "parent_account_id": "group"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(record))
        .await;
    let summary = collector.get("/api/v2/accounts/group/summary").await;
    assert_eq!(summary["financials"], json!([]));
}
