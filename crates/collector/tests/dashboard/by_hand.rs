//! What people enter by hand.

use crate::browser::{Browser, assert_shows, with_company};

#[tokio::test]
async fn notes_interactions_and_amounts_are_entered_on_the_page_of_an_account() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/kestrel/records";
    for form in [
        "kind=notes&date=2024-05-01&subject=Likes+%3Cb%3E&text=Much",
        "kind=interactions&date=2024-05-02&subject=Call",
        "kind=support_tickets&date=2024-05-03&subject=Help",
        "kind=financials&date=2024-05-04&name=setup&amount=1234%2C5&currency=eur",
    ] {
        let answer = browser.post(path, form).await;
        assert_eq!(answer.status, 303, "{form}: {}", answer.text);
        assert_eq!(answer.headers["location"], path);
    }
    assert_shows(
        &browser.open(path).await,
        &[
            "Likes &lt;b&gt;",
            "Much",
            "1 May 2024",
            "Call",
            "Help",
            "1,234.50",
            "setup",
        ],
    );
    let notes = collector.get("/api/v2/accounts/kestrel/notes").await;
    let note = &notes["results"].as_array().unwrap().last().unwrap();
    assert_eq!(note["date"], 1_714_521_600_000_i64);
    for (form, status) in [
        ("kind=notes&date=2024-05-01", 422),
        ("kind=notes&date=soon&subject=x", 422),
        ("kind=nonsense&subject=x", 422),
        (
            "kind=financials&date=2024-05-04&name=x&amount=much&currency=EUR",
            422,
        ),
        (
            "kind=financials&date=2024-05-04&name=x&amount=1&currency=euros",
            422,
        ),
    ] {
        assert_eq!(browser.post(path, form).await.status, status, "{form}");
    }
    let unknown = browser
        .post("/accounts/nobody/records", "kind=notes&subject=x")
        .await;
    assert_eq!(unknown.status, 404);
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    assert_eq!(viewer.post(path, "kind=notes&subject=x").await.status, 403);
    assert!(!viewer.open(path).await.contains("Add an amount"));
}
