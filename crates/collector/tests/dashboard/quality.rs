//! Problems of the data, and the buttons that fix them.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::{
    company::with_company,
    support::{
        Collector, DAY, NOW,
        browser::{Browser, assert_shows},
        feature, with,
    },
};

async fn put(collector: &Collector, path: &str, records: serde_json::Value) {
    let answer = collector
        .call(
            "POST",
            &format!("/api/v2/{path}"),
            Some(json!({ "records": records })),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// The lines of a table of the page as CSV, without the header.
pub async fn lines(browser: &Browser<'_>, id: &str) -> Vec<String> {
    let answer = browser.ask(&format!("/quality?range=all&csv={id}")).await;
    assert_eq!(
        answer.headers["content-type"], "text/csv; charset=utf-8",
        "{id}: {}",
        answer.text
    );
    answer.text.lines().skip(1).map(str::to_owned).collect()
}

/// The section of a page with this id, to which the browser scrolls.
#[track_caller]
pub fn section_of<'p>(page: &'p str, id: &str) -> &'p str {
    let at = page.find(&format!("id=\"{id}\""));
    let section = &page[at.unwrap_or_else(|| panic!("no section {id} in {page}"))..];
    section.split("</section>").next().unwrap()
}

/// Users' events in another account, in a parent account, and in a leaf.
pub async fn troubled() -> Collector {
    let collector = Collector::new();
    put(
        &collector,
        "accounts",
        json!([
            {"account_id": "top", "name": "Top"},
            {"account_id": "leaf", "name": "Leaf", "parent_account_id": "top"},
            {"account_id": "other"},
            {"account_id": "lost", "parent_account_id": "ghots"},
        ]),
    )
    .await;
    put(
        &collector,
        "account_users",
        json!([{"user_id": "ann", "account_id": "leaf"}]),
    )
    .await;
    let on =
        |event: serde_json::Value, day: i64| with(event, json!({"created_at": NOW + day * DAY}));
    collector
        .send(vec![
            on(feature("leaf", "ann", "export", 1), 0),
            on(feature("other", "ann", "export", 2), 1),
            on(feature("other", "ann", "export", 3), 4),
            on(feature("top", "bob", "export", 4), 2),
            on(feature("top", "cid", "export", 5), 3),
            on(feature("top", "cid", "share", 6), 3),
        ])
        .await;
    collector
}

#[tokio::test]
async fn what_does_not_count_is_listed_with_who_where_how_many_and_since_when() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    assert_eq!(
        lines(&browser, "conflicts").await,
        ["ann,other,Leaf,2,2023-11-15,2023-11-18,other,leaf"]
    );
    assert_eq!(
        lines(&browser, "uncaptured").await,
        ["Top,3,2,1,2023-11-16,2023-11-17,top"]
    );
    assert_eq!(lines(&browser, "phantoms").await, ["ghots,1,lost"]);
    let page = browser.open("/quality?range=all").await;
    assert_shows(
        &page,
        &[
            "1 conflict of a user's accounts",
            "Move to other",
            "What counts in Leaf stays there.",
            "href=\"/users/ann?range=all\"",
            "1 account with usage that is not captured",
            "1 parent that nobody described",
            "0 lines refused",
        ],
    );
}

#[tokio::test]
async fn what_can_be_done_sorts_nothing_and_is_not_downloaded() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/quality?range=all").await;
    assert_shows(&page, &["<span class=\"hidden\">Fix</span>"]);
    assert!(!page.contains("sort.conflicts=fix"), "{page}");
    for id in ["conflicts", "uncaptured", "phantoms"] {
        let answer = browser.ask(&format!("/quality?range=all&csv={id}")).await;
        let head = answer.text.lines().next().unwrap_or_default();
        assert!(!head.contains("fix"), "{id}: {head}");
    }
}

#[tokio::test]
async fn a_section_without_problems_says_what_is_right() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let page = browser.open("/quality?range=all").await;
    let ids = page.split("class=\"card\" id=\"").skip(1);
    let words: Vec<(&str, &str)> = ids
        .map(|section| {
            let words = section.split("<p class=\"none\">").nth(1).unwrap();
            let id = section.split('"').next().unwrap();
            (id, words.split('<').next().unwrap())
        })
        .collect();
    assert_eq!(words.len(), 8, "{words:?}");
    for (id, words) in &words {
        let alike = words.len() > 20 && words.ends_with('.');
        assert!(alike, "{id}: {words}");
    }
    let different: BTreeSet<&str> = words.iter().map(|(_, words)| *words).collect();
    assert_eq!(different.len(), words.len(), "{words:?}");
    // Where there is a problem, the section does not say that there is none.
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    let page = browser.open("/quality?range=all").await;
    let conflicts = section_of(&page, "conflicts");
    assert!(!conflicts.contains("class=\"none\""), "{conflicts}");
}

#[tokio::test]
async fn moving_a_user_makes_the_events_count() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    let answer = browser
        .post("/quality/move-user", "user_id=ann&account_id=other")
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    let (path, section) = to.split_once('#').unwrap();
    let page = browser.open(path).await;
    assert_shows(section_of(&page, section), &["The user is moved"]);
    assert!(lines(&browser, "conflicts").await.is_empty());
    let usage = collector.get("/api/v2/accounts/other/usage").await;
    assert_eq!(usage["totals"]["events"], 2);
    let unknown = browser
        .post("/quality/move-user", "user_id=&account_id=other")
        .await;
    assert_eq!(unknown.status, 422);
}

#[tokio::test]
async fn naming_a_phantom_makes_it_an_account() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    let answer = browser
        .post("/quality/name-account", "account_id=ghots&name=Ghosts+Ltd")
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(lines(&browser, "phantoms").await.is_empty());
    assert_eq!(
        collector.get("/api/v2/accounts/ghots").await["name"],
        "Ghosts Ltd"
    );
}

#[tokio::test]
async fn refused_lines_are_counted_by_reason_source_and_account() {
    let collector = Collector::new();
    let bad = |account: &str| {
        with(feature(account, "ann", "export", 1), json!({"total": -1})).to_string()
    };
    let body = format!(
        "{}\n{}\n{}\nno json\n{}",
        bad("acme"),
        bad("acme"),
        bad("other"),
        feature("acme", "ann", "export", 2)
    );
    for _ in 0..2 {
        let answer = collector.post(body.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(
            !answer.text.contains("account_id\":"),
            "the receipt is as before"
        );
    }
    let browser = Browser::of(&collector).await;
    let counts: Vec<(String, String)> = lines(&browser, "refusals")
        .await
        .iter()
        .map(|line| {
            // The reason may contain commas in quotes.
            let fields: Vec<&str> = line.rsplitn(6, ',').collect();
            (fields[3].to_owned(), fields[2].to_owned())
        })
        .collect();
    let mut sorted = counts.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [("", "2"), ("acme", "4"), ("other", "2")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_shows(
        &browser.open("/quality").await,
        &["8 lines refused", "total"],
    );
    browser.post("/quality/clear-refusals", "").await;
    assert!(lines(&browser, "refusals").await.is_empty());
}

#[tokio::test]
async fn a_wrong_clock_is_one_reason_of_its_account() {
    let collector = Collector::new();
    for batch in 0..3 {
        let lines: String = (0..300)
            .map(|at| {
                let at = json!({"created_at": 1_000_000_000 + batch * 300 + at});
                format!("{}\n", with(feature("acme", "ann", "export", 1), at))
            })
            .collect();
        collector.post(lines).await;
    }
    let browser = Browser::of(&collector).await;
    let told = lines(&browser, "refusals").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("before the year 2000"), "{told:?}");
    assert!(told[0].contains(",acme,900,"), "{told:?}");
}

#[tokio::test]
async fn refusals_of_many_invented_accounts_stay_bounded() {
    let collector = Collector::new();
    for batch in 0..3 {
        let lines: String = (0..800)
            .map(|at| {
                let account = format!("invented {batch} {at}");
                format!(
                    "{}\n",
                    with(feature(&account, "ann", "export", 1), json!({"total": -1}))
                )
            })
            .collect();
        collector.post(lines).await;
    }
    assert!(collector.count("SELECT COUNT(*) FROM refusals") <= 1001);
    assert_eq!(collector.count("SELECT SUM(lines) FROM refusals"), 2400);
}

#[tokio::test]
async fn losses_name_accounts_and_an_implausible_stream_is_taken_back() {
    let collector = Collector::new();
    let numbered = |account: &str, stream: &str, seq: i64, day: i64| {
        with(
            feature(account, "ann", "export", format!("{stream} {seq}")),
            json!({"stream_id": stream, "seq": seq, "created_at": NOW + day * DAY}),
        )
    };
    collector
        .send(vec![
            numbered("acme", "page-1", 0, 0),
            numbered("acme", "page-1", 5, 0),
            numbered("acme", "page-2", 3, 2),
            numbered("acme", "forged", 0, 3),
            numbered("acme", "forged", 900_000, 3),
        ])
        .await;
    let browser = Browser::of(&collector).await;
    assert_eq!(
        lines(&browser, "losses").await,
        ["acme,7,0.7,2,1,2023-11-14,acme"]
    );
    assert_eq!(
        lines(&browser, "implausible").await,
        ["forged,acme,ann,900001,2,2023-11-17"]
    );
    let answer = browser.post("/quality/take-back", "stream_id=forged").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(lines(&browser, "implausible").await.is_empty());
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 3);
    assert_eq!(
        browser
            .post("/quality/take-back", "stream_id=forged")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn nobody_but_who_may_change_presses_a_button() {
    let collector = troubled().await;
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    let page = viewer.open("/quality?range=all").await;
    assert!(!page.contains("Move the user here") && !page.contains("Name it"));
    let signed_out = Browser {
        collector: &collector,
        cookie: String::new(),
    };
    for (path, form) in [
        ("/quality/move-user", "user_id=ann&account_id=other"),
        ("/quality/name-account", "account_id=ghots&name=x"),
        ("/quality/take-back", "stream_id=x"),
        ("/quality/clear-refusals", ""),
        ("/accounts/leaf/edit", "name=x"),
    ] {
        assert_eq!(viewer.post(path, form).await.status, 403, "{path}");
        assert_eq!(signed_out.post(path, form).await.status, 303, "{path}");
        let cross = Request::post(path)
            .header("cookie", &Browser::of(&collector).await.cookie)
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        assert_eq!(collector.ask(cross).await.status, 403, "{path}");
    }
    assert_eq!(viewer.ask("/accounts/leaf/edit").await.status, 403);
    assert_eq!(
        lines(&Browser::of(&collector).await, "conflicts")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn setting_a_parent_says_before_it_happens_what_will_no_longer_count() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    assert_shows(
        &browser.open("/accounts/other/edit").await,
        &["Edit other", "name=\"parent_account_id\""],
    );
    let form = "name=Other&parent_account_id=leaf&hierarchy_label=&tier=gold";
    let warned = browser.post("/accounts/other/edit", form).await;
    assert_eq!(warned.status, 200);
    assert_shows(
        &warned.text,
        &[
            "The usage of leaf will no longer count",
            "1 event of its own",
            "value=\"Other\"",
            "value=\"gold\"",
        ],
    );
    let account = collector.get("/api/v2/accounts/other").await;
    assert_eq!(
        account["parent_account_id"],
        json!(null),
        "nothing has happened"
    );
    let done = browser
        .post("/accounts/other/edit", &format!("{form}&confirmed=leaf"))
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    let account = collector.get("/api/v2/accounts/other").await;
    assert_eq!(account["parent_account_id"], "leaf");
    assert_eq!(account["name"], "Other");
    assert_eq!(account["details"]["tier"], "gold");
    // A parent without usage of its own needs no confirmation, and a cycle is refused.
    let done = browser
        .post("/accounts/lost/edit", "parent_account_id=top")
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    let refused = browser
        .post(
            "/accounts/top/edit",
            "parent_account_id=other&confirmed=other",
        )
        .await;
    assert_eq!(refused.status, 409);
    assert_shows(&refused.text, &["cycle"]);
}

#[tokio::test]
async fn an_edit_keeps_what_it_does_not_change() {
    let collector = with_company().await;
    let browser = Browser::of(&collector).await;
    collector
        .change(
            "PUT",
            "/api/v2/accounts/kestrel",
            Some(json!({"employees": 40, "plan": {"seats": 3}})),
        )
        .await;
    let before = collector.get("/api/v2/accounts/kestrel").await;
    let form = "name=Kestrel+Couriers&parent_account_id=&hierarchy_label=Customer&tier=enterprise&stage=&industry=&csm=Ada&employees=40&renewal_date=";
    let answer = browser.post("/accounts/kestrel/edit", form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let after = collector.get("/api/v2/accounts/kestrel").await;
    assert_eq!(after["details"]["employees"], 40, "a number stays one");
    assert_eq!(after["details"]["plan"], before["details"]["plan"]);
    assert_eq!(after["details"]["csm"], "Ada");
    assert_eq!(after["join_date"], before["join_date"]);
}

#[tokio::test]
async fn a_name_of_spaces_names_no_account() {
    let collector = troubled().await;
    let browser = Browser::of(&collector).await;
    let form = "account_id=ghots&name=+++";
    let answer = browser.post("/quality/name-account", form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    assert_shows(&browser.open(&to).await, &["a name is more than spaces"]);
    let account = collector.get("/api/v2/accounts/ghots").await;
    assert_eq!(account["name"], json!(null));
}
