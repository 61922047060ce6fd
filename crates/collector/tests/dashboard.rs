//! The dashboard, as a browser gets it.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use natero_collector::{app::now_ms, store::keys as stored_keys};
use serde_json::json;
use support::{company::company, *};

const POLICY: [&str; 8] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
];

/// A browser that is signed in.
struct Browser<'a> {
    collector: &'a Collector,
    cookie: String,
}

fn sign_in_form() -> axum::http::request::Builder {
    Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
}

async fn sign_in(collector: &Collector, key: &str, next: &str) -> Answer {
    let body = Body::from(format!("key={key}&next={next}"));
    collector.ask(sign_in_form().body(body).unwrap()).await
}

/// `name=value` of the cookie that an answer sets.
fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

impl<'a> Browser<'a> {
    async fn of(collector: &'a Collector) -> Self {
        let answer = sign_in(collector, &collector.account_key, "").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        Browser {
            collector,
            cookie: cookie_of(&answer),
        }
    }

    async fn ask(&self, path: &str) -> Answer {
        let request = Request::get(path)
            .header("cookie", &self.cookie)
            .body(Body::empty())
            .unwrap();
        self.collector.ask(request).await
    }

    /// The text of a page, which is there.
    async fn open(&self, path: &str) -> String {
        let answer = self.ask(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text.replace('\u{a0}', " ")
    }
}

#[track_caller]
fn assert_shows(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text:?} is missing in {page}");
    }
}

/// A collector to which the whole company was sent over HTTP.
async fn with_company() -> Collector {
    let collector = Collector::with(&[]);
    let company = company(now_ms(), 21);
    for (path, records) in [
        ("/api/v2/accounts", company.accounts),
        ("/api/v2/account_users", company.users),
    ] {
        let answer = collector
            .call("POST", path, Some(json!({"records": records})))
            .await;
        assert_eq!(answer.json()["rejected"], json!([]), "{}", answer.text);
    }
    for events in company.events.chunks(1000) {
        collector.send(events.to_vec()).await;
    }
    for (account, kind, record) in company.records {
        let path = format!("/api/v2/accounts/{account}/{kind}");
        let answer = collector.call("POST", &path, Some(record)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    collector
}

#[tokio::test]
async fn who_is_not_signed_in_gets_a_form_and_nothing_else() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let first = collector
        .ask(Request::get("/").body(Body::empty()).unwrap())
        .await;
    assert_eq!(first.status, 200);
    assert_shows(
        &first.text,
        &["<form", "action=\"/sign-in\"", "type=\"password\""],
    );
    assert!(!first.text.contains("acme"));
    for path in [
        "/accounts/acme",
        "/accounts/acme/below",
        "/accounts/acme/users",
        "/accounts/acme/records",
        "/accounts/acme/events",
        "/events",
        "/loss?range=7d",
    ] {
        let answer = collector
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, 303, "{path}");
        let to = answer.headers["location"].to_str().unwrap();
        assert!(to.starts_with("/?next=%2F"), "{to}");
        assert!(!answer.text.contains("acme"));
    }
    for path in [
        "/fragments/tree",
        "/fragments/search?search=a",
        "/fragments/breakdown/acme",
        "/fragments/events",
    ] {
        let answer = collector
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.text.contains("acme"));
    }
}

#[tokio::test]
async fn signing_in_opens_a_session_that_scripts_cannot_read_and_signing_out_ends_it() {
    let collector = Collector::new();
    let answer = sign_in(&collector, &collector.account_key, "%2Floss%3Frange%3D7d").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers["location"], "/loss?range=7d");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    assert!(!cookie.contains(&collector.account_key));

    let browser = Browser {
        collector: &collector,
        cookie: cookie_of(&answer),
    };
    assert_shows(&browser.open("/").await, &["Sign out", "No accounts yet"]);
    let sign_out = Request::post("/sign-out")
        .header("cookie", &browser.cookie)
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty())
        .unwrap();
    let answer = collector.ask(sign_out).await;
    assert_eq!(answer.status, 303);
    assert!(
        answer.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(browser.ask("/events").await.status, 303);
    assert_shows(&browser.open("/").await, &["action=\"/sign-in\""]);
}

#[tokio::test]
async fn over_https_the_cookie_is_secure() {
    let collector = Collector::new();
    let request = sign_in_form()
        .header("origin", "https://natero.example")
        .body(Body::from(format!("key={}", collector.account_key)))
        .unwrap();
    let cookie = collector.ask(request).await.headers["set-cookie"].clone();
    let cookie = cookie.to_str().unwrap();
    assert!(cookie.starts_with("__Host-natero_session="), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_words_and_sets_no_cookie() {
    let collector = Collector::new();
    for key in ["nacc_0000", "", &collector.source.api_key.clone()] {
        let answer = sign_in(&collector, key, "").await;
        assert_eq!(answer.status, 401);
        assert_shows(
            &answer.text,
            &["unknown or was revoked", "action=\"/sign-in\""],
        );
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn pages_of_other_sites_can_neither_sign_in_nor_out() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    for path in ["/sign-in", "/sign-out"] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-none", "of both"),
        ] {
            let request = Request::post(path)
                .header("host", "natero.example")
                .header("cookie", &browser.cookie)
                .header("content-type", "application/x-www-form-urlencoded")
                .header(name, value)
                .body(Body::from(format!("key={}", collector.account_key)))
                .unwrap();
            let answer = collector.ask(request).await;
            assert_eq!(answer.status, 403, "{path} {name} {value}");
            assert!(!answer.headers.contains_key("set-cookie"));
        }
    }
    browser.open("/events").await;
}

#[tokio::test]
async fn after_signing_in_nobody_is_sent_to_another_site() {
    let collector = Collector::new();
    for next in [
        "%2F%2Fevil.example",
        "https%3A%2F%2Fevil.example",
        "%2F%5Cevil.example",
    ] {
        let answer = sign_in(&collector, &collector.account_key, next).await;
        assert_eq!(answer.headers["location"], "/", "{next}");
    }
}

#[tokio::test]
async fn a_revoked_key_ends_its_sessions() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    browser.open("/events").await;
    assert!(stored_keys::revoke(&mut collector.sql(), "account-1").unwrap());
    assert_eq!(browser.ask("/events").await.status, 303);
    assert_eq!(browser.ask("/fragments/events").await.status, 401);
}

#[tokio::test]
async fn every_answer_carries_the_strict_policy_and_names_no_other_host() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let signed_out = Browser {
        collector: &collector,
        cookie: String::new(),
    };
    for (who, path, status) in [
        (&signed_out, "/", 200),
        (&signed_out, "/events", 303),
        (&browser, "/", 200),
        (&browser, "/accounts/acme", 200),
        (&browser, "/accounts/nobody", 404),
        (&browser, "/accounts/acme?range=sometime", 400),
        (&browser, "/events", 200),
        (&browser, "/loss", 200),
        (&browser, "/assets/dashboard.js", 200),
        (&browser, "/fragments/tree", 200),
    ] {
        let answer = who.ask(path).await;
        assert_eq!(answer.status, status, "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        let rules: Vec<_> = policy.split("; ").collect();
        assert_eq!(rules, POLICY, "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        if path.starts_with("/assets/") {
            continue;
        }
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        for forbidden in [
            "http://", "https://", "src=\"//", " style=", "<style", "onclick",
        ] {
            assert!(!answer.text.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

#[tokio::test]
async fn what_pages_load_is_there() {
    let collector = Collector::new();
    let page = Browser::of(&collector).await.open("/").await;
    let assets: Vec<_> = page
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert_eq!(assets.len(), 6);
    for asset in assets {
        let answer = collector
            .ask(Request::get(asset).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(
            answer.headers["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert!(!answer.text.is_empty());
    }
}

#[tokio::test]
async fn markup_in_data_is_shown_as_text_everywhere() {
    let collector = Collector::new();
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let id = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E";
    let mut events = vec![with(
        feature(evil, evil, evil, 1),
        json!({"module": evil, "product": evil, "created_at": now_ms(), "stream_id": evil, "seq": 3}),
    )];
    events.push(with(
        feature(evil, evil, "f", 2),
        json!({
            "action": "identifyUser", "details": {"first_name": evil, "last_name": evil},
        }),
    ));
    events.push(with(
        feature(evil, evil, "f", 3),
        json!({
            "action": "identifyAccount", "details": {"name": evil, "hierarchy_label": evil},
        }),
    ));
    collector.send(events).await;
    for kind in ["notes", "financials"] {
        let record = json!({"date": 1, "name": evil, "amount": 1, "currency": "EUR", "text": evil, evil: evil});
        let answer = collector
            .call(
                "POST",
                &format!("/api/v2/accounts/{id}/{kind}"),
                Some(record),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let browser = Browser::of(&collector).await;
    for path in [
        "/".to_owned(),
        format!("/?search={id}"),
        format!("/accounts/{id}"),
        format!("/accounts/{id}?product={id}&module={id}"),
        format!("/accounts/{id}/users"),
        format!("/accounts/{id}/records"),
        format!("/accounts/{id}/events"),
        "/events".to_owned(),
        "/loss?range=all".to_owned(),
        "/fragments/tree".to_owned(),
        "/fragments/search?search=script".to_owned(),
        format!("/fragments/breakdown/{id}?product={id}"),
        "/fragments/events".to_owned(),
    ] {
        let page = browser.open(&path).await;
        assert_shows(&page, &["&lt;script&gt;alert(1)&lt;/script&gt;"]);
        for forbidden in ["<script>alert", "<img", "\"'>"] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
    }
    // What an error repeats is escaped, too.
    let answer = browser.ask("/accounts/%3Cscript%3Ealert(2)").await;
    assert_eq!(answer.status, 404);
    assert!(!answer.text.contains("<script>alert"), "{}", answer.text);
    assert_shows(&answer.text, &["&lt;script&gt;alert(2)"]);
}

#[tokio::test]
async fn the_tree_opens_level_by_level_and_finds_accounts() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let first = browser.open("/").await;
    assert_shows(
        &first,
        &[
            "Northwind Logistics",
            "Helvetia Kantonalbank",
            "25 accounts",
        ],
    );
    assert!(!first.contains("Göteborg"), "only what is open is sent");
    let level = browser
        .open("/fragments/tree?parent=northwind-nordics")
        .await;
    assert_shows(&level, &["Göteborg", "Oslo", "Tampere", "<li>"]);
    let found = browser.open("/fragments/search?search=G%C3%96TE").await;
    assert_shows(&found, &["Göteborg", "in Nordics"]);
    assert_shows(
        &browser.open("/?search=oslo").await,
        &["Accounts with “oslo”"],
    );
    assert_shows(
        &browser.open("/fragments/search?search=atlantis").await,
        &["No account has this"],
    );
    // An account's page shows the way to it.
    let page = browser.open("/accounts/northwind-nordics-oslo").await;
    assert_shows(
        &page,
        &[
            "Helvetia Kantonalbank",
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
        .call(
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
    // One far down the list is still seen in the tree of its own page.
    let page = browser.open("/accounts/site-07777").await;
    assert!(page.len() < 40_000, "{} bytes", page.len());
    assert_shows(&page, &["aria-current=\"page\" title=\"site-07777\""]);
    let below = browser.open("/accounts/chain/below?page=400").await;
    assert_shows(
        &below,
        &[
            "10,000 accounts directly below",
            "Page 400 of 400",
            "site-09999",
        ],
    );
}

#[tokio::test]
async fn a_chain_of_a_thousand_levels_stays_readable() {
    let collector = Collector::new();
    let records: Vec<_> = (1..1000)
        .map(|at| json!({"account_id": format!("l{at}"), "parent_account_id": format!("l{}", at - 1)}))
        .collect();
    collector
        .call(
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
async fn an_account_shows_what_the_usage_api_says() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let day = 24 * 3_600_000;
    let tomorrow = (now_ms() / day + 1) * day;
    let api = format!(
        "/api/v2/accounts/northwind/usage?from={}&to={tomorrow}",
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
    let page = browser.open("/accounts/northwind").await;
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
        .open("/fragments/breakdown/northwind?product=studio&base=0")
        .await;
    assert_shows(
        &modules,
        &[
            "data-depth=\"1\"",
            ">dashboards</a>",
            ">reports</a>",
            "module=reports",
        ],
    );
    let features = browser
        .open("/fragments/breakdown/northwind?product=studio&module=reports&base=0")
        .await;
    assert_shows(
        &features,
        &["data-depth=\"2\"", ">run</span>", ">schedule</span>"],
    );
    // Without a script the same is a page.
    let page = browser.open("/accounts/northwind?product=studio").await;
    assert_shows(
        &page,
        &["All products", "Modules and features", ">dashboards</a>"],
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
    let page = browser.open("/accounts/northwind?rollup=false").await;
    assert_shows(
        &page,
        &[
            "This account alone",
            "No usage in this period",
            "kept but not counted",
        ],
    );
    let leaf = browser.open("/accounts/northwind-nordics-oslo").await;
    assert!(
        !leaf.contains("This account alone"),
        "a leaf has nothing to switch"
    );
}

#[tokio::test]
async fn uncaptured_usage_is_explained() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/northwind").await;
    assert_shows(
        &page,
        &[
            "37 events are kept but not counted",
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

#[tokio::test]
async fn accounts_below_are_listed_with_their_usage() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/northwind/below").await;
    assert_shows(
        &page,
        &[
            "3 accounts directly below",
            "Nordics",
            "Benelux",
            "Iberia",
            "<polyline",
        ],
    );
}

#[tokio::test]
async fn users_are_listed_by_use_and_quiet_ones_apart() {
    let collector = Collector::new();
    collector
        .call(
            "POST",
            "/api/v2/account_users",
            Some(json!({"records": [
                {"user_id": "ann", "account_id": "acme", "first_name": "Ann", "last_name": "Lee"},
                {"user_id": "zed", "account_id": "acme", "first_name": "Zed"},
            ]})),
        )
        .await;
    let at = json!({"created_at": now_ms()});
    collector
        .send(vec![
            with(
                feature("acme", "ann", "export", 1),
                json!({"created_at": now_ms(), "total": 7}),
            ),
            with(feature("acme", "bob", "export", 2), at),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/accounts/acme/users").await;
    assert_shows(
        &page,
        &[
            "2 active users",
            "Ann Lee",
            "Not active in this period",
            "Zed",
        ],
    );
    assert!(page.find("Ann Lee") < page.find(">bob<"), "most use first");
    assert!(page.find(">bob<") < page.find("Zed"));
}

#[tokio::test]
async fn records_are_shown_and_money_rolls_up() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    let summary = collector.get("/api/v2/accounts/northwind/summary").await;
    let euros = summary["financials"][0]["amount"].as_i64().unwrap();
    let page = browser.open("/accounts/northwind/records").await;
    assert_shows(
        &page,
        &[
            &format!("{},{:03}.00", euros / 1000, euros % 1000),
            "Of this account and all 10 below it",
            "Export stops at 10,000 rows",
            "Quarterly review",
            "Wants scheduled reports",
            "these do not roll up",
        ],
    );
    let page = browser
        .open("/accounts/northwind-nordics-oslo/records")
        .await;
    assert_shows(
        &page,
        &[
            "mrr",
            "No support tickets yet",
            "/api/v2/accounts/{id}/notes",
        ],
    );
}

#[tokio::test]
async fn events_are_followed_as_they_arrive_and_never_shown_twice() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    assert_shows(
        &browser.open("/events").await,
        &["No events yet", "data-last=\"0\""],
    );
    let last = |rows: &str| {
        rows.split("data-last=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let rows = browser.open("/fragments/events?after=0").await;
    assert_shows(&rows, &["export", ">acme</a>", "ann"]);
    let rows = browser
        .open(&format!("/fragments/events?after={}", last(&rows)))
        .await;
    assert!(!rows.contains("<tr"), "{rows}");
    collector
        .send(vec![feature("other", "bob", "share", 2)])
        .await;
    let own = browser
        .open("/fragments/events?after=0&account_id=acme")
        .await;
    assert!(own.contains("export") && !own.contains("share"), "{own}");
    // What others sent is not looked at again.
    assert_eq!(last(&own), "2");
    assert_shows(
        &browser.open("/accounts/other/events").await,
        &["share", "account_id=other"],
    );
    let many: Vec<_> = (10..300)
        .map(|tag| feature("acme", "ann", "export", tag))
        .collect();
    collector.send(many).await;
    let rows = browser.open("/fragments/events?after=0").await;
    assert_eq!(rows.matches("<tr").count(), 100);
}

#[tokio::test]
async fn the_loss_report_tells_what_is_missing() {
    let collector = Collector::new();
    let numbered = |seq: i64| {
        with(
            feature("acme", "ann", "export", seq),
            json!({
                "created_at": now_ms(), "stream_id": "page-1", "seq": seq,
            }),
        )
    };
    let browser = Browser::of(&collector).await;
    assert_shows(
        &browser.open("/loss").await,
        &["No numbered events in this period"],
    );
    collector
        .send(vec![numbered(0), numbered(1), numbered(2)])
        .await;
    assert_shows(&browser.open("/loss").await, &["Nothing is missing"]);
    collector.send(vec![numbered(7)]).await;
    let page = browser.open("/loss").await;
    assert_shows(
        &page,
        &[
            "<dt>Made</dt><dd>8<",
            "<dt>Missing</dt><dd>4<",
            "50.0 %",
            "page-1",
        ],
    );
}
