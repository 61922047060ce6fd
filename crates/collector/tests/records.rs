//! Financials, tickets, interactions, notes and the summary.
#![allow(missing_docs)]

mod support;

use serde_json::{Value, json};
use support::*;

async fn tree() -> Collector {
    let collector = Collector::new();
    let records = json!({"records": [
        {"account_id": "top"},
        {"account_id": "mid", "parent_account_id": "top"},
        {"account_id": "leaf", "parent_account_id": "mid"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
}

async fn add(collector: &Collector, account: &str, kind: &str, body: Value) -> Answer {
    let path = format!("/api/v2/accounts/{account}/{kind}");
    collector.call("POST", &path, Some(body)).await
}

fn money(name: &str, amount: Value, currency: &str) -> Value {
    json!({"date": NOW, "name": name, "amount": amount, "currency": currency})
}

#[tokio::test]
async fn money_goes_up_the_tree_and_everything_else_stays() {
    let collector = tree().await;
    add(
        &collector,
        "leaf",
        "financials",
        money("mrr", json!(0.1), "EUR"),
    )
    .await;
    add(
        &collector,
        "mid",
        "financials",
        money("mrr", json!(0.2), "EUR"),
    )
    .await;
    add(
        &collector,
        "top",
        "financials",
        money("setup", json!(500), "USD"),
    )
    .await;
    for kind in ["support_tickets", "interactions", "notes"] {
        add(&collector, "leaf", kind, json!({"text": "below"})).await;
        add(&collector, "top", kind, json!({"text": "own"})).await;
    }
    add(&collector, "top", "notes", json!({"text": "another"})).await;
    assert_eq!(
        collector.get("/api/v2/accounts/top/summary").await,
        json!({
            "account_id": "top",
            "financials": [
                {"currency": "EUR", "records": 2,
                 "by_name": [{"name": "mrr", "amount": 0.3, "records": 2, "by_month": [
                     {"month": "2023-11", "amount": 0.3, "records": 2}]}]},
                {"currency": "USD", "records": 1,
                 "by_name": [{"name": "setup", "amount": 500, "records": 1, "by_month": [
                     {"month": "2023-11", "amount": 500, "records": 1}]}]},
            ],
            "support_tickets": 1, "interactions": 1, "notes": 2,
        })
    );
    let mid = collector.get("/api/v2/accounts/mid/summary").await;
    assert_eq!(
        (&mid["financials"][0]["by_name"][0]["amount"], &mid["notes"]),
        (&json!(0.3), &json!(0))
    );
}

#[tokio::test]
async fn records_come_one_or_many_and_one_with_a_known_id_replaces() {
    let collector = tree().await;
    let first = with(money("mrr", json!(1), "EUR"), json!({"id": "m1"}));
    let body =
        json!({"records": [first, money("mrr", json!("x"), "EUR"), money("mrr", json!(2), "EUR")]});
    let answer = add(&collector, "leaf", "financials", body).await.json();
    assert_eq!(
        (&answer["accepted"], &answer["rejected"][0]["index"]),
        (&json!(2), &json!(1))
    );
    let again = with(
        money("mrr", json!(5), "EUR"),
        json!({"id": "m1", "date": NOW + 1}),
    );
    add(&collector, "leaf", "financials", again.clone()).await;
    let list = collector.get("/api/v2/accounts/leaf/financials").await;
    assert_eq!((&list["total"], &list["results"][0]), (&json!(2), &again));

    let ticket = json!({"id": "t1", "date": NOW, "subject": "help", "status": "open"});
    add(&collector, "leaf", "support_tickets", ticket.clone()).await;
    let closed = with(ticket, json!({"status": "closed"}));
    add(&collector, "leaf", "support_tickets", closed.clone()).await;
    let list = collector.get("/api/v2/accounts/leaf/support_tickets").await;
    assert_eq!(list["results"], json!([closed]));
    assert_eq!(
        collector.get("/api/v2/accounts/leaf/notes").await["total"],
        0
    );
}

#[tokio::test]
async fn wrong_records_and_unknown_accounts_are_told() {
    let collector = tree().await;
    let answer = add(&collector, "leaf", "financials", json!({"name": "mrr"})).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.json()["rejected"][0]["error"]
            .as_str()
            .unwrap()
            .contains("date")
    );
    for path in ["notes", "financials", "summary"] {
        let path = format!("/api/v2/accounts/nobody/{path}");
        let answer = collector.call("GET", &path, None).await;
        assert_eq!(answer.status, 404);
        answer.error();
    }
    let answer = add(&collector, "nobody", "notes", json!({"text": "x"})).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn an_amount_counts_in_its_month_whatever_the_year() {
    let collector = tree().await;
    let dates = [
        (json!("1969-12-31T23:59:59.999Z"), "1969-12"),
        (json!(-1), "1969-12"),
        (json!("1970-01-01"), "1970-01"),
        (json!("0000-01-01"), "0000-01"),
    ];
    for (at, (date, month)) in dates.into_iter().enumerate() {
        let name = format!("amount {at}");
        let record = with(
            money(&name, json!(9_999_999_999_995.1), "EUR"),
            json!({"date": date}),
        );
        add(&collector, "leaf", "financials", record).await;
        let summary = collector.get("/api/v2/accounts/leaf/summary").await;
        let by_month = json!([{"month": month, "amount": 9_999_999_999_995.1, "records": 1}]);
        assert_eq!(
            summary["financials"][0]["by_name"][at]["by_month"],
            by_month
        );
    }
    // What ends in no year that has four digits is no date.
    for date in [
        json!(8.64e15),
        json!(253_402_300_800_000_i64),
        json!(-8.64e15),
    ] {
        let record = with(money("mrr", json!(1), "EUR"), json!({"date": date}));
        let answer = add(&collector, "leaf", "financials", record).await;
        assert_eq!(answer.status, 422, "{date}: {}", answer.text);
    }
    // Contracts without an end are often dated on the last day of the calendar.
    for date in ["9999-12-31", "9999-12-31T23:59:59.999Z"] {
        let account = json!({"join_date": date, "renewal_date": date});
        let stored = collector.change("PUT", "/api/v2/accounts/leaf", Some(account));
        assert_eq!(stored.await["details"]["renewal_date"], "9999-12-31");
        let record = with(money("end", json!(1), "EUR"), json!({"date": date}));
        assert_eq!(
            add(&collector, "leaf", "financials", record).await.status,
            200
        );
    }
}

#[tokio::test]
async fn a_record_that_names_another_account_than_its_address_is_refused() {
    let collector = tree().await;
    let kinds = ["financials", "notes", "support_tickets", "contacts"];
    for kind in kinds {
        let own = with(
            money("mrr", json!(1), "EUR"),
            json!({"id": "own", "account_id": "leaf"}),
        );
        let other = with(own.clone(), json!({"id": "other", "account_id": "mid"}));
        let body = json!([own, other, with(own.clone(), json!({"account_id": [1]}))]);
        let answer = add(&collector, "leaf", kind, body).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text);
        let answer = answer.json();
        assert_eq!(answer["accepted"], 1, "{kind}: {answer}");
        let told = answer["rejected"][0]["error"].as_str().unwrap();
        assert!(
            told.contains("\"mid\", but the address says \"leaf\""),
            "{told}"
        );
        assert!(answer["rejected"][1]["error"].is_string(), "{answer}");
        // The account may stand beside the record, or beside a list.
        for body in [
            json!({"data": {"id": "other", "name": "n"}, "account_id": "mid"}),
            json!({"records": [{"id": "other", "name": "n"}], "account_id": "mid"}),
            json!({"data": [{"id": "other", "name": "n"}], "account_id": "mid"}),
        ] {
            let answer = add(&collector, "leaf", kind, body.clone()).await;
            assert_eq!(answer.status, 422, "{kind}: {body}: {}", answer.text);
        }
        for account in ["leaf", "mid"] {
            let path = format!("/api/v2/accounts/{account}/{kind}");
            let stored = &collector.get(&path).await["total"];
            assert_eq!(stored, i64::from(account == "leaf"), "{kind} of {account}");
        }
    }
    // A record need not name its account; a client may send the field empty, or a number.
    collector
        .change("PUT", "/api/v2/accounts/42", Some(json!({})))
        .await;
    for account in [json!(42), json!("42"), json!(""), Value::Null] {
        let note = json!({"text": "x", "account_id": account});
        assert_eq!(add(&collector, "42", "notes", note).await.status, 200);
    }
}

#[tokio::test]
async fn an_amount_that_is_recorded_every_month_counts_once_and_is_shown_by_month() {
    let collector = tree().await;
    let mrr = |month: i64, amount: i64| {
        with(
            money("mrr", json!(amount), "EUR"),
            json!({"date": NOW + month * 30 * DAY}),
        )
    };
    let ahead = natero_collector::clock::now_ms() + 40 * DAY;
    let next_year = with(
        money("mrr", json!(9_000_000), "EUR"),
        json!({"date": ahead}),
    );
    // Records may come in any order.
    let records = json!({"records": [mrr(2, 2650), mrr(0, 3000), next_year, mrr(1, 1600)]});
    add(&collector, "leaf", "financials", records).await;
    let records = json!({"records": [mrr(1, 100), mrr(0, 7)]});
    add(&collector, "mid", "financials", records).await;
    // A correction for the same day replaces the earlier record.
    add(&collector, "mid", "financials", mrr(1, 90)).await;
    let summary = collector.get("/api/v2/accounts/top/summary").await;
    let euros = &summary["financials"][0];
    let by_name = json!([{"name": "mrr", "amount": 2740, "records": 6, "by_month": [
        {"month": "2023-11", "amount": 3007, "records": 2},
        {"month": "2023-12", "amount": 1690, "records": 3},
        {"month": "2024-01", "amount": 2650, "records": 1},
    ]}]);
    assert_eq!(euros["by_name"], by_name);
}

#[tokio::test]
async fn a_record_may_be_dated_by_its_day() {
    let collector = Collector::new();
    collector
        .change(
            "POST",
            "/api/v2/accounts",
            Some(json!({"records": [{"account_id": "acme"}]})),
        )
        .await;
    for (path, record) in [
        (
            "financials",
            json!({"name": "mrr", "amount": 5, "currency": "EUR"}),
        ),
        ("notes", json!({"text": "hello"})),
    ] {
        let path = format!("/api/v2/accounts/acme/{path}");
        let record = with(record, json!({"date": "2024-05-01"}));
        let answer = collector.call("POST", &path, Some(record.clone())).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let listed = collector.get(&path).await;
        assert_eq!(
            listed["results"][0]["date"], 1_714_521_600_000_i64,
            "{path}"
        );
        let wrong = with(record, json!({"date": "2024-02-30"}));
        let answer = collector.call("POST", &path, Some(wrong)).await;
        assert_eq!(answer.status, 422);
    }
}

#[tokio::test]
async fn a_call_that_is_sent_again_changes_nothing() {
    let collector = tree().await;
    for (kind, record) in [
        ("contacts", json!({"email": "Ann@x.org", "name": "Ann"})),
        ("assigned_csms", json!({"email": "csm@x.org"})),
        ("dimension_values", json!({"name": "region", "value": "EU"})),
        (
            "subscriptions",
            json!({"plan": "gold", "date": "2024-05-01"}),
        ),
        ("nps_history", json!({"score": 9, "date": NOW})),
        ("notes", json!({"text": "called"})),
        ("financials", money("mrr", json!(1), "EUR")),
    ] {
        let path = format!("/api/v2/accounts/leaf/{kind}");
        let mut listed = Vec::new();
        for _ in 0..3 {
            let answer = add(&collector, "leaf", kind, record.clone()).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            listed.push(collector.get(&path).await);
        }
        assert_eq!(listed[2]["total"], 1, "{kind}");
        assert_eq!(listed[0], listed[2], "{kind}");
    }
    // A record with the same e-mail address replaces the stored one, even if that was sent
    // with an id.
    let with_id = json!({"id": "7", "email": "bob@x.org", "phone": "1"});
    add(&collector, "leaf", "contacts", with_id).await;
    let records = json!([
        {"email": "BOB@x.org ", "phone": "2"}, {"email": "ann@x.org"}, {"email": "new@x.org"},
        {"email": "new@x.org", "phone": "3"},
    ]);
    add(&collector, "leaf", "contacts", records).await;
    let contacts = collector.get("/api/v2/accounts/leaf/contacts").await;
    assert_eq!(contacts["total"], 3, "{contacts}");
    let bob = contacts["results"].as_array().unwrap().iter();
    let bob = bob
        .into_iter()
        .find(|contact| contact["id"] == "7")
        .unwrap();
    assert_eq!(bob["phone"], "2");
    // A value that is repeated after another one is the latest again.
    for amount in [2, 1] {
        let record = money("mrr", json!(amount), "EUR");
        add(&collector, "leaf", "financials", record).await;
    }
    let summary = collector.get("/api/v2/accounts/leaf/summary").await;
    assert_eq!(summary["financials"][0]["by_name"][0]["amount"], 1);
}

#[tokio::test]
async fn an_amount_replaces_the_earlier_one_of_its_name_in_any_case_and_currency() {
    let collector = tree().await;
    for (at, name, amount, currency) in [
        (0, "mrr", 100, "EUR"),
        (1, "arr", 1200, "USD"),
        (2, " MRR ", 120, "USD"),
    ] {
        let record = with(
            money(name, json!(amount), currency),
            json!({"date": NOW + at * 31 * DAY}),
        );
        add(&collector, "leaf", "financials", record).await;
    }
    let summary = collector.get("/api/v2/accounts/top/summary").await;
    let named = |currency: usize| summary["financials"][currency]["by_name"].clone();
    assert_eq!(named(0)[0]["amount"], 0, "EUR were replaced: {summary}");
    assert_eq!(named(0)[0]["by_month"][0]["amount"], 100);
    assert_eq!(
        (&named(1)[0]["name"], &named(1)[0]["amount"]),
        (&json!("arr"), &json!(1200))
    );
    assert_eq!(
        (&named(1)[1]["name"], &named(1)[1]["amount"]),
        (&json!("MRR"), &json!(120))
    );
    assert!(summary["financials"][1].get("amount").is_none());
}

#[tokio::test]
async fn money_of_a_deactivated_account_counts_for_none_above() {
    let collector = tree().await;
    for (account, amount) in [("mid", 10), ("leaf", 5)] {
        let record = money("mrr", json!(amount), "EUR");
        add(&collector, account, "financials", record).await;
    }
    let sum = async |account: &str| {
        let path = format!("/api/v2/accounts/{account}/summary");
        collector.get(&path).await["financials"][0]["by_name"][0]["amount"].clone()
    };
    assert_eq!(sum("top").await, 15);
    collector
        .change("DELETE", "/api/v2/accounts/mid", None)
        .await;
    assert_eq!(sum("top").await, Value::Null, "nor what is below it");
    assert_eq!(sum("mid").await, 15, "of itself");
    let active = json!({"account_id": "mid", "is_deleted": false});
    collector
        .change("PUT", "/api/v2/accounts/mid", Some(active))
        .await;
    assert_eq!(sum("top").await, 15);
}

#[tokio::test]
async fn a_record_is_removed_by_its_id() {
    let collector = tree().await;
    for (kind, record) in [
        ("financials", money("mrr", json!(1), "EUR")),
        ("notes", json!({"text": "called"})),
        ("contacts", json!({"email": "ann@x.org"})),
        ("assigned_csms", json!({"email": "csm@x.org"})),
    ] {
        add(&collector, "leaf", kind, record).await;
        let path = format!("/api/v2/accounts/leaf/{kind}");
        let id = collector.get(&path).await["results"][0]["id"].clone();
        let one = format!("{path}/{}", id.as_str().unwrap());
        let other = one.replace("/leaf/", "/mid/");
        assert_eq!(collector.call("DELETE", &other, None).await.status, 404);
        let answer = collector.call("DELETE", &one, None).await;
        assert_eq!(answer.json(), json!({"status_is_ok": true, "removed": 1}));
        assert_eq!(collector.get(&path).await["total"], 0);
        let again = collector.call("DELETE", &one, None).await;
        assert_eq!(again.status, 404);
        again.error();
    }
}

#[tokio::test]
async fn nul_is_another_character_from_its_arrival_on() {
    let collector = Collector::new();
    let record = json!({"name": "A\0B", "tier": "x\0", "hierarchy_label": "\0"});
    let path = "/api/v2/accounts/a%00b";
    let answer = collector.call("PUT", path, Some(record)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let event = with(
        feature("a\0b", "u\0", "f\0", "1"),
        json!({"event_id": "e\0/1", "stream_id": "s\0", "seq": 0, "details": {"d": "\0"}}),
    );
    let said = with(
        feature("a\0b", "u\0", "f\0", "2"),
        json!({"action": "identifyUser", "details": {"first_name": "F\0"}}),
    );
    collector.send(vec![event.clone(), said]).await;
    let again = collector.post(ndjson(&[event])).await.json();
    assert_eq!(again["duplicates"], 1, "{again}");
    for address in ["a%00b", "a%E2%90%80b"] {
        let account = collector.get(&format!("/api/v2/accounts/{address}")).await;
        let told = ["account_id", "name", "hierarchy_label"].map(|name| &account[name]);
        assert_eq!(told, [&json!("a␀b"), &json!("A␀B"), &json!("␀")]);
        assert_eq!(account["details"], json!({"tier": "x␀"}));
        let usage = format!("/api/v2/accounts/{address}/usage?by=feature&user=u%00");
        let rows = collector.get(&usage).await["rows"].to_string();
        assert!(rows.contains("\"f␀\""), "{rows}");
    }
    let user = collector.get("/api/v2/account_users/u%00").await;
    assert_eq!(
        (&user["user_id"], &user["first_name"]),
        (&json!("u␀"), &json!("F␀"))
    );
    let asked = format!("{}?asked=e%00/1,e/2", collector.events_path());
    let request = axum::http::Request::post(asked)
        .header("content-type", "application/json")
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(collector.ask(request).await.json()["lacking"], "e/2");
    let erased = collector.call("DELETE", "/api/v2/streams/s%00", None).await;
    assert_eq!(erased.json()["erased"]["events"], 1, "{}", erased.text);
    let late = with(
        feature("a␀b", "u␀", "f", "3"),
        json!({"stream_id": "s␀", "seq": 1}),
    );
    assert_eq!(collector.post(ndjson(&[late])).await.json()["accepted"], 0);
}
