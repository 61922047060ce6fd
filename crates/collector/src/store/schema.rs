//! The tables, and how older files become newer ones.
//!
//! `PRAGMA user_version` is the number of migrations that a file has been
//! through. A migration that was released is never edited again.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{StoreError, rebuild, streams};

/// One step from a version to the next: statements, then what they cannot say.
struct Migration {
    sql: &'static str,
    fill: fn(&Transaction<'_>) -> rusqlite::Result<()>,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        sql: V1,
        fill: |_| Ok(()),
    },
    Migration {
        sql: V2,
        fill: streams::fill,
    },
    Migration {
        sql: V3,
        fill: |_| Ok(()),
    },
    Migration {
        sql: V4,
        fill: rebuild::fill,
    },
    Migration {
        sql: V5,
        fill: |_| Ok(()),
    },
];

/// `events` is read by people and programs from outside, so its columns are
/// plain: names and values of the wire, nothing interned.
const V1: &str = r#"
-- Key pairs that may write events. Keys are kept as SHA-256 only.
CREATE TABLE sources (
    id         INTEGER PRIMARY KEY,
    auth_hash  BLOB    NOT NULL UNIQUE,
    api_hash   BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    trusted    INTEGER NOT NULL,
    origins    TEXT    NOT NULL,           -- JSON array; empty for any origin
    created_at INTEGER NOT NULL,           -- ms since the Unix epoch, as all times
    revoked_at INTEGER
) STRICT;

-- Keys that may read, and write the Account API.
CREATE TABLE account_keys (
    id         INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE accounts (
    no              INTEGER PRIMARY KEY,
    account_id      TEXT    NOT NULL UNIQUE,
    name            TEXT,
    parent_no       INTEGER REFERENCES accounts (no),
    hierarchy_label TEXT,
    join_date       INTEGER,
    details         TEXT    NOT NULL DEFAULT '{}',   -- JSON object
    details_at      INTEGER NOT NULL DEFAULT 0,      -- created_at of the newest merged identification
    is_deleted      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX accounts_by_parent ON accounts (parent_no) WHERE parent_no IS NOT NULL;

-- Each user is in exactly one account.
CREATE TABLE users (
    no         INTEGER PRIMARY KEY,
    user_id    TEXT    NOT NULL UNIQUE,
    account_no INTEGER NOT NULL REFERENCES accounts (no),
    first_name TEXT,
    last_name  TEXT,
    details    TEXT    NOT NULL DEFAULT '{}',
    details_at INTEGER NOT NULL DEFAULT 0,
    is_deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX users_by_account ON users (account_no);

-- Every event that was accepted, once.
CREATE TABLE events (
    id              INTEGER PRIMARY KEY,   -- order of arrival
    event_id        TEXT    NOT NULL UNIQUE, -- from the client, else derived from the content
    account_id      TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    session_id      TEXT,
    created_at      INTEGER NOT NULL,      -- by the client's clock
    action          TEXT    NOT NULL,
    feature         TEXT,
    module          TEXT,
    product         TEXT,
    total           REAL,                  -- of feature events; 1 where the client said nothing
    time_spent      INTEGER,               -- ms
    active_duration INTEGER,               -- ms
    visitor_id      TEXT,
    stream_id       TEXT,
    seq             INTEGER,
    url             TEXT,
    title           TEXT,
    referrer        TEXT,
    details         TEXT,                  -- JSON object
    extra           TEXT,                  -- JSON object: fields outside the contract
    received_at     INTEGER NOT NULL,      -- by our clock
    source_id       INTEGER NOT NULL REFERENCES sources (id),
    set_aside       INTEGER NOT NULL       -- 1: the user belongs to another account; not counted
) STRICT;
CREATE INDEX events_by_time ON events (created_at);
CREATE INDEX events_set_aside ON events (user_id, account_id) WHERE set_aside = 1;
"#;

const V2: &str = r#"
-- One row per page instance that numbered its events: what of them arrived.
CREATE TABLE streams (
    no         INTEGER PRIMARY KEY,
    stream_id  TEXT    NOT NULL UNIQUE,
    first_at   INTEGER NOT NULL,           -- created_at of its earliest event
    made       INTEGER NOT NULL,           -- highest seq seen, plus one
    received   INTEGER NOT NULL,           -- distinct seq seen
    duplicates INTEGER NOT NULL,           -- arrivals beyond the first of a seq
    seqs       BLOB    NOT NULL            -- the seqs seen, as a Roaring bitmap
) STRICT;
CREATE INDEX streams_by_time ON streams (first_at, made, received, duplicates);
"#;

const V3: &str = r#"
ALTER TABLE sources ADD COLUMN allow_hierarchy INTEGER NOT NULL DEFAULT 0;

-- Money of an account. Rolled up.
CREATE TABLE financials (
    no         INTEGER PRIMARY KEY,
    account_no INTEGER NOT NULL REFERENCES accounts (no),
    id         TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    amount     INTEGER NOT NULL,           -- in 1/10000 of the currency's unit, so that sums are exact
    currency   TEXT    NOT NULL,
    UNIQUE (account_no, id)
) STRICT;

-- Support tickets, interactions and notes of an account. Not rolled up.
CREATE TABLE account_records (
    no         INTEGER PRIMARY KEY,
    account_no INTEGER NOT NULL REFERENCES accounts (no),
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    fields     TEXT    NOT NULL,           -- JSON object
    UNIQUE (account_no, kind, id)
) STRICT;
"#;

const V4: &str = r#"
-- Numbers that facts use instead of text.
CREATE TABLE sessions (no INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE names (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Usage of an account, added up; see store/facts.rs for what is in the blob.
CREATE TABLE usage_segments (
    id           INTEGER PRIMARY KEY,
    account_no   INTEGER NOT NULL REFERENCES accounts (no),
    is_set_aside INTEGER NOT NULL,
    first_hour   INTEGER NOT NULL,         -- hours since the Unix epoch
    last_hour    INTEGER NOT NULL,
    facts        INTEGER NOT NULL,
    events       INTEGER NOT NULL,
    data         BLOB    NOT NULL
) STRICT;
CREATE INDEX segments_by_account ON usage_segments (account_no, is_set_aside, id);

-- What holds for the whole file.
CREATE TABLE settings (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;

-- With the account in it, a part of an hour is cut out without touching the
-- events of other accounts.
DROP INDEX events_by_time;
CREATE INDEX events_by_time ON events (created_at, account_id);
"#;

const V5: &str = r#"
-- What of a stream arrived and was refused is not missing.
ALTER TABLE streams ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN rejected_seqs BLOB;   -- a Roaring bitmap, NULL where none is
DROP INDEX streams_by_time;
CREATE INDEX streams_by_time ON streams (first_at, made, received, duplicates, rejected);
"#;

/// Brings the file up to date, all migrations in one transaction.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    migrate_to(conn, MIGRATIONS.len())
}

fn migrate_to(conn: &mut Connection, known: usize) -> Result<(), StoreError> {
    let migrations = &MIGRATIONS[..known];
    let known = known as i64;
    if version(conn)? == known {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again under the lock: another process may have been faster.
    let found = version(&tx)?;
    let Some(missing) = usize::try_from(found)
        .ok()
        .and_then(|found| migrations.get(found..))
    else {
        return Err(StoreError::TooNew { found, known });
    };
    for migration in missing {
        tx.execute_batch(migration.sql)?;
        (migration.fill)(&tx)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}

fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_file_gets_every_migration_and_a_second_run_changes_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        assert_eq!(version(&conn).unwrap(), MIGRATIONS.len() as i64);
        migrate(&mut conn).unwrap();
    }

    #[test]
    fn a_file_of_every_earlier_version_keeps_its_events_and_gets_their_figures() {
        for earlier in 1..MIGRATIONS.len() {
            let mut conn = Connection::open_in_memory().unwrap();
            migrate_to(&mut conn, earlier).unwrap();
            conn.execute_batch(
                "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
                     VALUES (x'00', x'00', '', 0, '[]', 0);
                 INSERT INTO account_keys (hash, name, created_at) VALUES (x'01', 'crm', 0);
                 INSERT INTO accounts (account_id) VALUES ('acme');
                 INSERT INTO accounts (account_id, name, parent_no) VALUES ('below', 'Below', 1);
                 INSERT INTO users (user_id, account_no) VALUES ('ann', 1);
                 INSERT INTO events (event_id, account_id, user_id, session_id, created_at,
                     action, feature, total, stream_id, seq, received_at, source_id, set_aside)
                 VALUES ('1', 'acme', 'ann', 's', 1, 'feature', 'x', 2, 't', 0, 1, 1, 0),
                        ('2', 'acme', 'ann', 's', 2, 'feature', 'y', 3, 't', 2, 1, 1, 0);",
            )
            .unwrap();
            // Figures as they were added up when there were some.
            let figures = "INSERT INTO usage_segments (account_no, is_set_aside, first_hour,
                 last_hour, facts, events, data) VALUES (2, 0, 0, 0, 0, 0, x'0102')";
            if earlier >= 4 {
                conn.execute_batch(figures).unwrap();
            }
            migrate(&mut conn).unwrap();
            let all = |table: &str| -> i64 {
                let sql = format!("SELECT COUNT(*) FROM {table}");
                conn.query_row(&sql, [], |row| row.get(0)).unwrap()
            };
            assert_eq!(
                (all("sources"), all("account_keys"), all("users")),
                (1, 1, 1)
            );
            let below: (String, i64) = conn
                .query_row(
                    "SELECT name, parent_no FROM accounts WHERE account_id = 'below'",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            assert_eq!(below, ("Below".to_owned(), 1));
            if earlier >= 4 {
                assert_eq!(all("usage_segments WHERE data = x'0102'"), 1);
                conn.execute_batch("DELETE FROM usage_segments").unwrap();
            }
            let rebuilt = rebuild::rebuild(&mut conn, false).unwrap();
            assert_eq!(rebuilt.events, 2);
            if earlier < 4 {
                assert_eq!(rebuilt.differing, Vec::<String>::new());
            }
            if earlier < 2 {
                let span = crate::usage::Span::new(None, None);
                let report = streams::report(&conn, span).unwrap();
                assert_eq!((report.made, report.missing), (3, 1));
            }
        }
    }

    #[test]
    fn a_file_from_the_future_is_left_alone() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "user_version", 999).unwrap();
        let error = migrate(&mut conn).unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 999, .. }));
    }
}
