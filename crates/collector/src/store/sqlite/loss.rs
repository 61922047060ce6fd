//! The loss report: what of the numbered events of streams never arrived.

use std::fmt;

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::model::usage::Span;

/// Number of streams that the report lists.
const WORST: usize = 20;

/// The events that were lost, of the streams that began in a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossReport {
    /// Number of streams that began in the span.
    pub streams: i64,
    /// Number of events that they made, according to their `seq`.
    pub made: i64,
    /// Number of events that arrived, each counted once.
    pub received: i64,
    /// Number of events that were made and have not arrived.
    pub missing: i64,
    /// Number of events that arrived and were rejected, each counted once.
    pub rejected: i64,
    /// Number of arrivals after the first of an event.
    pub duplicates: i64,
    /// The streams with the most missing events.
    pub worst: Vec<LossyStream>,
    /// Number of streams whose numbers have a gap that no page can make. What they
    /// sent is received; nothing of them is missing.
    pub implausible: i64,
    /// Those of them with the highest numbers.
    pub implausible_streams: Vec<ImplausibleStream>,
}

/// A stream whose numbers cannot all be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImplausibleStream {
    /// Id of the stream.
    pub stream_id: String,
    /// Number of events that it made, according to its numbers.
    pub numbered: i64,
    /// Number of events that arrived, each counted once.
    pub received: i64,
}

/// A stream with missing events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossyStream {
    /// Id of the stream.
    pub stream_id: String,
    /// Number of events that it made.
    pub made: i64,
    /// Number of events that have not arrived.
    pub missing: i64,
}

impl fmt::Display for LossReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "streams     {:>12}", self.streams)?;
        writeln!(f, "made        {:>12}", self.made)?;
        writeln!(f, "received    {:>12}", self.received)?;
        writeln!(f, "missing     {:>12}", self.missing)?;
        writeln!(f, "rejected    {:>12}", self.rejected)?;
        write!(f, "duplicates  {:>12}", self.duplicates)?;
        for stream in &self.worst {
            write!(
                f,
                "\n{} misses {} of {}",
                stream.stream_id, stream.missing, stream.made
            )?;
        }
        if self.implausible > 0 {
            write!(f, "\nimplausible {:>12}", self.implausible)?;
        }
        for stream in &self.implausible_streams {
            write!(
                f,
                "\n{} numbers {} events and sent {}",
                stream.stream_id, stream.numbered, stream.received
            )?;
        }
        Ok(())
    }
}

/// Reports lost events. A stream counts wholly in the span in which it began, so
/// that the reports of adjacent spans add up.
///
/// # Errors
/// Those of SQLite.
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
