//! The inbox gives the same answers and the same rows as storing each batch at once.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        keys::SourceId,
    },
    store::sqlite::{
        SqliteStore, erasure, rebuild,
        segments::{self, Table},
    },
};

const NOW: i64 = 1_700_000_000_000;

fn open(folder: &tempfile::TempDir) -> Connection {
    SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap()
}

fn source() -> Source {
    Source {
        id: SourceId::from_number(1).unwrap(),
        trusted: false,
        allow_hierarchy: true,
        origins: Vec::new(),
    }
}

fn batch(events: &[Value]) -> Arc<Batch> {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    Arc::new(Batch {
        source: source(),
        ..Batch::read(lines.as_bytes(), source().id, IdScope::Public, NOW)
    })
}

fn event(user: &str, id: &str) -> Value {
    json!({
        "account_id": "acme", "user_id": user, "session_id": "s", "created_at": NOW,
        "action": "feature", "feature": "export", "event_id": id, "stream_id": user, "seq": 0,
    })
}

/// Stores a batch as the writer does, in the inbox where it may wait.
fn store(conn: &mut Connection, inbox: &mut Inbox, batch: &Arc<Batch>) -> BatchOutcome {
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    inbox.refresh(&tx).unwrap();
    let outcome = match inbox.take(&tx, batch).unwrap() {
        Some(outcome) => outcome,
        None => {
            inbox.spread(&tx).unwrap();
            batch.insert(&tx).unwrap()
        }
    };
    tx.commit().unwrap();
    outcome
}

fn spread_now(conn: &mut Connection, inbox: &mut Inbox) {
    let tx = conn.transaction().unwrap();
    inbox.refresh(&tx).unwrap();
    inbox.spread(&tx).unwrap();
    tx.commit().unwrap();
}

fn count(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every row that batches make, but for the order of streams and segments.
fn rows(conn: &Connection) -> Vec<String> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT * FROM events ORDER BY id",
        "SELECT hex(key), month, id FROM event_ids ORDER BY key",
        "SELECT * FROM users ORDER BY no",
        "SELECT * FROM accounts ORDER BY no",
        "SELECT * FROM sessions ORDER BY no",
        "SELECT * FROM names ORDER BY no",
        "SELECT stream_id, first_at, made, received, duplicates, rejected, implausible, hex(seqs)
         FROM streams ORDER BY stream_id",
        "SELECT kind, example, lines FROM refusals ORDER BY kind",
        "SELECT COUNT(*) FROM inbox",
    ] {
        let mut statement = conn.prepare(sql).unwrap();
        let columns = statement.column_count();
        let read = statement.query_map([], |row| {
            let values = (0..columns).map(|at| row.get_ref(at).map(|value| format!("{value:?}")));
            values.collect::<rusqlite::Result<Vec<_>>>()
        });
        rows.extend(read.unwrap().map(|row| row.unwrap().join("|")));
    }
    for part in segments::parts(conn).unwrap() {
        let facts = segments::read(conn, Table::Stored, part).unwrap();
        rows.extend(facts.iter().map(|fact| format!("{part:?} {fact:?}")));
    }
    rows
}

/// An event of few ids, so that many are repeated, of users in other accounts, of
/// identifications, and without an account.
fn any_event() -> impl Strategy<Value = Value> {
    let ids = (0..3u8, 0..4u8, 0..40u8);
    let rest = (0..8u8, 0..5u32, 0..3i64, any::<bool>());
    (ids, rest).prop_map(|((account, user, id), (kind, seq, month, has_account))| {
        let mut event = json!({
            "user_id": format!("u{user}"), "session_id": format!("s{}", seq % 2),
            "created_at": NOW - month * 40 * 86_400_000, "action": "feature", "feature": "f",
            "event_id": format!("e-{id}"), "stream_id": format!("t{user}"), "seq": seq,
        });
        if has_account || kind > 1 {
            // Mostly the account of the user.
            let account = if kind == 3 { account } else { user % 3 };
            event["account_id"] = format!("a{account}").into();
        }
        if kind == 2 {
            event["action"] = "identifyUser".into();
            event["details"] = json!({"first_name": format!("n{id}")});
        }
        event
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn batches_that_waited_have_the_answers_and_rows_of_batches_that_did_not(
        batches in proptest::collection::vec(
            (proptest::collection::vec(any_event(), 1..4), 0..6u8), 1..24),
    ) {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mut waited, mut direct) = (open(&one), open(&other));
        for conn in [&waited, &direct] {
            conn.execute_batch(
                "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
                 VALUES (x'00', x'00', '', 0, '[]', 0)",
            ).unwrap();
        }
        let mut inbox = Inbox::default();
        for (events, then) in &batches {
            let batch = batch(events);
            let outcome = store(&mut waited, &mut inbox, &batch);
            let tx = direct.transaction().unwrap();
            prop_assert_eq!(outcome, batch.insert(&tx).unwrap());
            tx.commit().unwrap();
            match then {
                0 => spread_now(&mut waited, &mut inbox),
                // The process ends, and another one goes on.
                1 => inbox = Inbox::default(),
                // Another process spreads the rows.
                2 => drop(open(&one)),
                _ => {}
            }
        }
        spread_now(&mut waited, &mut inbox);
        prop_assert_eq!(rows(&waited), rows(&direct));
        let rebuilt = rebuild::rebuild_in_background(&mut waited, false).unwrap();
        prop_assert!(rebuilt.differing.is_empty());
    }
}

/// The bytes that a commit adds to the write-ahead log, in pages.
fn pages_of(path: &Path, conn: &mut Connection, commit: impl FnOnce(&mut Connection)) -> u64 {
    conn.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    commit(conn);
    let log = path.join("n.db-wal");
    std::fs::metadata(log).unwrap().len() / 4096
}

#[test]
fn a_batch_that_waits_changes_a_quarter_of_the_pages_of_one_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = Inbox::default();
    let first = [event("ann", "1"), event("bob", "2")];
    store(&mut conn, &mut inbox, &batch(&first));
    spread_now(&mut conn, &mut inbox);
    let waiting = pages_of(folder.path(), &mut conn, |conn| {
        store(conn, &mut inbox, &batch(&[event("cy", "3")]));
        assert!(!inbox.is_empty());
    });
    spread_now(&mut conn, &mut inbox);
    let direct = pages_of(folder.path(), &mut conn, |conn| {
        let tx = conn.transaction().unwrap();
        batch(&[event("dan", "4")]).insert(&tx).unwrap();
        tx.commit().unwrap();
    });
    assert!(waiting <= 2, "{waiting} pages");
    assert!(direct >= 4 * waiting, "{direct} pages");
}

#[test]
fn it_is_due_soon_and_at_once_when_much_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = Inbox::default();
    assert_eq!(inbox.due_at(), None);
    store(&mut conn, &mut inbox, &batch(&[event("ann", "a")]));
    assert!(inbox.due_at().unwrap() <= Instant::now() + LONGEST_WAIT);
    for no in 0..ENOUGH_EVENTS / 50 {
        let events: Vec<_> = (0..50)
            .map(|at| event("ann", &format!("{no}-{at}")))
            .collect();
        store(&mut conn, &mut inbox, &batch(&events));
    }
    assert!(inbox.due_at().unwrap() <= Instant::now());
    for no in 0..ENOUGH_EVENTS / 50 {
        let events: Vec<_> = (0..50)
            .map(|at| event("ann", &format!("x{no}-{at}")))
            .collect();
        store(&mut conn, &mut inbox, &batch(&events));
    }
    assert!(
        inbox.ids.len() < MOST * ENOUGH_EVENTS + 50,
        "its size is bounded"
    );
}

#[test]
fn near_the_bound_of_the_file_no_batch_waits_that_could_not_be_spread_then() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = Inbox::default();
    let pages = count(&conn, "PRAGMA page_count");
    let bytes_of_page = count(&conn, "PRAGMA page_size");
    let bound = |conn: &Connection, bytes: usize| {
        let most = pages + bytes as i64 / bytes_of_page;
        count(conn, &format!("PRAGMA max_page_count = {most}"));
    };
    bound(&conn, ROOM / 2);
    store(&mut conn, &mut inbox, &batch(&[event("ann", "a")]));
    assert!(inbox.is_empty());
    bound(&conn, 2 * ROOM);
    store(&mut conn, &mut inbox, &batch(&[event("ann", "b")]));
    assert!(!inbox.is_empty());
}

#[test]
fn a_batch_that_fails_by_itself_stays_and_the_others_are_spread() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = Inbox::default();
    conn.execute_batch(
        "CREATE TRIGGER fails BEFORE INSERT ON users WHEN NEW.user_id = 'bad'
         BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .unwrap();
    for user in ["ann", "bad", "cy"] {
        store(&mut conn, &mut inbox, &batch(&[event(user, user)]));
    }
    spread_now(&mut conn, &mut inbox);
    assert!(inbox.is_empty(), "ingestion goes on");
    assert_eq!(count(&conn, "SELECT COUNT(*) FROM events"), 2);
    assert_eq!(count(&conn, "SELECT COUNT(*) FROM inbox"), 1);
    // Whoever mended the cause opens the file.
    conn.execute_batch("DROP TRIGGER fails").unwrap();
    drop(open(&folder));
    assert_eq!(count(&conn, "SELECT COUNT(*) FROM events"), 3);
    assert_eq!(count(&conn, "SELECT COUNT(*) FROM inbox"), 0);
}

#[test]
fn what_was_erased_while_it_waited_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = Inbox::default();
    store(&mut conn, &mut inbox, &batch(&[event("ann", "1")]));
    spread_now(&mut conn, &mut inbox);
    store(&mut conn, &mut inbox, &batch(&[event("ann", "2")]));
    let mut other = Connection::open(folder.path().join("n.db")).unwrap();
    let erasure = Erasure::of(ErasureKind::User, "ann");
    let found = erasure::find_events(&other, &erasure).unwrap();
    let tx = other.transaction().unwrap();
    erasure::erase(&tx, &erasure, &found, NOW + 1).unwrap();
    tx.commit().unwrap();
    spread_now(&mut conn, &mut inbox);
    for table in ["events", "users", "inbox"] {
        assert_eq!(
            count(&conn, &format!("SELECT COUNT(*) FROM {table}")),
            0,
            "{table}"
        );
    }
}
