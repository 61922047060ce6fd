//! The page of alerts, and the alerts on the page of an account.

use natero_collector::{clock::now_ms, model::calendar::TimeZone};
use serde_json::json;

use crate::support::{browser::Browser, *};

async fn with_silent() -> Collector {
    let collector = Collector::new();
    let old = |account: &str, tag: u32| {
        with(
            feature(account, &format!("u{tag}"), "f", tag),
            json!({"created_at": now_ms() - 10 * DAY}),
        )
    };
    collector
        .send(vec![old("acme", 1), old("acme-<b>", 2)])
        .await;
    collector
}

const RULE: &str = "name=Quiet+%3Ci%3E&when=silent&days=7&percent=30&level=top&account_id=&product=&module=&feature=&dimension=&dimension_value=";

#[tokio::test]
async fn a_rule_is_made_checked_and_removed_by_forms() {
    let collector = with_silent().await;
    let browser = Browser::of(&collector).await;
    let answer = browser.post("/alerts/rules", RULE).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.headers["location"], "/alerts?done=added#done");
    let page = browser.open("/alerts?done=added").await;
    // The browser scrolls to the message, which stands directly above the list of rules.
    let list = page.find("id=\"rules\"").unwrap();
    let message = page[..list].rfind("id=\"done\"").unwrap();
    assert!(!page[message..list].contains("</section>"), "{page}");
    for text in [
        "2 active alerts",
        "acme-&lt;b&gt;",
        "Quiet &lt;i&gt;",
        "no use in the last 7 days",
        "was checked",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let csv = browser.open("/alerts?csv=alerts").await;
    assert!(
        csv.starts_with("account,account_id,user,rule,now,before,percent,since,until,last_seen\n"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 3);
    let account = browser.open("/accounts/acme").await;
    assert!(
        account.contains("1 active alert") && account.contains("Quiet &lt;i&gt;"),
        "{account}"
    );
    // The alert says what its rule is, and since when the account is silent.
    let last = now_ms() - 10 * DAY;
    let day = browser.open("/?csv=accounts").await;
    let day = day.lines().find(|line| line.starts_with("acme,")).unwrap();
    let day = day
        .split(',')
        .find(|cell| cell.len() == 10 && cell.starts_with("20"));
    let day: natero_collector::model::calendar::Day = day.unwrap().parse().unwrap();
    assert_eq!(TimeZone::UTC.day_at(last), day);
    let day = day.to_string();
    let of_month = day[8..].trim_start_matches('0').to_owned();
    for text in [
        "no use in the last 7 days",
        &format!("last seen on {of_month} "),
    ] {
        assert!(account.contains(text), "{text}: {account}");
    }

    let answer = browser.post("/alerts/check", "").await;
    assert_eq!(answer.headers["location"], "/alerts?done=checked");
    for (form, status) in [
        (RULE, 409),
        ("name=x&when=silent&days=0", 422),
        ("name=x", 422),
    ] {
        let answer = browser.post("/alerts/rules", form).await;
        assert_eq!(answer.status.as_u16(), status, "{form}");
    }
    let id = collector.count("SELECT id FROM alert_rules");
    let remove = format!("/alerts/rules/{id}/delete");
    let asked = browser.post(&remove, "").await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert!(
        asked.text.contains("Remove the rule “Quiet &lt;i&gt;”?")
            && asked.text.contains("loses 2 alerts of this rule"),
        "{}",
        asked.text
    );
    assert_eq!(collector.count("SELECT COUNT(*) FROM alert_rules"), 1);
    let answer = browser.post(&remove, "confirmed=true").await;
    assert_eq!(answer.headers["location"], "/alerts?done=removed#done");
    let page = browser.open("/alerts").await;
    assert!(
        page.contains("No rule yet") && page.contains("No account or user has matched a rule"),
        "{page}"
    );
    let account = browser.open("/accounts/acme").await;
    assert!(!account.contains("Quiet"));
}

#[tokio::test]
async fn a_rule_that_is_refused_is_shown_as_it_was_sent() {
    let collector = with_silent().await;
    let browser = Browser::of(&collector).await;
    browser.post("/alerts/rules", RULE).await;
    let rules = "SELECT COUNT(*) FROM alert_rules";
    for (form, status, told) in [
        (
            RULE.replace("days=7", "days=9"),
            409,
            vec!["Another rule has this name", "value=\"9\""],
        ),
        (
            "name=Half&when=silent&days=7&level=leaves&dimension=tier".to_owned(),
            422,
            vec![
                "A dimension needs a value",
                "value=\"Half\"",
                "value=\"tier\"",
                "<option value=\"leaves\" selected>",
            ],
        ),
        (
            "name=Lost&when=silent&days=7&account_id=ACME".to_owned(),
            422,
            vec!["it may be one of acme", "value=\"ACME\""],
        ),
        (
            "name=Nobody&when=silent&days=7&account_id=nobody".to_owned(),
            422,
            vec!["No account has the id “nobody”"],
        ),
    ] {
        let answer = browser.post("/alerts/rules", &form).await;
        assert_eq!(answer.status.as_u16(), status, "{form}");
        for text in told {
            assert!(answer.text.contains(text), "{text}: {}", answer.text);
        }
        assert!(answer.text.contains("active alerts"), "it is on the page");
        assert_eq!(collector.count(rules), 1, "{form}");
    }
    let answer = browser.post("/alerts/webhook", "url=ftp%3A%2F%2Fx").await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("value=\"ftp://x\""), "{}", answer.text);
    let form = "url=http%3A%2F%2Fx%3A99999";
    let answer = browser.post("/alerts/webhook", form).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("from 1 to 65535"), "{}", answer.text);
}

#[tokio::test]
async fn the_list_says_when_a_silent_account_was_last_seen() {
    let collector = Collector::new();
    let record = json!({"records": [{"account_id": "site", "parent_account_id": "top"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(record))
        .await;
    let days_ago = |account: &str, days: i64| {
        let at = now_ms() - days * DAY;
        with(
            feature(
                account,
                &format!("of {account}"),
                "f",
                format!("{account} {days}"),
            ),
            json!({"created_at": at}),
        )
    };
    let browser = Browser::of(&collector).await;
    browser.post("/alerts/rules", RULE).await;
    let new_user = "name=New&when=new_user&level=top";
    browser.post("/alerts/rules", new_user).await;
    collector
        .send(vec![
            days_ago("site", 12),
            days_ago("site", 10),
            days_ago("back", 9),
            days_ago("other", 0),
        ])
        .await;
    browser.post("/alerts/check", "").await;
    collector.send(vec![days_ago("back", 0)]).await;
    browser.post("/alerts/check", "").await;
    let csv = browser.open("/alerts?csv=alerts").await;
    let last_seen = |account: &str| {
        let row = csv.lines().find(|line| line.starts_with(account)).unwrap();
        row.rsplit(',').next().unwrap().to_owned()
    };
    let day = TimeZone::UTC.day_at(now_ms() - 10 * DAY).to_string();
    assert_eq!(last_seen("top,"), day, "{csv}");
    // The alert of this account has ended, and that of the other one is about a user.
    assert_eq!(last_seen("back,"), "", "{csv}");
    assert_eq!(last_seen("other,"), "", "{csv}");
    // The API has it to the quarter of an hour.
    let list = collector.get("/api/v2/alerts").await;
    for alert in list["results"].as_array().unwrap() {
        let last = alert["last_seen"].as_i64();
        let last = last.map(|at| TimeZone::UTC.day_at(at).to_string());
        let expected = (alert["account_id"] == "top").then(|| day.clone());
        assert_eq!(last, expected, "{alert}");
    }
    let page = browser.open("/alerts").await;
    assert!(page.contains("Last seen") && page.contains(&format!("datetime=\"{day}\"")));
    // A viewer of the account sees the same.
    let viewer = collector.viewer_key(Some("top"));
    let viewer = Browser::with_key(&collector, &viewer).await;
    let csv = viewer.open("/alerts?csv=alerts").await;
    assert!(csv.lines().nth(1).unwrap().ends_with(&day), "{csv}");
}

#[tokio::test]
async fn a_rule_that_would_hit_nothing_is_stored_when_it_is_meant() {
    let collector = with_silent().await;
    let browser = Browser::of(&collector).await;
    let account = json!({"records": [{"account_id": "acme", "tier": "gold"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(account))
        .await;
    let rules = "SELECT COUNT(*) FROM alert_rules";
    let form = "name=Typed&when=silent&days=7&dimension=tier&dimension_value=glod";
    let asked = browser.post("/alerts/rules", form).await;
    assert_eq!(asked.status, 200);
    let doubt = "No account has “glod” as its tier.";
    assert!(
        asked
            .text
            .contains(&format!("name=\"meant\" value=\"{doubt}\"")),
        "{}",
        asked.text
    );
    assert_eq!(collector.count(rules), 0);
    // The form offers only values that occur in the data.
    for option in ["<option value=\"gold\">", "<option value=\"tier\">"] {
        assert!(asked.text.contains(option), "{option}: {}", asked.text);
    }
    let meant = "meant=No+account+has+%E2%80%9Cglod%E2%80%9D+as+its+tier.";
    // Another unknown value leads to another question.
    let other = format!("{}&{meant}", form.replace("glod", "gould"));
    assert_eq!(browser.post("/alerts/rules", &other).await.status, 200);
    let answer = browser
        .post("/alerts/rules", &format!("{form}&{meant}"))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(collector.count(rules), 1);
}

#[tokio::test]
async fn a_rule_is_changed_by_the_form_that_shows_it() {
    let collector = with_silent().await;
    let browser = Browser::of(&collector).await;
    browser.post("/alerts/rules", RULE).await;
    let id = collector.count("SELECT id FROM alert_rules");
    let page = browser.open("/alerts").await;
    let link = format!("href=\"/alerts?edit={id}#rule\"");
    assert!(page.contains(&link), "{link}: {page}");
    let page = browser.open(&format!("/alerts?edit={id}")).await;
    for text in [
        "Change a rule",
        "value=\"Quiet &lt;i&gt;\"",
        &format!("action=\"/alerts/rules/{id}\""),
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let form = RULE.replace("days=7", "days=9");
    let answer = browser.post(&format!("/alerts/rules/{id}"), &form).await;
    assert_eq!(answer.headers["location"], "/alerts?done=changed#done");
    let page = browser.open("/alerts?done=changed").await;
    assert!(page.contains("no use in the last 9 days"), "{page}");
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    let path = format!("/alerts/rules/{id}");
    assert_eq!(viewer.post(&path, &form).await.status, 403);
    let gone = browser
        .post("/alerts/rules/77", &form.replace("Quiet", "Other"))
        .await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn the_secret_of_the_webhook_is_shown_once_and_its_path_never() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let form = "url=https%3A%2F%2Fhooks.example.com%2FT0%2Fsesame";
    let answer = browser.post("/alerts/webhook", form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("whsec_"));
    let page = browser.open("/alerts").await;
    assert!(page.contains("https://hooks.example.com/…"), "{page}");
    for secret in ["whsec_", "sesame"] {
        assert!(!page.contains(secret), "{page}");
    }
    let answer = browser.post("/alerts/webhook", "url=javascript%3A1").await;
    assert_eq!(answer.status, 422);
    let answer = browser.post("/alerts/webhook/remove", "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(collector.count("SELECT COUNT(*) FROM webhook"), 0);
}

#[tokio::test]
async fn an_alert_says_below_what_its_account_is_to_those_who_may_see_that() {
    let collector = with_silent().await;
    let records = json!({"records": [
        {"account_id": "north", "name": "North <i>"},
        {"account_id": "acme", "parent_account_id": "north"},
        {"account_id": "acme-<b>", "parent_account_id": "acme-2"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let browser = Browser::of(&collector).await;
    browser
        .post("/alerts/rules", &RULE.replace("level=top", "level=leaves"))
        .await;
    let page = browser.open("/alerts").await;
    for parent in ["North &lt;i&gt;", "acme-2"] {
        let words = format!("<small>in {parent}</small>");
        assert!(page.contains(&words), "{words}: {page}");
    }
    for (account, sees) in [("north", true), ("acme", false)] {
        let key = collector.viewer_key(Some(account));
        let page = Browser::with_key(&collector, &key)
            .await
            .open("/alerts")
            .await;
        assert!(page.contains("1 active alert"), "{account}: {page}");
        assert_eq!(page.contains("in North"), sees, "{account}: {page}");
    }
}

#[tokio::test]
async fn viewers_see_alerts_of_their_accounts_and_change_nothing() {
    let collector = with_silent().await;
    let admin = Browser::of(&collector).await;
    admin.post("/alerts/rules", RULE).await;
    let whole = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    let part = Browser::with_key(&collector, &collector.viewer_key(Some("acme"))).await;
    let page = whole.open("/alerts").await;
    assert!(
        page.contains("2 active alerts") && page.contains("1 rule"),
        "{page}"
    );
    assert!(!page.contains("method=\"post\" action=\"/alerts"), "{page}");
    assert!(!page.contains("Webhook"), "{page}");
    let page = part.open("/alerts").await;
    assert!(
        page.contains("1 active alert") && !page.contains("acme-&lt;b&gt;"),
        "{page}"
    );
    assert!(!page.contains("no use in the last 7 days"), "{page}");
    let account = part.open("/accounts/acme").await;
    assert!(account.contains("1 active alert"), "{account}");
    assert!(!account.contains("no use in the last 7 days"), "{account}");
    for (path, form) in [
        ("/alerts/rules", RULE),
        ("/alerts/rules/1/delete", ""),
        ("/alerts/check", ""),
        ("/alerts/webhook", "url=https%3A%2F%2Fx.example"),
        ("/alerts/webhook/remove", ""),
    ] {
        for browser in [&whole, &part] {
            assert_eq!(browser.post(path, form).await.status, 403, "{path}");
        }
    }
}
