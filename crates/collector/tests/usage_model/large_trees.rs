//! Trees that are deep or wide.

use serde_json::{Value, json};

use crate::{
    said::{ALL, said},
    support::*,
    zones::ZONES,
};

fn event(account: &str, user: &str, tag: &str) -> Value {
    with(
        feature(account, user, "export", tag),
        json!({"session_id": tag}),
    )
}

async fn place(collector: &Collector, records: Vec<Value>) {
    let body = json!({ "records": records });
    let answer = collector.call("POST", "/api/v2/accounts", Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn rolled_up(collector: &Collector, account: &str) -> Value {
    said(collector, account, true, None, ALL, ZONES[0]).await
}

#[tokio::test]
async fn a_chain_of_a_thousand_levels_rolls_up_to_its_top_and_can_be_cut() {
    let collector = Collector::new();
    let link = |no: u32| json!({"account_id": format!("level {no}"), "parent_account_id": format!("level {}", no - 1)});
    place(&collector, (1..1000).map(link).collect()).await;
    collector
        .send(vec![
            event("level 999", "ann", "1"),
            event("level 500", "bob", "2"),
        ])
        .await;
    let events = async |account: &str| {
        let said = rolled_up(&collector, account).await;
        (
            said["totals"]["events"].clone(),
            said["uncaptured"]["non_leaf"].clone(),
        )
    };
    assert_eq!(events("level 0").await, (json!(1), json!(1)));

    let record = json!({"parent_account_id": "level 999"});
    let refused = collector
        .call("PUT", "/api/v2/accounts/level%200", Some(record))
        .await
        .error();
    assert!(
        refused.contains("level 0 → level 999 → level 998"),
        "{refused}"
    );

    let cut = json!({"account_id": "level 501", "parent_account_id": null});
    place(&collector, vec![cut]).await;
    assert_eq!(
        events("level 0").await,
        (json!(1), json!(0)),
        "level 500 is a leaf now"
    );
    assert_eq!(events("level 501").await, (json!(1), json!(0)));
}

#[tokio::test]
async fn a_hundred_thousand_children_roll_up_and_move_at_once() {
    let collector = Collector::new();
    let below = |parent: &str| vec![json!({"account_id": "top", "parent_account_id": parent})];
    place(&collector, below("world")).await;
    collector.place.execute(
        "INSERT INTO accounts (account_id, parent_no)
         WITH RECURSIVE n (no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n WHERE no < 100000)
         SELECT 'child ' || no, (SELECT no FROM accounts WHERE account_id = 'top') FROM n",
    );
    let events = (1..=2000).map(|no| {
        let account = format!("child {}", no * 50);
        event(&account, &format!("user {no}"), &no.to_string())
    });
    collector.send(events.collect()).await;
    let totals = async |account: &str| rolled_up(&collector, account).await["totals"].clone();
    assert_eq!(totals("world").await["events"], 2000);
    assert_eq!(totals("world").await["users"], 2000);

    place(&collector, below("moon")).await;
    assert_eq!(totals("world").await["events"], 0);
    assert_eq!(totals("moon").await["sessions"], 2000);
}
