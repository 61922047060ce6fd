//! A store on PostgreSQL and ClickHouse, for several collectors at once.
//!
//! PostgreSQL has what is decided once, and the inbox of events. ClickHouse has what is
//! added up: blocks of the inbox (`shipper`), which count together with what PostgreSQL
//! has beyond the last of them (`figures`). Pages (`pages`) put together what both have.

mod account_rows;
mod account_tree;
mod accounts;
mod alerts;
mod ancestry;
mod away;
mod clickhouse;
mod command;
mod dashboard_sessions;
mod erasure;
mod erasure_list;
mod event_rows;
mod failure;
mod figures;
mod hierarchy;
mod identify;
mod import;
mod inbox;
mod json;
mod keys;
mod latest;
mod layers;
pub mod migration;
mod name_cache;
mod nodes;
mod operations;
mod pages;
mod portfolio;
mod postgres;
mod records;
mod refusals;
mod removals;
mod request_rates;
mod retention;
mod room;
mod row_binary;
mod rule_check;
mod saved_views;
mod schema;
mod shipper;
mod storable;
mod streams;
mod tls;
mod undescribed;
mod user_records;
mod users;
mod visible;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use deadpool_postgres::{Client, Pool};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

use crate::{
    clock::now_ms,
    metrics::Metrics,
    store::{error::StoreError, freshness::Freshness},
};
pub use command::{ScaledKeys, erase, loss};
use failure::Failure;
use inbox::Inbox;
use name_cache::NameCache;
use nodes::{Nodes, standing};
use room::Room;

/// A directive for the log. The client of PostgreSQL logs the values of statements, among
/// which are secrets of receivers.
pub const LOG: &str = "tokio_postgres=warn";

/// An open store.
pub struct ScaledStore {
    pool: Pool,
    nodes: Nodes,
    inbox: Inbox,
    room: Room,
    names: NameCache,
    shipping: Mutex<Option<JoinHandle<()>>>,
    watching: AbortHandle,
    /// How far ClickHouse was behind when that was last looked at.
    behind: watch::Receiver<Freshness>,
}

impl fmt::Debug for ScaledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScaledStore").finish_non_exhaustive()
    }
}

impl Drop for ScaledStore {
    fn drop(&mut self) {
        self.watching.abort();
        drop(self.stop_shipping());
    }
}

impl ScaledStore {
    /// Connects to the servers, makes what they lack, and starts to store and to ship
    /// batches. `clickhouse` are the addresses of its shards, with `|` between the
    /// replicas of one.
    ///
    /// # Errors
    /// When PostgreSQL or a node that was never used cannot be reached, a newer version
    /// made the tables, or the nodes are not those over which the events are spread.
    pub async fn open(
        postgres: &str,
        clickhouse: &[String],
        metrics: Arc<Metrics>,
    ) -> Result<Self, StoreError> {
        let nodes = Nodes::new(clickhouse)?;
        let pool = schema::open(postgres).await?;
        open_nodes(&pool, &nodes).await?;
        let (told, behind) = watch::channel(Freshness { events: 0, age: 0 });
        let watched = (pool.clone(), nodes.clone());
        let watching = shipper::watch_forever(watched, Arc::clone(&metrics), told);
        let shipping = shipper::ship_forever(pool.clone(), nodes.clone());
        Ok(ScaledStore {
            inbox: Inbox::start(&pool, metrics),
            room: Room::default(),
            names: NameCache::default(),
            watching: tokio::spawn(watching).abort_handle(),
            behind,
            shipping: Mutex::new(Some(tokio::spawn(shipping))),
            pool,
            nodes,
        })
    }

    /// The store with a bound of the size of its database in PostgreSQL, in bytes. Once it is
    /// reached, events are refused until there is room again.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn bounded(mut self, most: u64) -> Result<Self, StoreError> {
        self.room = Room::bounded(&self.pool, most).await?;
        Ok(self)
    }

    /// When the last event arrived, in ms since the Unix epoch; before the first event,
    /// when the newest source was made.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn newest_received_at(&self) -> Result<Option<i64>, StoreError> {
        let mut client = self.client().await?;
        let tx = postgres::snapshot(&mut client).await?;
        Ok(latest::newest_received_at(&tx).await?)
    }

    /// How far ClickHouse is behind.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn freshness(&self) -> Result<Freshness, StoreError> {
        let client = self.client().await?;
        Ok(shipper::freshness(&client, &self.nodes, now_ms()).await?)
    }

    /// Ships what has arrived at once. Answers false where another collector ships.
    ///
    /// # Errors
    /// Those of the servers. What fails at one node is done at all others.
    pub async fn ship(&self) -> Result<bool, StoreError> {
        Ok(shipper::ship_now(&self.pool, &self.nodes).await?)
    }

    async fn client(&self) -> Result<Client, Failure> {
        Ok(self.pool.get().await?)
    }

    /// Ships no more by itself: another collector will, or [`ship`](Self::ship).
    pub async fn leave_shipping(&self) {
        if let Some(shipping) = self.stop_shipping() {
            let _ = shipping.await;
        }
    }

    fn stop_shipping(&self) -> Option<JoinHandle<()>> {
        let shipping = self
            .shipping
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        shipping.inspect(JoinHandle::abort)
    }
}

/// Notes the nodes that are new, and makes what they lack. One that was used before may be
/// away: events wait for it.
async fn open_nodes(pool: &Pool, nodes: &Nodes) -> Result<(), StoreError> {
    let mut client = pool.get().await.map_err(Failure::from)?;
    let tx = client.transaction().await.map_err(Failure::from)?;
    postgres::Lock::Migration.hold(&tx).await?;
    let added = standing::register(&tx, nodes).await??;
    for node in nodes.iter() {
        let name = node.server.name();
        match node.server.create_database().await {
            // While it runs, a collector bears a node that lets it in no more. Who begins with a
            // wrong password is told.
            Err(failure @ Failure::Closed { .. }) => return Err(failure.at_start()),
            Err(failure) if added.contains(&name) || !failure.is_of_node() => {
                return Err(failure.at_start());
            }
            Err(cause) => tracing::warn!(%cause, "events wait for a node of ClickHouse"),
            Ok(()) => {}
        }
    }
    tx.commit().await.map_err(Failure::from)?;
    drop(client);
    for node in nodes.iter() {
        if let Err(cause) = shipper::prepare(pool, node).await {
            tracing::warn!(%cause, "events wait for a node of ClickHouse");
        }
    }
    Ok(())
}
