//! The steps of random histories.

use std::collections::HashSet;

use natero_collector::{
    model::{
        account::AccountPatch,
        erasure::{Erasure, ErasureKind},
        financial::Financial,
        usage::Span,
        user::UserPatch,
    },
    store::records::NewRecords,
};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value, json};

use crate::{
    pair::{NOW, Pair, same},
    rules,
};

pub const MINUTE: i64 = 60_000;
pub const DAY: i64 = 24 * 60 * MINUTE;

pub const ACCOUNTS: [&str; 5] = ["a", "b", "c", "d", "Ä'\\"];
pub const USERS: [&str; 6] = ["u1", "u2", "u3", "u4", "u5", "u6"];

/// Runs this many histories, which are the same in each run, so that a failure is caused by a
/// change. `PROPTEST_RNG_SEED` and `PROPTEST_CASES` override that.
pub fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let is_asked = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if is_asked { asked.cases } else { cases },
        max_shrink_iters: 8,
        rng_seed: match asked.rng_seed {
            RngSeed::Random => RngSeed::Fixed(16),
            fixed @ RngSeed::Fixed(_) => fixed,
        },
        failure_persistence: None,
        ..asked
    }
}

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<Value>, bool),
    PutAccount(Value),
    PutUser(Value),
    PutRevenue(&'static str, Value),
    CheckRules,
    /// Ships. Only the store on servers has a shipper.
    Ship,
    /// Ships the last block again, as if the confirmation of the write had been lost.
    ShipAgain,
    Erase(ErasureKind, String),
    /// Deletes events that are this many days old.
    Prune(i64),
}

pub fn step() -> impl Strategy<Value = Step> {
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
        any::<Option<bool>>(),
    );
    prop_oneof![
        8 => (proptest::collection::vec(event(), 1..12), any::<bool>()).prop_map(
            |(mut events, is_trusted)| {
                // An id belongs to one event of each source. No two events have the same
                // time, because it would be undefined which of them is the first of a
                // stream.
                for event in &mut events {
                    let made = event["created_at"].as_i64().unwrap();
                    event["created_at"] = (made - i64::from(is_trusted)).into();
                }
                Step::Send(events, is_trusted)
            }
        ),
        2 => account.prop_map(|(id, parent, is_deleted)| {
            let mut record = json!({"account_id": id, "parent_account_id": parent});
            if let Some(is_deleted) = is_deleted {
                record["is_deleted"] = is_deleted.into();
                record["tier"] = if is_deleted { "gold" } else { "silver" }.into();
            }
            Step::PutAccount(record)
        }),
        1 => (proptest::sample::select(&ACCOUNTS[..]), 0..9i64, any::<bool>()).prop_map(
            |(account, n, is_euro)| Step::PutRevenue(account, json!({
                "date": NOW - n * 30 * DAY, "name": if n % 2 == 0 { " MRR" } else { "seats" },
                "amount": n, "currency": if is_euro { "EUR" } else { "USD" },
            }))
        ),
        1 => Just(Step::CheckRules),
        2 => user.prop_map(|(id, account, is_move, is_deleted)| {
            let mut record = json!({"user_id": id, "account_id": account, "move": is_move});
            if let Some(is_deleted) = is_deleted {
                record["is_deleted"] = is_deleted.into();
                record["first_name"] = format!("Name {id}").into();
            }
            Step::PutUser(record)
        }),
        2 => Just(Step::Ship),
        1 => Just(Step::ShipAgain),
        2 => erasure(),
        1 => (1..400_i64).prop_map(Step::Prune),
    ]
}

fn erasure() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..200u16).prop_map(|id| Step::Erase(ErasureKind::Event, format!("e/{id}"))),
        (0..3u8).prop_map(|no| Step::Erase(ErasureKind::Stream, format!("stream {no}"))),
        proptest::sample::select(&USERS[..])
            .prop_map(|user| Step::Erase(ErasureKind::User, user.to_owned())),
        proptest::sample::select(&ACCOUNTS[..])
            .prop_map(|account| Step::Erase(ErasureKind::Account, account.to_owned())),
        (1..3u8).prop_map(|no| Step::Erase(ErasureKind::Source, format!("source-{no}"))),
    ]
}

/// An event. Its fractions are chosen so that sums of them are exact in any order.
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
    // Few ids, so that some occur twice.
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
                    "name": format!("name {n} of {}", account.unwrap_or_default()), "parent_account_id": ACCOUNTS[n as usize % 5],
                }}),
                _ => json!({"action": "feature", "feature": feature, "total": f64::from(n) / 8.0}),
            };
            let (Value::Object(all), Value::Object(fields)) = (&mut event, fields) else {
                unreachable!("both are objects");
            };
            all.extend(fields);
            // An id belongs to one event, so a repetition has the same time.
            all.insert("created_at".into(), (NOW + time_of(id)).into());
            event
        },
    )
}

/// The time of the event with an id, relative to now: most are within the last days, some
/// long ago.
fn time_of(id: u16) -> i64 {
    let id = i64::from(id);
    match id % 3 {
        0 => -(id * id % 397) * DAY - id * 977,
        1 => -id * 15 * MINUTE,
        _ => -id * 23 * MINUTE - id,
    }
}

/// The state of a history.
#[derive(Debug, Default)]
pub struct History {
    sent: HashSet<String>,
    /// Events before this time are deleted.
    before: i64,
}

impl History {
    /// Removes events that were deleted and would be sent again. With a store on servers they
    /// would count once, because ClickHouse knows their keys; in a file they would count
    /// twice.
    fn without_dropped(&mut self, mut events: Vec<Value>) -> Vec<Value> {
        let text = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
        let made = |event: &Value| event["created_at"].as_i64().unwrap();
        events.retain(|event| made(event) >= self.before || !self.sent.contains(&text(event)));
        let mut seen = HashSet::new();
        events.retain(|event| made(event) >= self.before || seen.insert(text(event)));
        self.sent.extend(events.iter().map(text));
        events
    }
}

/// The erasure of everything that belongs to an id.
pub fn erasure_of(kind: ErasureKind, id: String) -> Erasure {
    let span = Span {
        from: 0,
        to: NOW + 1,
    };
    match kind {
        ErasureKind::Source => Erasure::of_source(id, span),
        kind => Erasure::of(kind, id),
    }
}

/// Runs a whole history on both stores, with alert rules.
pub async fn tell(pair: &Pair, steps: Vec<Step>) {
    let mut history = History::default();
    rules::add(pair).await;
    for step in steps {
        apply(pair, step, &mut history).await;
    }
}

pub async fn apply(pair: &Pair, step: Step, history: &mut History) {
    match step {
        Step::Send(events, is_trusted) => {
            let events = history.without_dropped(events);
            pair.send(&events, is_trusted).await;
        }
        Step::Erase(kind, id) => {
            let erasure = erasure_of(kind, id);
            same!(pair, store => store.erase(erasure.clone()));
        }
        Step::Prune(days) => {
            // Events that are not shipped are not deleted.
            pair.ship().await;
            let before = NOW - days * DAY + 401_000;
            history.before = history.before.max(before);
            pair.prune(before).await;
        }
        Step::PutAccount(record) => {
            let patch = || AccountPatch::from_record(record.clone(), None).unwrap();
            let _ = same!(pair, store => store.put_account(patch(), NOW));
        }
        Step::PutUser(record) => {
            let patch = || UserPatch::from_record(record.clone(), None).unwrap();
            let _ = same!(pair, store => store.put_user(patch(), NOW));
        }
        Step::PutRevenue(account, record) => {
            let record = Financial::from_record(&record).unwrap();
            let records = || NewRecords::Financials(vec![record.clone()]);
            let _ = same!(pair, store => store.put_records(account.into(), records(), NOW));
        }
        Step::CheckRules => rules::check(pair, NOW).await,
        Step::Ship => pair.ship().await,
        Step::ShipAgain => {
            pair.forget_last_block().await;
            pair.ship().await;
        }
    }
}
