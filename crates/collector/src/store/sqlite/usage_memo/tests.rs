//! Whatever changes, a cached answer equals the one that would be computed.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    model::{
        account::AccountPatch,
        erasure::{Erasure, ErasureKind},
        keys::SourceId,
        period::Before,
        user::UserPatch,
    },
    store::{
        event_key::IdScope,
        keys::Source,
        sqlite::{
            SqliteStore, account_report, account_rows, accounts, erasure,
            facts::QUARTER_MS,
            inbox::Batch,
            rebuild, retention,
            segments::{self, Part},
            user_records,
        },
    },
};

const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];
const USERS: [&str; 3] = ["x", "y", "z"];
/// The quarter of an hour in which the first events may have happened.
const FIRST: i64 = 1_890_000;

/// Something that may change figures.
#[derive(Debug, Clone)]
enum Step {
    Send {
        account: usize,
        user: usize,
        at: i64,
        feature: usize,
    },
    SetParent {
        account: usize,
        parent: Option<usize>,
    },
    Deactivate(usize),
    MoveUser {
        user: usize,
        account: usize,
    },
    Erase {
        kind: ErasureKind,
        which: usize,
    },
    /// Deletes the facts of the account with this row.
    Lose(u32),
    Rebuild,
    Prune(i64),
}

fn step() -> impl Strategy<Value = Step> {
    // A few minutes around the ends of the spans below.
    let at =
        (0..8i64, 0..15i64).prop_map(|(quarter, minute)| quarter * QUARTER_MS + minute * 60_000);
    let account = 0..ACCOUNTS.len();
    let user = 0..USERS.len();
    prop_oneof![
        6 => (account.clone(), user.clone(), at, 0..2usize).prop_map(|(account, user, at, feature)| {
            Step::Send { account, user, at, feature }
        }),
        2 => (account.clone(), proptest::option::of(account.clone()))
            .prop_map(|(account, parent)| Step::SetParent { account, parent }),
        1 => account.clone().prop_map(Step::Deactivate),
        2 => (user, account.clone()).prop_map(|(user, account)| Step::MoveUser { user, account }),
        2 => (0..ErasureKind::ALL.len(), 0..5usize)
            .prop_map(|(kind, which)| Step::Erase { kind: ErasureKind::ALL[kind], which }),
        1 => (1..4u32).prop_map(Step::Lose),
        1 => Just(Step::Rebuild),
        1 => (0..4i64).prop_map(Step::Prune),
    ]
}

fn source() -> Source {
    Source {
        id: SourceId::from_number(1).unwrap(),
        trusted: false,
        allow_hierarchy: false,
        origins: Vec::new(),
        created_at: 0,
    }
}

/// Runs the `no`th step, and commits it.
fn run(conn: &mut Connection, no: usize, step: &Step) {
    if let Step::Rebuild = step {
        rebuild::rebuild(conn, true).unwrap();
        return;
    }
    let tx = conn.transaction().unwrap();
    let now = (FIRST + 8) * QUARTER_MS;
    match step {
        Step::Send {
            account,
            user,
            at,
            feature,
        } => {
            let line = json!({
                "account_id": ACCOUNTS[*account], "user_id": USERS[*user], "session_id": "s",
                "created_at": FIRST * QUARTER_MS + at, "action": "feature", "product": "p",
                "feature": format!("f{feature}"), "total": 1, "event_id": format!("{no}"),
                "stream_id": USERS[*user], "seq": no,
            });
            let line = line.to_string();
            let batch = Batch {
                source: source(),
                ..Batch::read(line.as_bytes(), source().id, IdScope::Public, now)
            };
            batch.insert(&tx).unwrap();
        }
        Step::SetParent { account, parent } => {
            let parent = parent.map(|parent| ACCOUNTS[parent]);
            let record = json!({"account_id": ACCOUNTS[*account], "parent_account_id": parent});
            let patch = AccountPatch::from_record(record, None).unwrap();
            let _ = accounts::put(&tx, patch, now).unwrap();
        }
        Step::Deactivate(account) => {
            accounts::deactivate(&tx, ACCOUNTS[*account]).unwrap();
        }
        Step::MoveUser { user, account } => {
            let record =
                json!({"user_id": USERS[*user], "account_id": ACCOUNTS[*account], "move": true});
            let patch = UserPatch::from_record(record, None).unwrap();
            let _ = user_records::put(&tx, patch, now).unwrap();
        }
        Step::Erase { kind, which } => {
            let id = match kind {
                ErasureKind::Account => ACCOUNTS[which % ACCOUNTS.len()].to_owned(),
                ErasureKind::User | ErasureKind::Stream => USERS[which % USERS.len()].to_owned(),
                ErasureKind::Event => which.to_string(),
                ErasureKind::Source => "source-1".to_owned(),
            };
            let erasure = Erasure::of(*kind, id);
            let found = erasure::find_events(&tx, &erasure).unwrap();
            erasure::erase(&tx, &erasure, &found, now).unwrap();
        }
        Step::Prune(quarters) => {
            let before = u32::try_from(FIRST + quarters).unwrap();
            while !retention::prune(&tx, before).unwrap().is_done {}
        }
        Step::Lose(account) => {
            let part = Part {
                account: AccountRow::from_number(i64::from(*account)).unwrap(),
                is_set_aside: false,
            };
            segments::replace(&tx, part, Vec::new()).unwrap();
        }
        Step::Rebuild => {}
    }
    tx.commit().unwrap();
}

/// Reports of a period in the middle of the events, and of one that covers all of them.
fn queries(account: AccountRow) -> [ReportQuery; 3] {
    let at = |quarter: i64, minute: i64| (FIRST + quarter) * QUARTER_MS + minute * 60_000;
    let query = |from: i64, to: i64, before: Option<Before>| ReportQuery {
        account,
        rollup: true,
        span: Span { from, to },
        before,
        filter: Filter::default(),
        bars: vec![Span { from, to }],
        bars_before: Vec::new(),
    };
    let before = Before {
        span: Span {
            from: at(0, 0),
            to: at(2, 5),
        },
        first_day_end: at(1, 0),
    };
    [
        query(at(2, 5), at(4, 10), Some(before)),
        query(at(2, 0), at(4, 0), None),
        query(i64::MIN, i64::MAX, None),
    ]
}

/// Compares cached with computed answers after each step.
fn check(steps: &[Step]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
    conn.execute_batch(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
             VALUES (x'00', x'00', '', 0, '[]', 0)",
    )
    .unwrap();
    let memo = UsageMemo::default();
    for (no, step) in steps.iter().enumerate() {
        run(&mut conn, no, step);
        for account in ACCOUNTS {
            let Some(row) = account_rows::find_row(&conn, account).unwrap() else {
                continue;
            };
            for query in queries(row) {
                let span = query.span;
                let computed = account_report::read(&conn, &query).unwrap();
                let answered = memo
                    .reports
                    .answer(&conn, query, span, |query| {
                        account_report::read(&conn, query)
                    })
                    .unwrap();
                prop_assert_eq!(&answered, &computed, "{} after {:?}", account, step);
            }
        }
    }
    Ok(())
}

#[test]
fn an_event_of_which_the_facts_were_lost_is_erased_from_what_is_kept() {
    let send = |user: usize, at: i64| Step::Send {
        account: 1,
        user,
        at,
        feature: 0,
    };
    let erase = Step::Erase {
        kind: ErasureKind::Event,
        which: 1,
    };
    check(&[send(0, 0), send(1, 2_100_000), Step::Lose(1), erase]).unwrap();
}

#[test]
fn a_user_whose_facts_were_lost_ends_no_report_after_an_erasure() {
    let send = |user: usize, at: i64| Step::Send {
        account: 2,
        user,
        at,
        feature: 0,
    };
    let erase = Step::Erase {
        kind: ErasureKind::Event,
        which: 1,
    };
    let steps = [
        send(0, 0),
        send(2, 0),
        send(2, 1_800_000),
        Step::Lose(1),
        erase,
    ];
    check(&steps).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_what_would_be_computed(steps in proptest::collection::vec(step(), 1..25)) {
        check(&steps)?;
    }
}

#[test]
fn what_happens_after_a_span_leaves_what_is_kept_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
    conn.execute_batch(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
             VALUES (x'00', x'00', '', 0, '[]', 0)",
    )
    .unwrap();
    let memo = Memo::new(2);
    let end = (FIRST + 4) * QUARTER_MS;
    let span = |to: i64| Span { from: 0, to };
    let mut computed = 0;
    let mut ask = |conn: &Connection, to: i64| {
        let before = computed;
        let answer = memo.answer(conn, to, span(to), |to| {
            computed += 1;
            Ok(*to)
        });
        assert_eq!(answer.unwrap(), to);
        computed > before
    };
    let send = |conn: &mut Connection, no: usize, at: i64| {
        run(
            conn,
            no,
            &Step::Send {
                account: 0,
                user: 0,
                at,
                feature: 0,
            },
        );
    };
    send(&mut conn, 0, 0);
    assert!(ask(&conn, end));
    assert!(!ask(&conn, end));
    // Events at the end of the span, and after it.
    send(&mut conn, 1, 4 * QUARTER_MS);
    send(&mut conn, 2, 5 * QUARTER_MS);
    assert!(!ask(&conn, end));
    // An event in its last minute that arrives late.
    send(&mut conn, 3, 4 * QUARTER_MS - 60_000);
    assert!(ask(&conn, end));
    assert!(!ask(&conn, end));
    // The span now ends within a quarter of an hour, and the event lies in that quarter.
    assert!(ask(&conn, end + 60_000));
    send(&mut conn, 4, 4 * QUARTER_MS + 120_000);
    assert!(ask(&conn, end + 60_000));
    // A third answer replaces the least recently used one.
    assert!(!ask(&conn, end));
    assert!(ask(&conn, end + 1));
    assert!(!ask(&conn, end));
    assert!(ask(&conn, end + 60_000));
}
