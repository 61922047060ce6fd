//! Amounts of money as pages show them.

use serde_json::json;

use crate::{
    browser::{Browser, assert_shows},
    support::{Collector, NOW, feature},
};

#[tokio::test]
async fn several_currencies_stand_on_lines_of_their_own() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let record = |currency: &str, amount: i64| json!({"name": "mrr", "date": NOW, "amount": amount, "currency": currency});
    let records = json!({"records": [record("CHF", 7100), record("JPY", 1_840_000)]});
    let answer = collector
        .call("POST", "/api/v2/accounts/acme/financials", Some(records))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let browser = Browser::of(&collector).await;
    let lines =
        "<span class=\"figure\">CHF 7,100.00</span><span class=\"figure\">JPY 1,840,000</span>";
    let page = browser.open("/?range=all").await;
    assert_eq!(page.matches(lines).count(), 2, "{page}");
    let page = browser.open("/accounts/acme/records").await;
    assert_shows(&page, &["JPY 1,840,000<", "CHF 7,100.00<"]);
}
