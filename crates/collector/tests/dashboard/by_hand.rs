//! Records that people enter by hand and delete again.

use natero_collector::model::record_kind::RecordKind;
use serde_json::{Value, json};

use crate::{
    company::with_company,
    support::browser::{Browser, assert_shows},
};

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

/// The ids of the records in a list.
fn ids(list: &Value) -> Vec<String> {
    let records = list["results"].as_array().unwrap().iter();
    records
        .map(|record| record["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_listed_record_is_deleted_by_its_button_and_nothing_else_is() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/kestrel/records";
    for kind in RecordKind::ALL {
        let list = format!("/api/v2/accounts/kestrel/{}", kind.name());
        for name in ["one & only", "other"] {
            let record = match kind {
                RecordKind::Financials => {
                    json!({"id": name, "name": name, "amount": 7, "currency": "EUR", "date": 7})
                }
                RecordKind::Notes(_) => {
                    json!({"id": name, "name": name, "subject": name, "email": "a@b.example"})
                }
            };
            let answer = collector.call("POST", &list, Some(record)).await;
            assert_eq!(answer.status, 200, "{list}: {}", answer.text);
        }
        let kept = ids(&collector.get(&list).await);
        let page = browser.open(path).await;
        // The fields of the form, as the page has them.
        let form = format!(
            "name=\"kind\" value=\"{}\"><input type=\"hidden\" name=\"id\" value=\"one &amp; only\">",
            kind.name()
        );
        assert_shows(
            &page,
            &[&form, "action=\"/accounts/kestrel/records/delete\""],
        );
        let form = format!("kind={}&id=one+%26+only", kind.name());
        let answer = browser.post(&format!("{path}/delete?tz=UTC"), &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.headers["location"], format!("{path}?tz=UTC"));
        let left = ids(&collector.get(&list).await);
        let wanted: Vec<_> = kept.into_iter().filter(|id| id != "one & only").collect();
        assert_eq!(left, wanted, "{list}");
        // A second click also leads back to the list.
        let again = browser.post(&format!("{path}/delete"), &form).await;
        assert_eq!(again.status, 303);
    }
}

#[tokio::test]
async fn only_who_may_change_anything_deletes_a_record() {
    let collector = with_company().await;
    let path = "/accounts/meridian/records";
    let notes = ids(&collector.get("/api/v2/accounts/meridian/notes").await);
    let form = format!("kind=notes&id={}", notes[0]);
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    let page = viewer.open(path).await;
    assert!(page.contains("Quarterly review"));
    assert!(!page.contains("Delete"), "a viewer sees no button");
    let refused = viewer.post(&format!("{path}/delete"), &form).await;
    assert_eq!(refused.status, 403);
    let browser = Browser::of(&collector).await;
    for (path, form, status) in [
        (format!("{path}/delete"), "kind=things&id=x", 422),
        (format!("{path}/delete"), "kind=notes", 400),
        (
            "/accounts/nobody/records/delete".to_owned(),
            form.as_str(),
            404,
        ),
    ] {
        assert_eq!(browser.post(&path, form).await.status, status, "{form}");
    }
    let left = ids(&collector.get("/api/v2/accounts/meridian/notes").await);
    assert_eq!(left, notes);
}

#[tokio::test]
async fn a_record_that_is_refused_is_shown_as_it_was_sent() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/kestrel/records";
    for (form, told) in [
        (
            "kind=interactions&date=2024-05-02&subject=+&text=%0D%0AA+%3Clong%3E+story",
            vec![
                "It needs a subject.",
                "<option value=\"interactions\" selected>",
                "value=\"2024-05-02\"",
                "\n\r\nA &lt;long&gt; story</textarea>",
            ],
        ),
        (
            "kind=financials&date=2024-05-04&name=setup&amount=1%2C234&currency=EUR",
            vec![
                "value=\"setup\"",
                "value=\"1,234\"",
                "value=\"EUR\"",
                "role=\"alert\"",
            ],
        ),
    ] {
        let answer = browser.post(path, form).await;
        assert_eq!(answer.status, 422);
        assert_shows(&answer.text, &told);
        assert_shows(
            &answer.text,
            &["<details class=\"days\" open>", "Kestrel Couriers"],
        );
    }
}
