//! Only a complete backup replaces a database, and no command creates a database by mistake.

use std::{fs, path::Path, process::Command, time::Duration};

use natero_collector::store::sqlite::CommandFile;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::running::{BINARY, Running, json_of, natero};

/// A database with `count` users.
pub fn fill(db: &Path, count: usize) {
    json_of(natero(db, &["keys", "create", "source", "--json"]));
    let conn = Connection::open(db).unwrap();
    conn.execute("INSERT INTO accounts (account_id) VALUES ('acme')", [])
        .unwrap();
    for no in 0..count {
        conn.execute(
            "INSERT INTO users (user_id, account_no) VALUES (?1, 1)",
            [format!("user-{no:0>200}")],
        )
        .unwrap();
    }
    conn.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
}

pub fn users(db: &Path) -> i64 {
    Connection::open(db)
        .unwrap()
        .query_row("SELECT COUNT(*) FROM users", [], |row| row.get(0))
        .unwrap()
}

#[track_caller]
fn check_refused(db: &Path, from: &Path, said: &str) {
    let before = fs::read(db).unwrap();
    let backup = fs::read(from).ok();
    let refused = natero(db, &["restore", from.to_str().unwrap()]);
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success(), "{}", from.display());
    assert!(error.contains(said), "{error}");
    assert!(fs::read(db).unwrap() == before, "the database was changed");
    assert!(fs::read(from).ok() == backup, "the backup was changed");
    let beside: Vec<_> = fs::read_dir(db.parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("restor"))
        .collect();
    assert_eq!(beside, Vec::<String>::new());
}

#[test]
fn nothing_but_a_whole_backup_replaces_a_database() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let db = path("n.db");
    fill(&db, 3);

    fs::write(path("empty"), "").unwrap();
    check_refused(&db, &path("empty"), "empty");
    fs::write(path("text"), "no database at all ".repeat(500)).unwrap();
    check_refused(&db, &path("text"), "no whole backup");
    check_refused(&db, &path("missing"), "no whole backup");

    let foreign = Connection::open(path("foreign")).unwrap();
    foreign.execute_batch("CREATE TABLE x (a)").unwrap();
    check_refused(&db, &path("foreign"), "tables of a collector");
    foreign.pragma_update(None, "user_version", 5).unwrap();
    check_refused(&db, &path("foreign"), "tables of a collector");

    let whole = path("whole");
    fill(&whole, 2000);
    fs::copy(&whole, path("newer")).unwrap();
    let newer = Connection::open(path("newer")).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    newer
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    drop(newer);
    check_refused(&db, &path("newer"), "newer program");

    let bytes = fs::read(&whole).unwrap();
    fs::write(path("cut"), &bytes[..bytes.len() / 2]).unwrap();
    check_refused(&db, &path("cut"), "no whole backup");
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 4096].fill(0x5a);
    fs::write(path("damaged"), damaged).unwrap();
    check_refused(&db, &path("damaged"), "damaged");
    check_refused(&db, &db, "the database itself");
    assert_eq!(users(&db), 3);

    let restored = natero(&db, &["restore", whole.to_str().unwrap()]);
    assert!(restored.status.success());
    assert_eq!(users(&db), 2000);
}

#[test]
fn the_replaced_database_stays_beside_the_restored_one() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let db = path("n.db");
    fill(&db, 1);
    for (count, kept) in [(2, "n.db.before-restore"), (3, "n.db.before-restore-2")] {
        let backup = path(&format!("backup-{count}"));
        fill(&backup, count);
        let restored = natero(&db, &["restore", backup.to_str().unwrap()]);
        let said = String::from_utf8(restored.stdout).unwrap();
        assert!(said.contains(kept), "{said}");
        assert_eq!(users(&path(kept)), count as i64 - 1);
        assert_eq!(users(&db), count as i64);
    }
}

/// Leaves the files of a restore that was killed once its copy, with two users, was complete. The
/// replaced database has one user.
fn kill_before_the_last_steps(folder: &Path, is_kept: bool) {
    let path = |name: &str| folder.join(name);
    let db = path("n.db");
    fill(&db, 1);
    fill(&path("backup"), 2);
    let restored = natero(&db, &["restore", path("backup").to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    fs::rename(&db, path("n.db.restored")).unwrap();
    if !is_kept {
        fs::rename(path("n.db.before-restore"), &db).unwrap();
    }
}

#[test]
fn whoever_opens_the_database_finishes_a_restore_that_was_killed() {
    let commands: [&[&str]; 4] = [
        &["loss"],
        &["keys", "create", "source"],
        &["rebuild", "--check"],
        &["serve"],
    ];
    for (command, is_kept) in commands.into_iter().flat_map(|c| [(c, true), (c, false)]) {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        kill_before_the_last_steps(folder.path(), is_kept);
        let said = if command == ["serve"] {
            Running::start(&path("n.db")).terminate()
        } else {
            let done = natero(&path("n.db"), command);
            assert!(done.status.success(), "{done:?}");
            String::from_utf8(done.stderr).unwrap()
        };
        assert!(said.contains("had been cut off"), "{command:?}: {said}");
        assert_eq!(users(&path("n.db")), 2, "{command:?}");
        assert_eq!(users(&path("n.db.before-restore")), 1, "{command:?}");
        assert!(!path("n.db.restored").exists(), "{command:?}");
    }
}

#[test]
fn the_next_restore_finishes_one_that_was_killed() {
    for is_kept in [true, false] {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        kill_before_the_last_steps(folder.path(), is_kept);
        fill(&path("other"), 3);
        let restored = natero(&path("n.db"), &["restore", path("other").to_str().unwrap()]);
        assert!(restored.status.success(), "{restored:?}");
        let found = ["n.db.before-restore", "n.db.before-restore-2", "n.db"];
        assert_eq!(found.map(|name| users(&path(name))), [1, 2, 3]);
    }
}

#[test]
fn the_next_start_removes_the_copy_of_a_restore_that_was_killed() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fill(&path("n.db"), 1);
    let parts = ["n.db.restoring", "n.db.restoring-journal"].map(path);
    for part in &parts {
        fs::write(part, "part of a copy").unwrap();
    }
    Running::start(&path("n.db")).terminate();
    assert!(parts.iter().all(|part| !part.exists()));
    assert_eq!(users(&path("n.db")), 1);
}

#[test]
fn nobody_opens_a_database_while_it_is_being_replaced() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    fill(&db, 1);
    let exclusive = CommandFile::open(&db).unwrap().close_to_others().unwrap();
    let other = Connection::open(&db).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    let count = || other.query_row("SELECT COUNT(*) FROM users", [], |row| row.get::<_, i64>(0));
    let refused = count().unwrap_err();
    assert_eq!(
        refused.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy)
    );
    drop(exclusive.unwrap());
    assert_eq!(count().unwrap(), 1);
}

#[test]
fn the_log_beside_a_backup_belongs_to_it() {
    let folder = TempDir::new().unwrap();
    let (db, backup) = (folder.path().join("n.db"), folder.path().join("b.db"));
    fill(&backup, 1);
    // The connection stays open, so that the last change is only in the log.
    let open = Connection::open(&backup).unwrap();
    open.execute(
        "INSERT INTO users (user_id, account_no) VALUES ('late', 1)",
        [],
    )
    .unwrap();
    let restored = natero(&db, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success());
    assert_eq!(users(&db), 2);
}

/// Sends batches in quick succession to a collector, and kills it.
pub fn kill_after_batches(db: &Path, name: &str) {
    let keys = json_of(natero(db, &["keys", "create", "source", "--json"]));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    let target = format!("POST /v1/{}/{}", part("auth_key"), part("api_key"));
    let running = Running::start(db);
    let mut client = running.client();
    for no in 0..100 {
        let event = json!({
            "event_id": format!("{name}-{no}"), "account_id": "acme", "user_id": "ann",
            "created_at": 1_700_000_000_000_i64, "action": "feature", "feature": "export",
        });
        let (status, _) = client.request(&target, &event.to_string()).unwrap();
        assert_eq!(status, 200);
    }
    running.kill();
}

pub fn exported(db: &Path) -> usize {
    let output = natero(db, &["export"]);
    String::from_utf8(output.stdout).unwrap().lines().count()
}

#[test]
fn batches_of_the_replaced_database_do_not_come_into_the_restored_one() {
    let folder = TempDir::new().unwrap();
    let (db, backup) = (folder.path().join("n.db"), folder.path().join("b.db"));
    kill_after_batches(&db, "first");
    assert!(
        natero(&db, &["backup", backup.to_str().unwrap()])
            .status
            .success()
    );
    kill_after_batches(&db, "second");
    let restored = natero(&db, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(exported(&db), 100);
}

#[test]
fn the_inbox_beside_a_backup_belongs_to_it() {
    let folder = TempDir::new().unwrap();
    let (db, backup) = (folder.path().join("n.db"), folder.path().join("b.db"));
    kill_after_batches(&db, "first");
    for ending in ["", "-wal", "-inbox", "-inbox-wal"] {
        let with = |path: &Path| format!("{}{ending}", path.display());
        fs::rename(with(&db), with(&backup)).unwrap();
    }
    let restored = natero(&db, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(exported(&db), 100);
}

#[test]
fn only_serving_and_new_keys_make_a_database() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("mistyped.db");
    let copy = folder.path().join("copy.db");
    let commands: [&[&str]; 8] = [
        &["loss"],
        &["export"],
        &["erase", "user", "ann"],
        &["rebuild", "--check"],
        &["rebuild"],
        &["backup", copy.to_str().unwrap()],
        &["keys", "list"],
        &["keys", "revoke", "source-1"],
    ];
    for command in commands {
        let refused = natero(&db, command);
        assert!(!refused.status.success(), "{command:?}");
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(
            error.contains("mistyped.db") && error.contains("--db"),
            "{command:?}: {error}"
        );
        assert!(!db.exists() && !copy.exists(), "{command:?}");
    }
    natero(&db, &["keys", "create", "account"]);
    assert_eq!(json_of(natero(&db, &["loss", "--json"]))["missing"], 0);
}

#[test]
fn no_command_writes_into_a_file_of_somebody_else() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("theirs.db");
    let theirs = Connection::open(&db).unwrap();
    theirs.execute_batch("CREATE TABLE x (a)").unwrap();
    drop(theirs);
    let before = fs::read(&db).unwrap();
    for command in [
        ["keys", "create", "source"].as_slice(),
        &["loss"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let refused = natero(&db, command);
        assert!(!refused.status.success(), "{command:?}");
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains("no database of a collector"), "{error}");
        assert!(fs::read(&db).unwrap() == before);
    }
    assert_eq!(json!(fs::read_dir(folder.path()).unwrap().count()), 1);
}

/// A limit on file sizes, in blocks of 512 bytes: beyond it, writes fail as they do on a full disk.
fn limited(db: &Path, blocks: u32, args: &[&str]) -> std::process::Output {
    Command::new("sh")
        .args([
            "-c",
            &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
        ])
        .arg(BINARY)
        .args(args)
        .env("NATERO_DB", db)
        .output()
        .unwrap()
}

#[test]
fn a_backup_or_a_restore_without_room_leaves_no_part_of_a_copy() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (db, whole) = (path("n.db"), path("whole.db"));
    fill(&db, 3);
    fill(&whole, 2000);
    let names = || {
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("copy") || name.contains("restor"))
            .collect();
        names.sort();
        names
    };
    let copy = path("copy.db");
    let backup = ["backup", copy.to_str().unwrap()];
    let full = limited(&whole, 400, &backup);
    assert!(!full.status.success());
    let error = String::from_utf8(full.stderr).unwrap();
    assert!(error.contains("copy.db broke off: "), "{error}");
    assert_eq!(names(), Vec::<String>::new());
    // With room, the same command makes the backup.
    assert!(natero(&whole, &backup).status.success());
    assert_eq!((users(&copy), names()), (2000, vec!["copy.db".to_owned()]));

    let full = limited(&db, 400, &["restore", copy.to_str().unwrap()]);
    assert!(!full.status.success());
    assert_eq!((users(&db), names()), (3, vec!["copy.db".to_owned()]));
}
