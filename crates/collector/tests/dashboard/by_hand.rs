//! What people enter by hand, and what they import from a table.

use serde_json::json;

use crate::{
    browser::{Browser, assert_shows, with_company},
    support::{Collector, feature},
};

/// A form's field, escaped.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

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

#[tokio::test]
async fn a_dry_run_says_what_an_import_changes_and_changes_nothing() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let record = json!({"records": [{"account_id": "same", "name": "Same"}]});
    collector
        .call("POST", "/api/v2/accounts", Some(record))
        .await;
    let browser = Browser::of(&collector).await;
    let table = "account_id,name,parent_account_id,tier\n\
                 acme,Acme,group,gold\n\
                 group,Group,,\n\
                 same,Same,,\n\
                 new,,ghots,tin\n\
                 loop,Loop,loop,\n";
    let form = format!("kind=accounts&table={}", escaped(table));
    let report = [
        "2 new: <code>group</code>, <code>new</code>",
        "1 changed: <code>acme</code>",
        "1 unchanged",
        "1 account is named and nowhere described: <code>ghots</code>",
        "1 line is refused:",
        "Line 6: this parent would make a cycle",
    ];
    let page = browser.post("/import", &form).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_shows(&page.text, &["What would change", "acme,Acme,group,gold"]);
    assert_shows(&page.text, &report);
    assert_eq!(collector.count("SELECT COUNT(*) FROM accounts"), 2);
    assert_eq!(
        collector.get("/api/v2/accounts/acme").await["name"],
        json!(null)
    );

    let page = browser.post("/import", &format!("{form}&do=import")).await;
    assert_shows(&page.text, &["What has changed"]);
    assert_shows(&page.text, &report);
    let acme = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (&acme["name"], &acme["parent_account_id"]),
        (&json!("Acme"), &json!("group"))
    );
    assert_eq!(acme["details"]["tier"], "gold");
    assert_eq!(
        collector
            .call("GET", "/api/v2/accounts/loop", None)
            .await
            .status,
        404
    );
    // A second time there is nothing left to do.
    let again = browser.post("/import", &form).await;
    assert_shows(&again.text, &["0 new", "0 changed", "4 unchanged"]);
}

#[tokio::test]
async fn an_import_says_whose_usage_will_no_longer_count() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let table = escaped("account_id,parent_account_id\nnew,acme\n");
    let page = browser
        .post("/import", &format!("kind=accounts&table={table}"))
        .await;
    assert_shows(
        &page.text,
        &[
            "The usage of <code>acme</code> will no longer count",
            "1 event of its own",
        ],
    );
}

#[tokio::test]
async fn users_are_imported_and_a_move_is_refused_without_being_asked_for() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let table = "user_id;account_id;first_name\nann;other;Ann\nbob;acme;Bob\n";
    let form = format!("kind=users&do=import&table={}", escaped(table));
    let page = browser.post("/import", &form).await;
    assert_shows(
        &page.text,
        &[
            "1 new: <code>bob</code>",
            "Line 2: user",
            "belongs to account",
        ],
    );
    assert_eq!(
        collector.get("/api/v2/account_users/bob").await["first_name"],
        "Bob"
    );
    for (form, status) in [
        ("kind=users&table=", 422),
        ("kind=things&table=a", 422),
        ("kind=users&table=user_id%2Caccount_id%0Aa%2Cb%2Cc", 422),
        ("table=a", 400),
    ] {
        assert_eq!(browser.post("/import", form).await.status, status, "{form}");
    }
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    assert_eq!(viewer.ask("/import").await.status, 403);
    assert_eq!(viewer.post("/import", &form).await.status, 403);
}
