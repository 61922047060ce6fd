//! The partitions of the inbox.

use tokio_postgres::Client;

use crate::store::scaled::failure::Result;

/// Makes partitions for the days around now. A day that has events already, in the
/// partition of all other days, stays there.
pub(in crate::store::scaled) async fn create(client: &Client, now: i64) -> Result<()> {
    const DAY_MS: i64 = 86_400_000;
    let today = now.div_euclid(DAY_MS);
    // Clients may be a day ahead.
    for day in today..today + 4 {
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS events_{day} PARTITION OF events
             FOR VALUES FROM ({day}) TO ({})",
            day + 1
        );
        if let Err(cause) = client.batch_execute(&sql).await
            && cause.as_db_error().is_none()
        {
            return Err(cause.into());
        }
    }
    Ok(())
}
