//! Erasure and retention: both stores answer the same before, right after, and after
//! ClickHouse has rewritten its tables.

use natero_collector::{
    model::{
        account::AccountPatch,
        calendar::TimeZone,
        erasure::{Erasure, ErasureKind},
        page::Page,
        usage::{Dimension, Filter, Span},
        user::UserPatch,
        visibility::Visibility,
    },
    store::{
        Store,
        accounts::{AccountsQuestion, UsersQuestion},
        usage::{RowPage, UsageQuestion},
    },
};
use serde_json::{Value, json};

use crate::pair::{NOW, Pair, same};

const DAY: i64 = 24 * 60 * 60_000;

/// Events before this time are deleted. It is in the middle of a quarter of an hour.
const HORIZON: i64 = NOW - 5 * DAY + 401_000;

fn event(n: i64, account: &str, user: &str) -> Value {
    json!({
        "event_id": format!("r/{n}"), "account_id": account, "user_id": user,
        "session_id": format!("{}", n % 3), "created_at": NOW - n * 7_411_000,
        "action": "feature", "feature": "f", "total": 1, "stream_id": format!("s{}", n % 4),
        "seq": n / 4,
    })
}

/// Events of two accounts below another. Some are not counted, and some identify accounts and
/// users.
fn events() -> Vec<Value> {
    let mut events: Vec<Value> = (0..120)
        .map(|n| {
            let account = if n % 10 == 9 {
                "b"
            } else {
                ["a", "b"][n as usize % 2]
            };
            event(n, account, &format!("u{}", n % 6))
        })
        .collect();
    events.push(json!({
        "event_id": "said", "account_id": "a", "user_id": "u0", "created_at": NOW,
        "action": "identifyAccount", "details": {"name": "Forged", "plan": "gold"},
        "stream_id": "s1", "seq": 900,
    }));
    events.push(json!({
        "event_id": "invents", "account_id": "invented", "user_id": "nobody",
        "created_at": NOW, "action": "feature", "feature": "g", "stream_id": "s1", "seq": 901,
    }));
    events.push(event(200, "loose", "lou"));
    events.push(json!({
        "event_id": "places", "account_id": "loose", "user_id": "lou", "created_at": NOW,
        "action": "identifyAccount", "details": {"parent_account_id": "forged"},
        "stream_id": "s1", "seq": 902,
    }));
    events
}

async fn filled(replicas: &[usize]) -> Option<Pair> {
    let pair = Pair::over(replicas).await?;
    for record in [
        json!({"account_id": "top", "name": "Top"}),
        json!({"account_id": "a", "parent_account_id": "top"}),
        json!({"account_id": "b", "parent_account_id": "top", "name": "B"}),
    ] {
        let patch = || AccountPatch::from_record(record.clone(), None).unwrap();
        let _ = same!(pair, store => store.put_account(patch(), NOW));
    }
    Some(pair)
}

async fn compare(pair: &Pair) {
    let spans = [
        Span::ALL,
        Span {
            from: HORIZON - 3 * DAY + 77_000,
            to: HORIZON + DAY,
        },
        Span {
            from: HORIZON - DAY,
            to: HORIZON - 13_000,
        },
    ];
    let dimensions = [
        None,
        Some(Dimension::User),
        Some(Dimension::Account),
        Some(Dimension::Day),
    ];
    for (turn, account) in ["top", "a", "b", "invented"].into_iter().enumerate() {
        // Each span is combined with each dimension for some account.
        for (at, by) in dimensions.into_iter().enumerate() {
            let question = UsageQuestion {
                account_id: account.into(),
                within: Visibility::All,
                rollup: true,
                by,
                span: spans[(turn + at) % 3],
                before: None,
                time_zone: TimeZone::UTC,
                filter: Filter::default(),
                page: RowPage::ALL,
            };
            same!(pair, store => store.usage(question.clone()));
        }
        same!(pair, store => store.account(account.into()));
    }
    const ALL: Page = Page {
        limit: 100,
        number: 1,
    };
    same!(pair, store => store.loss(Span::ALL));
    same!(pair, store => store.users(UsersQuestion::default(), ALL));
    same!(pair, store => store.accounts(AccountsQuestion::default(), ALL));
}

/// Erases something in both stores, while ClickHouse has part of it, and compares them.
async fn erase(pair: &Pair, erasure: Erasure) {
    let erased = same!(pair, store => store.erase(erasure.clone()));
    assert!(erased.is_some(), "{erasure:?}");
    compare(pair).await;
    pair.ship().await;
    compare(pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_counts_nowhere_from_then_on() {
    {
        let Some(pair) = filled(&[2, 1]).await else {
            return;
        };
        let events = events();
        pair.send(&events[..70], false).await;
        pair.ship().await;
        pair.send(&events[70..], false).await;
        compare(&pair).await;
        let source = |from, to| Erasure::of_source("source-1", Span { from, to });
        for erasure in [
            Erasure::of(ErasureKind::Event, "r/3"),
            Erasure::of(ErasureKind::Event, "r/99"),
            Erasure::of(ErasureKind::Stream, "s1"),
            Erasure::of(ErasureKind::User, "u2"),
        ] {
            erase(&pair, erasure).await;
        }
        // Erased events stay out.
        pair.send(&events, false).await;
        compare(&pair).await;
        for erasure in [Erasure::of(ErasureKind::Account, "b"), source(NOW, NOW + 1)] {
            erase(&pair, erasure).await;
        }
        for (kind, id) in [
            (ErasureKind::Event, "r/3"),
            (ErasureKind::Stream, "unknown"),
            (ErasureKind::User, "u2"),
            (ErasureKind::Account, "unknown"),
            (ErasureKind::Source, "source-77"),
        ] {
            let erased = same!(pair, store => store.erase(Erasure::of(kind, id)));
            assert_eq!(erased, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_node_has_what_was_erased_once_it_was_shipped_to() {
    let Some(pair) = filled(&[2]).await else {
        return;
    };
    pair.send(&events(), false).await;
    pair.ship().await;
    assert_eq!(pair.rows_with("user_id = 'u2'").await, [20, 20]);
    let user = Erasure::of(ErasureKind::User, "u2");
    let _ = same!(pair, store => store.erase(user.clone()));
    assert_eq!(pair.rows_with("user_id = 'u2'").await, [20, 20]);
    pair.ship().await;
    assert_eq!(pair.rows_with("user_id = 'u2'").await, [0, 0]);
    assert!(pair.rows_with("1").await.iter().all(|rows| *rows > 50));
    let remembered = || pair.try_count("SELECT COUNT(*) FROM removals");
    assert_eq!(remembered().await.unwrap(), 1, "until it is on disk");
    pair.ship().await;
    assert_eq!(remembered().await.unwrap(), 0);
    compare(&pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_dropped_events_stay_and_can_be_erased_with_their_user() {
    let Some(pair) = filled(&[1, 1]).await else {
        return;
    };
    let events = events();
    pair.send(&events, false).await;
    pair.ship().await;
    assert!(pair.prune(HORIZON).await > 0);
    compare(&pair).await;
    // A late event is deleted in its turn.
    let late = json!({
        "event_id": "late", "account_id": "a", "user_id": "u0", "created_at": HORIZON - DAY,
        "action": "feature", "feature": "f", "stream_id": "s9", "seq": 0,
    });
    pair.send(&[late], false).await;
    compare(&pair).await;
    pair.ship().await;
    assert!(pair.prune(HORIZON + DAY).await > 0);
    compare(&pair).await;
    // Events that did not count do so after their user is moved, even though they were
    // deleted.
    let moved = || {
        let record = json!({"user_id": "u5", "account_id": "b", "move": true});
        UserPatch::from_record(record, None).unwrap()
    };
    let _ = same!(pair, store => store.put_user(moved(), NOW));
    compare(&pair).await;
    pair.ship().await;
    compare(&pair).await;
    for erasure in [
        Erasure::of(ErasureKind::Stream, "s2"),
        Erasure::of(ErasureKind::User, "u4"),
        Erasure::of(ErasureKind::Account, "b"),
    ] {
        erase(&pair, erasure).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_shipped_is_not_dropped() {
    let Some(pair) = filled(&[1]).await else {
        return;
    };
    pair.send(&events(), false).await;
    let store: &dyn Store = &*pair.scaled;
    let pruned = store.prune(HORIZON).await.unwrap();
    assert_eq!((pruned.events, pruned.is_done), (0, true));
    pair.ship().await;
    assert!(store.prune(HORIZON).await.unwrap().events > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_event_that_is_sent_again_soon_after_its_arrival_is_a_duplicate() {
    let Some(pair) = filled(&[1]).await else {
        return;
    };
    // Whole days are dropped, and the events of a part of a day one by one.
    let old: Vec<Value> = (1..60).map(|n| event(n * 4, "a", "ann")).collect();
    let sent = pair.send(&old, false).await;
    assert_eq!(sent.accepted, 59);
    pair.ship().await;
    let dropped = pair.prune(HORIZON).await;
    assert!(dropped > 30, "{dropped}");
    // One of them names a user and an account that nobody knows yet.
    let mut again = old.clone();
    again[50]["user_id"] = json!("nobody");
    again[50]["account_id"] = json!("nowhere");
    for events in [again, old] {
        let outcome = pair.send(&events, false).await;
        assert_eq!((outcome.accepted, outcome.duplicates), (0, 59));
    }
    compare(&pair).await;
    same!(pair, store => store.account("nowhere".into()));
}
