//! The loss report: numbered events of streams that never arrived.

use rusqlite::{Connection, params};

use crate::{
    model::usage::Span,
    store::loss::{ImplausibleStream, LossReport, LossyStream, WORST},
};

/// Reports lost events. A stream counts wholly in the span in which it began, so the reports of
/// adjacent spans add up.
///
/// # Errors
/// Fails when SQLite fails.
pub fn report(conn: &Connection, span: Span) -> rusqlite::Result<LossReport> {
    let worst = conn
        .prepare_cached(
            "SELECT stream_id, made, made - received - rejected FROM streams
             WHERE first_at >= ?1 AND first_at < ?2 AND made > received + rejected
             ORDER BY made - received - rejected DESC, stream_id LIMIT ?3",
        )?
        .query_map(params![span.from, span.to, WORST as i64], |row| {
            Ok(LossyStream {
                stream_id: row.get(0)?,
                made: row.get(1)?,
                missing: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let implausible_streams = conn
        .prepare_cached(
            "SELECT stream_id, implausible, received FROM streams
             WHERE implausible IS NOT NULL AND first_at >= ?1 AND first_at < ?2
             ORDER BY implausible DESC, stream_id LIMIT ?3",
        )?
        .query_map(params![span.from, span.to, WORST as i64], |row| {
            Ok(ImplausibleStream {
                stream_id: row.get(0)?,
                numbered: row.get(1)?,
                received: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let implausible = conn
        .prepare_cached(
            "SELECT COUNT(*) FROM streams
             WHERE implausible IS NOT NULL AND first_at >= ?1 AND first_at < ?2",
        )?
        .query_row([span.from, span.to], |row| row.get(0))?;
    conn.prepare_cached(
        "SELECT COUNT(*), IFNULL(SUM(made), 0), IFNULL(SUM(received), 0),
                IFNULL(SUM(duplicates), 0), IFNULL(SUM(rejected), 0)
         FROM streams WHERE first_at >= ?1 AND first_at < ?2",
    )?
    .query_row(params![span.from, span.to], |row| {
        let (made, received, rejected): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(4)?);
        Ok(LossReport {
            streams: row.get(0)?,
            made,
            received,
            missing: made - received - rejected,
            rejected,
            duplicates: row.get(3)?,
            worst,
            implausible,
            implausible_streams,
        })
    })
}
