//! The usage page of an account.

use natero_collector::clock::now_ms;
use serde_json::{Value, json};

use crate::{
    company::with_company,
    support::{
        Collector, DAY, NOW,
        browser::{Browser, assert_shows},
        feature, with,
    },
};

#[tokio::test]
async fn an_account_shows_what_the_usage_api_says() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let day = 24 * 3_600_000;
    let today = now_ms() / day * day;
    let api = format!(
        "/api/v2/accounts/meridian/usage?from={}&to={today}",
        today - 28 * day
    );
    let usage = collector.get(&format!("{api}&by=product")).await;
    let totals = &usage["totals"];
    assert!(totals["features"].as_i64().unwrap() > 300, "{usage}");
    let separated = |number: &Value| {
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
    let hours = |ms: &Value| {
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
    // An open product shows its modules, and an open module its features.
    let modules = browser
        .open("/accounts/meridian?open=freight,freight/reports")
        .await;
    assert_shows(
        &modules,
        &[
            "data-depth=\"1\"",
            ">dashboard</a>",
            ">reports</a>",
            "module=reports",
            "data-depth=\"2\"",
            ">export_report</a>",
            ">schedule_report</a>",
        ],
    );
    assert!(
        !modules.contains(">reroute</a>"),
        "another module is closed"
    );
    // Without a script, the button of a form opens and closes a row.
    let closed = browser
        .open("/accounts/meridian?open=freight,freight/reports&toggle=freight/reports")
        .await;
    assert!(!closed.contains(">export_report</a>"));
    assert_shows(&closed, &[">reports</a>", "value=\"freight/reports\""]);
    let page = browser.open("/accounts/meridian?product=freight").await;
    assert_shows(
        &page,
        &["All products", "Modules and features", ">dashboard</a>"],
    );
    // The chart has a value for each day, and a table shows the same values.
    assert_shows(
        &page,
        &[
            "data-readings=\"[&quot;",
            "The figures of the chart",
            "<rect class=\"now\"",
        ],
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
            "with “Edit” on the page of the user",
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
    assert!(!page.contains("14 Nov 2023</th>"));
}

#[tokio::test]
async fn a_comparison_that_reaches_before_the_first_use_is_not_made() {
    let collector = Collector::new();
    let today = now_ms() / DAY * DAY;
    let on = |account: &str, product: &str, days_ago: i64| {
        with(
            feature(
                account,
                account,
                "export",
                format!("{account} {product} {days_ago}"),
            ),
            json!({"created_at": today - days_ago * DAY, "product": product}),
        )
    };
    // The period is the 28 days up to yesterday, and the previous one begins 56 days ago.
    collector
        .send(vec![
            on("young", "a", 1),
            on("young", "a", 40),
            on("old", "a", 1),
            on("old", "a", 40),
            on("old", "a", 56),
            on("old", "b", 1),
            on("old", "b", 40),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    for (path, is_compared) in [
        ("/accounts/young", false),
        ("/accounts/old", true),
        ("/accounts/old?product=a", true),
        ("/accounts/old?product=b", false),
    ] {
        let page = browser.open(path).await;
        assert!(page.contains("class=\"totals\""), "{path}");
        let has_change = ["▲", "▼", "compared with the 28 days before"]
            .iter()
            .any(|sign| page.contains(sign));
        assert_eq!(has_change, is_compared, "{path}: {page}");
    }
}

/// Events at noon of the last `days` days, including today.
fn one_a_day(account: &str, days: i64) -> Vec<Value> {
    let noon = now_ms() / DAY * DAY + DAY / 2;
    (0..days)
        .map(|ago| {
            with(
                feature(account, account, "export", format!("{account} {ago}")),
                json!({"created_at": noon - ago * DAY}),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_flat_customer_shows_no_change_whatever_the_time_of_day() {
    let collector = Collector::new();
    collector.send(one_a_day("flat", 200)).await;
    let browser = Browser::of(&collector).await;
    for range in ["", "?range=7d", "?range=90d"] {
        let page = browser.open(&format!("/accounts/flat{range}")).await;
        assert!(page.contains("unchanged"), "{range}");
        for sign in ["▲", "▼"] {
            assert!(!page.contains(sign), "{range}: {page}");
        }
    }
    let week = browser.open("/accounts/flat?range=7d").await;
    assert_shows(&week, &["<dd>7<"]);
}

#[tokio::test]
async fn usage_of_today_is_one_step_away() {
    let collector = Collector::new();
    let now = json!({"created_at": now_ms()});
    collector
        .send(vec![with(feature("new", "ann", "export", 1), now)])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/new").await;
    assert_shows(&page, &["No usage in this period", "of today"]);
    let link = page
        .split("href=\"")
        .find(|link| link.contains(">Show today<"));
    let link = link
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    assert_shows(&browser.open(&link).await, &["<dd>1"]);
}

#[tokio::test]
async fn days_are_those_of_the_time_zone_and_links_keep_it() {
    let collector = Collector::with(&["--timezone", "America/Los_Angeles"]);
    // Friday, 3 May 2024, 17:30 in San Francisco.
    let at = json!({"created_at": 1_714_782_600_000_i64});
    collector
        .send(vec![with(feature("acme", "ann", "export", 1), at)])
        .await;
    let browser = Browser::of(&collector).await;
    let there = browser.open("/accounts/acme?range=all").await;
    assert_shows(&there, &["Fri, 3 May 2024</th>"]);
    let friday = "/accounts/acme?from=2024-05-03&to=2024-05-03";
    assert_shows(&browser.open(friday).await, &["<dd>1"]);
    let in_utc = browser.open(&format!("{friday}&tz=UTC")).await;
    assert_shows(&in_utc, &["No usage in this period", "tz=UTC"]);
    let saturday = browser
        .open("/accounts/acme?from=2024-05-04&to=2024-05-04&tz=UTC")
        .await;
    assert_shows(
        &saturday,
        &[
            "Sat, 4 May 2024</th>",
            "/accounts/acme/users?from=2024-05-04&amp;to=2024-05-04&amp;tz=UTC",
            "name=\"tz\" value=\"UTC\"",
        ],
    );
    let refused = browser.ask("/accounts/acme?tz=Mars").await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn the_time_zone_is_chosen_beside_the_days_and_leaves_the_named_period_as_it_is() {
    let collector = Collector::new();
    collector.send(vec![feature("acme", "ann", "f", 1)]).await;
    let browser = Browser::of(&collector).await;
    for path in [
        "/",
        "/accounts/acme",
        "/accounts/acme/users",
        "/users/ann",
        "/quality",
        "/loss",
    ] {
        let page = browser
            .open(&format!("{path}?range=7d&tz=Asia%2FTokyo"))
            .await;
        let from = page.find("class=\"days zone\"").expect(path);
        let form = &page[from..from + page[from..].find("</form>").unwrap()];
        assert_shows(
            form,
            &[
                ">Asia/Tokyo</summary>",
                &format!("action=\"{path}\""),
                "name=\"range\" value=\"7d\"",
                "Time zone<input name=\"tz\" list=\"zones\" placeholder=\"Asia/Tokyo\"",
            ],
        );
        assert!(!form.contains("value=\"Asia/Tokyo\""), "{form}");
        // What the form sends: another time zone, or none for that of the collector.
        for (sent, zone) in [("Europe%2FBerlin", "Europe/Berlin"), ("", "UTC")] {
            let page = browser.open(&format!("{path}?range=7d&tz={sent}")).await;
            assert_shows(&page, &[&format!(">{zone}</summary>")]);
        }
    }
}
