//! Lists of accounts that are filtered by ranges of days and amounts.

use axum::http::StatusCode;
use natero_collector::{
    clock::now_ms,
    model::calendar::{Day, TimeZone},
};
use serde_json::json;

use crate::{
    sums::table,
    support::browser::{Browser, assert_shows},
    support::*,
};

fn day(from_today: i64) -> Day {
    TimeZone::UTC.day_at(now_ms()).plus(from_today)
}

/// Customers that renew on different days, with different revenue.
async fn renewing() -> Collector {
    let collector = Collector::new();
    let on = |id: &str, from_today: i64| json!({"account_id": id, "renewal_date": day(from_today).to_string(), "seats": from_today});
    let accounts = json!([
        on("past", -1), on("today", 0), on("soon", 60), on("later", 61),
        {"account_id": "never", "renewal_date": null},
        {"account_id": "site", "parent_account_id": "soon"},
    ]);
    collector
        .change("POST", "/api/v2/accounts", Some(accounts))
        .await;
    for (account, amount, currency) in [
        ("today", 100, "EUR"),
        ("soon", 300, "EUR"),
        ("site", 200, "EUR"),
        ("later", 900, "CHF"),
    ] {
        let record = json!({"date": NOW, "name": "mrr", "amount": amount, "currency": currency});
        let path = format!("/api/v2/accounts/{account}/financials");
        let answer = collector.call("POST", &path, Some(record)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    collector
}

#[tokio::test]
async fn a_list_has_the_accounts_that_are_in_all_its_ranges() {
    let collector = renewing().await;
    let browser = Browser::of(&collector).await;
    let (first, last) = (day(0), day(60));
    for (filter, listed) in [
        ("within.d.renewal_date=60".to_owned(), vec!["soon", "today"]),
        ("within.d.renewal_date=0".to_owned(), vec!["today"]),
        (
            format!("from.d.renewal_date={first}&to.d.renewal_date={last}"),
            vec!["soon", "today"],
        ),
        (format!("to.d.renewal_date={first}"), vec!["past", "today"]),
        // The revenue of a customer includes that of its sites.
        ("from.mrr=500".to_owned(), vec!["later", "soon"]),
        (
            "from.mrr=100&to.mrr=500.00".to_owned(),
            vec!["soon", "today"],
        ),
        (
            "within.d.renewal_date=60&from.mrr=500".to_owned(),
            vec!["soon"],
        ),
        ("from.d.seats=60.5".to_owned(), vec!["later"]),
        ("level=all&from.mrr=200&to.mrr=200".to_owned(), vec!["site"]),
    ] {
        let path = format!("/?{filter}");
        let rows = table(&browser, &path, "accounts", "account_id").await;
        let found: Vec<&str> = rows.keys().map(String::as_str).collect();
        assert_eq!(found, listed, "{filter}");
    }
    let below = "/accounts/soon/below?to.mrr=200";
    let rows = table(&browser, below, "accounts", "account_id").await;
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn the_totals_of_a_range_are_those_of_its_accounts() {
    let collector = renewing().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/?within.d.renewal_date=60").await;
    assert_shows(&page, &["2 accounts", "EUR 600<"]);
    assert!(!page.contains("CHF"), "{page}");
}

#[tokio::test]
async fn each_range_has_a_label_that_removes_it_and_fields_that_show_it() {
    let collector = renewing().await;
    let browser = Browser::of(&collector).await;
    let page = browser
        .open("/?d.seats=60&within.d.renewal_date=60&from.mrr=99.5")
        .await;
    assert_shows(
        &page,
        &[
            "href=\"/?d.seats=60&amp;from.mrr=99.5\">Renewal date: within 60 days<",
            "href=\"/?d.seats=60&amp;within.d.renewal_date=60\">MRR: from 99.50<",
            "name=\"within.d.renewal_date\" value=\"60\"",
            "name=\"from.mrr\" value=\"99.5\"",
        ],
    );
    // Another level, the period and the CSV keep the ranges.
    for link in ["level=leaves", "range=7d", "csv=accounts"] {
        let is_kept = page.split("href=\"").any(|rest| {
            let address = rest.split('"').next().unwrap();
            address.contains(link) && address.contains("within.d.renewal_date=60")
        });
        assert!(is_kept, "{link}: {page}");
    }
    let days = format!("/?from.d.renewal_date={}", day(0));
    assert_shows(&browser.open(&days).await, &["Renewal date: from "]);
}

#[tokio::test]
async fn a_form_keeps_ranges_and_dimensions_that_it_does_not_offer() {
    let collector = renewing().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/?d.region=emea&from.d.floor=3").await;
    let form = page.split("aria-label=\"Filters\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    assert_shows(
        form,
        &[
            "type=\"hidden\" name=\"d.region\" value=\"emea\"",
            "type=\"hidden\" name=\"from.d.floor\" value=\"3\"",
        ],
    );
    // A field of the form replaces what the address had.
    assert!(!form.contains("type=\"hidden\" name=\"within"), "{form}");
}

#[tokio::test]
async fn accounts_without_a_day_can_be_listed_and_csv_has_the_dimension_of_a_range() {
    let collector = renewing().await;
    let browser = Browser::of(&collector).await;
    let rows = table(&browser, "/?d.renewal_date=%3D", "accounts", "account_id").await;
    assert_eq!(rows.into_keys().collect::<Vec<_>>(), ["never"]);
    let rows = table(&browser, "/?from.d.seats=60", "accounts", "account_id").await;
    assert_eq!(rows["later"]["d.seats"], "61");
}

#[tokio::test]
async fn what_is_no_range_is_answered_with_what_a_range_is() {
    let collector = renewing().await;
    let browser = Browser::of(&collector).await;
    for (query, words) in [
        ("to.mrr=much", "or numbers"),
        ("from.mrr=2025-01-01", "are numbers"),
        ("within.d.renewal_date=soon", "number of days"),
    ] {
        let answer = browser.ask(&format!("/?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text.contains(words), "{query}: {}", answer.text);
    }
}
