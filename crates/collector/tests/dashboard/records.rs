//! Records of an account.

use serde_json::json;

use crate::{
    company::with_company,
    support::{
        Collector,
        browser::{Browser, assert_shows},
    },
};

#[tokio::test]
async fn records_are_shown_and_money_rolls_up() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let summary = collector.get("/api/v2/accounts/meridian/summary").await;
    let euros = summary["financials"][0]["by_name"][0]["amount"]
        .as_i64()
        .unwrap();
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

#[tokio::test]
async fn a_record_is_listed_by_what_it_is_about() {
    let collector = Collector::new();
    for (kind, record) in [
        (
            "contacts",
            json!({"id": "c", "name": "Ada Lindqvist", "title": "VP Operations"}),
        ),
        (
            "contacts",
            json!({"id": "d", "email": "bo@acme.example", "title": "CFO"}),
        ),
        ("contacts", json!({"id": "e", "email": "cy@acme.example"})),
        (
            "nps_history",
            json!({"id": "p", "date": 1_714_521_600_000_i64, "score": 9, "comment": "good"}),
        ),
    ] {
        let path = "/api/v2/accounts";
        let account = json!({"records": [{"account_id": "acme"}]});
        collector.change("POST", path, Some(account)).await;
        let path = format!("{path}/acme/{kind}");
        let answer = collector.call("POST", &path, Some(record)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let browser = Browser::of(&collector).await;
    for (kind, expected) in [
        ("contacts", &["Ada Lindqvist,", "bo@acme.example,"][..]),
        ("nps_history", &["Score 9,"][..]),
    ] {
        let answer = browser
            .ask(&format!("/accounts/acme/records?csv={kind}"))
            .await;
        for text in expected {
            let mut lines = answer.text.lines();
            assert!(lines.any(|line| line.starts_with(text)), "{}", answer.text);
        }
    }
    let page = browser.open("/accounts/acme/records").await;
    // A record without details has a dash there, and no empty line.
    assert!(!page.contains("<p class=\"fields\"></p>"), "{page}");
    assert_shows(
        &page,
        &[
            "<b>title:</b> VP Operations",
            "<b>comment:</b> good",
            ">Score 9<",
        ],
    );
}
