//! What a dry run of a bulk call says, compared with what the call does.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use crate::{accounts, post, support::*};

/// Number of random bulk calls of each kind.
const CASES: u32 = 48;

/// All accounts or users by id, without what records of others say about them.
async fn stored(collector: &Collector, list: &str, field: &str) -> BTreeMap<String, Value> {
    let list = collector.get(&format!("/api/v2/{list}?limit=1000")).await;
    let records = list["results"].as_array().unwrap().iter().cloned();
    records
        .map(|mut record| {
            let id = record[field].as_str().unwrap().to_owned();
            record.as_object_mut().unwrap().remove("is_leaf");
            (id, record)
        })
        .collect()
}

fn texts<'a>(ids: impl Iterator<Item = &'a String>) -> Value {
    let mut ids: Vec<&String> = ids.collect();
    ids.sort();
    json!(ids)
}

fn sorted(ids: &Value) -> Value {
    let ids: Vec<String> = serde_json::from_value(ids.clone()).unwrap();
    texts(ids.iter())
}

/// Makes a dry run and then the same call, and compares what the one says and the other does.
async fn compare(collector: &Collector, list: &str, field: &str, records: Vec<Value>) {
    let path = format!("/api/v2/{list}");
    let tried = post(collector, &format!("{path}?dry_run=true"), json!(records)).await;
    let tried = tried.json();
    let (accounts_before, before) = (
        stored(collector, "accounts", "account_id").await,
        stored(collector, list, field).await,
    );
    let done = post(collector, &path, json!(records)).await.json();
    let (accounts_after, after) = (
        stored(collector, "accounts", "account_id").await,
        stored(collector, list, field).await,
    );
    let context = format!("{tried} of {}", json!(records));
    assert_eq!(tried["rejected"], done["rejected"], "{context}");

    let rejected: Vec<u64> = (done["rejected"].as_array().unwrap().iter())
        .map(|record| record["index"].as_u64().unwrap())
        .collect();
    let accepted: Vec<&str> = (0..)
        .zip(&records)
        .filter(|(index, _)| !rejected.contains(index))
        .map(|(_, record)| record[field].as_str().unwrap())
        .collect();
    let is_described = |id: &&String| accepted.contains(&id.as_str());
    let new = after.keys().filter(|id| !before.contains_key(*id));
    let created = texts(new.filter(is_described));
    assert_eq!(sorted(&tried["created"]), created, "created: {context}");
    let changed = texts(
        (before.iter())
            .filter(|(id, record)| after[*id] != **record)
            .map(|(id, _)| id),
    );
    assert_eq!(sorted(&tried["changed"]), changed, "changed: {context}");
    let unchanged = accepted.iter().filter(|id| {
        before
            .get(**id)
            .is_some_and(|record| after[**id] == *record)
    });
    assert_eq!(
        tried["unchanged"],
        unchanged.count(),
        "unchanged: {context}"
    );
    let is_described = |id: &&String| list == "accounts" && is_described(id);
    let new = (accounts_after.keys()).filter(|id| !accounts_before.contains_key(*id));
    let unknown = texts(new.filter(|id| !is_described(id)));
    assert_eq!(tried["unknown_accounts"], unknown, "unknown: {context}");
}

#[tokio::test]
async fn an_account_that_a_rejected_record_describes_too_is_created_all_the_same() {
    let collector = Collector::new();
    let records = json!([
        {"account_id": "e2", "parent_account_id": "a2"},
        {"account_id": "a2"},
        {"account_id": "a2", "parent_account_id": "e2", "name": "x"},
    ]);
    let tried = post(&collector, "/api/v2/accounts?dry_run=true", records.clone());
    let tried = tried.await.json();
    assert_eq!(sorted(&tried["created"]), json!(["a2", "e2"]), "{tried}");
    assert_eq!(tried["unchanged"], 0, "{tried}");
    let done = accounts(&collector, records).await;
    assert_eq!(done["accepted"], 2, "{done}");
}

/// Records with few ids, so that many of them are about the same account or user.
fn records(list: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let id = |prefix: &'static str| {
        prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")]
            .prop_map(move |id| format!("{prefix}{id}"))
    };
    let record = (
        id(""),
        proptest::option::of(prop_oneof![id("").prop_map(Value::from), Just(Value::Null)]),
        proptest::option::of(prop_oneof![
            Just(json!("x")),
            Just(json!("y")),
            Just(json!([]))
        ]),
        proptest::option::of(any::<bool>()),
        any::<bool>(),
    );
    let record = record.prop_map(move |(id, other, name, is_deleted, moves)| {
        let mut record = json!({});
        let fields = match list {
            "accounts" => ["account_id", "parent_account_id", "name"],
            _ => ["user_id", "account_id", "first_name"],
        };
        record[fields[0]] = json!(id);
        if let Some(other) = other {
            record[fields[1]] = other;
        }
        if let Some(name) = name {
            record[fields[2]] = name;
        }
        if let Some(is_deleted) = is_deleted {
            record["is_deleted"] = json!(is_deleted);
        }
        if moves && list != "accounts" {
            record["move"] = json!(true);
        }
        record
    });
    proptest::collection::vec(record, 1..7)
}

#[test]
fn a_dry_run_says_what_the_call_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (list, field) in [("accounts", "account_id"), ("account_users", "user_id")] {
        let config = Config {
            cases: place::cases(CASES),
            failure_persistence: None,
            max_shrink_iters: 64,
            ..Config::default()
        };
        let calls = (records(list), records(list));
        let outcome = TestRunner::new(config).run(&calls, |(first, second)| {
            runtime.block_on(async {
                let collector = Collector::new();
                compare(&collector, list, field, first).await;
                compare(&collector, list, field, second).await;
            });
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{list}: {error}");
        }
    }
}
