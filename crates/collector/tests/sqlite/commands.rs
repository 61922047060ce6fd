//! Commands that work only on a file.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::running::{BINARY, Running, batches_of_new_source, json_of, natero};

#[test]
fn a_database_that_cannot_be_opened_says_so() {
    let folder = TempDir::new().unwrap();
    let output = natero(
        &folder.path().join("no/such/folder/n.db"),
        &["keys", "create", "account"],
    );
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("folder exists"), "{error}");
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_a_reader_who_leaves_is_none() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    json_of(natero(&db, &["keys", "create", "account", "--json"]));
    let run = |args: &[&str], out: Stdio| {
        let mut command = Command::new(BINARY);
        command.env("NATERO_DB", &db).args(args).stdout(out);
        command.output().unwrap()
    };
    let (copy, other) = (folder.path().join("copy"), folder.path().join("other"));
    for (on_full_disk, to_nobody) in [
        (
            &["export", "--format", "csv"][..],
            &["export", "--format", "csv"][..],
        ),
        (&["rebuild", "--check"], &["rebuild", "--check"]),
        (
            &["backup", copy.to_str().unwrap()],
            &["backup", other.to_str().unwrap()],
        ),
        (
            &["restore", copy.to_str().unwrap()],
            &["restore", other.to_str().unwrap()],
        ),
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let full = run(on_full_disk, full.into());
        assert_eq!(full.status.code(), Some(1), "{on_full_disk:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = run(to_nobody, writer.into());
        let error = String::from_utf8(closed.stderr).unwrap();
        assert!(closed.status.success(), "{to_nobody:?}: {error}");
        assert_eq!(error, "", "{to_nobody:?}");
    }
}

#[test]
fn the_loss_report_is_printed_too() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    json_of(natero(&db, &["keys", "create", "account", "--json"]));
    let report = json_of(natero(&db, &["loss", "--json"]));
    assert_eq!(report["missing"], 0);
    let text = String::from_utf8(natero(&db, &["loss"]).stdout).unwrap();
    assert!(text.contains("missing"), "{text}");
}

#[test]
fn a_span_that_ends_before_it_begins_is_refused() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    json_of(natero(&db, &["keys", "create", "account", "--json"]));
    for command in [&["loss"][..], &["export"], &["erase", "source", "source-1"]] {
        let output = natero(&db, &[command, &["--from", "9", "--to", "1"]].concat());
        assert!(!output.status.success(), "{command:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("after to"), "{error}");
    }
    assert!(
        natero(&db, &["loss", "--from", "9", "--to", "9"])
            .status
            .success()
    );
}

#[test]
fn an_export_overwrites_no_file_and_leaves_no_part_of_one() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let running = Running::start(&db);
    let target = batches_of_new_source(&db);
    let event = json!({
        "account_id": "acme", "user_id": "ann", "created_at": 1600000000000_i64,
        "action": "feature", "feature": "export", "event_id": "e1",
    });
    running.request(&target, &event.to_string());
    let at = |name: &str| folder.path().join(name);
    let other = at("events.csv");
    std::fs::write(&other, "kept").unwrap();
    std::os::unix::fs::symlink(&db, at("link")).unwrap();
    for name in [
        "n.db",
        "n.db-wal",
        "n.db-shm",
        "n.db-inbox",
        "link",
        "events.csv",
    ] {
        let before = std::fs::metadata(at(name)).unwrap().len();
        let output = natero(&db, &["export", "--output", at(name).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("name a new file"), "{name}: {error}");
        assert!(
            std::fs::metadata(at(name)).unwrap().len() >= before,
            "{name}"
        );
    }
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "kept");
    let streamed = natero(&db, &["export", "--output", "/dev/stdout"]);
    let line: Value = serde_json::from_slice(&streamed.stdout).unwrap();
    assert_eq!(line["event_id"], "e1");
    running.terminate();
}

#[test]
fn a_damaged_inbox_is_named_as_such_and_the_collector_sets_it_aside() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    Running::start(&db).terminate();
    let inbox = folder.path().join("n.db-inbox");
    std::fs::write(
        &inbox,
        "not a database, and longer than the head of one. ".repeat(9),
    )
    .unwrap();
    for command in [&["keys", "list"][..], &["export"], &["loss"], &["rebuild"]] {
        let output = natero(&db, command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains("n.db-inbox is damaged"),
            "{command:?}: {error}"
        );
        assert!(
            error.contains("the database itself is not"),
            "{command:?}: {error}"
        );
    }
    Running::start(&db).terminate();
    assert!(natero(&db, &["keys", "list"]).status.success());
}

#[test]
fn events_are_exported_backed_up_and_dropped_when_they_are_old() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let running = Running::start(&db);
    let target = batches_of_new_source(&db);
    let event = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s", "created_at": 1600000000000_i64,
        "action": "feature", "feature": "export", "event_id": "e1",
    });
    running.request(&target, &event.to_string());

    let exported = natero(&db, &["export"]);
    assert!(exported.status.success());
    let line: Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(line["event_id"], "e1");
    let csv = folder.path().join("events.csv");
    let to = csv.to_str().unwrap();
    assert!(
        natero(&db, &["export", "--format", "csv", "--output", to])
            .status
            .success()
    );
    assert_eq!(std::fs::read_to_string(&csv).unwrap().lines().count(), 2);

    let copy = folder.path().join("copy.db");
    let to = copy.to_str().unwrap();
    assert!(natero(&db, &["backup", to]).status.success());
    let again = natero(&db, &["backup", to]);
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("new file")
    );
    running.terminate();

    let mut pruning = Command::new(BINARY);
    pruning.env("NATERO_KEEP_RAW", "400d");
    let running = Running::start_by(pruning, &copy);
    while json_of(natero(&copy, &["rebuild", "--check", "--json"]))["events"] != 0 {
        std::thread::yield_now();
    }
    let key = json_of(natero(&copy, &["keys", "create", "account", "--json"]));
    let key = key["account_key"].as_str().unwrap();
    let path = format!("GET /api/v2/accounts/acme/usage?api_key={key}");
    let usage: Value = serde_json::from_str(&running.request(&path, "").1).unwrap();
    assert_eq!(usage["totals"]["features"], 1, "figures stay");
    running.terminate();
}

#[test]
fn what_was_erased_stays_erased_when_a_backup_is_restored() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let running = Running::start(&db);
    let target = batches_of_new_source(&db);
    let events = ["ann", "bob"].map(|user| {
        let event = json!({
            "account_id": "acme", "user_id": user, "created_at": 1600000000000_i64,
            "action": "feature", "feature": "export", "event_id": user,
        });
        format!("{event}\n")
    });
    running.request(&target, &events.concat());
    let copy = folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(natero(&db, &["backup", copy]).status.success());
    let erased = json_of(natero(&db, &["erase", "user", "ann", "--json"]));
    assert_eq!(erased, json!({"events": 1, "users": 1, "accounts": 0}));
    let unknown = natero(&db, &["erase", "user", "ann"]);
    assert!(!unknown.status.success());

    let refused = natero(&db, &["restore", copy]);
    assert!(!refused.status.success(), "the collector still runs");
    running.terminate();
    let restored = natero(&db, &["restore", copy]);
    assert!(
        restored.status.success(),
        "{}",
        String::from_utf8_lossy(&restored.stderr)
    );
    let exported = natero(&db, &["export"]);
    let line: Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(line["user_id"], "bob", "and nothing else");
    // The backup is unchanged.
    let exported = natero(std::path::Path::new(copy), &["export"]);
    assert_eq!(
        exported
            .stdout
            .iter()
            .filter(|byte| **byte == b'\n')
            .count(),
        2
    );
}

#[test]
fn a_store_is_named_by_its_kind_and_refused_where_the_program_has_it_not() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let named = format!("sqlite:{}", db.display());
    let elsewhere = folder.path().join("elsewhere.db");
    let made = ["keys", "create", "account", "--store", &named, "--json"];
    json_of(natero(&elsewhere, &made));
    assert!(db.exists() && !elsewhere.exists(), "--store comes first");

    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["loss"],
        &["export"],
    ] {
        let places = ["--db", elsewhere.to_str().unwrap(), "--store", &named];
        let refused = natero(&db, &[command, &places].concat());
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains("--db and --store"), "{command:?}: {error}");
        let mut by_variable = Command::new(BINARY);
        by_variable.env("NATERO_STORE", &named).args(command);
        let refused = by_variable.args(&places[..2]).output().unwrap();
        assert!(!refused.status.success(), "{command:?}");
        assert!(!elsewhere.exists(), "{command:?}");
    }

    let servers = [
        "--store",
        "postgres://n:secret@127.0.0.1:1/n",
        "--clickhouse",
        "http://127.0.0.1:1",
    ];
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for (command, said) in [
        // A program with that store finds no server at the address.
        (&serve[..], "PostgreSQL"),
        (&["loss"], "--store: PostgreSQL"),
        (&["backup", "copy.db"], "SQLite file"),
        (&["restore", "copy.db"], "SQLite file"),
        (&["export"], "SQLite file"),
        (&["rebuild"], "SQLite file"),
    ] {
        let refused = natero(&db, &[command, &servers].concat());
        assert!(!refused.status.success(), "{command:?}");
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    for (command, offers) in [
        ("serve", true),
        ("loss", true),
        ("backup", false),
        ("restore", false),
        ("export", false),
        ("rebuild", false),
    ] {
        let help = natero(&db, &[command, "--help"]).stdout;
        let help = String::from_utf8(help).unwrap();
        assert_eq!(help.contains("postgres://"), offers, "{command}: {help}");
        assert_eq!(help.contains("--clickhouse"), offers, "{command}: {help}");
    }
    let refused = natero(&db, &[&serve[..], &["--store", "n.db"]].concat());
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("sqlite:FILE"), "{error}");
}
