//! A store on PostgreSQL and ClickHouse, for several collectors at once.
//!
//! PostgreSQL holds the inbox of events and all data that changes in transactions. ClickHouse holds
//! the events for aggregation: the shipper (`shipper`) copies them from the inbox in blocks.
//! Figures (`figures`) combine these blocks with the newer events in PostgreSQL. Pages (`pages`)
//! combine the data of both servers.

mod account_rows;
mod account_tree;
mod accounts;
mod alerts;
mod ancestry;
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
mod retry;
mod room;
mod row_binary;
mod rule_check;
mod saved_views;
mod schema;
mod shipper;
mod storable;
mod streams;
mod timeouts;
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
    store::{error::StoreError, freshness::Freshness, known_times::KnownTimes},
};
pub use command::{ScaledKeys, erase, loss};
use failure::Failure;
use inbox::Inbox;
use name_cache::NameCache;
use nodes::{Nodes, state};
use room::Room;

/// A log directive. The PostgreSQL client logs the values of statements, which include the secrets
/// of receivers.
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
    /// How far ClickHouse lagged behind when this was last measured.
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
    /// Connects to the servers, creates missing tables, and starts storing and shipping batches.
    /// `clickhouse` has the addresses of its shards, with `|` between the replicas of a shard.
    ///
    /// # Errors
    /// Fails when PostgreSQL cannot be reached, or a node that has never been used; when a newer
    /// version created the tables; or when the nodes are not the ones over which the events are
    /// distributed.
    pub async fn open(
        postgres: &str,
        clickhouse: &[String],
        metrics: Arc<Metrics>,
    ) -> Result<Self, StoreError> {
        let nodes = Nodes::new(clickhouse)?;
        let pool = schema::open(postgres).await?;
        open_nodes(&pool, &nodes).await?;
        let (sender, behind) = watch::channel(Freshness { events: 0, age: 0 });
        let watched = (pool.clone(), nodes.clone());
        let watching = shipper::watch_forever(watched, Arc::clone(&metrics), sender);
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

    /// Limits the size of the PostgreSQL database, in bytes. Once it is reached, events are refused
    /// until there is room again.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn bounded(mut self, most: u64) -> Result<Self, StoreError> {
        self.room = Room::bounded(&self.pool, most).await?;
        Ok(self)
    }

    /// The latest times by the clock that the store knows.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn known_times(&self) -> Result<KnownTimes, StoreError> {
        let mut client = self.client().await?;
        let tx = postgres::snapshot(&mut client).await?;
        Ok(latest::known_times(&tx).await?)
    }

    /// Records keys of a later time as created at `now`, when an operator says that the clock is
    /// right. They were created while it was ahead.
    ///
    /// # Errors
    /// When PostgreSQL fails.
    pub async fn correct_key_times(&self, now: i64) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let corrected = async {
            let tx = client.transaction().await?;
            keys::correct_times(&tx, now).await?;
            Ok(tx.commit().await?)
        };
        let corrected: failure::Result<()> = corrected.await;
        Ok(corrected?)
    }

    /// How far ClickHouse lags behind.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub async fn freshness(&self) -> Result<Freshness, StoreError> {
        let client = self.client().await?;
        Ok(shipper::freshness(&client, &self.nodes, now_ms()).await?)
    }

    /// Ships everything that has arrived, at once. Returns false when another collector is
    /// shipping.
    ///
    /// # Errors
    /// Fails when a server fails. A failing node does not keep the others from being shipped to.
    pub async fn ship(&self) -> Result<bool, StoreError> {
        Ok(shipper::ship_now(&self.pool, &self.nodes).await?)
    }

    async fn client(&self) -> Result<Client, Failure> {
        Ok(self.pool.get().await?)
    }

    /// Stops shipping in the background: another collector ships, or [`ship`](Self::ship) is
    /// called.
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

/// Registers new nodes and creates what they lack. A node that was used before may be unreachable:
/// events wait for it.
async fn open_nodes(pool: &Pool, nodes: &Nodes) -> Result<(), StoreError> {
    let mut client = pool.get().await.map_err(Failure::from)?;
    let tx = client.transaction().await.map_err(Failure::from)?;
    postgres::Lock::Migration.hold(&tx).await?;
    let added = state::register(&tx, nodes).await??;
    for node in nodes.iter() {
        let name = node.server.name();
        match node.server.create_database().await {
            // A running collector tolerates a node that starts to refuse access. At the start, this
            // is an error, so that a wrong password is noticed.
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
