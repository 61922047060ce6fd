//! The inbox gives the same answers and the same rows as storing each batch at once.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use proptest::prelude::*;
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    batch::Batch,
    file::InboxFile,
    intake::{BatchDecision, Inbox, ROOM},
    pending::{ENOUGH_EVENTS, Generation, LONGEST_WAIT, MOST_EVENTS},
    spread,
};
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        keys::SourceId,
    },
    store::{
        batch::BatchOutcome,
        event_key::IdScope,
        keys::Source,
        sqlite::{
            DatabasePath, SqliteStore, erasure,
            inbox_gate::InboxGate,
            rebuild,
            requests::Requests,
            segments::{self, Table},
            write_request::BatchTask,
        },
    },
};

const NOW: i64 = 1_700_000_000_000;

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("n.db")
}

fn resolved(folder: &tempfile::TempDir) -> DatabasePath {
    DatabasePath::resolve(&path(folder)).unwrap()
}

fn open(folder: &tempfile::TempDir) -> Connection {
    SqliteStore::open_for_command(&path(folder)).unwrap()
}

fn bounded(folder: &tempfile::TempDir, most_pages: Option<i64>) -> Inbox {
    let db = resolved(folder);
    let file = InboxFile::open(&db).unwrap();
    Inbox::new(
        db.as_path(),
        file,
        most_pages,
        Arc::default(),
        Arc::default(),
    )
    .unwrap()
}

fn open_inbox(folder: &tempfile::TempDir) -> Inbox {
    bounded(folder, None)
}

/// Adds the row of [`source`].
fn add_source(conn: &Connection) {
    conn.execute_batch(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
         VALUES (x'00', x'00', '', 0, '[]', 0)",
    )
    .unwrap();
}

fn source() -> Source {
    Source {
        id: SourceId::from_number(1).unwrap(),
        trusted: false,
        allow_hierarchy: true,
        origins: Vec::new(),
        created_at: 0,
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

fn task(batch: &Arc<Batch>) -> BatchTask {
    BatchTask {
        batch: Arc::clone(batch),
        outcome: None,
        reply: oneshot::channel().0,
    }
}

/// Stores a batch in the inbox where it may wait.
fn take(inbox: &mut Inbox, batch: &Arc<Batch>) -> bool {
    inbox.store(&[task(batch)]).unwrap() == [BatchDecision::Buffered]
}

/// Stores a batch as the writer does, in the inbox where it may wait.
fn store(conn: &mut Connection, inbox: &mut Inbox, batch: &Arc<Batch>) -> BatchOutcome {
    if take(inbox, batch) {
        return BatchOutcome {
            accepted: batch.events.len() as u64,
            ..BatchOutcome::default()
        };
    }
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    inbox.spread_all(&tx).unwrap();
    let outcome = batch.insert(&tx).unwrap();
    tx.commit().unwrap();
    inbox.forget_spread();
    outcome
}

/// Commits what spreading a generation makes of it.
fn commit(conn: &mut Connection, inbox: &Inbox, generation: &Generation) {
    let tx = conn.transaction().unwrap();
    spread(&tx, inbox.file_id(), generation).unwrap();
    tx.commit().unwrap();
}

fn spread_now(conn: &mut Connection, inbox: &mut Inbox) {
    if let Some(generation) = inbox.begin_spreading().unwrap() {
        commit(conn, inbox, &generation);
        inbox.end_spreading(&generation);
    }
}

/// The batches in the file of the inbox.
fn in_file(folder: &tempfile::TempDir) -> i64 {
    let inbox = Connection::open(folder.path().join("n.db-inbox")).unwrap();
    count(&inbox, "SELECT COUNT(*) FROM inbox")
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
            (proptest::collection::vec(any_event(), 1..4), 0..8u8), 1..24),
    ) {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mut waited, mut direct) = (open(&one), open(&other));
        add_source(&waited);
        add_source(&direct);
        let mut inbox = open_inbox(&one);
        let mut being_spread: Option<Arc<Generation>> = None;
        for (events, then) in &batches {
            let batch = batch(events);
            let was_taken = take(&mut inbox, &batch);
            // Others were taken before it is committed that these were spread.
            if let Some(generation) = being_spread.take() {
                commit(&mut waited, &inbox, &generation);
                inbox.end_spreading(&generation);
            }
            let outcome = if was_taken {
                BatchOutcome { accepted: batch.events.len() as u64, ..BatchOutcome::default() }
            } else {
                store(&mut waited, &mut inbox, &batch)
            };
            let tx = direct.transaction().unwrap();
            prop_assert_eq!(outcome, batch.insert(&tx).unwrap());
            tx.commit().unwrap();
            match then {
                0 => spread_now(&mut waited, &mut inbox),
                // The process ends, and another one goes on.
                1 => inbox = open_inbox(&one),
                // Another process spreads the rows.
                2 => drop(open(&one)),
                // The process ends between the commit and what follows it.
                3 => if let Some(generation) = inbox.begin_spreading().unwrap() {
                    commit(&mut waited, &inbox, &generation);
                    inbox = open_inbox(&one);
                },
                4 => being_spread = inbox.begin_spreading().unwrap(),
                _ => {}
            }
        }
        if let Some(generation) = being_spread {
            commit(&mut waited, &inbox, &generation);
            inbox.end_spreading(&generation);
        }
        spread_now(&mut waited, &mut inbox);
        prop_assert_eq!(rows(&waited), rows(&direct));
        let rebuilt = rebuild::rebuild_in_background(&mut waited, false).unwrap();
        prop_assert!(rebuilt.differing.is_empty());
    }
}

/// The pages that a commit adds to the log of a database.
fn pages_of(db: &Path, commit: impl FnOnce()) -> u64 {
    let conn = Connection::open(db).unwrap();
    conn.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    commit();
    let log = format!("{}-wal", db.display());
    std::fs::metadata(log).unwrap().len() / 4096
}

#[test]
fn a_batch_that_waits_changes_a_quarter_of_the_pages_of_one_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = open_inbox(&folder);
    let first = [event("ann", "1"), event("bob", "2")];
    store(&mut conn, &mut inbox, &batch(&first));
    spread_now(&mut conn, &mut inbox);
    let waiting = pages_of(&folder.path().join("n.db-inbox"), || {
        assert!(take(&mut inbox, &batch(&[event("cy", "3")])));
    });
    spread_now(&mut conn, &mut inbox);
    let direct = pages_of(&path(&folder), || {
        let tx = conn.transaction().unwrap();
        batch(&[event("dan", "4")]).insert(&tx).unwrap();
        tx.commit().unwrap();
    });
    assert!(waiting <= 2, "{waiting} pages");
    assert!(direct >= 4 * waiting, "{direct} pages");
}

/// A batch of 50 events that no other has.
fn fifty(name: &str) -> Arc<Batch> {
    let events: Vec<_> = (0..50)
        .map(|at| event("ann", &format!("{name}-{at}")))
        .collect();
    batch(&events)
}

/// So many batches of fifty events.
fn tasks(name: &str, batches: usize) -> Vec<BatchTask> {
    let names = (0..batches).map(|no| format!("{name} {no}"));
    names.map(|name| task(&fifty(&name))).collect()
}

#[test]
fn it_is_due_soon_and_at_once_when_much_waits() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let mut inbox = open_inbox(&folder);
    assert_eq!(inbox.due_at(), None);
    assert!(take(&mut inbox, &batch(&[event("ann", "a")])));
    assert!(inbox.due_at().unwrap() <= Instant::now() + LONGEST_WAIT);
    for no in 0..ENOUGH_EVENTS / 50 {
        assert!(take(&mut inbox, &fifty(&no.to_string())));
    }
    assert!(inbox.due_at().unwrap() <= Instant::now());
}

#[test]
fn it_takes_no_more_than_its_bound_before_some_were_spread() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = open_inbox(&folder);
    let fill = |inbox: &mut Inbox, name: &str| {
        let taken = (0..).take_while(|no| take(inbox, &fifty(&format!("{name} {no}"))));
        taken.count() * 50
    };
    assert_eq!(fill(&mut inbox, "a"), MOST_EVENTS);
    let generation = inbox.begin_spreading().unwrap().unwrap();
    assert_eq!(fill(&mut inbox, "b"), MOST_EVENTS);
    commit(&mut conn, &inbox, &generation);
    inbox.end_spreading(&generation);
    spread_now(&mut conn, &mut inbox);
    let events = 2 * MOST_EVENTS;
    assert_eq!(count(&conn, "SELECT COUNT(*) FROM events"), events as i64);
}

#[test]
fn those_of_a_group_that_find_it_full_come_once_some_were_spread() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = open_inbox(&folder);
    let room = MOST_EVENTS / 50;
    let taken = |decisions: &[BatchDecision]| {
        decisions
            .iter()
            .filter(|decision| **decision == BatchDecision::Buffered)
            .count()
    };
    let decisions = inbox.store(&tasks("a", room + 3)).unwrap();
    assert_eq!(taken(&decisions), room);
    assert_eq!(decisions[room..], [BatchDecision::Deferred; 3]);
    spread_now(&mut conn, &mut inbox);
    assert_eq!(taken(&inbox.store(&tasks("b", 3)).unwrap()), 3);
}

#[test]
fn what_a_full_inbox_that_cannot_be_spread_does_not_take_goes_to_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let mut inbox = open_inbox(&folder);
    let full = MOST_EVENTS / 50;
    inbox.store(&tasks("a", full)).unwrap();
    // The writer notes that it could not spread them.
    inbox.pause();
    let (requests, _waiting) = Requests::new(Arc::default());
    let remaining = InboxGate::new(inbox).take(tasks("b", 40), &requests);
    assert_eq!((remaining.direct.len(), remaining.deferred.len()), (40, 0));
}

#[test]
fn near_the_bound_of_the_file_no_batch_waits_that_could_not_be_spread_then() {
    let folder = tempfile::tempdir().unwrap();
    let conn = open(&folder);
    let pages = count(&conn, "PRAGMA page_count");
    let most = |bytes: usize| Some(pages + bytes as i64 / count(&conn, "PRAGMA page_size"));
    let mut inbox = bounded(&folder, most(ROOM / 2));
    assert!(!take(&mut inbox, &batch(&[event("ann", "a")])));
    let mut inbox = bounded(&folder, most(2 * ROOM));
    assert!(take(&mut inbox, &batch(&[event("ann", "b")])));
}

#[test]
fn a_batch_that_fails_by_itself_is_kept_and_the_others_are_spread() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = open_inbox(&folder);
    conn.execute_batch(
        "CREATE TRIGGER fails BEFORE INSERT ON users WHEN NEW.user_id = 'bad'
         BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .unwrap();
    for user in ["ann", "bad", "cy"] {
        assert!(take(&mut inbox, &batch(&[event(user, user)])));
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
    add_source(&conn);
    let mut inbox = open_inbox(&folder);
    assert!(take(&mut inbox, &batch(&[event("ann", "1")])));
    spread_now(&mut conn, &mut inbox);
    assert!(take(&mut inbox, &batch(&[event("ann", "2")])));
    // A process that was killed after this commit.
    let mut other = Connection::open(path(&folder)).unwrap();
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

#[test]
fn a_batch_stays_in_its_file_until_the_database_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = open_inbox(&folder);
    assert!(take(&mut inbox, &batch(&[event("ann", "1")])));
    let generation = inbox.begin_spreading().unwrap().unwrap();
    assert!(take(&mut inbox, &batch(&[event("ann", "2")])));
    assert_eq!(in_file(&folder), 2);
    commit(&mut conn, &inbox, &generation);
    inbox.end_spreading(&generation);
    assert!(take(&mut inbox, &batch(&[event("ann", "3")])));
    assert_eq!(in_file(&folder), 2, "the second and the third");
}

#[test]
fn nothing_is_added_while_another_process_changes_the_database() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let mut inbox = open_inbox(&folder);
    let other = InboxFile::open(&resolved(&folder)).unwrap();
    let lock = other.lock().unwrap();
    let task = task(&batch(&[event("ann", "1")]));
    assert_eq!(inbox.store(&[task]).unwrap(), [BatchDecision::Direct]);
    drop(lock);
    assert!(take(&mut inbox, &batch(&[event("ann", "1")])));
}

#[test]
fn the_batches_of_a_new_inbox_are_spread_whatever_their_numbers_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(&folder);
    let mut inbox = open_inbox(&folder);
    for no in 0..3 {
        assert!(take(&mut inbox, &batch(&[event("ann", &no.to_string())])));
    }
    spread_now(&mut conn, &mut inbox);
    drop(inbox);
    for file in resolved(&folder).inbox_files() {
        let _ = std::fs::remove_file(file);
    }
    let mut inbox = open_inbox(&folder);
    assert!(take(&mut inbox, &batch(&[event("ann", "new")])));
    spread_now(&mut conn, &mut inbox);
    assert_eq!(count(&conn, "SELECT COUNT(*) FROM events"), 4);
}

#[test]
fn a_damaged_inbox_is_kept_and_a_new_one_made() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    std::fs::write(folder.path().join("n.db-inbox"), "no database".repeat(1000)).unwrap();
    let mut inbox = open_inbox(&folder);
    assert!(take(&mut inbox, &batch(&[event("ann", "1")])));
    assert!(folder.path().join("n.db-inbox-damaged").exists());
}
