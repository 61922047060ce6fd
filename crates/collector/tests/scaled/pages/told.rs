//! Histories that are run step by step.

use natero_collector::{
    model::{
        account::AccountPatch,
        usage::{Filter, Span},
        user::UserPatch,
        visibility::Visibility,
    },
    store::{
        accounts_page::{AccountsContent, AccountsPageQuestion, Wanted},
        portfolio::ListQuestion,
    },
};
use serde_json::{Value, json};

use super::{assert_same, compare, compare_user, questions::list, same_page};
use crate::{
    pair::{NOW, Pair, same},
    steps::DAY,
};

/// One history with every kind of step.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_the_same() {
    let Some(pair) = Pair::over(&[1, 2, 1]).await else {
        return;
    };
    let event = |n: i64, account: &str, user: &str, fields: Value| {
        let mut event = json!({
            "event_id": format!("p/{n}"), "account_id": account, "user_id": user,
            "session_id": format!("s{}", n % 3), "created_at": NOW - n * 7 * 3_600_000 - n,
            "stream_id": format!("stream {user}"), "seq": n,
        });
        let (Value::Object(all), Value::Object(fields)) = (&mut event, fields) else {
            unreachable!("both are objects");
        };
        all.extend(fields);
        event
    };
    let feature = |name: &str, product: Option<&str>| {
        json!({"action": "feature", "feature": name, "product": product, "module": "x",
            "total": 0.5})
    };
    let mut events = Vec::new();
    for n in 0..60 {
        let (account, user) = [
            ("b", "u1"),
            ("c", "u2"),
            ("b", "u3"),
            ("d", "u4"),
            ("a", "u1"),
        ][n as usize % 5];
        events.push(match n % 4 {
            0 => event(n, account, user, feature("f", Some("y"))),
            1 => event(n, account, user, feature("g", None)),
            2 => event(
                n,
                account,
                user,
                json!({"action": "moduleEnd", "module": "x",
                "time_spent": n * 1000}),
            ),
            _ => event(
                n,
                account,
                user,
                json!({"action": "sessionSync",
                "active_duration": n * 100}),
            ),
        });
    }
    pair.send(&events[..30], false).await;
    for record in [
        json!({"account_id": "b", "parent_account_id": "a", "name": "Name B", "tier": "gold"}),
        json!({"account_id": "c", "parent_account_id": "misspelt", "is_deleted": false}),
        json!({"account_id": "d", "is_deleted": true}),
    ] {
        let patch = || AccountPatch::from_record(record.clone(), None).unwrap();
        let _ = same!(pair, store => store.put_account(patch(), NOW));
    }
    pair.ship().await;
    pair.send(&events[30..], true).await;
    for turn in 0..4 {
        compare(&pair, turn).await;
    }
    let moved = json!({"user_id": "u1", "account_id": "a", "move": true});
    let patch = || UserPatch::from_record(moved.clone(), None).unwrap();
    let _ = same!(pair, store => store.put_user(patch(), NOW));
    for turn in 4..8 {
        compare(&pair, turn).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_length_with_any_letters_are_filters() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let names = [
        "ü'\\".repeat(80),
        "x\r\n--form\r\n\r\nSELECT 1; \"".repeat(8),
        "%{}?&=`\t.".repeat(25),
    ];
    let event = |n: i64, name: &str| {
        json!({
            "event_id": format!("n/{n}"), "account_id": "b", "user_id": "u1",
            "created_at": NOW - n * DAY, "action": "feature", "feature": name,
            "product": name, "module": name, "session_id": format!("s'\\ {n}"),
        })
    };
    let events: Vec<_> = names
        .iter()
        .zip(1..)
        .map(|(name, n)| event(n, name))
        .collect();
    pair.send(&events[..2], false).await;
    pair.ship().await;
    pair.send(&events[2..], false).await;
    for name in names {
        let question = || ListQuestion {
            filter: Filter {
                product: Some(name.clone()),
                module: Some(name.clone()),
                feature: Some(name.clone()),
                user: None,
            },
            span: Span::ALL,
            before: None,
            ..list(0)
        };
        let question = || AccountsPageQuestion {
            within: Visibility::All,
            wanted: Wanted::List(question()),
        };
        same_page!(pair, store => store.page_accounts(question()), page => {
            let AccountsContent::List(list, _) = &page.content else {
                unreachable!("a list is asked for");
            };
            assert_eq!(list.totals.now.events, 1, "{name}");
            page
        });
    }
    compare_user(&pair, "u1", 3).await;
}
