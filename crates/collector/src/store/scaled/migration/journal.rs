//! The progress of a migration, recorded in its target.

use tokio_postgres::Client;

use crate::store::{
    migration::{MigrationError, MigrationState, Position},
    scaled::{
        failure::Result,
        postgres::{Tx, execute},
    },
};

/// Creates the table for it. Only the target of a migration has this table.
pub(super) async fn create(client: &Client) -> Result<()> {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS natero_migration (
                 source  bytea   PRIMARY KEY,       -- a fingerprint of the source
                 figures bigint  NOT NULL DEFAULT 0,
                 month   integer NOT NULL DEFAULT 0,
                 event   bigint  NOT NULL DEFAULT 0,
                 over_at bigint
             )",
        )
        .await?;
    Ok(())
}

/// The progress of the migration of a source; `None` when none was begun.
pub(super) async fn find(
    client: &Client,
    source: &[u8; 32],
) -> std::result::Result<Option<MigrationState>, MigrationError> {
    let sql = "SELECT source, figures, month, event, over_at FROM natero_migration";
    let Some(row) = client.query_opt(sql, &[]).await? else {
        return Ok(None);
    };
    if row.get::<_, &[u8]>(0) != source {
        return Err(MigrationError::Changed);
    }
    Ok(Some(match row.get(4) {
        Some(over_at) => MigrationState::Completed(over_at),
        None => MigrationState::Interrupted(Position {
            figures: row.get(1),
            month: row.get(2),
            event: row.get(3),
        }),
    }))
}

/// Records that the migration of a source has begun.
pub(super) async fn begin(tx: &Tx<'_>, source: &[u8; 32]) -> Result<()> {
    let sql = "INSERT INTO natero_migration (source) VALUES ($1)";
    execute(tx, sql, &[&source.as_slice()]).await?;
    Ok(())
}

/// Records the position up to which events were copied.
pub(super) async fn record(tx: &Tx<'_>, position: Position) -> Result<()> {
    let Position {
        figures,
        month,
        event,
    } = position;
    let sql = "UPDATE natero_migration SET figures = $1, month = $2, event = $3";
    execute(tx, sql, &[&figures, &month, &event]).await?;
    Ok(())
}

/// Records that the migration is complete.
pub(super) async fn end(tx: &Tx<'_>, now: i64) -> Result<()> {
    execute(tx, "UPDATE natero_migration SET over_at = $1", &[&now]).await?;
    Ok(())
}
