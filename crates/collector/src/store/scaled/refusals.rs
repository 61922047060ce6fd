//! Counts of rejected lines by source and reason, each with an example of the message.

use super::{
    failure::Result,
    postgres::{Tx, execute, query, query_one},
};
use crate::{
    model::keys::SourceId,
    store::{
        quality::Refusal,
        refused_lines::{MAX_ROWS, Refused, RefusedLines, limit_groups},
    },
};

/// Counts the rejected lines of a batch.
pub(super) async fn record(
    tx: &Tx<'_>,
    source: SourceId,
    refused: RefusedLines,
    now: i64,
) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let source = source.number();
    // The limit is per source: whoever has a public key can fill only the rows of that source.
    let sql = "SELECT COUNT(*) FROM refusals WHERE source_id = $1";
    let mut rows: i64 = query_one(tx, sql, &[&source]).await?.get(0);
    for ((kind, account), refused) in refused.groups() {
        let Refused { lines, example } = refused;
        let sql = "UPDATE refusals SET lines = lines + $4, last_at = greatest(last_at, $5),
            example = $6 WHERE source_id = $1 AND kind = $2 AND account_id = $3";
        let params = [
            &source as _,
            &kind as _,
            &account as _,
            &lines as _,
            &now as _,
            &example as _,
        ];
        if execute(tx, sql, &params).await? > 0 {
            continue;
        }
        let is_full = rows >= MAX_ROWS;
        let (kind, account) = limit_groups(rows, &kind, &account);
        let sql = "INSERT INTO refusals AS r
            (source_id, kind, account_id, lines, first_at, last_at, example)
            VALUES ($1, $2, $3, $4, $5, $5, $6)
            ON CONFLICT (source_id, kind, account_id) DO UPDATE SET
                lines = r.lines + excluded.lines,
                last_at = greatest(r.last_at, excluded.last_at), example = excluded.example";
        execute(tx, sql, &[&source, &kind, &account, &lines, &now, &example]).await?;
        rows += i64::from(!is_full);
    }
    Ok(())
}

/// Lists the rejected lines, the most frequent reasons first.
pub(super) async fn list(tx: &Tx<'_>) -> Result<Vec<Refusal>> {
    let sql = "SELECT CASE s.name WHEN '' THEN 'source-' || s.id ELSE s.name END, r.example,
            r.account_id, r.lines, r.first_at, r.last_at
        FROM refusals r JOIN sources s ON s.id = r.source_id
        ORDER BY r.lines DESC, r.source_id, r.kind, r.account_id";
    let rows = query(tx, sql, &[]).await?;
    let refusals = rows.iter().map(|row| Refusal {
        source: row.get(0),
        reason: row.get(1),
        account_id: Some(row.get::<_, String>(2)).filter(|id| !id.is_empty()),
        lines: row.get(3),
        first_at: row.get(4),
        last_at: row.get(5),
    });
    Ok(refusals.collect())
}

/// Deletes the counts of rejected lines, once their cause is fixed.
pub(super) async fn clear(tx: &Tx<'_>) -> Result<()> {
    execute(tx, "DELETE FROM refusals", &[]).await?;
    Ok(())
}
