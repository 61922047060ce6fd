//! Counts of rejected lines by source and reason, each with an example of the message.

use rusqlite::{Connection, Transaction, params};

use crate::{
    model::keys::SourceId,
    store::{
        quality::Refusal,
        refused_lines::{MAX_ROWS, Refused, RefusedLines, limit_groups},
    },
};

/// Counts the rejected lines of a batch.
///
/// # Errors
/// Fails when SQLite fails.
pub fn record(
    tx: &Transaction<'_>,
    source: SourceId,
    refused: RefusedLines,
    now: i64,
) -> rusqlite::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    // The limit is per source: whoever has a public key can fill only the rows of that source.
    let mut rows: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM refusals WHERE source_id = ?1")?
        .query_row([source], |row| row.get(0))?;
    let mut update = tx.prepare_cached(
        "UPDATE refusals SET lines = lines + ?4, last_at = MAX(last_at, ?5), example = ?6
         WHERE source_id = ?1 AND kind = ?2 AND account_id = ?3",
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO refusals (source_id, kind, account_id, lines, first_at, last_at, example)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
         ON CONFLICT (source_id, kind, account_id) DO UPDATE SET
             lines = lines + excluded.lines, last_at = MAX(last_at, excluded.last_at),
             example = excluded.example",
    )?;
    for ((kind, account), refused) in refused.groups() {
        let Refused { lines, example } = refused;
        if update.execute(params![source, kind, account, lines, now, example])? > 0 {
            continue;
        }
        let is_full = rows >= MAX_ROWS;
        let (kind, account) = limit_groups(rows, &kind, &account);
        insert.execute(params![source, kind, account, lines, now, example])?;
        rows += i64::from(!is_full);
    }
    Ok(())
}

/// Lists the rejected lines, the most frequent reasons first.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    conn.prepare_cached(
        "SELECT IIF(s.name = '', 'source-' || s.id, s.name), r.example, r.account_id, r.lines,
             r.first_at, r.last_at
         FROM refusals r JOIN sources s ON s.id = r.source_id ORDER BY r.lines DESC",
    )?
    .query_map([], |row| {
        Ok(Refusal {
            source: row.get(0)?,
            reason: row.get(1)?,
            account_id: Some(row.get::<_, String>(2)?).filter(|id| !id.is_empty()),
            lines: row.get(3)?,
            first_at: row.get(4)?,
            last_at: row.get(5)?,
        })
    })?
    .collect()
}

/// Deletes the counts of rejected lines, once their cause is fixed.
///
/// # Errors
/// Fails when SQLite fails.
pub fn clear(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM refusals", [])?;
    Ok(())
}
