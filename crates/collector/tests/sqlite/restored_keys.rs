//! Keys that were revoked, and sessions that ended, after a backup was made.

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::running::{json_of, natero};

#[test]
fn a_key_that_was_revoked_and_a_session_that_ended_stay_so_in_a_restored_backup() {
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
    assert!(natero(&db, &["backup", copy]).status.success());
    // Signed out.
    open.execute("DELETE FROM dashboard_sessions", []).unwrap();
    drop(open);
    for id in ["source-1", "account-3", "viewer-2"] {
        assert!(natero(&db, &["keys", "revoke", id]).status.success());
    }
    // The backup does not have this key.
    json_of(natero(&db, &["keys", "create", "account", "--json"]));
    assert!(
        natero(&db, &["keys", "revoke", "account-5"])
            .status
            .success()
    );
    let listed = || json_of(natero(&db, &["keys", "list", "--json"]));
    let before = listed();

    let restored = natero(&db, &["restore", copy]);
    let said = String::from_utf8(restored.stdout).unwrap();
    assert!(said.contains("revoked again: 3 keys"), "{said}");
    let mut expected = before.as_array().unwrap().clone();
    expected.retain(|key| key["id"] != "account-5");
    assert_eq!(listed(), json!(expected));
    let sessions: i64 = Connection::open(&db)
        .unwrap()
        .query_row("SELECT COUNT(*) FROM dashboard_sessions", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(sessions, 0);

    // A database of other keys with the same numbers keeps them.
    let other = folder.path().join("other.db");
    for kind in ["source", "account"] {
        json_of(natero(&other, &["keys", "create", kind, "--json"]));
    }
    let restored = natero(&db, &["restore", other.to_str().unwrap()]);
    let said = String::from_utf8(restored.stdout).unwrap();
    assert!(said.contains("revoked again: 0 keys"), "{said}");
}
