//! The list of accounts: its columns, filters and search.

use serde_json::json;

use crate::support::{
    Collector,
    browser::{Browser, assert_shows},
    feature,
};

#[tokio::test]
async fn a_text_in_the_name_or_id_chooses_what_is_counted() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "a1", "name": "Zürich Air", "tier": "gold"},
        {"account_id": "a2", "name": "Oslo Air", "tier": "zurich"},
        {"account_id": "zurich-3"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
        .send(vec![
            feature("a1", "ann", "export", 1),
            feature("a2", "bob", "export", 2),
            feature("a2", "cid", "export", 3),
            feature("zurich-3", "dan", "export", 4),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/?range=all&find.accounts=ZURICH").await;
    assert_shows(
        &page,
        &[
            "<h2>2 accounts</h2>",
            "<dt>Active users</dt><dd>2<",
            "of 2 users",
            "Name or id: ZURICH",
            "href=\"/?range=all\"",
        ],
    );
    let (_, list) = page.split_once("<main").unwrap();
    assert!(!list.contains("Oslo"), "{list}");
    // Each word occurs in the name or in the id.
    let page = browser.open("/?range=all&find.accounts=air+a2").await;
    assert_shows(&page, &["<h2>1 account</h2>", "Oslo Air"]);
    // The heading says how many of an account's users match the search.
    let page = browser
        .open("/accounts/a2/users?range=all&find.users=bob")
        .await;
    assert_shows(&page, &["<h2>1 of 2 active users</h2>", "with “bob”"]);
}

#[tokio::test]
async fn the_list_shows_who_looks_after_a_customer_and_when_the_contract_ends() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let today = natero_collector::model::calendar::TimeZone::UTC
        .day_at(natero_collector::clock::now_ms())
        .to_string();
    let (this_year, day) = (&today[..4], today[8..].trim_start_matches('0'));
    let account = |id: &str, renewal: &str| {
        json!({
            "account_id": id, "name": id, "tier": "gold", "stage": "live", "industry": "rail",
            "csm": "Ada", "renewal_date": renewal,
        })
    };
    let records = json!({"records": [account("a", &today), account("b", "2041-02-03")]});
    let call = collector.call("POST", "/api/v2/accounts", Some(records));
    assert_eq!(call.await.status, 200);
    for (id, amount) in [("a", json!(1200)), ("b", json!(99.5))] {
        let record = json!({
            "id": "m", "name": "mrr", "amount": amount, "currency": "EUR", "date": 1_714_521_600_000_i64,
        });
        let path = format!("/api/v2/accounts/{id}/financials");
        assert_eq!(
            collector.call("POST", &path, Some(record)).await.status,
            200
        );
    }
    let page = browser.open("/").await.replace('\u{a0}', " ");
    let from = page.find("<table class=\"accounts\"").unwrap();
    let table = &page[from..from + page[from..].find("</table>").unwrap()];
    let heads: Vec<&str> = ["CSM", "Renewal date", "Tier", "Stage", "Industry"]
        .into_iter()
        .collect();
    let places: Vec<_> = heads
        .iter()
        .map(|head| table.find(&format!(">{head}</a></th>")))
        .collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} in {table}"
    );
    // The first two are in any window.
    for (head, is_in_any) in [("CSM", true), ("Renewal date", true), ("Tier", false)] {
        let cell = table.find(&format!("data-label=\"{head}\"")).unwrap();
        let begin = table[..cell].rfind("<td").unwrap();
        assert_eq!(!table[begin..cell].contains("in-wide"), is_in_any, "{head}");
    }
    assert_shows(
        table,
        &[
            ">EUR 1,200<",
            ">EUR 99.50<",
            ">3 Feb 2041<",
            &format!("<time datetime=\"{today}\">{day} "),
        ],
    );
    assert!(!table.contains(&format!("{this_year}</time>")), "{table}");
    // CSV has the values as they are stored.
    let csv = browser.ask("/?csv=accounts").await.text;
    assert!(csv.contains(",Ada,2041-02-03,gold,live,rail,"), "{csv}");
}

#[tokio::test]
async fn the_list_is_filtered_by_usual_fields_under_their_labels_and_by_their_absence() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let records = json!({"records": [
        {"account_id": "a", "csm": "Ada", "employees": 1200, "region": "north"},
        {"account_id": "b", "csm": "Ben", "employees": 90},
        {"account_id": "c", "employees": 300},
    ]});
    let call = collector.call("POST", "/api/v2/accounts", Some(records));
    assert_eq!(call.await.status, 200);
    let page = browser.open("/").await;
    assert_shows(&page, &["<label>CSM<select name=\"d.csm\">"]);
    // Numbers are in their own order, not in that of their digits.
    let employees: Vec<_> = ["90", "300", "1200"]
        .map(|number| page.find(&format!("<option value=\"{number}\">")))
        .into();
    assert!(
        employees.iter().all(Option::is_some) && employees.is_sorted(),
        "{employees:?}"
    );
    for (filter, expected) in [
        ("d.csm=Ada", vec!["a"]),
        ("d.csm=%3D", vec!["c"]),
        ("d.region=%3D", vec!["b", "c"]),
        ("d.csm=", vec!["a", "b", "c"]),
        ("d.csm=%3D&d.region=%3D", vec!["c"]),
    ] {
        let csv = browser
            .ask(&format!("/?{filter}&sort.accounts=name&csv=accounts"))
            .await
            .text;
        let mut ids: Vec<_> = csv
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{filter}: {csv}");
    }
    // The choice stays in the form and in links, and can be taken away.
    let page = browser.open("/?d.csm=%3D").await;
    assert_shows(
        &page,
        &[
            "<option value=\"=\" selected>Without</option>",
            "Without CSM",
            "d.csm=%3D",
        ],
    );
}

#[tokio::test]
async fn a_dimension_without_a_label_of_its_own_has_its_name_as_one() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "a", "region": "north", "ärzte_je_haus": 3},
        {"account_id": "b", "region": "south", "ärzte_je_haus": 4},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/?d.region=north&product=p").await;
    assert_shows(
        &page,
        &[
            "<label>Region<select",
            "<label>Ärzte je haus<select",
            ">Region: north<",
            ">Product: p<",
        ],
    );
    let page = browser.open("/accounts/a").await;
    assert_shows(&page, &["Region: north", "Ärzte je haus: 3"]);
}

#[tokio::test]
async fn several_filters_are_removed_at_once_and_the_period_level_and_order_stay() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    collector.send(vec![feature("a", "ann", "f", 1)]).await;
    let rest = "range=7d&amp;tz=Asia%2FTokyo&amp;level=all&amp;sort.accounts=-uses";
    let clear = format!("<a class=\"quiet\" href=\"/?{rest}\">Clear all filters</a>");
    let list = format!("/?{}", rest.replace("&amp;", "&"));
    let filters = [
        "product=p",
        "module=m",
        "feature=f",
        "d.tier=gold",
        "from.mrr=1",
        "within.d.renewal_date=60",
        "deactivated=true",
        "find.accounts=a",
    ];
    let page = browser.open(&format!("{list}&{}", filters.join("&"))).await;
    assert_shows(&page, &[&clear]);
    // One filter has its own link.
    for filter in filters {
        let page = browser.open(&format!("{list}&{filter}")).await;
        assert_shows(&page, &[&format!("href=\"/?{rest}\"")]);
        assert!(!page.contains("Clear all filters"), "{filter}: {page}");
    }
}

#[tokio::test]
async fn a_list_says_how_many_accounts_use_what_is_selected() {
    let collector = Collector::new();
    collector
        .send(vec![
            feature("a", "ann", "export", 1),
            feature("b", "bob", "export", 2),
            feature("b", "bob", "print", 3),
            feature("c", "cid", "print", 4),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    for (filter, words) in [
        (
            "feature=export",
            Some("2 of 3 accounts used it in this period."),
        ),
        (
            "feature=mail",
            Some("0 of 3 accounts used it in this period."),
        ),
        (
            "feature=print&find.accounts=c",
            Some("1 of 1 account used it in this period."),
        ),
        ("", None),
    ] {
        let page = browser.open(&format!("/?range=all&{filter}")).await;
        match words {
            Some(words) => assert_shows(&page, &[words]),
            None => assert!(!page.contains("used it in this period"), "{page}"),
        }
    }
}

#[tokio::test]
async fn the_number_of_silent_users_leads_to_as_many_users() {
    let collector = Collector::new();
    let users = json!({"records": [
        {"user_id": "ann", "account_id": "a1"}, {"user_id": "bob", "account_id": "a1"},
        {"user_id": "cid", "account_id": "a2"}, {"user_id": "dan", "account_id": "b"},
    ]});
    let accounts = json!({"records": [
        {"account_id": "a"}, {"account_id": "b"},
        {"account_id": "a1", "parent_account_id": "a"}, {"account_id": "a2", "parent_account_id": "a"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(accounts))
        .await;
    collector
        .change("POST", "/api/v2/account_users", Some(users))
        .await;
    collector
        .send(vec![
            feature("a1", "ann", "export", 1),
            feature("a2", "cid", "print", 2),
            feature("b", "dan", "export", 3),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    for (query, silent) in [("range=all", 1), ("range=all&feature=export", 2)] {
        let page = browser.open(&format!("/?{query}")).await;
        let link = format!(
            "/accounts/a/users?{}#silent-users",
            query.replace('&', "&amp;")
        );
        assert_shows(&page, &[&format!("<a href=\"{link}\">{silent}</a>")]);
        // Nobody of this account is silent.
        assert!(!page.contains("/accounts/b/users"), "{page}");
        let users = browser.open(&format!("/accounts/a/users?{query}")).await;
        let many = if silent == 1 { "1 user" } else { "2 users" };
        assert_shows(&users, &["id=\"silent-users\"", many]);
        let csv = browser
            .open(&format!("/accounts/a/users?{query}&csv=silent"))
            .await;
        assert_eq!(csv.lines().count(), 1 + silent, "{csv}");
    }
}

#[tokio::test]
async fn a_dimension_is_offered_if_some_accounts_have_another_value_or_none() {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "a", "tier": "gold", "is_churned": true, "plan": "x"},
        {"account_id": "b", "tier": "gold", "plan": "y"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    let browser = Browser::of(&collector).await;
    // Filters that are set do not change what is offered.
    for query in ["", "d.is_churned=true", "find.accounts=nobody"] {
        let page = browser.open(&format!("/?{query}")).await;
        let offers = |name: &str| page.contains(&format!("<select name=\"d.{name}\""));
        assert!(offers("plan") && offers("is_churned"), "{query}: {page}");
        assert!(!offers("tier"), "{query}: {page}");
    }
    // Customers who have left are left out.
    let csv = browser.open("/?d.is_churned=%3D&csv=accounts").await;
    assert!(csv.contains("b,b,") && !csv.contains("a,a,"), "{csv}");
}
