//! Users and records of an account.

use natero_collector::app::now_ms;
use serde_json::json;

use crate::{
    browser::{Browser, assert_shows, with_company},
    support::{Collector, feature, with},
};

#[tokio::test]
async fn users_are_listed_by_use_and_quiet_ones_apart() {
    let collector = Collector::new();
    collector
        .call(
            "POST",
            "/api/v2/account_users",
            Some(json!({"records": [
                {"user_id": "ann", "account_id": "acme", "first_name": "Ann", "last_name": "Lee"},
                {"user_id": "zed", "account_id": "acme", "first_name": "Zed"},
            ]})),
        )
        .await;
    let at = json!({"created_at": now_ms()});
    collector
        .send(vec![
            with(
                feature("acme", "ann", "export", 1),
                json!({"created_at": now_ms(), "total": 7}),
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
async fn records_are_shown_and_money_rolls_up() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let summary = collector.get("/api/v2/accounts/meridian/summary").await;
    let euros = summary["financials"][0]["amount"].as_i64().unwrap();
    let page = browser.open("/accounts/meridian/records").await;
    assert_shows(
        &page,
        &[
            &format!("{},{:03}.00", euros / 1000, euros % 1000),
            "Of this account and all 10 below it",
            "Export stops at 10,000 rows",
            "Quarterly review",
            "Wants scheduled reports",
            "these do not roll up",
        ],
    );
    let page = browser
        .open("/accounts/meridian-nordics-oslo/records")
        .await;
    assert_shows(
        &page,
        &[
            "mrr",
            "No support tickets yet",
            "/api/v2/accounts/{id}/notes",
        ],
    );
}
