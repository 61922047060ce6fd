//! Searches and filters of lists, and unknown parameters.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{accounts, post, support::*};

/// The ids in a list. Also checks that its total is their number.
async fn ids(collector: &Collector, path: &str, field: &str) -> Vec<String> {
    let list = collector.get(path).await;
    let results = list["results"].as_array().unwrap();
    assert_eq!(list["total"], results.len(), "{path}");
    let id = |record: &Value| record[field].as_str().unwrap().to_owned();
    results.iter().map(id).collect()
}

#[tokio::test]
async fn accounts_are_listed_by_any_dimension() {
    let collector = Collector::new();
    let records = json!([
        {"account_id": "a", "tier": "gold", "region": "EMEA", "is_churned": "yes", "employees": "1,200"},
        {"account_id": "b", "tier": "gold", "region": "APAC", "renewal_date": "2025-01-31", "is_deleted": true},
        {"account_id": "c", "tier": 2, "vip": "TRUE", "is_churned": false, "parent_account_id": "a"},
        {"account_id": "d", "hierarchy_label": "site", "csm": "Ann & Bob", "parent_account_id": "a"},
    ]);
    accounts(&collector, records).await;
    for (query, expected) in [
        ("tier=gold", "a b"),
        ("d.tier=gold", "a b"),
        ("tier=2", "c"),
        ("tier=gold&d.region=EMEA", "a"),
        ("d.region=emea", ""),
        ("tier=", "d"),
        ("is_churned=true", "a"),
        ("is_churned=False", "c"),
        ("d.is_churned=1", "a"),
        ("d.vip=true", "c"),
        ("employees=1200", "a"),
        ("employees=1%2C200", "a"),
        ("renewal_date=2025-01-31", "b"),
        ("renewal_date=1738281600000", "b"),
        ("csm=Ann%20%26%20Bob", "d"),
        ("is_deleted=true", "b"),
        ("is_deleted=false", "a c d"),
        ("is_leaf=false", "a"),
        ("hierarchy_label=site", "d"),
        ("roots=true&tier=gold", "a b"),
        ("", "a b c d"),
    ] {
        let path = format!("/api/v2/accounts?{query}");
        let found = ids(&collector, &path, "account_id").await;
        assert_eq!(found.join(" "), expected, "{query}");
    }
    let below = "/api/v2/accounts/a/children?hierarchy_label=site";
    assert_eq!(ids(&collector, below, "account_id").await, ["d"]);
    let second = collector
        .get("/api/v2/accounts?tier=gold&limit=1&page=1")
        .await;
    assert_eq!(second["results"][0]["account_id"], "b");
    assert_eq!(
        (&second["total"], &second["next_page"]),
        (&json!(2), &Value::Null)
    );
}

#[tokio::test]
async fn users_are_listed_by_name_and_dimension() {
    let collector = Collector::new();
    let records = json!([
        {"user_id": "u1", "account_id": "a", "first_name": "Ägidius", "last_name": "Öhler", "role": "admin"},
        {"user_id": "u2", "account_id": "b", "role": "admin", "is_deleted": true},
    ]);
    post(&collector, "/api/v2/account_users", records).await;
    for (query, expected) in [
        ("account_users?d.role=admin", "u1 u2"),
        ("account_users?d.role=admin&account_id=b", "u2"),
        ("account_users?is_deleted=true", "u2"),
        ("account_users?search=öhler", "u1"),
        ("accounts/a/users?d.role=admin", "u1"),
        ("accounts/a/users?search=u2", ""),
    ] {
        let path = format!("/api/v2/{}", query.replace('ö', "%C3%B6"));
        let found = ids(&collector, &path, "user_id").await;
        assert_eq!(found.join(" "), expected, "{query}");
    }
}

#[tokio::test]
async fn names_are_found_without_regard_to_case_and_accents() {
    let collector = Collector::new();
    let named = json!([
        {"account_id": "fruit", "name": "Äpfel ÖL AG"},
        {"account_id": "ZÜRICH-1"},
    ]);
    accounts(&collector, named).await;
    for (search, expected) in [
        ("Äpfel", "fruit"),
        ("öl", "fruit"),
        ("apfel ol", "fruit"),
        ("Äpfel ÖL AG", "fruit"),
        ("zürich", "ZÜRICH-1"),
        ("pear", ""),
    ] {
        let escaped =
            percent_encoding::utf8_percent_encode(search, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/api/v2/accounts?search={escaped}");
        let found = ids(&collector, &path, "account_id").await;
        assert_eq!(found.join(" "), expected, "{search}");
    }
}

#[tokio::test]
async fn a_parameter_that_a_call_does_not_know_is_refused() {
    let collector = Collector::new();
    accounts(&collector, json!([{"account_id": "a"}])).await;
    let records = json!({"records": [{"account_id": "new", "user_id": "new", "text": "t"}]});
    for path in [
        "accounts?dryrun=true",
        "account_users?dry-run=true",
        "accounts/a/notes?dry_run=true",
    ] {
        let path = format!("/api/v2/{path}");
        let answer = collector.call("POST", &path, Some(records.clone())).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(
            answer.error().contains("was not carried out"),
            "{}",
            answer.text
        );
    }
    for path in ["accounts/a?dry_run=true", "accounts/a?erases=true"] {
        let answer = collector
            .call("DELETE", &format!("/api/v2/{path}"), None)
            .await;
        assert_eq!(answer.status, 400, "{path}");
    }
    let put = collector
        .call(
            "PUT",
            "/api/v2/accounts/a?dry_run=true",
            Some(json!({"name": "A"})),
        )
        .await;
    assert_eq!(put.status, 400);
    for list in [
        "accounts?teir=gold",
        "accounts?is_churned=soon",
        "accounts?is_deleted=maybe",
        "account_users?tier=gold",
        "accounts/a/users?d.=x",
        "accounts/a?nmae=x",
        "accounts/a/children?rots=true",
        "accounts/a/summary?form=1",
        "accounts/a/notes?pages=1",
        "accounts/a/usage?modul=M",
        "accounts/a/usage?d.tier=gold",
        "account_users/a?from=1",
        "alert_rules?rule_id=1",
        "alerts?hold=true",
        "events?acount_id=a",
        "loss?form=1",
        "webhook?limit=1",
    ] {
        let answer = collector
            .call("GET", &format!("/api/v2/{list}"), None)
            .await;
        assert_eq!(answer.status, 400, "{list}");
        let name = list.split(['?', '=']).nth(1).unwrap();
        assert!(answer.error().contains(name), "{}", answer.text);
    }
    let head = Request::head(format!(
        "/api/v2/loss?form=1&api_key={}",
        collector.account_key
    ));
    let head = collector.ask(head.body(Body::empty()).unwrap()).await;
    assert_eq!(head.status, 400);
    let no_method = collector.call("GET", "/api/v2/streams/t?x=1", None).await;
    assert_eq!(no_method.status, 405);
    let account = collector.get("/api/v2/accounts/a").await;
    assert_eq!(
        (&account["name"], &account["is_deleted"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(collector.get("/api/v2/accounts").await["total"], 1);
}

#[tokio::test]
async fn an_id_in_an_address_has_no_white_space_around_it() {
    let collector = Collector::new();
    let put = collector
        .call(
            "PUT",
            "/api/v2/accounts/%20x%20",
            Some(json!({"name": "X"})),
        )
        .await;
    assert_eq!(put.json()["account_id"], "x");
    for path in [
        "accounts/%20x%20",
        "accounts/%20x%20/usage",
        "accounts/x%20/summary",
    ] {
        let answer = collector
            .call("GET", &format!("/api/v2/{path}"), None)
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let note = collector
        .call(
            "POST",
            "/api/v2/accounts/%20x/notes",
            Some(json!({"id": "1", "text": "t"})),
        )
        .await;
    assert_eq!(note.status, 200, "{}", note.text);
    for path in ["accounts/x/notes/%201", "accounts/%20x%20"] {
        let answer = collector
            .call("DELETE", &format!("/api/v2/{path}"), None)
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_manager_is_removed_by_an_address_in_any_case() {
    let collector = Collector::new();
    accounts(&collector, json!([{"account_id": "a"}])).await;
    let path = "/api/v2/accounts/a/assigned_csms";
    for asked in ["%20JÖRG%40x.org", "j%C3%B6rg%40X.ORG"] {
        post(&collector, path, json!([{"email": " Jörg@x.org"}])).await;
        let asked = asked.replace('Ö', "%C3%96");
        let answer = collector
            .call("DELETE", &format!("{path}?email={asked}"), None)
            .await;
        assert_eq!(answer.status, 200, "{asked}: {}", answer.text);
    }
}
