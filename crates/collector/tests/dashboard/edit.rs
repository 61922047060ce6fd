//! The form for an account, and where forms redirect to.

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::support::{
    Collector,
    browser::{Browser, assert_shows, sign_in},
    feature, with,
};

/// The fields of the page's only form that changes something, as a browser sends them.
fn fields(page: &str) -> Vec<(String, String)> {
    let form = page
        .split("<form")
        .find(|form| form.contains("fields-form"))
        .expect("a form");
    let attribute = |input: &str, name: &str| {
        let (_, rest) = input.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    form.split("<input")
        .skip(1)
        .map(|input| {
            let input = input.split('>').next().unwrap();
            let name = attribute(input, "name").unwrap();
            (name, attribute(input, "value").unwrap_or_default())
        })
        .collect()
}

/// A form with one field changed.
fn sent(fields: &[(String, String)], name: &str, text: &str) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(of, shown)| {
            let value = if of == name { text } else { shown };
            format!("{of}={}", value.replace(' ', "+"))
        })
        .collect();
    pairs.join("&")
}

#[tokio::test]
async fn an_edit_of_one_field_makes_no_name_of_a_page_an_own_one() {
    let collector = Collector::new();
    let forged = with(
        feature("acme", "ann", "export", 1),
        json!({"action": "identifyAccount", "stream_id": "bad", "seq": 0,
               "details": {"name": "Forged", "hierarchy_label": "Made up", "tier": "gold"}}),
    );
    collector
        .send(vec![forged, feature("acme", "ann", "export", 2)])
        .await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/acme/edit";
    let shown = fields(&browser.open(path).await);
    assert!(shown.contains(&("name".into(), "Forged".into())));
    let answer = browser.post(path, &sent(&shown, "stage", "renewal")).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let answer = collector.call("DELETE", "/api/v2/streams/bad", None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["details"], json!({"stage": "renewal"}));
    assert_eq!(account["name"], json!(null));
    assert_eq!(account["hierarchy_label"], json!(null));
}

#[tokio::test]
async fn two_who_edit_at_once_keep_what_the_other_changed() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/acme/edit";
    let shown = fields(&browser.open(path).await);
    for (name, text) in [("name", "Acme Ltd"), ("tier", "gold"), ("csm", "Ada")] {
        let answer = browser.post(path, &sent(&shown, name, text)).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["name"], "Acme Ltd");
    assert_eq!(account["details"], json!({"tier": "gold", "csm": "Ada"}));
    // A field that is emptied is cleared.
    let shown = fields(&browser.open(path).await);
    browser.post(path, &sent(&shown, "tier", "")).await;
    let account = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(account["details"], json!({"csm": "Ada"}));
}

#[tokio::test]
async fn forms_lead_back_to_the_period_and_time_zone_from_which_they_were_sent() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let query = "range=all&tz=Asia%2FTokyo";
    for (page, links) in [
        ("/accounts/acme", vec!["href=\"/accounts/acme/edit?QUERY\""]),
        (
            "/accounts/acme/edit",
            vec![
                "action=\"/accounts/acme/edit?QUERY\"",
                "href=\"/accounts/acme?QUERY\"",
            ],
        ),
        (
            "/accounts/acme/records",
            vec!["action=\"/accounts/acme/records?QUERY\""],
        ),
        ("/alerts", vec!["action=\"/alerts/rules?QUERY\""]),
    ] {
        let text = browser.open(&format!("{page}?{query}")).await;
        for link in links {
            let link = link.replace("QUERY", &query.replace('&', "&amp;"));
            assert_shows(&text, &[&link]);
        }
    }
    for (form, fields, to) in [
        ("/accounts/acme/edit", "name=Acme", "/accounts/acme?QUERY"),
        (
            "/accounts/acme/records",
            "kind=notes&subject=x",
            "/accounts/acme/records?QUERY",
        ),
        (
            "/quality/name-account",
            "account_id=acme&name=x",
            "/quality?done=named&QUERY#phantoms",
        ),
        (
            "/quality/clear-refusals",
            "",
            "/quality?done=cleared&QUERY#refusals",
        ),
        ("/alerts/check", "", "/alerts?done=checked&QUERY"),
    ] {
        let answer = browser.post(&format!("{form}?{query}"), fields).await;
        assert_eq!(answer.status, 303, "{form}: {}", answer.text);
        let to = to.replace("QUERY", query);
        assert_eq!(answer.headers["location"], to.as_str());
    }
}

#[tokio::test]
async fn who_sends_a_form_after_the_session_ended_comes_back_to_its_page() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let page = "/quality?range=7d&done=moved";
    let foreign = "http://evil.example/quality?range=7d";
    for (form, referer, next) in [
        ("/quality/move-user", None, "/quality"),
        (
            "/quality/move-user",
            Some(format!("http://natero.example{page}")),
            page,
        ),
        ("/quality/move-user", Some(foreign.to_owned()), "/quality"),
        ("/accounts/acme/edit", None, "/accounts/acme/edit"),
        ("/accounts/acme/records", None, "/accounts/acme/records"),
        (
            "/accounts/acme/records/delete",
            None,
            "/accounts/acme/records",
        ),
        ("/alerts/rules/1/delete", None, "/alerts"),
        ("/views", None, "/"),
        ("/import", None, "/import"),
    ] {
        let mut request = Request::post(form)
            .header("host", "natero.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(referer) = referer {
            request = request.header("referer", referer);
        }
        let answer = collector.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 303, "{form}: {}", answer.text);
        let to = answer.headers["location"].to_str().unwrap();
        let to = to.strip_prefix("/?next=").unwrap();
        let answer = sign_in(&collector, &collector.account_key, to).await;
        assert_eq!(answer.headers["location"], next, "{form}");
        assert_eq!(browser.ask(next).await.status, 200, "{next}");
    }
}

#[tokio::test]
async fn a_long_note_is_taken_and_one_that_is_too_long_is_refused_in_words() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/acme/records";
    assert_shows(&browser.open(path).await, &["maxlength=\"20000\""]);
    // An umlaut takes six letters in an encoded form.
    let note = |letters: usize| format!("kind=notes&subject=x&text={}", "%C3%BC".repeat(letters));
    let answer = browser.post(path, &note(20_000)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let notes = collector.get("/api/v2/accounts/acme/notes").await;
    assert_eq!(notes["results"][0]["text"], "ü".repeat(20_000));
    let answer = browser.post(path, &note(200_000)).await;
    assert_eq!(answer.status, 413);
    assert_shows(
        &answer.text,
        &[
            "This is too long",
            "go back to it, where your text still is",
        ],
    );
}

#[tokio::test]
async fn a_parent_that_there_is_not_is_made_only_when_that_is_meant() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "acme", "name": "Acme Ltd"},
        {"account_id": "north"},
        {"account_id": "oslo", "parent_account_id": "north"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/north/edit";
    let parent =
        async || collector.get("/api/v2/accounts/north").await["parent_account_id"].clone();
    let asked = browser
        .post(path, "parent_account_id=Acme+Ltd&tier=gold")
        .await;
    assert_eq!(asked.status, 200);
    assert_shows(
        &asked.text,
        &[
            "Create a new account “Acme Ltd”?",
            "north with the 1 account below it",
            "name=\"parent_account_id\" value=\"acme\">Put it below Acme Ltd (acme)",
            "name=\"confirmed\" value=\"Acme Ltd\"",
            ">Create the account</button>",
            "value=\"gold\"",
        ],
    );
    assert_eq!(parent().await, json!(null));
    // Another mistyped parent leads to another question.
    let form = "parent_account_id=Acme+Lt&tier=gold&confirmed=Acme+Ltd";
    let asked = browser.post(path, form).await;
    assert_shows(&asked.text, &["Create a new account “Acme Lt”?"]);
    // The button sends the suggested account after the value of the field.
    let form = "parent_account_id=Acme+Ltd&tier=gold&confirmed=Acme+Ltd&parent_account_id=acme";
    assert_eq!(browser.post(path, form).await.status, 303);
    assert_eq!(parent().await, "acme");
    let form = "parent_account_id=New+one&confirmed=New+one";
    assert_eq!(browser.post(path, form).await.status, 303);
    assert_eq!(parent().await, "New one");
}

#[tokio::test]
async fn a_page_of_an_account_shows_its_usual_fields_to_everyone() {
    let collector = Collector::new();
    let record = json!({
        "account_id": "acme", "employees": 1500, "csm": "Ada <b>", "tier": "gold",
        "renewal_date": "2031-02-03", "is_churned": false,
    });
    let below = json!({"account_id": "berlin", "parent_account_id": "acme"});
    let records = json!({ "records": [record, below] });
    let call = collector.call("POST", "/api/v2/accounts", Some(records));
    assert_eq!(call.await.status, 200);
    let browser = Browser::of(&collector).await;
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    for page in ["", "/users", "/records"] {
        let page = viewer.open(&format!("/accounts/acme{page}")).await;
        assert_shows(
            &page.replace('\u{a0}', " "),
            &[
                "<span>Customer success manager: Ada &lt;b&gt;</span>",
                "<span>Tier: gold</span>",
                "<span>Employees: 1,500</span>",
                "<span>Renewal date: 3 Feb 2031</span>",
            ],
        );
        assert!(!page.contains("Stage: ") && !page.contains("Churned"));
    }
    let page = browser.open("/accounts/berlin").await;
    assert!(!page.contains("Tier: "), "{page}");

    let path = "/accounts/acme/edit";
    assert_shows(
        &browser.open(path).await,
        &["<option value=\"false\" selected>No</option>"],
    );
    let churned =
        async || collector.get("/api/v2/accounts/acme").await["details"]["is_churned"].clone();
    for (sent, stored) in [
        ("true", json!(true)),
        ("", json!(null)),
        ("false", json!(false)),
    ] {
        let form = format!("is_churned={sent}");
        assert_eq!(browser.post(path, &form).await.status, 303);
        assert_eq!(churned().await, stored, "{sent}");
        let page = viewer.open("/accounts/acme").await;
        let has_badge = page.contains("<span class=\"badge warn\">Churned</span>");
        assert_eq!(has_badge, sent == "true", "{page}");
    }
}

#[tokio::test]
async fn employees_are_a_number_and_an_edit_that_is_refused_is_shown_as_it_was_sent() {
    let collector = Collector::new();
    let record = json!({"account_id": "acme", "employees": "many", "csm": "Ada"});
    collector
        .change(
            "POST",
            "/api/v2/accounts",
            Some(json!({ "records": [record] })),
        )
        .await;
    let browser = Browser::of(&collector).await;
    let path = "/accounts/acme/edit";
    let employees =
        async || collector.get("/api/v2/accounts/acme").await["details"]["employees"].clone();
    let refused = browser.post(path, "name=Acme+%26&employees=abc").await;
    assert_eq!(refused.status, 422);
    assert_shows(
        &refused.text,
        &[
            "“abc” is none",
            "value=\"Acme &amp;\"",
            "name=\"employees\" value=\"abc\"",
            "value=\"Ada\"",
        ],
    );
    // An existing value that was not touched does not keep anybody from changing the rest.
    let shown = fields(&browser.open(path).await);
    assert_eq!(
        browser.post(path, &sent(&shown, "csm", "Bo")).await.status,
        303
    );
    assert_eq!(employees().await, "many");
    assert_eq!(browser.post(path, "employees=1500").await.status, 303);
    assert_eq!(employees().await, 1500);
    let cycle = browser.post(path, "name=Acme&parent_account_id=acme").await;
    assert_eq!(cycle.status, 409);
    assert_shows(&cycle.text, &["This cannot be saved", "value=\"Acme\""]);
}
