//! Command-line operations that access the servers and exit.

use deadpool_postgres::{Client, Pool};
use tokio::runtime::Runtime;

use super::{erasure, failure::Failure, keys, nodes::Nodes, retry::retried, schema, streams};
use crate::{
    clock::now_ms,
    model::{
        erasure::Erasure,
        keys::{NewSource, SourceKeys},
        usage::Span,
    },
    store::{error::StoreError, keys::ListedKey, loss::LossReport, removal::Erased},
};

fn runtime() -> Result<Runtime, StoreError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| StoreError::Failed(format!("starting the runtime: {cause}")))
}

/// Erases something for good. Returns what was removed; `None` when it is unknown. A running
/// collector removes it from ClickHouse.
///
/// # Errors
/// Fails when a server fails.
pub fn erase(
    postgres: &str,
    clickhouse: &[String],
    erasure: &Erasure,
) -> Result<Option<Erased>, StoreError> {
    let nodes = Nodes::new(clickhouse)?;
    runtime()?.block_on(async {
        let pool = schema::open(postgres).await?;
        Ok(erasure::run(&pool, &nodes, erasure, now_ms()).await?)
    })
}

/// Reports the lost events of the streams that began in a span.
///
/// # Errors
/// Fails when PostgreSQL fails.
pub fn loss(postgres: &str, span: Span) -> Result<LossReport, StoreError> {
    runtime()?.block_on(async {
        let pool = schema::open(postgres).await?;
        let mut client = pool.get().await.map_err(Failure::from)?;
        let tx = super::postgres::snapshot(&mut client).await?;
        Ok(streams::loss(&tx, span).await?)
    })
}

/// The keys of a store, for the `keys` command.
#[derive(Debug)]
pub struct ScaledKeys {
    runtime: Runtime,
    pool: Pool,
}

impl ScaledKeys {
    /// Connects to PostgreSQL, and creates missing tables.
    ///
    /// # Errors
    /// Fails when PostgreSQL cannot be reached, or a newer version created the tables.
    pub fn open(postgres: &str) -> Result<Self, StoreError> {
        let runtime = runtime()?;
        let pool = runtime.block_on(schema::open(postgres))?;
        Ok(ScaledKeys { runtime, pool })
    }

    fn run<T>(&self, work: impl AsyncFn(&Client) -> Result<T, Failure>) -> Result<T, StoreError> {
        let done = retried(|| async { work(&self.pool.get().await?).await });
        Ok(self.runtime.block_on(done)?)
    }

    /// Stores a new source and returns its id.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub fn insert_source(
        &self,
        keys: &SourceKeys,
        new: &NewSource,
        now: i64,
    ) -> Result<String, StoreError> {
        self.run(async |client| keys::insert_source(client, keys, new, now).await)
    }

    /// Stores a new account key and returns its id.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub fn insert_account_key(
        &self,
        key: &str,
        name: &str,
        now: i64,
    ) -> Result<String, StoreError> {
        self.run(async |client| keys::insert_key(client, key, name, false, None, now).await)
    }

    /// Stores a new viewer key and returns its id. The key gives access to the account with the id
    /// `within` and its subtree.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub fn insert_viewer_key(
        &self,
        key: &str,
        name: &str,
        within: Option<&str>,
        now: i64,
    ) -> Result<String, StoreError> {
        self.run(async |client| keys::insert_key(client, key, name, true, within, now).await)
    }

    /// Lists all keys, including the revoked ones.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub fn keys(&self) -> Result<Vec<ListedKey>, StoreError> {
        self.run(async |client| keys::list(client).await)
    }

    /// Revokes a key by its id. Returns false when no active key has the id.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub fn revoke_key(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        self.run(async |client| keys::revoke(client, id, now).await)
    }

    /// Whether an account is known.
    ///
    /// # Errors
    /// Fails when PostgreSQL fails.
    pub fn has_account(&self, account_id: &str) -> Result<bool, StoreError> {
        self.run(async |client| {
            let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE account_id = $1)";
            Ok(client.query_one(sql, &[&account_id]).await?.get(0))
        })
    }
}
