//! Keys that were made or revoked, and sessions that ended, after a backup was made.

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::running::{json_of, natero};

#[test]
fn a_restored_backup_has_the_keys_of_the_database_that_it_replaces_and_no_session() {
    let folder = TempDir::new().unwrap();
    let (db, copy) = (folder.path().join("n.db"), folder.path().join("copy.db"));
    let copy = copy.to_str().unwrap();
    for kind in ["source", "account", "viewer", "source", "account", "viewer"] {
        json_of(natero(&db, &["keys", "create", kind, "--json"]));
    }
    let open = Connection::open(&db).unwrap();
    let session = "INSERT INTO dashboard_sessions (id_hash, key_id, began_at, used_at)
                   VALUES (x'01', 1, 1, 1)";
    open.execute(session, []).unwrap();
    let account = "INSERT INTO accounts (account_id) VALUES ('acme')";
    open.execute(account, []).unwrap();
    assert!(natero(&db, &["backup", copy]).status.success());
    // Signed out.
    open.execute("DELETE FROM dashboard_sessions", []).unwrap();
    drop(open);
    for id in ["source-1", "account-3", "viewer-2"] {
        assert!(natero(&db, &["keys", "revoke", id]).status.success());
    }
    // The backup does not have this key, and nobody needs it.
    json_of(natero(&db, &["keys", "create", "account", "--json"]));
    assert!(
        natero(&db, &["keys", "revoke", "account-5"])
            .status
            .success()
    );
    for made in [
        &["source", "--trusted", "--name", "billing"][..],
        &["viewer", "--account", "acme"],
    ] {
        json_of(natero(
            &db,
            &[&["keys", "create"], made, &["--json"]].concat(),
        ));
    }
    let listed = || json_of(natero(&db, &["keys", "list", "--json"]));
    let before = listed();

    let restored = natero(&db, &["restore", copy]);
    let said = String::from_utf8(restored.stdout).unwrap();
    assert!(said.contains("keys revoked again: 3, kept: 2"), "{said}");
    let without_ids = |keys: Value| {
        let mut keys = keys.as_array().unwrap().clone();
        keys.retain(|key| !(key["id"] == "account-5" && key["revoked_at"].is_number()));
        for key in &mut keys {
            key["id"].take();
        }
        keys
    };
    assert_eq!(without_ids(listed()), without_ids(before));
    let sessions: i64 = Connection::open(&db)
        .unwrap()
        .query_row("SELECT COUNT(*) FROM dashboard_sessions", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(sessions, 0);

    // A backup of other keys with the same numbers keeps them, too.
    let other = folder.path().join("other.db");
    for kind in ["source", "account"] {
        json_of(natero(&other, &["keys", "create", kind, "--json"]));
    }
    let restored = natero(&db, &["restore", other.to_str().unwrap()]);
    let said = String::from_utf8(restored.stdout).unwrap();
    assert!(said.contains("keys revoked again: 0, kept: 5"), "{said}");
}
