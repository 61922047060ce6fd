//! Rate limits shared by all collectors: the generic cell rate algorithm on one row for each key,
//! by the clock of PostgreSQL.

use std::time::Duration;

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::failure::{Failure, Result};
use crate::{
    model::rate::Rate,
    store::rates::{RateGrant, RateSubject},
};

/// Draws a share of the requests that a key may send.
pub(super) async fn draw(client: &Client, of: RateSubject, rate: Rate) -> Result<RateGrant> {
    if let Some(drawn) = try_draw(client, of, rate).await? {
        return Ok(drawn);
    }
    let (kind, number) = key(of);
    let insert = "INSERT INTO request_rates (kind, number, allowed_until, granted)
        VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING";
    let insert = client.prepare_cached(insert).await?;
    client.execute(&insert, &[&kind, &number]).await?;
    let drawn = try_draw(client, of, rate).await?;
    drawn.ok_or_else(|| Failure::Damaged("a key whose requests cannot be counted".to_owned()))
}

/// Draws if the key has a row; otherwise returns `None`.
async fn try_draw(client: &Client, of: RateSubject, rate: Rate) -> Result<Option<RateGrant>> {
    // Times are in ns since the Unix epoch. The column `granted` exists only to be returned:
    // `RETURNING` of an update can return computed values only through columns.
    const AHEAD: &str = "greatest(r.allowed_until - n.now, 0)";
    let granted = format!("least($3::bigint, greatest(($4 - {AHEAD}) / $5, 0))");
    let sql = format!(
        "UPDATE request_rates r
         SET granted = {granted}, allowed_until = n.now + {AHEAD} + $5 * {granted}
         FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint AS now) AS n
         WHERE r.kind = $1 AND r.number = $2
         RETURNING r.granted, r.allowed_until - n.now"
    );
    let statement = client.prepare_cached(&sql).await?;
    let (kind, number) = key(of);
    let share = i64::from(rate.share());
    let (burst, interval) = (nanos(rate.drawn_burst()), nanos(rate.interval()).max(1));
    let row = client
        .query_opt(&statement, &[&kind, &number, &share, &burst, &interval])
        .await?;
    Ok(row.map(|row| read(&row, burst, interval)))
}

fn read(row: &Row, burst: i64, interval: i64) -> RateGrant {
    let (granted, ahead): (i64, i64) = (row.get(0), row.get(1));
    match u32::try_from(granted) {
        Ok(granted) if granted > 0 => RateGrant::Granted(granted),
        Ok(_) | Err(_) => {
            let wait = (ahead + interval - burst).max(0);
            RateGrant::Exhausted(Duration::from_nanos(wait.unsigned_abs()))
        }
    }
}

/// The key of the row.
fn key(of: RateSubject) -> (&'static str, i64) {
    match of {
        RateSubject::Source(source) => ("source", source.number()),
        RateSubject::Key(key) => ("key", key.number()),
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
