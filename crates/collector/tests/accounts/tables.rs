//! Accounts and users as CSV, and dry runs.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::support::*;

async fn post_table(collector: &Collector, path: &str, table: impl Into<Body>) -> Answer {
    let separator = if path.contains('?') { '&' } else { '?' };
    let request = Request::post(format!(
        "/api/v2/{path}{separator}api_key={}",
        collector.account_key
    ))
    .header("content-type", "text/csv; charset=utf-8")
    .body(table.into())
    .unwrap();
    collector.ask(request).await
}

#[tokio::test]
async fn a_table_is_taken_like_a_bulk_body() {
    let collector = Collector::new();
    let table = "account_id,name,parent_account_id,tier,join_date\n\
                 a,\"Acme, Ltd\",top,gold,2024-05-01\n\
                 loop,,loop,,\n\
                 7,Seven,,,\n";
    let answer = post_table(&collector, "accounts", table).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["accepted"], 2);
    assert_eq!(
        (&told["rejected"][0]["index"], &told["rejected"][0]["id"]),
        (&json!(1), &json!("loop"))
    );
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["name"], "Acme, Ltd");
    assert_eq!(account["parent_account_id"], "top");
    assert_eq!(account["join_date"], 1_714_521_600_000_i64);
    assert_eq!(account["details"]["tier"], "gold");
    let answer = post_table(
        &collector,
        "account_users",
        "user_id;account_id;first_name\nu;a;Uma\n",
    )
    .await;
    assert_eq!(answer.json()["accepted"], 1, "{}", answer.text);
    assert_eq!(
        collector.get("/api/v2/account_users/u").await["first_name"],
        "Uma"
    );
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_refused_with_its_line() {
    let collector = Collector::new();
    let many = format!("account_id\n{}", "a\n".repeat(20_001));
    for (table, status, told) in [
        (Body::from(""), 400, "empty"),
        (Body::from("account_id,name\n"), 422, "no line"),
        (
            Body::from("account_id,name\ni23,\"abc\ni24,x\n"),
            400,
            "line 2",
        ),
        (
            Body::from("account_id,tier,tier\na,gold,silver\n"),
            400,
            "`tier`",
        ),
        (Body::from(&b"account_id\n\xff\xfe\n"[..]), 400, "UTF-8"),
        (Body::from(many), 413, "20000"),
    ] {
        let answer = post_table(&collector, "accounts", table).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.error().contains(told), "{}", answer.text);
    }
    assert_eq!(collector.count("SELECT COUNT(*) FROM accounts"), 0);
}

#[tokio::test]
async fn a_ragged_line_costs_no_other() {
    let collector = Collector::new();
    let table = "sep=;\n\naccount_id;name\na;b\nc;d;e\nf\ng;h\n";
    let told = json!([
        {"index": 1, "id": null, "error": "line 5 has 3 cells and the line of names 2; check commas and quotes in it"},
        {"index": 2, "id": null, "error": "line 6 has 1 cell and the line of names 2; check commas and quotes in it"},
    ]);
    let tried = post_table(&collector, "accounts?dry_run=true", table).await;
    assert_eq!(tried.json()["created"], json!(["a", "g"]), "{}", tried.text);
    assert_eq!(tried.json()["rejected"], told);
    let answer = post_table(&collector, "accounts", table).await.json();
    assert_eq!(answer["accepted"], 2, "{answer}");
    assert_eq!(answer["rejected"], told);
    let failed = &answer["failed_results"][0]["record"];
    assert_eq!(failed, &json!(["c", "d", "e"]));
}

#[tokio::test]
async fn a_cell_is_read_as_the_same_text_of_a_json_body() {
    let names = [
        "go_live_date",
        "renewal_date",
        "vip",
        "score",
        "seats",
        "code",
        "employees",
    ];
    let cells = [
        "2024-05-01",
        "1972-01-01",
        "TRUE",
        "1.5",
        "40",
        "007",
        "1,200",
    ];
    let (by_json, by_table) = (Collector::new(), Collector::new());
    let mut record = json!({"account_id": "a", "is_churned": "True", "join_date": "1965-03-01"});
    for (name, cell) in names.iter().zip(cells) {
        record[*name] = cell.into();
    }
    let records = json!({"records": [record]});
    by_json
        .call("POST", "/api/v2/accounts", Some(records))
        .await;
    let table = format!(
        "account_id,is_churned,join_date,{}\na,True,1965-03-01,\"{}\"\n",
        names.join(","),
        cells.join("\",\"")
    );
    let answer = post_table(&by_table, "accounts", table.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let read = by_json.get("/api/v2/accounts/a").await;
    assert_eq!(by_table.get("/api/v2/accounts/a").await, read);
    assert_eq!(
        read["details"],
        json!({"go_live_date": "2024-05-01", "renewal_date": "1972-01-01", "vip": true, "score": "1.5",
               "seats": "40", "code": "007", "employees": 1200, "is_churned": true})
    );
    let tried = post_table(&by_json, "accounts?dry_run=true", table).await;
    assert_eq!(tried.json()["unchanged"], 1, "{}", tried.text);
}

#[tokio::test]
async fn a_table_that_says_what_is_stored_changes_nothing() {
    let collector = Collector::new();
    let stored = json!({"records": [
        {"account_id": "a", "seats": 40, "score": 1.5, "vip": true, "zip": "8001", "details": {"tier": 2}},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(stored))
        .await;
    let table = "account_id,seats,score,vip,zip,tier\na,40,1.5,TRUE,8001,2\n";
    let tried = post_table(&collector, "accounts?dry_run=true", table).await;
    assert_eq!(tried.json()["unchanged"], 1, "{}", tried.text);
    let table = "account_id,details\na,\"{\"\"seats\"\": 41}\"\n";
    post_table(&collector, "accounts", table).await;
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(account["details"]["seats"], 41);
}

#[tokio::test]
async fn a_dry_run_takes_what_refused_records_say_for_nothing() {
    let collector = Collector::new();
    let known = json!({"records": [{"user_id": "u", "account_id": "home"}]});
    collector
        .change("POST", "/api/v2/account_users", Some(known))
        .await;
    let told = async |path: &str, table: &str| {
        let answer = post_table(&collector, path, table.to_owned()).await;
        answer.json()["unknown_accounts"].clone()
    };
    let users = "user_id,account_id\nu,nowhere\nv,elsewhere\n";
    assert_eq!(
        told("account_users?dry_run=true", users).await,
        json!(["elsewhere"])
    );
    // `top` is named as a parent by an accepted record, and described by a refused one.
    let accounts = "account_id,parent_account_id\nx,top\ntop,top\nself,self\n";
    assert_eq!(
        told("accounts?dry_run=true", accounts).await,
        json!(["top"])
    );
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let collector = Collector::new();
    let records = |records: Value| Some(json!({ "records": records }));
    let known = json!([{"account_id": "same", "name": "Same"}, {"account_id": "acme"}]);
    collector
        .change("POST", "/api/v2/accounts", records(known))
        .await;
    let tried = json!([
        {"account_id": "same", "name": "Same"},
        {"account_id": "acme", "name": "Acme", "parent_account_id": "group"},
        {"account_id": "group"},
        {"account_id": "new", "parent_account_id": "ghots"},
        {"account_id": "new", "name": []},
    ]);
    let path = "/api/v2/accounts?dry_run=true";
    let expected = json!({
        "dry_run": true, "created": ["group", "new"], "changed": ["acme"], "unchanged": 1,
        "rejected": [{"index": 4, "id": "new", "error": "`name` must be a string of at most 256 characters, or null"}],
        "unknown_accounts": ["ghots"], "parents_with_usage": [],
    });
    let answer = collector.call("POST", path, records(tried.clone())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json(), expected);
    assert_eq!(collector.count("SELECT COUNT(*) FROM accounts"), 2);
    let answer = post_table(
        &collector,
        "account_users?dry_run=true",
        "user_id,account_id\nu,acme\nv,nowhere\n",
    )
    .await;
    let told = answer.json();
    assert_eq!(told["created"], json!(["u", "v"]), "{told}");
    assert_eq!(told["unknown_accounts"], json!(["nowhere"]));
    assert_eq!(collector.count("SELECT COUNT(*) FROM users"), 0);
    // Without `dry_run`, the outcome is the same.
    collector
        .change("POST", "/api/v2/accounts", records(tried))
        .await;
    assert_eq!(collector.get("/api/v2/accounts/acme").await["name"], "Acme");
}

#[tokio::test]
async fn a_dry_run_names_parents_whose_usage_will_no_longer_count() {
    let collector = Collector::new();
    let used = vec![
        feature("used", "ann", "export", 1),
        feature("used", "ann", "export", 2),
        feature("parent", "bob", "export", 3),
    ];
    collector.send(used).await;
    let known = json!({"records": [
        {"account_id": "child", "parent_account_id": "parent"},
        {"account_id": "gone", "parent_account_id": "used", "is_deleted": true},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(known))
        .await;
    let path = "accounts?dry_run=true";
    let expected = json!([{"account_id": "used", "events": 2}]);
    for (table, expected) in [
        (
            "account_id,parent_account_id\nnew,used\nx,parent\n",
            &expected,
        ),
        ("account_id,is_deleted\ngone,false\n", &expected),
        ("account_id,parent_account_id\nused,parent\n", &json!([])),
    ] {
        let told = post_table(&collector, path, table).await.json();
        assert_eq!(&told["parents_with_usage"], expected, "{table}");
    }
}
