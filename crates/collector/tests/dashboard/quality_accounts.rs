//! Accounts that nobody has described, on the page about data quality.

use crate::{
    quality::{lines, section_of, troubled},
    support::browser::{Browser, assert_shows},
    support::feature,
};

#[tokio::test]
async fn an_account_that_nothing_names_any_more_is_listed_and_removed_by_its_button() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    assert!(lines(&browser, "undescribed").await.is_empty());
    // The mistyped parent is corrected.
    let form = "parent_account_id=top";
    let answer = browser.post("/accounts/lost/edit", form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(lines(&browser, "phantoms").await.is_empty());
    assert_eq!(lines(&browser, "undescribed").await, ["ghots"]);
    let page = browser.open("/quality").await;
    assert_shows(
        &page,
        &["action=\"/quality/remove-account\"", "value=\"ghots\""],
    );
    let remove = async |id: &str| {
        let form = format!("account_id={id}");
        let answer = browser.post("/quality/remove-account", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.headers["location"].to_str().unwrap().to_owned()
    };
    // An account that something refers to stays, whoever submits its id.
    for id in ["top", "leaf", "other", "nobody"] {
        assert_eq!(remove(id).await, "/quality?done=not-removed#undescribed");
    }
    assert_eq!(
        collector.get("/api/v2/accounts/leaf").await["account_id"],
        "leaf"
    );
    let id = collector.place.insert_viewer_key("some key", Some("ghots"));
    assert_eq!(
        remove("ghots").await,
        "/quality?done=not-removed#undescribed"
    );
    assert!(lines(&browser, "undescribed").await.is_empty());
    collector.place.revoke(&id);
    assert_eq!(remove("ghots").await, "/quality?done=removed#undescribed");
    let page = browser.open("/quality?done=removed").await;
    let said = "The account is removed.";
    assert_shows(section_of(&page, "undescribed"), &[said]);
    assert_eq!(page.matches(said).count(), 1);
    assert!(lines(&browser, "undescribed").await.is_empty());
    let gone = collector.call("GET", "/api/v2/accounts/ghots", None).await;
    assert_eq!(gone.status, 404);
    // Removing it was not an erasure, so new events for it are accepted.
    collector
        .send(vec![feature("ghots", "late", "export", "late")])
        .await;
    let usage = collector.get("/api/v2/accounts/ghots/usage").await;
    assert_eq!(usage["totals"]["events"], 1);
}

#[tokio::test]
async fn accounts_that_only_events_name_are_listed_until_somebody_names_them() {
    let collector = troubled().await;
    collector
        .send(vec![
            feature("tmp_org", "new", "export", "t 1"),
            // All that names this account is set aside.
            feature("aside", "ann", "export", "t 2"),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    assert_eq!(lines(&browser, "nameless").await, ["aside,0", "tmp_org,1"]);
    let page = browser.open("/quality?range=all").await;
    assert_shows(
        section_of(&page, "nameless"),
        &[
            "2 accounts with usage that nobody described",
            "href=\"/accounts/tmp_org/edit?range=all\"",
        ],
    );
    let path = "/quality/name-account";
    for (form, to, said) in [
        (
            "account_id=tmp_org&has_usage=true&name=+",
            "/quality?done=blank-name-of-used#nameless",
            "Nothing has changed",
        ),
        (
            "account_id=tmp_org&has_usage=true&name=Temp",
            "/quality?done=named-used#nameless",
            "The account has a name.",
        ),
    ] {
        let answer = browser.post(path, form).await;
        assert_eq!(answer.headers["location"], to);
        let page = browser.open(to.split('#').next().unwrap()).await;
        assert_shows(section_of(&page, "nameless"), &[said]);
    }
    // An account that is placed is described.
    let answer = browser
        .post("/accounts/aside/edit", "parent_account_id=top")
        .await;
    assert!(answer.status.is_success() || answer.status == 303);
    browser
        .post(
            "/accounts/aside/edit",
            "parent_account_id=top&confirmed=top",
        )
        .await;
    assert!(lines(&browser, "nameless").await.is_empty());
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    assert!(!viewer.open("/quality").await.contains(path));
}
