//! Accounts for tests of erasure.

use serde_json::{Value, json};

use crate::support::*;

/// Two accounts below a third.
pub async fn fill(collector: Collector) -> Collector {
    let records = json!({"records": [
        {"account_id": "top"},
        {"account_id": "acme", "parent_account_id": "top", "tier": 1},
        {"account_id": "beta", "parent_account_id": "top"},
    ]});
    collector
        .change("POST", "/api/v2/accounts", Some(records))
        .await;
    collector
}

pub fn event(account: &str, user: &str, stream: &str, seq: u32) -> Value {
    with(
        feature(account, user, "export", format!("{stream}-{seq}")),
        json!({"stream_id": stream, "seq": seq, "product": "studio"}),
    )
}

/// Forged events of a stream, and some without a stream, which invent accounts and users.
pub fn forged() -> Vec<Value> {
    let invented = (0..20).map(|no| {
        let user = format!("forged {no}");
        if no < 5 {
            event(&user, &user, &user, 0)
        } else {
            with(
                feature(&user, &user, "export", &user),
                json!({"product": "studio"}),
            )
        }
    });
    let known = feature("acme", "ann", "export", "forged");
    invented.chain([known]).collect()
}
