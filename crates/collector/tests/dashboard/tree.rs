//! The account tree, the search and the lists.

use serde_json::json;

use crate::{
    company::with_company,
    support::{
        Collector,
        browser::{Browser, assert_shows},
        feature,
    },
};

#[tokio::test]
async fn the_tree_opens_level_by_level_and_finds_accounts() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let first = browser.open("/").await;
    assert_shows(&first, &["Meridian Foods", "Helvetia Cargo", "29 accounts"]);
    assert!(!first.contains("Göteborg"), "only what is open is sent");
    let level = browser
        .open("/fragments/tree?parent=meridian-nordics")
        .await;
    assert_shows(&level, &["Göteborg", "Oslo", "Tampere", "<li>"]);
    let found = browser.open("/fragments/search?search=G%C3%96TE").await;
    assert_shows(&found, &["Göteborg", "in Nordics"]);
    assert_shows(
        &browser.open("/?search=oslo").await,
        &["Accounts and users with “oslo”"],
    );
    assert_shows(
        &browser.open("/fragments/search?search=atlantis").await,
        &["No account or user has this"],
    );
    // An account's page shows the path to it.
    let page = browser.open("/accounts/meridian-nordics-oslo").await;
    assert_shows(
        &page,
        &[
            "Helvetia Cargo",
            "Nordics",
            "Tampere",
            "aria-current=\"page\"",
        ],
    );
    assert_eq!(
        browser.ask("/fragments/tree?parent=nobody").await.status,
        404
    );
}

#[tokio::test]
async fn a_level_of_ten_thousand_accounts_comes_in_pages() {
    let collector = Collector::new();
    let records: Vec<_> = (0..10_000)
        .map(|at| json!({"account_id": format!("site-{at:05}"), "parent_account_id": "chain"}))
        .collect();
    collector
        .change(
            "POST",
            "/api/v2/accounts",
            Some(json!({"records": records})),
        )
        .await;
    let browser = Browser::of(&collector).await;
    let first = browser.open("/fragments/tree?parent=chain").await;
    assert_eq!(first.matches("<li").count(), 51);
    assert_shows(
        &first,
        &["site-00000", "Show 50 more of 10,000", "number=2"],
    );
    let last = browser
        .open("/fragments/tree?parent=chain&number=200")
        .await;
    assert_shows(&last, &["site-09999"]);
    assert!(!last.contains("more of"));
    // The tree on an account's own page shows it even if it is far down the list.
    let page = browser.open("/accounts/site-07777").await;
    assert!(page.len() < 40_000, "{} bytes", page.len());
    assert_shows(&page, &["aria-current=\"page\" title=\"site-07777\""]);
    let below = browser
        .open("/accounts/chain/below?page.accounts=200&sort.accounts=account")
        .await;
    assert_shows(
        &below,
        &["10,000 accounts", "Page 200 of 200", "site-09999"],
    );
}

#[tokio::test]
async fn a_chain_of_a_thousand_levels_stays_readable() {
    let collector = Collector::new();
    let records: Vec<_> = (1..1000)
        .map(|at| json!({"account_id": format!("l{at}"), "parent_account_id": format!("l{}", at - 1)}))
        .collect();
    collector
        .change(
            "POST",
            "/api/v2/accounts",
            Some(json!({"records": records})),
        )
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/l999").await;
    assert!(page.matches("<ul>").count() < 12, "{page}");
    assert_shows(&page, &["↑ l992", "995 accounts"]);
}

#[tokio::test]
async fn nothing_is_listed_below_an_account_of_no_other_and_its_viewer_has_it_on_the_first_page() {
    let collector = Collector::new();
    collector
        .send(vec![feature("alone", "ann", "export", 1)])
        .await;
    let viewer = collector.viewer_key(Some("alone"));
    let viewer = Browser::with_key(&collector, &viewer).await;
    for browser in [&Browser::of(&collector).await, &viewer] {
        for level in ["top", "leaves", "all"] {
            let lines = async |path: &str| {
                let path = format!("{path}?range=all&csv=accounts&level={level}");
                browser.ask(&path).await.text.lines().count()
            };
            assert_eq!(lines("/accounts/alone/below").await, 1, "{level}");
            assert_eq!(lines("/").await, 2, "{level}");
        }
    }
}

#[tokio::test]
async fn accounts_below_are_listed_with_their_usage() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/meridian/below").await;
    assert_shows(
        &page,
        &[
            "10 accounts",
            "Göteborg",
            "Nordics",
            "Benelux",
            "Iberia",
            "<polyline",
        ],
    );
    // The tab shows the number of accounts below.
    assert_shows(&page, &["Accounts below<span class=\"many\">10</span>"]);
    let page = browser.open("/accounts/meridian/below?level=top").await;
    assert_shows(
        &page,
        &["<h2>3 accounts</h2>", "Nordics", "Benelux", "Iberia"],
    );
    // The top level of the whole tree are the customers, as in the rules. Below an account, and
    // for who sees only a part, it is only the top level.
    let part = collector.viewer_key(Some("meridian"));
    let part = Browser::with_key(&collector, &part).await;
    let (whole, in_part) = (browser.open("/").await, part.open("/").await);
    for (page, top) in [
        (&whole, "Customers"),
        (&page, "Top level"),
        (&in_part, "Top level"),
    ] {
        for label in ["Customers", "Top level"] {
            assert_eq!(page.contains(&format!(">{label}</a>")), label == top);
        }
        assert_shows(page, &[">Lowest level</a>", ">All levels</a>"]);
    }
    let rules = browser.open("/alerts").await;
    assert_shows(&rules, &[">Customers</option>", ">Lowest level</option>"]);
}
