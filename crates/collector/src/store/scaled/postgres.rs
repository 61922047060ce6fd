//! Connections to PostgreSQL, transactions, and statements.

use deadpool_postgres::{
    Client, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction,
};
use tokio_postgres::{Config, IsolationLevel, NoTls, Row, config::SslMode, types::ToSql};

use super::{
    failure::Result,
    storable::{as_params, storable},
    timeouts::{KEEPALIVE_INTERVAL, KEEPALIVE_RETRIES, UNREACHABLE_AFTER},
    tls::Encryption,
};

/// Maximum number of connections of one collector: a few for batches, the rest for questions.
const CONNECTIONS: usize = 16;

/// How long PostgreSQL lets a transaction be idle, in ms. An open transaction keeps blocks from
/// being shipped.
const IDLE_LIMIT: &str = "15000";

pub(super) type Tx<'a> = Transaction<'a>;
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Makes a connection pool for an address.
pub(super) fn pool(address: &str) -> Result<Pool> {
    let mut config: Config = address.parse()?;
    config.application_name("natero-collector");
    config.connect_timeout(UNREACHABLE_AFTER);
    config.tcp_user_timeout(UNREACHABLE_AFTER);
    config.keepalives_idle(UNREACHABLE_AFTER);
    config.keepalives_interval(KEEPALIVE_INTERVAL);
    config.keepalives_retries(KEEPALIVE_RETRIES);
    let configured = config.get_options().unwrap_or_default();
    // JIT compilation takes longer than any statement runs, and a wrong estimate is enough to
    // trigger it: it cost a second for each question about many accounts.
    let options = format!(
        "-c idle_in_transaction_session_timeout={IDLE_LIMIT} -c timezone=UTC -c jit=off {configured}"
    );
    config.options(options);
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    // Encryption with verification is used when the address requires it. Otherwise PostgreSQL may
    // offer encryption with a self-signed certificate, which nobody can verify.
    let manager = match config.get_ssl_mode() {
        SslMode::Require => Manager::from_config(config, Encryption::new()?, recycling),
        _ => Manager::from_config(config, NoTls, recycling),
    };
    Ok(Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(UNREACHABLE_AFTER))
        .create_timeout(Some(UNREACHABLE_AFTER))
        .build()
        .expect("a pool that has a runtime may have timeouts"))
}

/// Advisory locks of the database, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Held while the tables are created or migrated.
    Migration = 1,
    /// Held by the collector that ships blocks.
    Shipper = 2,
    /// Shared while events are stored, exclusive while users are moved: no user moves while it is
    /// decided whether events are set aside.
    Membership = 3,
    /// Held while accounts get parents: two transactions that look for cycles at the same time
    /// would not see each other's changes.
    Tree = 4,
    /// Held by the collector that drops old events.
    Retention = 5,
    /// Held by the command that migrates another store into this one.
    Migrate = 16,
}

impl Lock {
    /// Its number. Any program that uses the same number shares the lock, so the numbers begin with
    /// the letters of a name.
    pub(super) fn number(self) -> i64 {
        (0x6e61_7465 << 16) + self as i64
    }

    /// Takes the lock until the end of the transaction.
    pub(super) async fn hold(self, tx: &Tx<'_>) -> Result<()> {
        query(tx, "SELECT pg_advisory_xact_lock($1)", &[&self.number()]).await?;
        Ok(())
    }

    /// Takes a shared lock until the end of the transaction.
    pub(super) async fn share(self, tx: &Tx<'_>) -> Result<()> {
        let sql = "SELECT pg_advisory_xact_lock_shared($1)";
        query(tx, sql, &[&self.number()]).await?;
        Ok(())
    }
}

/// An SQL condition: the event `e` was inserted by the transaction `$1` or a later one. The upper
/// bound is for the planner. For a range without one, PostgreSQL estimates a third of a partition
/// that has no statistics yet, and plans for that.
pub(super) const IS_LATER: &str = "e.tx >= $1 AND e.tx < 9223372036854775807";

/// A read-only transaction with one snapshot.
pub(super) async fn snapshot(client: &mut Client) -> Result<Tx<'_>> {
    Ok(client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?)
}

/// All rows of a statement. The statement is prepared once for each connection.
pub(super) async fn query(tx: &Tx<'_>, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
    let statement = tx.prepare_cached(sql).await?;
    Ok(tx.query(&statement, &as_params(&storable(params))).await?)
}

/// The only row of a statement, if it has one.
pub(super) async fn query_opt(tx: &Tx<'_>, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
    let statement = tx.prepare_cached(sql).await?;
    Ok(tx
        .query_opt(&statement, &as_params(&storable(params)))
        .await?)
}

/// The only row of a statement.
pub(super) async fn query_one(tx: &Tx<'_>, sql: &str, params: Params<'_>) -> Result<Row> {
    let statement = tx.prepare_cached(sql).await?;
    Ok(tx
        .query_one(&statement, &as_params(&storable(params)))
        .await?)
}

/// Runs a statement and returns the number of rows that it changed.
pub(super) async fn execute(tx: &Tx<'_>, sql: &str, params: Params<'_>) -> Result<u64> {
    let statement = tx.prepare_cached(sql).await?;
    Ok(tx
        .execute(&statement, &as_params(&storable(params)))
        .await?)
}
