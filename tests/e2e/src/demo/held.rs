//! The contents of a collector's store, of whatever kind.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::fleet::Fleet;
use crate::rows::{self, Mark};

/// The usage of one combination of names.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// Account, product, module and feature; empty where there is none.
    pub place: [String; 4],
    /// Sum of the totals of features.
    pub total: Option<f64>,
    /// Sum of the times in the module, in ms.
    pub time: Option<i64>,
    /// Number of users.
    pub users: i64,
}

/// Read access to the store of a collector.
pub trait Held {
    /// A mark for the current state.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn mark(&self) -> Result<Mark>;

    /// Number of event rows since a mark, and of distinct events among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn arrived(&self, since: Mark) -> Result<(i64, i64)>;

    /// Counted usage since a mark, by account, product, module and feature.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn usage(&self, since: Mark) -> Result<Vec<Usage>>;
}

/// Counts distinct events by their place in the stream, because ids alone would hide an event
/// that was stored under two ids. `number` is the column that numbers events.
fn arrived(number: &str, since: Mark) -> String {
    format!(
        "SELECT COUNT(*), COUNT(DISTINCT stream_id || ' ' || seq)
         FROM events WHERE {number} > {}",
        since.0
    )
}

/// Usage of counted events by account, product, module and feature. Time is listed under its
/// module, because it has no feature.
fn usage(number: &str, is_counted: &str, since: Mark) -> String {
    format!(
        "SELECT account_id, product, module, feature,
             SUM(CASE action WHEN 'feature' THEN total END),
             SUM(CASE action WHEN 'moduleEnd' THEN time_spent END),
             COUNT(DISTINCT user_id)
         FROM events
         WHERE {number} > {} AND {is_counted} AND action IN ('feature', 'moduleEnd')
         GROUP BY account_id, product, module, feature
         ORDER BY account_id, product NULLS FIRST, module NULLS FIRST, feature NULLS FIRST",
        since.0
    )
}

/// A SQLite file.
impl Held for PathBuf {
    fn mark(&self) -> Result<Mark> {
        Mark::now(self)
    }

    fn arrived(&self, since: Mark) -> Result<(i64, i64)> {
        let sql = arrived("id", since);
        let found = rows::open(self)?.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found)
    }

    fn usage(&self, since: Mark) -> Result<Vec<Usage>> {
        let connection = rows::open(self)?;
        let mut statement = connection.prepare(&usage("id", "set_aside = 0", since))?;
        let found = statement.query_map([], |row| {
            let place = |column| {
                Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(column)?.unwrap_or_default())
            };
            Ok(Usage {
                place: [place(0)?, place(1)?, place(2)?, place(3)?],
                total: row.get(4)?,
                time: row.get(5)?,
                users: row.get(6)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}

/// The event table in PostgreSQL.
impl Held for Fleet {
    fn mark(&self) -> Result<Mark> {
        let [last] = self.row("SELECT coalesce(MAX(no), 0) FROM events")?;
        Ok(Mark(last.parse()?))
    }

    fn arrived(&self, since: Mark) -> Result<(i64, i64)> {
        let [rows, events] = self.row(&arrived("no", since))?;
        Ok((rows.parse()?, events.parse()?))
    }

    fn usage(&self, since: Mark) -> Result<Vec<Usage>> {
        let read = |cells: Vec<String>| {
            let [account, product, module, feature, total, time, users] = cells
                .try_into()
                .map_err(|cells| anyhow::anyhow!("no usage: {cells:?}"))?;
            Ok(Usage {
                place: [account, product, module, feature],
                total: some(&total)?,
                time: some(&time)?,
                users: users.parse()?,
            })
        };
        let found = self.rows(&usage("no", "NOT set_aside", since))?;
        found.into_iter().map(read).collect()
    }
}

/// Parses a value; `None` for an empty cell, which is how PostgreSQL prints NULL.
fn some<T: std::str::FromStr>(cell: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    if cell.is_empty() {
        return Ok(None);
    }
    Ok(Some(cell.parse().with_context(|| cell.to_owned())?))
}
