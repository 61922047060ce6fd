//! A store of each kind, both with the same data.

use std::{path::PathBuf, sync::Arc, time::Duration};

use natero_collector::{
    model::keys::{NewSource, SourceKeys, generate_account_key},
    store::{
        Store, StoreError,
        batch::{Batch, BatchOutcome},
        event_key::IdScope,
        keys::Source,
        new_event::NewEvent,
        refused_lines::RefusedLines,
        scaled::{ScaledKeys, ScaledStore},
        sqlite::{CommandFile, Options, SqliteStore},
    },
};
use natero_event::received::lines;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    servers,
    support::databases::{Addresses, TABLES},
};

pub const NOW: i64 = 1_700_000_000_000;

/// The runtime for a history.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// A file with the keys of a public and a trusted source, and an account key.
pub struct File {
    pub path: PathBuf,
    pub keys: [SourceKeys; 2],
    pub account_key: String,
    folder: TempDir,
}

const KINDS: [bool; 2] = [false, true];

fn new_source(trusted: bool) -> NewSource {
    NewSource {
        trusted,
        allow_hierarchy: true,
        ..NewSource::default()
    }
}

impl File {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("natero.db");
        let keys = [(), ()].map(|()| SourceKeys::generate().unwrap());
        let mut file = CommandFile::open_or_create(&path).unwrap();
        for (keys, trusted) in keys.iter().zip(KINDS) {
            file.insert_source(keys, &new_source(trusted), NOW).unwrap();
        }
        let account_key = generate_account_key().unwrap();
        file.insert_account_key(&account_key, "tests", NOW).unwrap();
        File {
            path,
            keys,
            account_key,
            folder,
        }
    }

    /// Opens the store in the file.
    pub fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path, Options::default()).unwrap()
    }
}

pub struct Pair {
    pub sqlite: Arc<dyn Store>,
    pub scaled: Arc<ScaledStore>,
    pub addresses: Addresses,
    /// The keys of a public source and of a trusted one.
    keys: [SourceKeys; 2],
    /// An account key that both stores have.
    pub account_key: String,
    _folder: TempDir,
}

impl Pair {
    /// Both stores, empty; `None` if the servers are not installed. The one on servers ships
    /// only when a test calls for it.
    pub async fn new() -> Option<Self> {
        Self::on(servers::databases()?).await
    }

    /// The same, with this many replicas of each shard.
    pub async fn over(replicas: &[usize]) -> Option<Self> {
        Self::on(servers::databases_over(replicas)?).await
    }

    /// The same, on these servers.
    pub async fn on(addresses: Addresses) -> Option<Self> {
        let file = File::new();
        let (postgres, pairs) = (addresses.postgres.clone(), file.keys.clone());
        let key = file.account_key.clone();
        // A command creates its own runtime.
        let made = std::thread::spawn(move || {
            let stored = ScaledKeys::open(&postgres).unwrap();
            for (keys, trusted) in pairs.iter().zip(KINDS) {
                stored
                    .insert_source(keys, &new_source(trusted), NOW)
                    .unwrap();
            }
            stored.insert_account_key(&key, "tests", NOW).unwrap();
        });
        made.join().unwrap();
        Some(Self::of(file, addresses).await)
    }

    /// The stores in this file and on these servers.
    pub async fn of(file: File, addresses: Addresses) -> Self {
        let scaled = ScaledStore::open(
            &addresses.postgres,
            &addresses.clickhouse,
            Default::default(),
        )
        .await
        .unwrap();
        scaled.leave_shipping().await;
        Pair {
            sqlite: Arc::new(file.open()),
            scaled: Arc::new(scaled),
            addresses,
            keys: file.keys,
            account_key: file.account_key,
            _folder: file.folder,
        }
    }

    /// Both stores with their names.
    pub fn stores(&self) -> [(&'static str, &dyn Store); 2] {
        [("sqlite", &*self.sqlite), ("scaled", &*self.scaled)]
    }

    /// The path to which a page sends its events.
    pub fn events_path(&self) -> String {
        let [public, _] = &self.keys;
        format!("/v1/{}/{}", public.auth_key, public.api_key)
    }

    /// The store of another collector on the same servers.
    pub async fn another_collector(&self) -> ScaledStore {
        let (postgres, clickhouse) = (&self.addresses.postgres, &self.addresses.clickhouse);
        let opened = ScaledStore::open(postgres, clickhouse, Default::default());
        opened.await.unwrap()
    }

    pub async fn source(&self, store: &dyn Store, is_trusted: bool) -> Source {
        source(store, &self.keys, is_trusted).await
    }

    /// Sends events to one of the stores.
    pub async fn send_to(
        &self,
        store: &dyn Store,
        events: &[Value],
        is_trusted: bool,
    ) -> BatchOutcome {
        send_to(store, &self.keys, events, is_trusted).await
    }

    /// Sends events of a source to one of the stores, which may fail.
    pub async fn try_send(
        &self,
        store: &dyn Store,
        source: &Source,
        events: &[Value],
    ) -> Result<BatchOutcome, StoreError> {
        try_send(store, source, events).await
    }

    /// Sends events to both stores, which must return the same outcome.
    pub async fn send(&self, events: &[Value], is_trusted: bool) -> BatchOutcome {
        let sqlite = self.send_to(&*self.sqlite, events, is_trusted).await;
        let scaled = self.send_to(&*self.scaled, events, is_trusted).await;
        assert_eq!(sqlite, scaled, "{events:#?}");
        scaled
    }

    /// Makes the store on servers forget that its last block was written to the last node, as
    /// if it were not certain to be on the node's disk.
    pub async fn forget_last_block(&self) {
        self.sql(
            "UPDATE nodes SET shipped = shipped - 1
             WHERE shipped > (SELECT dropped_up_to FROM inbox_state)
             AND name = (SELECT MAX(name) FROM nodes)",
        )
        .await;
    }

    /// The number that a PostgreSQL statement returns.
    pub async fn try_count(&self, sql: &str) -> Result<i64, tokio_postgres::Error> {
        let (client, connection) =
            tokio_postgres::connect(&self.addresses.postgres, tokio_postgres::NoTls).await?;
        let running = tokio::spawn(connection);
        let row = client.query_one(sql, &[]).await?;
        drop(client);
        let _ = running.await;
        Ok(row.get(0))
    }

    /// Runs a PostgreSQL statement and returns the number of affected rows.
    pub async fn sql(&self, sql: &str) -> u64 {
        let (client, connection) =
            tokio_postgres::connect(&self.addresses.postgres, tokio_postgres::NoTls)
                .await
                .unwrap();
        let running = tokio::spawn(connection);
        let rows = client.execute(sql, &[]).await.unwrap();
        drop(client);
        running.await.unwrap().unwrap();
        rows
    }

    /// The number of rows of each node that satisfy a condition.
    pub async fn rows_with(&self, condition: &str) -> Vec<u64> {
        let tables: String = self.addresses.ask(TABLES);
        tables
            .split(' ')
            .map(|table| servers::rows(table, &format!("WHERE {condition}")))
            .collect()
    }

    /// Ships all events that have arrived.
    pub async fn ship(&self) {
        // The connection of the previous shipper may still hold the lock, and another test's
        // transaction on the same server may be older than the events.
        let shipped = async {
            while !self.scaled.ship().await.unwrap()
                || self.scaled.freshness().await.unwrap().events > 0
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), shipped)
            .await
            .expect("all of it is shipped");
        self.let_flush().await;
    }

    /// Deletes all events before a time from both stores, which must delete the same number.
    /// Returns that number.
    pub async fn prune(&self, before: i64) -> usize {
        let mut dropped = [0, 0];
        for (dropped, (_, store)) in dropped.iter_mut().zip(self.stores()) {
            loop {
                let pruned = store.prune(before).await.unwrap();
                *dropped += pruned.events;
                if pruned.is_done {
                    break;
                }
            }
        }
        assert_eq!(dropped[0], dropped[1]);
        dropped[0]
    }

    /// Advances the time, so that the shipped events count as on the nodes' disks.
    pub async fn let_flush(&self) {
        self.sql("UPDATE nodes SET flushed = shipped, removed_at = 0")
            .await;
    }
}

async fn source(store: &dyn Store, keys: &[SourceKeys; 2], is_trusted: bool) -> Source {
    let keys = &keys[usize::from(is_trusted)];
    let found = store.source(&keys.auth_key, &keys.api_key).await;
    found.unwrap().expect("the key was made")
}

/// Sends events to a store.
pub async fn send_to(
    store: &dyn Store,
    keys: &[SourceKeys; 2],
    events: &[Value],
    is_trusted: bool,
) -> BatchOutcome {
    let source = source(store, keys, is_trusted).await;
    try_send(store, &source, events).await.unwrap()
}

async fn try_send(
    store: &dyn Store,
    source: &Source,
    events: &[Value],
) -> Result<BatchOutcome, StoreError> {
    let body: String = events.iter().map(|event| format!("{event}\n")).collect();
    let scope = IdScope::of(source.trusted);
    let events = lines(body.as_bytes())
        .map(|line| NewEvent::read(&line, scope, NOW).unwrap())
        .collect();
    let batch = Batch {
        events,
        lines: body.into_bytes(),
        rejected: Vec::new(),
        refused: RefusedLines::default(),
        source: source.clone(),
        received_at: NOW,
    };
    store.ingest(batch).await
}

/// Runs the same query on both stores and compares the answers.
macro_rules! same {
    ($pair:expr, $store:ident => $ask:expr) => {{
        let $store = &*$pair.sqlite;
        let sqlite = $ask.await.unwrap();
        let $store: &dyn natero_collector::store::Store = &*$pair.scaled;
        let scaled = $ask.await.unwrap();
        assert_eq!(sqlite, scaled, "{}", stringify!($ask));
        scaled
    }};
}
pub(crate) use same;
