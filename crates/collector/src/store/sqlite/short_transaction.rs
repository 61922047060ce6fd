//! Transactions that are so short that preparing `BEGIN` and `COMMIT` would take a large part of
//! their time.

use std::ops::Deref;

use rusqlite::Connection;

/// A transaction whose `BEGIN` and `COMMIT` are prepared once for each connection. It is rolled
/// back when it is dropped.
#[derive(Debug)]
pub(super) struct ShortTransaction<'c> {
    conn: &'c Connection,
}

impl<'c> ShortTransaction<'c> {
    /// Begins a transaction for writing, and takes the write lock.
    ///
    /// # Errors
    /// Fails when another connection holds the lock, or SQLite fails.
    pub(super) fn to_write(conn: &'c Connection) -> rusqlite::Result<Self> {
        Self::begin(conn, "BEGIN IMMEDIATE")
    }

    /// Begins a transaction for reading. Its snapshot is taken by the first statement.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(super) fn to_read(conn: &'c Connection) -> rusqlite::Result<Self> {
        Self::begin(conn, "BEGIN")
    }

    fn begin(conn: &'c Connection, statement: &str) -> rusqlite::Result<Self> {
        conn.prepare_cached(statement)?.execute([])?;
        Ok(ShortTransaction { conn })
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// Fails when SQLite fails. Nothing is changed then.
    pub(super) fn commit(self) -> rusqlite::Result<()> {
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Deref for ShortTransaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

impl Drop for ShortTransaction<'_> {
    fn drop(&mut self) {
        if !self.conn.is_autocommit()
            && let Err(cause) = self.roll_back()
        {
            tracing::error!(%cause, "a transaction cannot be rolled back");
        }
    }
}

impl ShortTransaction<'_> {
    fn roll_back(&self) -> rusqlite::Result<()> {
        self.conn.prepare_cached("ROLLBACK")?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(conn: &Connection) -> i64 {
        conn.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn what_is_dropped_is_rolled_back_and_what_is_committed_stays() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (a)").unwrap();
        for expected in [1, 2] {
            let dropped = ShortTransaction::to_write(&conn).unwrap();
            dropped.execute("INSERT INTO t VALUES (1)", []).unwrap();
            drop(dropped);
            let kept = ShortTransaction::to_write(&conn).unwrap();
            kept.execute("INSERT INTO t VALUES (1)", []).unwrap();
            kept.commit().unwrap();
            assert_eq!(count(&conn), expected);
        }
    }

    #[test]
    fn a_failed_statement_leaves_no_transaction_open() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (a INTEGER CHECK (a < 5))")
            .unwrap();
        let failing = ShortTransaction::to_write(&conn).unwrap();
        assert!(failing.execute("INSERT INTO t VALUES (9)", []).is_err());
        drop(failing);
        assert!(conn.is_autocommit());
        let snapshot = ShortTransaction::to_read(&conn).unwrap();
        assert_eq!(count(&snapshot), 0);
        drop(snapshot);
        assert!(conn.is_autocommit());
    }
}
