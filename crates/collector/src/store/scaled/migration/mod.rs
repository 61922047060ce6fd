//! Takes all that another store has.
//!
//! **Invariant:** rows and how far they lead are committed together. So a move that breaks
//! off goes on where it broke off, and nothing is moved twice.
//!
//! Events are rows of the inbox like others, and the shipper takes them to ClickHouse. So
//! are figures whose events were deleted. They have the number 0, by which they are told
//! from events that arrived.

mod copy;
mod journal;

use std::sync::Arc;

use deadpool_postgres::{Client, ClientWrapper, Object};

use super::{
    ScaledStore,
    clickhouse::literal,
    failure::Failure,
    nodes::{Node, standing},
    postgres::Lock,
    shipper,
};
use crate::{
    clock::now_ms,
    store::{
        error::StoreError,
        migration::{Begun, ENTITIES, EVENTS, KEYS, MigrationError, Parts, Position, Row, Table},
        operations::UpkeepOperations,
    },
};

/// A store that is being filled.
#[derive(Debug)]
pub struct ScaledTarget {
    store: Arc<ScaledStore>,
    /// The connection that holds the lock of who fills it.
    leading: Option<ClientWrapper>,
}

impl From<Failure> for MigrationError {
    fn from(failure: Failure) -> Self {
        StoreError::from(failure).into()
    }
}

/// A table of events of another store in the database of a node, if there is one.
async fn other_table(client: &Client, node: &Node) -> Result<Option<String>, Failure> {
    let standing = standing::find(client, &node.server.name()).await?;
    let sql = format!(
        "SELECT name FROM system.tables WHERE database = currentDatabase()
             AND startsWith(name, 'events_') AND name != {} ORDER BY name LIMIT 1",
        literal(&standing.table())
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
    /// Connects to the servers, makes the tables that they lack, and begins to ship what
    /// comes.
    ///
    /// # Errors
    /// Those of [`ScaledStore::open`], and when somebody else fills the same target. A server that cannot be
    /// reached is named by the flag of the command.
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

    /// The store itself, to ask it.
    pub fn store(&self) -> Arc<ScaledStore> {
        Arc::clone(&self.store)
    }

    /// How the move of a source with a fingerprint begins.
    ///
    /// # Errors
    /// When the target has other data, or a part of another source.
    pub async fn begin(&self, fingerprint: &[u8; 32]) -> Result<Begun, MigrationError> {
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
        Ok(Begun::Fresh)
    }

    /// Number of events and figures that were taken so far.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn taken(&self) -> Result<i64, MigrationError> {
        let client = self.client().await?;
        let row = client.query_one("SELECT COUNT(*) FROM events", &[]).await?;
        Ok(row.get(0))
    }

    /// Takes what events are about, in one transaction, with which the move has begun.
    ///
    /// # Errors
    /// Those of PostgreSQL, and those of the other end.
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

    /// Takes events, or figures as such, up to a position.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn take_events(
        &self,
        rows: Vec<Row>,
        position: Position,
    ) -> Result<(), MigrationError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        copy::into(&tx, &EVENTS, rows).await?;
        journal::note(&tx, position).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends what is open once all events were taken: new ones are numbered after them, those
    /// from before `events_from` count in their quarter of an hour, and questions are planned
    /// by what there is.
    ///
    /// # Errors
    /// Those of PostgreSQL.
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

    /// Ships events, unless a collector does, and returns how many ClickHouse does not have
    /// yet.
    ///
    /// # Errors
    /// Those of the servers.
    pub async fn ship(&self) -> Result<i64, MigrationError> {
        self.store.ship().await?;
        Ok(self.store.freshness().await?.events)
    }

    /// Takes the keys, in one transaction, with which the move is over.
    ///
    /// # Errors
    /// Those of PostgreSQL.
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

    /// Leaves the target to others.
    pub async fn close(mut self) {
        self.leading.take();
        self.store.close().await;
    }

    async fn client(&self) -> Result<Client, MigrationError> {
        Ok(self.store.client().await?)
    }
}
