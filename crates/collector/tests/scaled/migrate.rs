//! After a migration, the target answers the same as the file.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use natero_collector::{
    cli::migrate::{MigrationOutcome, migrate},
    config::ScaledAddress,
    model::{account::AccountPatch, financial::Financial, user::UserPatch},
    store::{Store, migration::MigrationError, operations::AccountOperations, records::NewRecords},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    histories,
    pair::{File, NOW, Pair, runtime, send_to},
    running::{BINARY, Running},
    servers,
    steps::{self, DAY, History, Step, erasure_of, step},
    support::databases::Addresses,
};

/// How long a test may wait for something.
const LIMIT: Duration = Duration::from_secs(120);

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(10);

fn target(addresses: &Addresses) -> ScaledAddress {
    ScaledAddress {
        postgres: addresses.postgres.clone(),
        clickhouse: addresses.clickhouse.clone(),
    }
}

/// Runs a step on a SQLite store.
async fn tell(store: &dyn Store, file: &File, step: Step) {
    match step {
        Step::Send(events, is_trusted) => {
            send_to(store, &file.keys, &events, is_trusted).await;
        }
        Step::PutAccount(record) => {
            let patch = AccountPatch::from_record(record, None).unwrap();
            let _ = store.put_account(patch, NOW).await.unwrap();
        }
        Step::PutUser(record) => {
            let patch = UserPatch::from_record(record, None).unwrap();
            let _ = store.put_user(patch, NOW).await.unwrap();
        }
        Step::PutRevenue(account, record) => {
            let records = NewRecords::Financials(vec![Financial::from_record(&record).unwrap()]);
            let _ = store
                .put_records(account.into(), records, NOW)
                .await
                .unwrap();
        }
        Step::Erase(kind, id) => {
            store.erase(erasure_of(kind, id)).await.unwrap();
        }
        // There are no alert rules.
        Step::CheckRules | Step::Ship | Step::ShipAgain | Step::Prune(_) => {}
    }
}

/// Deletes the events before a time, and keeps their figures.
async fn prune(store: &dyn Store, before: i64) {
    while !store.prune(before).await.unwrap().is_done {}
}

/// A step without those events of which only the figures are left.
fn since(step: Step, first: i64) -> Option<Step> {
    let is_later = |event: &Value| event["created_at"].as_i64().unwrap() >= first;
    match step {
        Step::Send(ref events, is_trusted) => {
            let mut events = events.clone();
            events.retain(is_later);
            (!events.is_empty()).then_some(Step::Send(events, is_trusted))
        }
        // The number of events that a step deletes is compared where both stores have the
        // same raw events.
        Step::Prune(_) => None,
        Step::PutAccount(_)
        | Step::PutUser(_)
        | Step::PutRevenue(..)
        | Step::CheckRules
        | Step::Ship
        | Step::ShipAgain
        | Step::Erase(..) => Some(step),
    }
}

proptest! {
    #![proptest_config(steps::config(2))]

    #[test]
    fn what_is_moved_answers_the_same(
        steps in proptest::collection::vec(step(), 1..40),
        later in proptest::collection::vec(step(), 0..12),
        pruned in proptest::option::of(1..120i64),
        rows in 1..40usize,
        breaks in proptest::collection::vec(0..20usize, 0..3),
    ) {
        let Some(addresses) = servers::databases_over(&[1, 1]) else { return Ok(()) };
        let (runtime, file) = (runtime(), File::new());
        // In the middle of a quarter of an hour.
        let first = pruned.map(|hours| NOW - hours * 3_600_000 + 123_456);
        runtime.block_on(async {
            let store = file.open();
            for step in steps {
                tell(&store, &file, step).await;
            }
            if let Some(first) = first {
                prune(&store, first).await;
            }
            store.close().await;
        });
        let to = target(&addresses);
        for mut left in breaks {
            let broken = migrate(&runtime, &file.path, &to, rows, &mut |_| {
                left = left.checked_sub(1).ok_or(MigrationError::Busy)?;
                Ok(())
            });
            let is_broken = matches!(&broken, Ok(_) | Err(MigrationError::Busy));
            prop_assert!(is_broken, "{:?}", broken);
        }
        let moved = migrate(&runtime, &file.path, &to, rows, &mut |_| Ok(()));
        prop_assert!(moved.is_ok(), "{}", moved.unwrap_err());
        let again = migrate(&runtime, &file.path, &to, rows, &mut |_| Ok(()));
        prop_assert_eq!(again.unwrap(), MigrationOutcome::AlreadyMigrated);
        runtime.block_on(async {
            let pair = Pair::of(file, addresses).await;
            histories::compare(&pair).await;
            let later = later.into_iter().filter_map(|step| since(step, first.unwrap_or(0)));
            // In both stores, only figures are left of old events.
            pair.ship().await;
            if let Some(first) = first {
                prune(&*pair.scaled, first).await;
                histories::compare(&pair).await;
            }
            let mut history = History::default();
            for step in later {
                steps::apply(&pair, step, &mut history).await;
            }
            histories::compare(&pair).await;
        });
    }
}

/// A file with events of several days. Of the first days, only figures are left.
fn large_file(events: usize) -> File {
    let file = File::new();
    runtime().block_on(async {
        let store = file.open();
        let event = |n: usize| {
            json!({
                "event_id": format!("e/{n}"), "account_id": format!("a{}", n % 17),
                "user_id": format!("u{}", n % 170), "session_id": format!("{}", n / 1000),
                "created_at": NOW - (n as i64 % 40) * DAY / 4, "action": "feature",
                "feature": format!("f{}", n % 23), "stream_id": format!("s{}", n / 500),
                "seq": n % 500,
            })
        };
        let all: Vec<Value> = (0..events).map(event).collect();
        for part in all.chunks(2000) {
            send_to(&store, &file.keys, part, false).await;
        }
        prune(&store, NOW - 5 * DAY).await;
        store.close().await;
    });
    file
}

fn command(file: &Path, addresses: &Addresses) -> Command {
    let mut command = Command::new(BINARY);
    command
        .arg("migrate")
        .arg("--from")
        .arg(format!("sqlite:{}", file.display()))
        .args(["--to", &addresses.postgres])
        .args(["--clickhouse", &addresses.clickhouse.join(",")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn a_move_that_is_killed_goes_on_where_it_was() {
    let Some(addresses) = servers::databases() else {
        return;
    };
    let file = large_file(60_000);
    for stage in ["figures", "event"] {
        let mut moving = command(&file.path, &addresses).spawn().unwrap();
        let start = Instant::now();
        let is_there = "SELECT to_regclass('natero_migration') IS NOT NULL";
        let has_come = format!("SELECT coalesce(MAX({stage}), 0) > 0 FROM natero_migration");
        while !addresses.ask::<bool>(is_there) || !addresses.ask::<bool>(&has_come) {
            assert!(start.elapsed() < LIMIT, "it does not move");
            std::thread::sleep(PAUSE);
        }
        moving.kill().unwrap();
        moving.wait().unwrap();
    }
    let done = command(&file.path, &addresses).output().unwrap();
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{error}");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("60000 events were moved"), "{said}");
    let moved = "SELECT COUNT(*) || ' ' || SUM((no = 0)::int) FROM events";
    // Of every forty event times, nineteen lie before the last five days.
    assert_eq!(addresses.ask::<String>(moved), "60000 28500");
    let again = command(&file.path, &addresses).output().unwrap();
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        again.status.success() && said.contains("was moved before"),
        "{said}"
    );
    runtime().block_on(async {
        let pair = Pair::of(file, addresses).await;
        // Each event was migrated once and is recognised.
        let known = [json!({
            "event_id": "e/1", "account_id": "a1", "user_id": "u1", "created_at": NOW - DAY / 4,
            "action": "feature", "feature": "f",
        })];
        assert_eq!(pair.send(&known, false).await.duplicates, 1);
        let new = [json!({
            "event_id": "new", "account_id": "a1", "user_id": "new", "created_at": NOW,
            "action": "feature", "feature": "f",
        })];
        assert_eq!(pair.send(&new, false).await.accepted, 1);
    });
}

#[test]
fn nothing_is_mixed_and_nothing_is_moved_that_changes() {
    let Some(addresses) = servers::databases() else {
        return;
    };
    let file = large_file(100);
    let (runtime, to) = (runtime(), target(&addresses));
    let run = |file: &File| migrate(&runtime, &file.path, &to, 10, &mut |_| Ok(()));
    let (empty, foreign) = (
        file.path.with_extension("empty"),
        file.path.with_extension("txt"),
    );
    fs::write(&empty, "").unwrap();
    fs::write(&foreign, "no database ".repeat(100)).unwrap();
    for path in ["no such file".as_ref(), &*empty, &*foreign] {
        let refused = migrate(&runtime, path, &to, 10, &mut |_| Ok(())).unwrap_err();
        assert!(
            matches!(refused, MigrationError::NoSource { .. }),
            "{refused}"
        );
        let told = refused.to_string();
        assert!(
            told.starts_with(&format!("--from: {}", path.display())),
            "{told}"
        );
    }
    assert_eq!(fs::metadata(&empty).unwrap().len(), 0, "it stays as it is");
    let mut serving = Command::new(BINARY);
    serving.env("NATERO_DB", &file.path);
    let running = Running::start_logged(serving, file.path.with_extension("log"));
    assert!(matches!(run(&file), Err(MigrationError::InUse(_))));
    running.terminate();
    let broken = migrate(&runtime, &file.path, &to, 10, &mut |_| {
        Err(MigrationError::Busy)
    });
    assert!(matches!(broken, Err(MigrationError::Busy)));
    assert!(matches!(run(&large_file(50)), Err(MigrationError::Changed)));
    runtime.block_on(async {
        let store = file.open();
        let late = [json!({
            "event_id": "late", "account_id": "a1", "user_id": "u1", "created_at": NOW,
            "action": "feature", "feature": "f",
        })];
        send_to(&store, &file.keys, &late, false).await;
        store.close().await;
    });
    assert!(matches!(run(&file), Err(MigrationError::Changed)));
    let other = servers::databases().unwrap();
    other.execute("CREATE TABLE natero_other ()");
    let used = target(&other);
    let moved = migrate(&runtime, &file.path, &used, 10, &mut |_| Ok(()));
    assert!(moved.is_ok(), "{moved:?}");
    let changed = "UPDATE natero_migration SET source = ''";
    other.execute(changed);
    let mixed = migrate(&runtime, &file.path, &used, 10, &mut |_| Ok(()));
    assert!(matches!(mixed, Err(MigrationError::Changed)));
    other.execute("DELETE FROM natero_migration");
    let mixed = migrate(&runtime, &file.path, &used, 10, &mut |_| Ok(()));
    assert!(matches!(mixed, Err(MigrationError::NotEmpty(_))));
    // ClickHouse holds another store, but PostgreSQL is empty.
    let fresh = servers::databases().unwrap();
    let half = ScaledAddress {
        postgres: fresh.postgres.clone(),
        clickhouse: used.clickhouse,
    };
    let mixed = migrate(&runtime, &file.path, &half, 10, &mut |_| Ok(()));
    let Err(MigrationError::NotEmpty(table)) = mixed else {
        panic!("{mixed:?}");
    };
    assert!(table.starts_with("events_"), "{table}");
}

/// A file of an earlier version, which stored NUL unchanged. Each `X` stands for one NUL. One
/// id already has a `␀`, so that another id becomes equal to it.
fn file_with_nul() -> File {
    let file = File::new();
    runtime().block_on(async {
        let store = file.open();
        let event = |n: usize, nul: &str| {
            let name = |kind: &str| format!("{kind}{nul}{}", n % 3);
            json!({
                "event_id": format!("e/{n}"), "account_id": name("a"), "user_id": name("u"),
                "session_id": name("s"), "created_at": NOW - n as i64 * DAY, "seq": n,
                "action": "feature", "feature": name("f"), "module": "X", "product": name("p"),
                "stream_id": name("t"), "title": "X", "details": {"x": "X"},
            })
        };
        let events = ["X", "␀"]
            .iter()
            .flat_map(|nul| (0..50).map(|n| event(n, nul)));
        let mut events: Vec<Value> = events.collect();
        for (at, event) in events.iter_mut().enumerate() {
            event["event_id"] = json!(format!("e/{at}"));
        }
        send_to(&store, &file.keys, &events, false).await;
        for nul in ["X", "␀"] {
            let record = json!({"account_id": format!("a{nul}0"), "name": "nX", "tier": "X"});
            let patch = AccountPatch::from_record(record, None).unwrap();
            store.put_account(patch, NOW).await.unwrap().unwrap();
        }
        store.close().await;
    });
    let conn = rusqlite::Connection::open(&file.path).unwrap();
    let mut columns: Vec<(String, &str)> = [
        ("accounts", "account_id"),
        ("accounts", "name"),
        ("users", "user_id"),
        ("streams", "stream_id"),
        ("sessions", "session_id"),
        ("names", "name"),
    ]
    .map(|(table, column)| (table.to_owned(), column))
    .into();
    let months =
        "SELECT name FROM sqlite_schema WHERE name GLOB 'events_[0-9]*' AND type = 'table'";
    let mut months = conn.prepare(months).unwrap();
    for month in months.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let month = month.unwrap();
        for column in [
            "account_id",
            "user_id",
            "session_id",
            "feature",
            "module",
            "product",
            "stream_id",
            "title",
        ] {
            columns.push((month.clone(), column));
        }
        let sql = format!("UPDATE {month} SET details = replace(details, 'X', '\\u0000')");
        conn.execute(&sql, []).unwrap();
    }
    for (table, column) in columns {
        let sql = format!("UPDATE {table} SET {column} = replace({column}, 'X', char(0))");
        assert!(conn.execute(&sql, []).unwrap() > 0, "{table}.{column}");
    }
    for column in ["details", "own", "public"] {
        let sql = format!("UPDATE accounts SET {column} = replace({column}, 'X', '\\u0000')");
        conn.execute(&sql, []).unwrap();
    }
    file
}

#[test]
fn what_earlier_versions_stored_with_nul_is_moved_beside_what_has_its_place() {
    let Some(addresses) = servers::databases() else {
        return;
    };
    let file = file_with_nul();
    let (runtime, to) = (runtime(), target(&addresses));
    let moved = migrate(&runtime, &file.path, &to, 10, &mut |_| Ok(()));
    assert!(moved.is_ok(), "{}", moved.unwrap_err());
    let ids = "SELECT string_agg(account_id, ' ' ORDER BY account_id) FROM accounts";
    assert_eq!(addresses.ask::<String>(ids), "a␀0 a␀0␀ a␀1 a␀1␀ a␀2 a␀2␀");
    let titles = "SELECT COUNT(*) FROM events WHERE title = '␀' AND details = '{\"x\":\"␀\"}'";
    assert_eq!(addresses.count(titles), 100);
    runtime.block_on(async {
        let pair = Pair::of(file, addresses).await;
        histories::compare(&pair).await;
    });
}

#[test]
fn a_wrong_flag_is_named_as_the_command_calls_it() {
    let (from, to) = ("sqlite:/none/n.db", "postgres://n:s3cret@127.0.0.1:1/n");
    let clickhouse = "http://n:s3cret@127.0.0.1:1/n";
    for (arguments, told) in [
        (
            &[
                "--from",
                "/none/n.db",
                "--to",
                to,
                "--clickhouse",
                clickhouse,
            ][..],
            "--from is",
        ),
        (
            &["--from", to, "--to", from, "--clickhouse", clickhouse],
            "--from is",
        ),
        (
            &["--from", from, "--to", "n", "--clickhouse", clickhouse],
            "--to is",
        ),
        (&["--from", from, "--to", to], "--clickhouse is missing"),
        (
            &["--from", from, "--to", to, "--clickhouse", clickhouse],
            "--from: /none/n.db",
        ),
    ] {
        let refused = Command::new(BINARY)
            .arg("migrate")
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(error.contains(told) && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn figures_that_are_not_the_same_are_told() {
    let Some(addresses) = servers::databases() else {
        return;
    };
    let file = large_file(100);
    let (runtime, to) = (runtime(), target(&addresses));
    let mut is_forged = false;
    let moved = migrate(&runtime, &file.path, &to, 1000, &mut |_| {
        // After the first rows were copied.
        if !is_forged {
            is_forged = true;
            addresses.execute("UPDATE users SET first_name = 'other' WHERE no = 1");
        }
        Ok(())
    });
    let Err(MigrationError::Differs { count, list }) = moved else {
        panic!("{moved:?}");
    };
    assert!(count == 1 && list.contains("other"), "{list}");
    assert_eq!(addresses.count("SELECT COUNT(*) FROM sources"), 0);
}
