//! What an account did.

use natero_collector::app::now_ms;
use serde_json::json;

use crate::{
    browser::{Browser, assert_shows, with_company},
    support::{Collector, DAY, NOW, feature, with},
};

#[tokio::test]
async fn an_account_shows_what_the_usage_api_says() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let day = 24 * 3_600_000;
    let tomorrow = (now_ms() / day + 1) * day;
    let api = format!(
        "/api/v2/accounts/meridian/usage?from={}&to={tomorrow}",
        tomorrow - 28 * day
    );
    let usage = collector.get(&format!("{api}&by=product")).await;
    let totals = &usage["totals"];
    assert!(totals["features"].as_i64().unwrap() > 300, "{usage}");
    let separated = |number: &serde_json::Value| {
        let number = number.as_i64().unwrap();
        if number < 1000 {
            number.to_string()
        } else {
            format!("{},{:03}", number / 1000, number % 1000)
        }
    };
    let page = browser.open("/accounts/meridian").await;
    for name in ["features", "sessions", "users", "events"] {
        assert_shows(&page, &[&format!("<dd>{}<", separated(&totals[name]))]);
    }
    let hours = |ms: &serde_json::Value| {
        let minutes = (ms.as_i64().unwrap() + 500) / 60_000;
        format!("{} h {:02} min", minutes / 60, minutes % 60)
    };
    assert_shows(
        &page,
        &[
            &hours(&totals["active_time"]),
            &hours(&totals["module_time"]),
        ],
    );
    for row in usage["rows"].as_array().unwrap() {
        let name = row["key"].as_str().unwrap_or("Without a product");
        assert_shows(
            &page,
            &[&format!(">{name}</a>"), &separated(&row["features"])],
        );
    }
    // Opened, a product shows its modules, and a module its features.
    let modules = browser
        .open("/fragments/breakdown/meridian?product=freight&base=0")
        .await;
    assert_shows(
        &modules,
        &[
            "data-depth=\"1\"",
            ">dashboard</a>",
            ">reports</a>",
            "module=reports",
        ],
    );
    let features = browser
        .open("/fragments/breakdown/meridian?product=freight&module=reports&base=0")
        .await;
    assert_shows(
        &features,
        &[
            "data-depth=\"2\"",
            ">export_report</span>",
            ">schedule_report</span>",
        ],
    );
    // Without a script the same is a page.
    let page = browser.open("/accounts/meridian?product=freight").await;
    assert_shows(
        &page,
        &["All products", "Modules and features", ">dashboard</a>"],
    );
    // The chart has a value for each day, and there is a table of them.
    assert_shows(
        &page,
        &["data-series=\"{&quot;days&quot;:[", "Figures by day"],
    );
}

#[tokio::test]
async fn the_roll_up_switch_leaves_out_what_is_below() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/meridian?rollup=false").await;
    assert_shows(
        &page,
        &[
            "This account alone",
            "No usage in this period",
            "kept but not counted",
        ],
    );
    let leaf = browser.open("/accounts/meridian-nordics-oslo").await;
    assert!(
        !leaf.contains("This account alone"),
        "a leaf has nothing to switch"
    );
}

#[tokio::test]
async fn uncaptured_usage_is_explained() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/meridian").await;
    assert_shows(
        &page,
        &[
            "37 events are kept but not counted",
            "They were sent for an account that has accounts below it",
            "captured only where nothing is below",
        ],
    );
    let page = browser.open("/accounts/kestrel").await;
    assert_shows(
        &page,
        &[
            "12 events are kept but not counted",
            "belongs to another account",
            "&quot;move&quot;: true",
        ],
    );
    let page = browser.open("/accounts/orchard").await;
    assert!(!page.contains("not counted"));
}

#[tokio::test]
async fn a_period_is_chosen_by_name_or_by_days_and_kept_from_page_to_page() {
    let collector = Collector::new();
    // 14 and 15 November 2023.
    collector
        .send(vec![
            feature("acme", "ann", "export", 1),
            with(
                feature("acme", "bob", "share", 2),
                json!({"created_at": NOW + DAY}),
            ),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/acme").await;
    assert_shows(
        &page,
        &[
            "No usage in this period",
            "The latest events are of 15 Nov 2023",
            "range=all",
        ],
    );
    let page = browser.open("/accounts/acme?range=all").await;
    assert_shows(&page, &["<dd>2", "14 Nov 2023", "15 Nov 2023"]);
    let page = browser
        .open("/accounts/acme?from=2023-11-15&to=2023-11-15")
        .await;
    assert_shows(
        &page,
        &[
            "<dd>1",
            "/accounts/acme/users?from=2023-11-15&amp;to=2023-11-15",
        ],
    );
    assert!(!page.contains("<th scope=\"row\">14 Nov 2023"));
}
