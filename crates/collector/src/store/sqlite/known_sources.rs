//! The sources found since the last commit.
//!
//! Every batch names its source, and there are few sources. Their table is read again after any
//! commit, also of another process, so that a key that was revoked is refused at once.

use rusqlite::Connection;

use super::keys;
use crate::{
    model::{
        fast_map::FastMap,
        keys::{KeyHash, hash},
    },
    store::keys::Source,
};

/// Sources by the hashes of their auth key and API key. Always used with the same connection,
/// which must not write.
#[derive(Debug, Default)]
pub(super) struct KnownSources {
    version: Option<i64>,
    found: FastMap<(KeyHash, KeyHash), Source>,
}

impl KnownSources {
    /// Finds the source of a pair of keys; `None` when it is unknown or revoked.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(super) fn find(
        &mut self,
        conn: &Connection,
        auth_key: &str,
        api_key: &str,
    ) -> rusqlite::Result<Option<Source>> {
        // Changes with each commit of another connection.
        let version = conn
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.version != Some(version) {
            self.found.clear();
            self.version = Some(version);
        }
        let hashes = (hash(auth_key), hash(api_key));
        if let Some(known) = self.found.get(&hashes) {
            return Ok(Some(known.clone()));
        }
        let found = keys::find_source(conn, auth_key, api_key)?;
        if let Some(source) = &found {
            self.found.insert(hashes, source.clone());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::keys::{NewSource, SourceKeys},
        store::sqlite::{SqliteStore, readers},
    };

    #[test]
    fn a_source_is_refused_once_another_process_has_revoked_it() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("n.db");
        let mut command = SqliteStore::open_for_command(&db).unwrap();
        let given = SourceKeys::generate().unwrap();
        let id = keys::insert_source(&mut command, &given, &NewSource::default(), 1).unwrap();
        let conn = readers::open(&db).unwrap();
        let mut known = KnownSources::default();
        let mut find = |api_key: &str| known.find(&conn, &given.auth_key, api_key).unwrap();
        let found = find(&given.api_key);
        assert!(found.is_some());
        assert_eq!(find(&given.api_key), found);
        assert_eq!(find("another"), None);
        assert!(keys::revoke(&mut command, &id, 2).unwrap());
        assert_eq!(find(&given.api_key), None);
    }

    #[test]
    fn keys_that_nobody_has_take_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("n.db");
        drop(SqliteStore::open_for_command(&db).unwrap());
        let conn = readers::open(&db).unwrap();
        let mut known = KnownSources::default();
        for key in ["a", "b", "c"] {
            assert_eq!(known.find(&conn, key, key).unwrap(), None);
        }
        assert!(known.found.is_empty());
    }
}
