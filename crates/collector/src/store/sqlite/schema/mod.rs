//! The tables, and the migrations of older files.
//!
//! `PRAGMA user_version` is the number of migrations applied to a file. A migration is never edited
//! after its release.

mod tables;
#[cfg(test)]
mod tests;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    arrival_days, event_ids, former_accounts, hourly_facts, renewal_dates, single_blob,
    single_table, streams, usage_changes,
};
use crate::store::error::StoreError;
use tables::{
    FREE_PAGES, REFUSALS_BY_KIND, STREAM_EVENTS, V1, V2, V3, V4, V5, V6, V7, V8, V9, V10,
};

/// A step from one version to the next: SQL statements, then a function for what they cannot do.
struct Migration {
    sql: &'static str,
    fill: fn(&Transaction<'_>) -> rusqlite::Result<()>,
}

impl Migration {
    /// A step that consists of statements only.
    const fn of(sql: &'static str) -> Self {
        Migration {
            sql,
            fill: |_| Ok(()),
        }
    }
}

const MIGRATIONS: &[Migration] = &[
    Migration::of(V1),
    Migration {
        sql: V2,
        fill: streams::fill,
    },
    Migration::of(V3),
    // The seventh migration computes the facts in their current form.
    Migration::of(V4),
    Migration::of(V5),
    Migration {
        sql: V6,
        fill: streams::mark_implausible,
    },
    Migration {
        sql: V7,
        fill: |tx| {
            single_table::migrate(tx)?;
            hourly_facts::migrate(tx)
        },
    },
    Migration::of(V8),
    Migration::of(V9),
    Migration::of(V10),
    Migration {
        sql: "",
        fill: single_blob::migrate,
    },
    Migration {
        sql: REFUSALS_BY_KIND,
        fill: renewal_dates::migrate,
    },
    Migration {
        sql: FREE_PAGES,
        fill: |tx| {
            event_ids::rescope(tx)?;
            streams::mark_implausible(tx)
        },
    },
    // Only increases the version: older versions would not read the inbox, which exists since then.
    Migration::of(""),
    Migration {
        sql: "",
        fill: usage_changes::migrate,
    },
    Migration {
        sql: "",
        fill: arrival_days::migrate,
    },
    Migration::of(STREAM_EVENTS),
    Migration {
        sql: "",
        fill: former_accounts::migrate,
    },
];

/// Migrates the file to the current version. All migrations run in one transaction.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    migrate_to(conn, MIGRATIONS.len())
}

fn migrate_to(conn: &mut Connection, known: usize) -> Result<(), StoreError> {
    let migrations = &MIGRATIONS[..known];
    let known = known as i64;
    if version(conn)? == known {
        return Ok(());
    }
    // Recomputed facts may be larger than memory.
    conn.pragma_update(None, "temp_store", "FILE")?;
    let migrated = run_missing(conn, migrations);
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    migrated
}

fn run_missing(conn: &mut Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    let known = migrations.len() as i64;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read the version again under the lock, because another process may have migrated the file.
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

/// The number of migrations applied to a file.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses a file that a newer version wrote.
pub(super) fn refuse_newer(conn: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(conn)?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    Ok(())
}
