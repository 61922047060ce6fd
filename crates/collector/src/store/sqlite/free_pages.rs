//! Overwrites what deleted rows have left in the free pages of a file, and empties the
//! log beside it, so that neither the file nor a copy of it holds anything of who was
//! erased.
//!
//! Pages that retention frees keep what was in them until they are used
//! again: overwriting each at once would write a month twice. So an erasure overwrites
//! all of them, in steps between which others write: rows of zeros take the free pages,
//! and are deleted once none is left.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};

/// Pages that one step takes: 1 MiB.
const STEP: i64 = 256;
/// Steps beyond those that the pages need which are free at the beginning: others free
/// pages meanwhile.
const MORE_STEPS: i64 = 64;

/// What is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// To take free pages, in at most so many steps.
    Take(i64),
    /// To give them back.
    GiveBack,
    /// Nothing.
    Done,
}

/// The first step.
pub(super) fn begin(conn: &Connection) -> rusqlite::Result<Step> {
    Ok(Step::Take(free(conn)? / (STEP / 2) + MORE_STEPS))
}

/// Does a step. Returns what is left then.
pub(super) fn run(tx: &Transaction<'_>, step: Step) -> rusqlite::Result<Step> {
    match step {
        Step::Take(most) => {
            let free = free(tx)?;
            if free == 0 || most <= 0 {
                return Ok(Step::GiveBack);
            }
            match take(tx, (free - 1).clamp(1, STEP)) {
                Ok(()) => Ok(Step::Take(most - 1)),
                // A file of bounded size has no page more than the free ones.
                Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                    Ok(Step::GiveBack)
                }
                Err(cause) => Err(cause),
            }
        }
        Step::GiveBack => {
            let given = tx.execute(
                "DELETE FROM free_pages WHERE no IN (SELECT no FROM free_pages LIMIT 16)",
                [],
            )?;
            Ok(if given == 0 { Step::Done } else { step })
        }
        Step::Done => Ok(Step::Done),
    }
}

/// Gives back what an erasure has taken that was ended in between, as by a crash.
pub(super) fn give_back_all(conn: &Connection) -> rusqlite::Result<()> {
    if conn.prepare("SELECT 1 FROM free_pages")?.exists([])? {
        conn.execute("DELETE FROM free_pages", [])?;
    }
    Ok(())
}

/// Writes a row of zeros that fills `pages` pages to their ends.
fn take(tx: &Transaction<'_>, pages: i64) -> rusqlite::Result<()> {
    let page_size: i64 = tx.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // What SQLite keeps of a long row beside the key: with so many bytes more, nothing of
    // the last page is left over. See "B-tree Cell Format" of its file format.
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
