//! Links to a database, and files that cannot be read.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    restore::{exported, fill, kill_after_batches, users},
    running::{BINARY, Running, batches_of_new_source, natero},
};

#[test]
fn every_name_of_a_database_leads_to_all_of_its_events() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("data")).unwrap();
    let (real, link) = (path("data/real.db"), path("n.db"));
    // At first, the link points to a file that does not exist.
    symlink("data/real.db", &link).unwrap();
    kill_after_batches(&link, "first");
    let beside: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("n.db") && !name.ends_with("log"))
        .collect();
    assert_eq!(beside, ["n.db"]);
    assert_eq!(exported(&real), 100);
    kill_after_batches(&real, "second");
    assert_eq!(exported(&link), 200);
}

#[test]
fn a_backup_replaces_the_file_that_a_link_points_to() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("data")).unwrap();
    let (real, link, backup) = (path("data/real.db"), path("n.db"), path("b.db"));
    fill(&real, 1);
    fill(&backup, 2);
    symlink(&real, &link).unwrap();
    let itself = natero(&link, &["restore", real.to_str().unwrap()]);
    let error = String::from_utf8(itself.stderr).unwrap();
    assert!(error.contains("the database itself"), "{error}");

    let restored = natero(&link, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(fs::read_link(&link).unwrap(), real);
    assert_eq!((users(&real), users(&link)), (2, 2));
    assert_eq!(users(&path("data/real.db.before-restore")), 1);
}

#[test]
fn the_log_and_the_inbox_belong_to_a_backup_that_a_link_points_to() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (db, backup, link) = (path("n.db"), path("b.db"), path("link"));
    kill_after_batches(&backup, "first");
    symlink(&backup, &link).unwrap();
    let restored = natero(&db, &["restore", link.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(exported(&db), 100);
}

#[test]
fn a_database_with_two_hard_links_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (db, other, backup) = (path("n.db"), path("other.db"), path("b.db"));
    fill(&db, 1);
    fill(&backup, 2);
    fs::hard_link(&db, &other).unwrap();
    for command in [
        &["loss"][..],
        &["keys", "create", "source"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["restore", backup.to_str().unwrap()],
    ] {
        let refused = natero(&other, command);
        assert!(!refused.status.success(), "{command:?}");
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains("2 hard links"), "{command:?}: {error}");
    }
    fs::remove_file(&other).unwrap();
    // A program that makes backups may link them.
    fs::hard_link(&backup, path("linked")).unwrap();
    let restored = natero(&db, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(users(&db), 2);
}

/// Runs a command as a user who may not read the files of this one.
fn natero_of_nobody(db: &Path, args: &[&str]) -> String {
    let mut command = Command::new(BINARY);
    command.env("NATERO_DB", db).args(args);
    // Root may read every file.
    if fs::metadata(db.parent().unwrap()).unwrap().uid() == 0 {
        command.uid(65_534);
    }
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_file_that_cannot_be_read_is_named_as_such() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = |name: &str| folder.path().join(name);
    let (secret, read_only) = (path("secret.db"), path("read-only.db"));
    for (db, mode) in [(&secret, 0o000), (&read_only, 0o444)] {
        fill(db, 1);
        fs::set_permissions(db, fs::Permissions::from_mode(mode)).unwrap();
        let error = natero_of_nobody(db, &["loss"]);
        assert!(error.contains("may read and write the file"), "{error}");
    }
    let new = path("n.db");
    let error = natero_of_nobody(&new, &["restore", secret.to_str().unwrap()]);
    assert!(error.contains("cannot be read"), "{error}");
    assert!(!error.contains("immutable"), "{error}");
}

#[test]
fn a_file_that_may_only_be_read_is_not_served() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    fill(&db, 1);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&db, fs::Permissions::from_mode(0o444)).unwrap();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--db"]);
    command
        .arg(&db)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Root may write every file.
    if fs::metadata(folder.path()).unwrap().uid() == 0 {
        command.uid(65_534);
    }
    let mut served = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(served.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    // If it listens, it does not end by itself.
    let _ = served.kill();
    assert_eq!(first, "", "it says that it listens");
    let error = served.wait_with_output().unwrap().stderr;
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains("may read and write the file"), "{error}");
}

#[test]
fn a_folder_is_neither_a_database_nor_a_backup() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    let name = inner.to_str().unwrap();
    for (db, command) in [
        (&folder.path().join("n.db"), &["restore", name][..]),
        (&inner, &["keys", "create", "source"]),
        (&inner, &["loss"]),
    ] {
        let refused = natero(db, command);
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains("it is a folder"), "{command:?}: {error}");
    }
}

#[test]
fn nothing_is_acknowledged_once_the_database_was_removed_renamed_or_replaced() {
    for how in ["removed", "renamed", "replaced"] {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (db, away) = (path("n.db"), path("away.db"));
        let running = Running::start(&db);
        let target = batches_of_new_source(&db);
        let event = |id: &str| {
            let event = json!({
                "account_id": "acme", "user_id": "ann", "created_at": 1_700_000_000_000_i64,
                "action": "feature", "feature": "export", "event_id": id,
            });
            event.to_string()
        };
        assert_eq!(running.request(&target, &event("before")).0, 200);
        match how {
            "removed" => fs::remove_file(&db).unwrap(),
            "renamed" => fs::rename(&db, &away).unwrap(),
            _ => {
                fs::copy(&db, path("other.db")).unwrap();
                fs::rename(path("other.db"), &db).unwrap();
            }
        }
        for id in ["first", "second"] {
            assert_eq!(running.request(&target, &event(id)).0, 503, "{how}");
        }
        assert_eq!(running.request("GET /readyz", "").0, 503, "{how}");
        if how == "renamed" {
            fs::rename(&away, &db).unwrap();
            assert_eq!(running.request(&target, &event("after")).0, 200);
            assert_eq!(running.request("GET /readyz", "").0, 200);
        }
        let log = running.terminate();
        assert!(log.contains("removed, renamed or replaced"), "{log}");
    }
}
