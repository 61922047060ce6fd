//! Connections to PostgreSQL, and statements on them.

use deadpool_postgres::{
    Client, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction,
};
use tokio_postgres::{Config, IsolationLevel, NoTls, Row, config::SslMode, types::ToSql};

use super::{
    away::{AWAY, LOOK_INTERVAL, LOOKS},
    failure::Result,
    storable::{as_params, storable},
    tls::Encryption,
};

/// Most connections of one collector: a few for batches, and the others for questions.
const CONNECTIONS: usize = 16;

/// How long PostgreSQL lets a transaction stand idle, in ms. One that stays open would
/// keep blocks from being shipped.
const IDLE_LIMIT: &str = "15000";

pub(super) type Tx<'a> = Transaction<'a>;
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Makes a pool of connections to an address.
pub(super) fn pool(address: &str) -> Result<Pool> {
    let mut config: Config = address.parse()?;
    config.application_name("natero-collector");
    config.connect_timeout(AWAY);
    config.tcp_user_timeout(AWAY);
    config.keepalives_idle(AWAY);
    config.keepalives_interval(LOOK_INTERVAL);
    config.keepalives_retries(LOOKS);
    let given = config.get_options().unwrap_or_default();
    // No statement runs as long as it takes to compile one, which a wrong estimate is enough
    // for: that took a second of each question about many accounts.
    let options = format!(
        "-c idle_in_transaction_session_timeout={IDLE_LIMIT} -c timezone=UTC -c jit=off {given}"
    );
    config.options(options);
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    // Whoever asks for encryption gets one that is verified. PostgreSQL offers it with a
    // certificate that nobody can verify where nobody has given it another.
    let manager = match config.get_ssl_mode() {
        SslMode::Require => Manager::from_config(config, Encryption::new()?, recycling),
        _ => Manager::from_config(config, NoTls, recycling),
    };
    Ok(Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(AWAY))
        .create_timeout(Some(AWAY))
        .build()
        .expect("a pool that has a runtime may have timeouts"))
}

/// Locks of the database, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Held by whoever migrates the tables.
    Migration = 1,
    /// Held by the collector that ships blocks.
    Shipper = 2,
    /// Shared by whoever stores events, held alone by whoever moves users: whether an
    /// event is set aside is decided while no user moves.
    Membership = 3,
    /// Held by whoever gives an account a parent: two that look for cycles at the same
    /// time would not see each other.
    Tree = 4,
    /// Held by the collector that drops old events.
    Retention = 5,
    /// Held by the command that moves another store into this one.
    Migrate = 16,
}

impl Lock {
    /// Its number. PostgreSQL gives a lock to any program that names the same number, so
    /// these begin with the letters of a name.
    pub(super) fn number(self) -> i64 {
        (0x6e61_7465 << 16) + self as i64
    }

    /// Takes the lock until the end of the transaction.
    pub(super) async fn hold(self, tx: &Tx<'_>) -> Result<()> {
        query(tx, "SELECT pg_advisory_xact_lock($1)", &[&self.number()]).await?;
        Ok(())
    }

    /// Shares the lock until the end of the transaction.
    pub(super) async fn share(self, tx: &Tx<'_>) -> Result<()> {
        let sql = "SELECT pg_advisory_xact_lock_shared($1)";
        query(tx, sql, &[&self.number()]).await?;
        Ok(())
    }
}

/// The condition that an event `e` is of the transaction `$1` or a later one. A range has an
/// end: of one without, PostgreSQL expects a third of a partition that it has no statistics
/// of yet, and plans for that.
pub(super) const IS_LATER: &str = "e.tx >= $1 AND e.tx < 9223372036854775807";

/// A transaction that sees one snapshot and changes nothing.
pub(super) async fn snapshot(client: &mut Client) -> Result<Tx<'_>> {
    Ok(client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?)
}

/// All rows of a statement, which is prepared once for each connection.
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

/// The number of rows that a statement changed.
pub(super) async fn execute(tx: &Tx<'_>, sql: &str, params: Params<'_>) -> Result<u64> {
    let statement = tx.prepare_cached(sql).await?;
    Ok(tx
        .execute(&statement, &as_params(&storable(params)))
        .await?)
}
