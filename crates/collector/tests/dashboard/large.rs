//! Pages of accounts with very many or very long names.

use serde_json::json;

use crate::support::{
    Collector,
    browser::{Browser, assert_shows},
    feature, with,
};

/// An account with this many products, of which the last is used most.
async fn with_products(products: usize) -> Collector {
    let collector = Collector::new();
    for chunk in (0..products).collect::<Vec<_>>().chunks(100) {
        let events = chunk.iter().map(|at| {
            with(
                feature("acme", "ann", "export", at),
                json!({"product": format!("product {at:03}"), "module": "all", "total": at}),
            )
        });
        collector.send(events.collect()).await;
    }
    let event = feature("acme", "ann", "export", "again");
    let last = format!("product {:03}", products - 1);
    collector
        .send(vec![with(event, json!({ "product": last }))])
        .await;
    collector
}

fn count(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

#[tokio::test]
async fn a_breakdown_of_many_products_comes_in_pages() {
    let collector = with_products(130).await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/acme?range=all").await;
    assert_eq!(count(&page, "data-depth=\"0\""), 50);
    assert_shows(&page, &["Page 1 of 3", "page.breakdown=2"]);
    let page = browser
        .open("/accounts/acme?range=all&page.breakdown=3&open=product%20005")
        .await;
    assert_eq!(count(&page, "data-depth=\"0\""), 30);
    assert_eq!(
        count(&page, "data-depth=\"1\""),
        1,
        "what is open stays below"
    );
    assert_shows(&page, &["product 005", "product 000", "Page 3 of 3"]);
    assert!(!page.contains(">product 129<"));
    let answer = browser
        .ask("/accounts/acme?range=all&page.breakdown=3&csv=breakdown")
        .await;
    // The last product also has an event without a module.
    assert_eq!(answer.text.lines().count(), 1 + 3 * 130 + 2);
}

#[tokio::test]
async fn a_filter_offers_the_names_that_are_used_most_and_the_chosen_one() {
    let collector = with_products(230).await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/?range=all&product=product%20228").await;
    let offered = count(&page, "<option value=\"=product ");
    assert!((200..=201).contains(&offered), "{offered}");
    assert_shows(
        &page,
        &[
            "value=\"=product 229\"",
            "value=\"=product 228\" selected",
            "and 30 less used",
        ],
    );
}

#[tokio::test]
async fn a_long_text_is_cut_off_and_its_title_has_all_of_it() {
    let collector = Collector::new();
    let long = "m".repeat(240);
    collector
        .send(vec![with(
            feature("acme", "ann", "export", 1),
            json!({ "module": long }),
        )])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/events").await;
    assert_shows(
        &page,
        &[&format!(
            "title=\"{long}\"><div class=\"v\"><span class=\"text\">{long}</span>"
        )],
    );
}
