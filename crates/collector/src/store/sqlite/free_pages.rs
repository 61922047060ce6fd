//! Overwrites what deleted rows have left in the free pages of a file, and empties the log beside
//! it. Afterwards neither the file nor a copy of it contains anything of what was erased.
//!
//! Pages that retention frees keep their contents until they are used again, because overwriting
//! each of them at once would write a month twice. So an erasure overwrites all free pages. It
//! inserts rows of zeros until no free page is left, in steps between which others can write, and
//! then deletes the rows.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};

/// Number of pages that one step fills: 1 MiB.
const STEP: i64 = 256;
/// Number of additional steps beyond those that the initially free pages need, because others free
/// pages meanwhile.
const MORE_STEPS: i64 = 64;

/// The remaining work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Fill free pages, in at most this many steps.
    Take(i64),
    /// Delete the rows that fill them.
    GiveBack,
    /// Nothing is left to do.
    Done,
}

/// The first step.
pub(super) fn begin(conn: &Connection) -> rusqlite::Result<Step> {
    Ok(Step::Take(free(conn)? / (STEP / 2) + MORE_STEPS))
}

/// Performs a step. Returns the remaining work.
pub(super) fn run(tx: &Transaction<'_>, step: Step) -> rusqlite::Result<Step> {
    match step {
        Step::Take(most) => {
            let free = free(tx)?;
            if free == 0 || most <= 0 {
                return Ok(Step::GiveBack);
            }
            match take(tx, (free - 1).clamp(1, STEP)) {
                Ok(()) => Ok(Step::Take(most - 1)),
                // The file has reached its maximum size, so it has no further free page.
                Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                    Ok(Step::GiveBack)
                }
                Err(cause) => Err(cause),
            }
        }
        Step::GiveBack => {
            let freed = tx.execute(
                "DELETE FROM free_pages WHERE no IN (SELECT no FROM free_pages LIMIT 16)",
                [],
            )?;
            Ok(if freed == 0 { Step::Done } else { step })
        }
        Step::Done => Ok(Step::Done),
    }
}

/// Deletes rows that an interrupted erasure has left, for example after a crash.
pub(super) fn give_back_all(conn: &Connection) -> rusqlite::Result<()> {
    if conn.prepare("SELECT 1 FROM free_pages")?.exists([])? {
        conn.execute("DELETE FROM free_pages", [])?;
    }
    Ok(())
}

/// Inserts a row of zeros that fills exactly `pages` pages.
fn take(tx: &Transaction<'_>, pages: i64) -> rusqlite::Result<()> {
    let page_size: i64 = tx.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // The number of bytes of a long row that SQLite stores beside the key. With this many more
    // bytes, the last page is filled to its end. See "B-tree Cell Format" in SQLite's file format.
    let beside_the_key = (page_size - 12) * 32 / 255 - 23;
    let bytes = pages * (page_size - 4) + beside_the_key;
    tx.prepare_cached("INSERT INTO free_pages (zeros) VALUES (zeroblob(?1))")?
        .execute([bytes])?;
    Ok(())
}

fn free(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "freelist_count", |row| row.get(0))
}

/// Empties the log. Returns false while somebody reads from it.
pub(super) fn truncate_log(conn: &Connection) -> rusqlite::Result<bool> {
    let busy: Option<i64> = conn
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .optional()?;
    Ok(busy.unwrap_or(0) == 0)
}
