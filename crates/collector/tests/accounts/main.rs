//! The Account API: accounts, users and the tree they form.
#![allow(missing_docs)]

mod bulk;
mod dry_run;
mod identified;
mod lists;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod tree;
mod users;
mod values;
mod wrapped;

use serde_json::{Value, json};
use support::*;

async fn post(collector: &Collector, path: &str, records: Value) -> Answer {
    collector
        .call("POST", path, Some(json!({ "records": records })))
        .await
}

async fn accounts(collector: &Collector, records: Value) -> Value {
    let answer = post(collector, "/api/v2/accounts", records).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}
