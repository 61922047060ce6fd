//! The form for a user.

use serde_json::json;

use crate::support::{
    Collector,
    browser::{Browser, assert_shows},
    feature,
};

const PATH: &str = "/users/ann/edit";

/// A user in `home` with an event there, and one that is set aside in `away`.
async fn with_ann() -> Collector {
    let collector = Collector::new();
    let accounts = json!({"records": [
        {"account_id": "home", "name": "Home"},
        {"account_id": "away", "name": "Far & <Away>"},
    ]});
    let answer = collector
        .call("POST", "/api/v2/accounts", Some(accounts))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let user = json!({"account_id": "home", "first_name": "Ann", "details": {"role": "admin"}});
    let answer = collector
        .call("PUT", "/api/v2/account_users/ann", Some(user))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    collector
        .send(vec![
            feature("home", "ann", "export", 1),
            feature("away", "ann", "export", 2),
        ])
        .await;
    collector
}

async fn events_of(collector: &Collector, account: &str) -> i64 {
    let usage = collector
        .get(&format!("/api/v2/accounts/{account}/usage"))
        .await;
    usage["totals"]["events"].as_i64().unwrap()
}

#[tokio::test]
async fn a_user_is_renamed_on_the_page_of_the_user() {
    let collector = with_ann().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/users/ann?range=7d").await;
    assert_shows(&page, &["href=\"/users/ann/edit?range=7d\""]);
    assert_shows(
        &browser.open(PATH).await,
        &["value=\"Ann\"", "value=\"home\""],
    );
    let form = "shown.first_name=Ann&first_name=Anna&last_name=Lee&account_id=home";
    let answer = browser.post(PATH, form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.headers["location"], "/users/ann");
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(user["first_name"], "Anna");
    assert_eq!(user["last_name"], "Lee");
    assert_eq!(user["account_id"], "home");
    assert_eq!(user["details"], json!({"role": "admin"}));
    // An empty name clears it.
    browser.post(PATH, "first_name=+").await;
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(user["first_name"], json!(null));
}

#[tokio::test]
async fn a_user_is_moved_after_a_question_that_names_the_account() {
    let collector = with_ann().await;
    let browser = Browser::of(&collector).await;
    let asked = browser.post(PATH, "account_id=away").await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_shows(
        &asked.text,
        &[
            "Move Ann to Far &amp; &lt;Away&gt;?",
            "name=\"confirmed\" value=\"away\"",
        ],
    );
    assert_eq!(events_of(&collector, "away").await, 0);
    // The confirmation of another account is none.
    let asked = browser.post(PATH, "account_id=away&confirmed=home").await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let moved = browser.post(PATH, "account_id=away&confirmed=away").await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(user["account_id"], "away");
    for account in ["home", "away"] {
        assert_eq!(events_of(&collector, account).await, 1, "{account}");
    }
}

#[tokio::test]
async fn a_move_to_an_unknown_account_suggests_existing_ones_and_makes_one_if_confirmed() {
    let collector = with_ann().await;
    let browser = Browser::of(&collector).await;
    let asked = browser.post(PATH, "account_id=awa").await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_shows(
        &asked.text,
        &[
            "Create a new account “awa”?",
            "name=\"account_id\" value=\"away\"",
        ],
    );
    let path = "/api/v2/accounts/awa";
    assert_eq!(collector.call("GET", path, None).await.status, 404);
    let moved = browser.post(PATH, "account_id=awa&confirmed=awa").await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    assert_eq!(collector.call("GET", path, None).await.status, 200);
    let refused = browser.post(PATH, "account_id=").await;
    assert_eq!(refused.status, 422);
    assert_shows(&refused.text, &["Each user belongs to an account"]);
}

#[tokio::test]
async fn only_who_may_change_data_edits_a_user() {
    let collector = with_ann().await;
    let browser = Browser::of(&collector).await;
    assert_eq!(browser.ask("/users/nobody/edit").await.status, 404);
    for within in [None, Some("home")] {
        let viewer = Browser::with_key(&collector, &collector.viewer_key(within)).await;
        let page = viewer.open("/users/ann").await;
        assert!(!page.contains("/users/ann/edit"), "{page}");
        assert_eq!(viewer.ask(PATH).await.status, 403);
        let answer = viewer.post(PATH, "first_name=Forged").await;
        assert_eq!(answer.status, 403);
    }
    let user = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(user["first_name"], "Ann");
}
