//! What lines were refused of whom, and why: counts, and no line itself.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, params};

use super::rows::SourceRow;

/// Most rows of the table. Anybody can send lines with any account, so beyond so
/// many the account of a line is no longer told apart.
const MAX_ROWS: i64 = 1000;
/// Most rows that one batch writes: a broken client has few reasons, and another
/// must not hold the writer.
const MAX_GROUPS: usize = 100;

/// The reason of lines whose own is no longer told apart.
const OTHER: &str = "other";

/// Longest reason and account that are kept, in characters.
const MAX_CHARS: usize = 256;

/// The refused lines of a batch, by reason and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedLines(BTreeMap<(String, String), i64>);

impl RefusedLines {
    /// Counts a line. `account_id` is the account that it names, if it can be read.
    pub fn add(&mut self, reason: &str, account_id: Option<&str>) {
        let cut = |text: &str| -> String { text.chars().take(MAX_CHARS).collect() };
        // Reasons are few; accounts may be as many as lines.
        let account_id = account_id.filter(|_| self.0.len() < MAX_GROUPS / 2);
        let mut key = (cut(reason), cut(account_id.unwrap_or_default()));
        if self.0.len() >= MAX_GROUPS && !self.0.contains_key(&key) {
            key = (OTHER.to_owned(), String::new());
        }
        *self.0.entry(key).or_default() += 1;
    }

    /// Whether no line was refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Lines that were refused for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the source that sent them, or its id.
    pub source: String,
    /// Why.
    pub reason: String,
    /// The account that they name, if it can be read.
    pub account_id: Option<String>,
    /// Number of lines.
    pub lines: i64,
    /// When the first arrived, in ms since the Unix epoch.
    pub first_at: i64,
    /// When the last arrived.
    pub last_at: i64,
}

/// Counts the refused lines of a batch.
///
/// # Errors
/// Those of SQLite.
pub fn record(
    tx: &Transaction<'_>,
    source: SourceRow,
    refused: RefusedLines,
    now: i64,
) -> rusqlite::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    // Whoever has a public key may write what they like into their own rows alone.
    let mut rows: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM refusals WHERE source_id = ?1")?
        .query_row([source], |row| row.get(0))?;
    let mut update = tx.prepare_cached(
        "UPDATE refusals SET lines = lines + ?4, last_at = MAX(last_at, ?5)
         WHERE source_id = ?1 AND reason = ?2 AND account_id = ?3",
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO refusals (source_id, reason, account_id, lines, first_at, last_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)
         ON CONFLICT (source_id, reason, account_id) DO UPDATE SET
             lines = lines + excluded.lines, last_at = MAX(last_at, excluded.last_at)",
    )?;
    for ((reason, account), lines) in refused.0 {
        if update.execute(params![source, reason, account, lines, now])? > 0 {
            continue;
        }
        let is_full = rows >= MAX_ROWS;
        let account = if is_full { "" } else { account.as_str() };
        let reason = if rows >= 2 * MAX_ROWS { OTHER } else { &reason };
        insert.execute(params![source, reason, account, lines, now])?;
        rows += i64::from(!is_full);
    }
    Ok(())
}

/// Lists the refused lines, the most frequent reasons first.
///
/// # Errors
/// Those of SQLite.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    conn.prepare_cached(
        "SELECT IIF(s.name = '', 'source-' || s.id, s.name), r.reason, r.account_id, r.lines,
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

/// Forgets the refused lines, once their cause is mended.
///
/// # Errors
/// Those of SQLite.
pub fn clear(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM refusals", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_different_lines_takes_a_bounded_number_of_rows() {
        let mut refused = RefusedLines::default();
        for line in 0..60_000 {
            refused.add(&format!("wrong {}", line % 1000), Some(&format!("a{line}")));
        }
        assert!(refused.0.len() <= MAX_GROUPS + 1, "{}", refused.0.len());
        assert_eq!(refused.0.values().sum::<i64>(), 60_000);
    }
}
