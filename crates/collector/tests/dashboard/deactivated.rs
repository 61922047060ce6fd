//! Accounts that were deactivated.

use serde_json::json;

use crate::{
    browser::{Browser, assert_shows},
    support::{Collector, feature},
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
        .call("POST", "/api/v2/accounts", Some(records))
        .await;
    let users = ["old-site", "new-site", "gone", "here"];
    let users = users.map(|id| json!({"user_id": format!("of {id}"), "account_id": id}));
    collector
        .call(
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
    let csv = async |query: &str| -> Vec<String> {
        let answer = browser
            .ask(&format!("/?range=all&csv=accounts&{query}"))
            .await;
        let mut lines: Vec<_> = answer.text.lines().map(str::to_owned).collect();
        lines[1..].sort();
        lines
    };
    let usual = csv("").await;
    assert!(!usual[0].contains("is_deleted"), "{usual:?}");
    let names = |lines: &[String]| -> Vec<String> {
        let first = lines[1..].iter().map(|line| line.split(',').next());
        first.map(|name| name.unwrap().to_owned()).collect()
    };
    assert_eq!(names(&usual), ["Group", "here"]);
    let all = csv("deactivated=true").await;
    assert_eq!(names(&all), ["Group", "gone", "here"]);
    assert!(
        all[0].starts_with("account,account_id,is_deleted,"),
        "{all:?}"
    );
    assert!(all[2].starts_with("gone,gone,true,"), "{all:?}");
    assert!(all[3].starts_with("here,here,false,"), "{all:?}");
    // Those of the old site and of the customer that is gone are not waited for.
    let page = browser.open("/?range=all").await;
    assert_shows(&page, &["of 3 users", "name=\"deactivated\""]);
    let page = browser.open("/?range=all&deactivated=true").await;
    assert_shows(
        &page,
        &["with deactivated accounts", "<small>deactivated</small>"],
    );
}
