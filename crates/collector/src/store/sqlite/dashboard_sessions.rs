//! Dashboard sessions of signed-in people. The database stores only the hashes of their ids, so
//! that nobody can sign in with the contents of a backup.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{
    model::keys::{KeyId, hash},
    store::sessions::{AGE_LIMIT, IDLE_LIMIT, MAX_SESSIONS, USED_PRECISION},
};

/// A session that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSession {
    /// The key with which it was opened.
    pub key: KeyId,
    /// Whether [`touch`] should record its use.
    pub is_stale: bool,
}

/// Opens a session. Its id must be unguessable.
///
/// # Errors
/// Fails when SQLite fails.
pub fn begin(tx: &Transaction<'_>, id: &str, key: KeyId, now: i64) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM dashboard_sessions WHERE used_at < ?1 OR began_at < ?2",
        params![now - IDLE_LIMIT - USED_PRECISION, now - AGE_LIMIT],
    )?;
    tx.execute(
        "DELETE FROM dashboard_sessions WHERE id_hash IN (
             SELECT id_hash FROM dashboard_sessions ORDER BY used_at DESC, began_at DESC
             LIMIT -1 OFFSET ?1)",
        [MAX_SESSIONS - 1],
    )?;
    tx.execute(
        "INSERT INTO dashboard_sessions (id_hash, key_id, began_at, used_at)
         VALUES (?1, ?2, ?3, ?3)",
        params![hash(id), key, now],
    )?;
    Ok(())
}

/// Finds an open session.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find(conn: &Connection, id: &str, now: i64) -> rusqlite::Result<Option<StoredSession>> {
    conn.prepare_cached(
        "SELECT key_id, used_at FROM dashboard_sessions
         WHERE id_hash = ?1 AND used_at >= ?2 AND began_at >= ?3",
    )?
    .query_row(
        params![hash(id), now - IDLE_LIMIT - USED_PRECISION, now - AGE_LIMIT],
        |row| {
            Ok(StoredSession {
                key: row.get(0)?,
                is_stale: row.get::<_, i64>(1)? < now - USED_PRECISION,
            })
        },
    )
    .optional()
}

/// Records the use of a session.
///
/// # Errors
/// Fails when SQLite fails.
pub fn touch(tx: &Transaction<'_>, id: &str, now: i64) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE dashboard_sessions SET used_at = ?2 WHERE id_hash = ?1",
        params![hash(id), now],
    )?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// Fails when SQLite fails.
pub fn end(tx: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM dashboard_sessions WHERE id_hash = ?1",
        [hash(id)],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::{SqliteStore, keys};

    const NOW: i64 = 1_700_000_000_000;

    fn database() -> (tempfile::TempDir, Connection, KeyId) {
        let folder = tempfile::tempdir().unwrap();
        let mut conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
        keys::insert_account_key(&mut conn, "nacc_1", "", 0).unwrap();
        let key = keys::find_account_key(&conn, "nacc_1").unwrap().unwrap();
        (folder, conn, key)
    }

    fn write<T>(conn: &mut Connection, work: impl FnOnce(&Transaction<'_>) -> T) -> T {
        let tx = conn.transaction().unwrap();
        let done = work(&tx);
        tx.commit().unwrap();
        done
    }

    #[test]
    fn a_session_ends_after_a_day_without_use_and_after_a_week_in_any_case() {
        let (_folder, mut conn, key) = database();
        write(&mut conn, |tx| begin(tx, "idle", key, NOW)).unwrap();
        write(&mut conn, |tx| begin(tx, "busy", key, NOW)).unwrap();
        let is_open = |conn: &Connection, id: &str, at: i64| find(conn, id, at).unwrap().is_some();
        assert!(is_open(&conn, "idle", NOW + IDLE_LIMIT));
        assert!(!is_open(
            &conn,
            "idle",
            NOW + IDLE_LIMIT + USED_PRECISION + 1
        ));
        let mut at = NOW;
        while at + IDLE_LIMIT <= NOW + AGE_LIMIT {
            at += IDLE_LIMIT;
            assert!(is_open(&conn, "busy", at));
            assert!(find(&conn, "busy", at).unwrap().unwrap().is_stale);
            write(&mut conn, |tx| touch(tx, "busy", at)).unwrap();
            assert!(!find(&conn, "busy", at).unwrap().unwrap().is_stale);
        }
        assert!(!is_open(&conn, "busy", NOW + AGE_LIMIT + 1));
    }

    #[test]
    fn ids_are_not_stored_and_sessions_are_bounded() {
        let (_folder, mut conn, key) = database();
        for at in 0..=MAX_SESSIONS {
            write(&mut conn, |tx| {
                begin(tx, &format!("id {at}"), key, NOW + at)
            })
            .unwrap();
        }
        let count: i64 = conn
            .query_row("SELECT COUNT(*) FROM dashboard_sessions", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(count, MAX_SESSIONS);
        assert_eq!(find(&conn, "id 0", NOW).unwrap(), None, "the oldest");
        assert!(find(&conn, "id 1", NOW).unwrap().is_some());
        let plain: i64 = conn
            .query_row(
                "SELECT COUNT(*) FROM dashboard_sessions WHERE instr(id_hash, CAST('id' AS BLOB))",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(plain, 0);
        write(&mut conn, |tx| end(tx, "id 1")).unwrap();
        assert_eq!(find(&conn, "id 1", NOW).unwrap(), None);
    }
}
