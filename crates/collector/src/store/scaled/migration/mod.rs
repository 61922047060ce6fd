//! Receives all data of another store.
//!
//! **Invariant:** rows and the position that they lead to are committed together. So an interrupted
//! migration continues where it stopped, and nothing is copied twice.
//!
//! Migrated events are ordinary rows of the inbox, and the shipper sends them to ClickHouse. So are
//! figures whose events were deleted. They have the number 0, which distinguishes them from events
//! that arrived.

mod copy;
mod journal;

use std::sync::Arc;

use deadpool_postgres::{Client, ClientWrapper, Object};

use super::{
    ScaledStore,
    clickhouse::literal,
    failure::Failure,
    nodes::{Node, state},
    postgres::Lock,
    shipper,
};
use crate::{
    clock::now_ms,
    store::{
        error::StoreError,
        migration::{
            ENTITIES, EVENTS, KEYS, MigrationError, MigrationState, Parts, Position, Row, Table,
        },
        operations::UpkeepOperations,
    },
};

/// A store that is being filled.
#[derive(Debug)]
pub struct ScaledTarget {
    store: Arc<ScaledStore>,
    /// The connection that holds the lock of the migration.
    leading: Option<ClientWrapper>,
}

impl From<Failure> for MigrationError {
    fn from(failure: Failure) -> Self {
        StoreError::from(failure).into()
    }
}

/// A table of events in the database of a node that belongs to another store, if there is one.
async fn other_table(client: &Client, node: &Node) -> Result<Option<String>, Failure> {
    let state = state::find(client, &node.server.name()).await?;
    let sql = format!(
        "SELECT name FROM system.tables WHERE database = currentDatabase()
             AND startsWith(name, 'events_') AND name != {} ORDER BY name LIMIT 1",
        literal(&state.table())
    );
    let answer = node.server.execute(&sql).await?;
    let table = String::from_utf8_lossy(&answer).trim().to_owned();
    Ok((!table.is_empty()).then_some(table))
}

impl From<tokio_postgres::Error> for MigrationError {
    fn from(cause: tokio_postgres::Error) -> Self {
        Failure::from(cause).into()
    }
}

impl ScaledTarget {
    /// Connects to the servers, creates missing tables, and starts shipping what arrives.
    ///
    /// # Errors
    /// Fails for the reasons of [`ScaledStore::open`], and when somebody else is filling the same
    /// target. A server that cannot be reached is named by the flag of the command.
    pub async fn open(postgres: &str, clickhouse: &[String]) -> Result<Self, MigrationError> {
        let opened = ScaledStore::open(postgres, clickhouse, Arc::default()).await;
        let store = opened.map_err(MigrationError::of_target)?;
        // The lock belongs to the connection, and ends with it.
        let leading = Object::take(store.client().await?);
        let sql = "SELECT pg_try_advisory_lock($1)";
        let is_free: bool = leading
            .query_one(sql, &[&Lock::Migrate.number()])
            .await?
            .get(0);
        if !is_free {
            store.close().await;
            return Err(MigrationError::Busy);
        }
        shipper::create_partitions(&leading, now_ms()).await?;
        journal::create(&leading).await?;
        Ok(ScaledTarget {
            store: Arc::new(store),
            leading: Some(leading),
        })
    }

    /// The store itself, for reading from it.
    pub fn store(&self) -> Arc<ScaledStore> {
        Arc::clone(&self.store)
    }

    /// The state in which the migration of the source with a fingerprint begins.
    ///
    /// # Errors
    /// Fails when the target has other data, or a part of another source.
    pub async fn begin(&self, fingerprint: &[u8; 32]) -> Result<MigrationState, MigrationError> {
        let client = self.client().await?;
        if let Some(begun) = journal::find(&client, fingerprint).await? {
            return Ok(begun);
        }
        for table in KEYS.iter().chain(&ENTITIES).chain([&EVENTS]) {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table.name);
            if client.query_one(&sql, &[]).await?.get(0) {
                return Err(MigrationError::NotEmpty(table.name.to_owned()));
            }
        }
        for node in self.store.nodes.iter() {
            if let Some(table) = other_table(&client, node).await? {
                let name = node.server.name();
                return Err(MigrationError::NotEmpty(format!("{table} at {name}")));
            }
        }
        Ok(MigrationState::NotStarted)
    }

    /// Number of events and figures that were copied so far.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn taken(&self) -> Result<i64, MigrationError> {
        let client = self.client().await?;
        let row = client.query_one("SELECT COUNT(*) FROM events", &[]).await?;
        Ok(row.get(0))
    }

    /// Copies the tables that events refer to, in one transaction. It also records that the
    /// migration has begun.
    ///
    /// # Errors
    /// Fails when PostgreSQL or the source fails.
    pub async fn take_entities(
        &self,
        fingerprint: &[u8; 32],
        mut parts: Parts,
    ) -> Result<(), MigrationError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        copy::all(&tx, &mut parts).await?;
        journal::begin(&tx, fingerprint).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Copies events, or figures converted into events, up to a position.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn take_events(
        &self,
        rows: Vec<Row>,
        position: Position,
    ) -> Result<(), MigrationError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        copy::into(&tx, &EVENTS, rows).await?;
        journal::record(&tx, position).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Finishes copying events. New events are numbered after the copied ones, events from before
    /// `events_from` count in their quarter of an hour, and PostgreSQL's statistics are updated.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn settle(&self, events_from: i64) -> Result<(), MigrationError> {
        // From now on events are shipped without waiting for more.
        self.store.leave_shipping().await;
        let client = self.client().await?;
        let sql = "UPDATE inbox_state SET dropped_before = greatest(dropped_before, $1)";
        client.execute(sql, &[&events_from]).await?;
        client
            .batch_execute(
                "SELECT setval('event_numbers', greatest(MAX(no), 1), coalesce(MAX(no), 0) > 0)
                 FROM events;
                 ANALYZE",
            )
            .await?;
        Ok(())
    }

    /// Ships events, unless a collector is doing so. Returns the number of events that ClickHouse
    /// still lacks.
    ///
    /// # Errors
    /// Fails when a server fails.
    pub async fn ship(&self) -> Result<i64, MigrationError> {
        self.store.ship().await?;
        Ok(self.store.freshness().await?.events)
    }

    /// Copies the keys, in one transaction, which also records that the migration is complete.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn take_keys(&self, tables: Vec<(&Table, Vec<Row>)>) -> Result<(), MigrationError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        for (table, rows) in tables {
            copy::into(&tx, table, rows).await?;
            copy::number_on(&tx, table).await?;
        }
        journal::end(&tx, now_ms()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Closes the store and releases the lock on the target.
    pub async fn close(mut self) {
        self.leading.take();
        self.store.close().await;
    }

    async fn client(&self) -> Result<Client, MigrationError> {
        Ok(self.store.client().await?)
    }
}
