//! The same random histories give the same figures, to the last digit.

use natero_collector::{
    model::{
        account::AccountPatch,
        calendar::TimeZone,
        period::Before,
        row_order::{Figure, RowOrder},
        usage::{Dimension, Filter, Span},
        user::UserPatch,
        visibility::Visibility,
    },
    store::{
        latest_events::LatestQuestion,
        usage::{RowPage, UsageQuestion},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::pair::{NOW, Pair, same};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

const ACCOUNTS: [&str; 5] = ["a", "b", "c", "d", "Ä'\\"];
const USERS: [&str; 6] = ["u1", "u2", "u3", "u4", "u5", "u6"];

/// Numbers of replicas of the shards.
const SPREADS: [&[usize]; 4] = [&[1], &[2], &[1, 1, 1], &[1, 2]];

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Send(Vec<Value>, bool),
    PutAccount(Value),
    PutUser(Value),
    /// Only the store on servers has a shipper.
    Ship,
    /// It ships the last block again, as if it had not heard that it was written.
    ShipAgain,
}

fn step() -> impl Strategy<Value = Step> {
    let parent = prop_oneof![
        3 => proptest::sample::select(&ACCOUNTS[..]).prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let account = (
        proptest::sample::select(&ACCOUNTS[..]),
        parent,
        any::<Option<bool>>(),
    );
    let user = (
        proptest::sample::select(&USERS[..]),
        proptest::sample::select(&ACCOUNTS[..]),
        any::<bool>(),
    );
    prop_oneof![
        8 => (proptest::collection::vec(event(), 1..12), any::<bool>())
            .prop_map(|(events, is_trusted)| Step::Send(events, is_trusted)),
        2 => account.prop_map(|(id, parent, is_deleted)| {
            let mut record = json!({"account_id": id, "parent_account_id": parent});
            if let Some(is_deleted) = is_deleted {
                record["is_deleted"] = is_deleted.into();
            }
            Step::PutAccount(record)
        }),
        2 => user.prop_map(|(id, account, is_move)| {
            Step::PutUser(json!({"user_id": id, "account_id": account, "move": is_move}))
        }),
        2 => Just(Step::Ship),
        1 => Just(Step::ShipAgain),
    ]
}

/// An event. Its fractions are such that sums of them are exact in any order.
fn event() -> impl Strategy<Value = Value> {
    let names = || proptest::option::of(proptest::sample::select(&["x", "y", "it's \\"][..]));
    let who = (
        proptest::option::weighted(0.9, proptest::sample::select(&ACCOUNTS[..])),
        proptest::sample::select(&USERS[..]),
        proptest::option::weighted(0.8, 0..3u8),
    );
    let what = (
        0..6u8,
        names(),
        names(),
        proptest::sample::select(&["f", "g"][..]),
    );
    // Few ids, so that some come twice.
    let id = (0..200u16, 0..3u8, 0..20u32);
    (who, what, id, 0..40u32).prop_map(
        |((account, user, session), (kind, product, module, feature), (id, stream, seq), n)| {
            let mut event = json!({
                "user_id": user, "event_id": format!("e/{id}"),
                "account_id": account, "session_id": session.map(|session| format!("s{session}")),
                "product": product, "module": module,
                "stream_id": format!("stream {stream}"), "seq": seq,
            });
            let fields = match kind {
                0 => json!({"action": "moduleEnd", "module": "x", "time_spent": n * 1000}),
                1 => json!({"action": "sessionSync", "active_duration": n * 1000}),
                2 => json!({"action": "invented"}),
                3 => json!({"action": "identifyAccount", "details": {
                    "name": format!("name {n}"), "parent_account_id": ACCOUNTS[n as usize % 5],
                }}),
                _ => json!({"action": "feature", "feature": feature, "total": f64::from(n) / 8.0}),
            };
            let (Value::Object(all), Value::Object(fields)) = (&mut event, fields) else {
                unreachable!("both are objects");
            };
            all.extend(fields);
            // An id is of one event: what is sent again has the same time.
            all.insert("created_at".into(), (NOW + time_of(id)).into());
            event
        },
    )
}

/// The time of the event with an id, from now: most lie in the last days, some long ago.
fn time_of(id: u16) -> i64 {
    let id = i64::from(id);
    match id % 3 {
        0 => -(id * id % 397) * DAY - id * 977,
        1 => -id * 15 * MINUTE,
        _ => -id * 23 * MINUTE - id,
    }
}

async fn apply(pair: &Pair, step: Step) {
    match step {
        Step::Send(events, is_trusted) => {
            pair.send(&events, is_trusted).await;
        }
        Step::PutAccount(record) => {
            let patch = || AccountPatch::from_record(record.clone(), None).unwrap();
            let _ = same!(pair, store => store.put_account(patch(), NOW));
        }
        Step::PutUser(record) => {
            let patch = || UserPatch::from_record(record.clone(), None).unwrap();
            let _ = same!(pair, store => store.put_user(patch(), NOW));
        }
        Step::Ship => pair.ship().await,
        Step::ShipAgain => {
            pair.forget_last_block().await;
            pair.ship().await;
        }
    }
}

fn questions() -> Vec<UsageQuestion> {
    let spans = [
        Span::ALL,
        Span {
            from: NOW - 2 * DAY - 7 * MINUTE,
            to: NOW - DAY + 3,
        },
        Span {
            from: NOW - 300 * DAY,
            to: NOW,
        },
    ];
    let before = Before {
        span: Span {
            from: NOW - 3 * DAY - 7 * MINUTE,
            to: NOW - 2 * DAY - 7 * MINUTE,
        },
        first_day_end: NOW - 2 * DAY,
    };
    let filters = [
        Filter::default(),
        Filter {
            product: Some("it's \\".into()),
            ..Filter::default()
        },
        Filter {
            product: Some(String::new()),
            user: Some("u2".into()),
            ..Filter::default()
        },
        Filter {
            module: Some("never named".into()),
            ..Filter::default()
        },
    ];
    let dimensions = [
        None,
        Some(Dimension::Product),
        Some(Dimension::Module),
        Some(Dimension::Feature),
        Some(Dimension::User),
        Some(Dimension::Account),
        Some(Dimension::Day),
        Some(Dimension::Week),
        Some(Dimension::Month),
    ];
    let mut questions = Vec::new();
    for (at, by) in dimensions.into_iter().enumerate() {
        for (number, account) in ACCOUNTS.iter().enumerate() {
            // Each combination comes up with some account; all of them would take minutes.
            let turn = at + number;
            let span = spans[turn % 3];
            questions.push(UsageQuestion {
                account_id: (*account).to_owned(),
                within: Visibility::All,
                rollup: turn % 2 == 0,
                by,
                span,
                before: (span.from == spans[1].from).then_some(before),
                time_zone: ["UTC", "Asia/Kathmandu"][turn % 2]
                    .parse::<TimeZone>()
                    .unwrap(),
                filter: filters[turn % filters.len()].clone(),
                page: RowPage {
                    order: match by {
                        // Users of equal figures have no order in common.
                        Some(Dimension::User) | None => RowOrder::Key,
                        Some(_) if turn % 2 == 0 => RowOrder::Largest(Figure::Features),
                        Some(_) => RowOrder::Key,
                    },
                    limit: (turn % 4 == 1).then_some(2),
                    after: None,
                },
            });
        }
    }
    questions
}

async fn compare(pair: &Pair) {
    for question in questions() {
        let sqlite = pair.sqlite.usage(question.clone()).await.unwrap();
        let scaled = natero_collector::store::operations::FigureOperations::usage(
            &*pair.scaled,
            question.clone(),
        )
        .await
        .unwrap();
        assert_eq!(sqlite, scaled, "{question:#?}");
    }
    for span in [
        Span::ALL,
        Span {
            from: NOW - 3 * DAY,
            to: NOW - DAY,
        },
    ] {
        same!(pair, store => store.loss(span));
    }
    for id in ACCOUNTS {
        same!(pair, store => store.account(id.into()));
    }
    for id in USERS {
        same!(pair, store => store.user(id.into()));
    }
    let ids = || (0..200).map(|id| format!("e/{id}")).collect::<Vec<_>>();
    for is_trusted in [false, true] {
        let source = pair.source(&*pair.sqlite, is_trusted).await.id;
        same!(pair, store => store.lacking(source, ids()));
    }
    for account_id in [None, Some("b".to_owned())] {
        let question = || LatestQuestion {
            after: None,
            account_id: account_id.clone(),
            limit: 50,
        };
        let (sqlite, _) = pair.sqlite.latest_events(question()).await.unwrap();
        let store: &dyn natero_collector::store::Store = &*pair.scaled;
        let (scaled, _) = store.latest_events(question()).await.unwrap();
        assert_eq!(sqlite, scaled);
    }
}

proptest! {
    // Each case makes databases on both servers and asks some fifty questions.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_answer_the_same(
        steps in proptest::collection::vec(step(), 1..40),
        replicas in proptest::sample::select(&SPREADS[..]),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let Some(pair) = Pair::over(replicas).await else { return };
            for step in steps {
                apply(&pair, step).await;
            }
            compare(&pair).await;
            pair.ship().await;
            compare(&pair).await;
        });
    }
}
