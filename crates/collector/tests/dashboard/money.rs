//! Amounts of money as pages and tables show them.

use natero_collector::clock::now_ms;
use serde_json::{Value, json};

use crate::{
    sums::table,
    support::browser::{Browser, assert_shows},
    support::*,
};

async fn with_money(records: &[(&str, Value)]) -> Collector {
    let collector = Collector::new();
    let accounts = json!([
        {"account_id": "top"},
        {"account_id": "eu", "parent_account_id": "top"},
        {"account_id": "us", "parent_account_id": "top"},
    ]);
    collector
        .change("POST", "/api/v2/accounts", Some(accounts))
        .await;
    for (account, record) in records {
        let path = format!("/api/v2/accounts/{account}/financials");
        let answer = collector.call("POST", &path, Some(record.clone())).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    collector
}

fn mrr(name: &str, day: i64, amount: i64, currency: &str) -> Value {
    json!({"date": NOW + day * DAY, "name": name, "amount": amount, "currency": currency})
}

#[tokio::test]
async fn each_currency_has_a_column_of_its_own() {
    let collector = with_money(&[
        ("eu", mrr("MRR", 0, 100, "EUR")),
        ("us", mrr(" mrr ", 0, 50, "USD")),
    ])
    .await;
    let browser = Browser::of(&collector).await;
    let rows = table(&browser, "/?level=all", "accounts", "account_id").await;
    for (account, euros, dollars) in [("top", "100", "50"), ("eu", "100", ""), ("us", "", "50")] {
        let row = &rows[account];
        assert_eq!((&*row["mrr_EUR"], &*row["mrr_USD"]), (euros, dollars));
        assert!(!row.contains_key("mrr"), "an amount has a currency");
    }
}

#[tokio::test]
async fn the_latest_amount_counts_in_its_currency_alone() {
    let collector = with_money(&[
        ("eu", mrr("mrr", 0, 100, "EUR")),
        ("eu", mrr("mrr", 31, 120, "USD")),
    ])
    .await;
    let browser = Browser::of(&collector).await;
    let rows = table(&browser, "/?level=all", "accounts", "account_id").await;
    assert_eq!(rows["top"]["mrr_USD"], "120");
    assert!(!rows["top"].contains_key("mrr_EUR"));
}

#[tokio::test]
async fn a_deactivated_account_brings_no_revenue() {
    let collector = with_money(&[
        ("eu", mrr("mrr", 0, 100, "EUR")),
        ("us", mrr("mrr", 0, 10, "EUR")),
    ])
    .await;
    collector
        .change("DELETE", "/api/v2/accounts/eu", None)
        .await;
    let browser = Browser::of(&collector).await;
    let rows = table(&browser, "/?level=all", "accounts", "account_id").await;
    assert_eq!(rows["top"]["mrr_EUR"], "10");
}

#[tokio::test]
async fn several_currencies_stand_on_lines_of_their_own() {
    let collector = with_money(&[
        ("eu", mrr("mrr", 0, 7100, "CHF")),
        ("us", mrr("mrr", 0, 1_840_000, "JPY")),
    ])
    .await;
    let browser = Browser::of(&collector).await;
    let lines =
        "<span class=\"figure\">CHF 7,100</span><span class=\"figure\">JPY 1,840,000</span>";
    // The tile and the column of the table leave out the decimals of whole amounts.
    let page = browser.open("/?range=all").await;
    assert_eq!(page.matches(lines).count(), 2, "{page}");
    let page = browser.open("/accounts/top/records").await;
    assert_shows(&page, &["JPY 1,840,000<", "CHF 7,100.00<"]);
}

#[tokio::test]
async fn the_header_of_an_account_has_the_same_revenue_as_the_list() {
    let collector = with_money(&[
        // Months stay apart: the latest counts, and a later one does not count yet.
        ("eu", mrr("mrr", -31, 90, "EUR")),
        ("eu", mrr("MRR", 0, 100, "EUR")),
        (
            "eu",
            json!({"date": now_ms() + 2 * DAY, "name": "mrr", "amount": 5, "currency": "EUR"}),
        ),
        ("us", mrr("mrr", 0, 50, "USD")),
        ("us", mrr("licence", 0, 7, "USD")),
    ])
    .await;
    let browser = Browser::of(&collector).await;
    let shown = async |account: &str| {
        let page = browser.open(&format!("/accounts/{account}/records")).await;
        let header = page.split("class=\"tabs\"").next().unwrap().to_owned();
        let (_, revenue) = header.split_once("MRR: ")?;
        Some(revenue.split('<').next().unwrap().to_owned())
    };
    assert_eq!(shown("top").await.unwrap(), "EUR 100 + USD 50");
    assert_eq!(shown("eu").await.unwrap(), "EUR 100");
    collector
        .change("DELETE", "/api/v2/accounts/eu", None)
        .await;
    assert_eq!(shown("top").await.unwrap(), "USD 50");
    assert_eq!(shown("eu").await, None);
    collector
        .change("DELETE", "/api/v2/accounts/top", None)
        .await;
    assert_eq!(shown("us").await, None);
}
