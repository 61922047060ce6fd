//! The settings of an operator. Every flag is also an environment variable.

mod bounds;
mod store_choice;

use std::{net::SocketAddr, path::PathBuf};

use crate::model::{calendar::TimeZone, origin::Origin};
pub use store_choice::{ChoiceError, ScaledAddress, StoreChoice};

/// Where the data is stored.
#[derive(Clone, clap::Args)]
pub struct Database {
    /// SQLite file, unless --store names another place; `serve` and `keys create` make it if it is
    /// not there yet
    #[arg(long, env = "NATERO_DB", default_value = "natero.db")]
    pub db: PathBuf,

    /// sqlite:FILE, instead of --db; or postgres://USER:PASSWORD@HOST/DATABASE, beside
    /// --clickhouse
    #[arg(
        long,
        env = "NATERO_STORE",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub store: Option<String>,

    /// With --store postgres://…: the address of ClickHouse, such as
    /// http://HOST:8123/DATABASE. Several are shards, each of which has a part of the events;
    /// separate the replicas of a shard, which have the same events, by `|`
    #[arg(
        long,
        env = "NATERO_CLICKHOUSE",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    pub clickhouse: Vec<String>,
}

/// Where the data is stored, for a command that works only on a SQLite file.
#[derive(Clone, clap::Args)]
pub struct DatabaseFile {
    /// SQLite file
    #[arg(long, env = "NATERO_DB", default_value = "natero.db")]
    db: PathBuf,

    /// sqlite:FILE, instead of --db
    #[arg(
        long,
        env = "NATERO_STORE",
        hide_env_values = true,
        value_name = "sqlite:FILE"
    )]
    store: Option<String>,

    /// Accepted only so that a value gives a helpful error.
    #[arg(
        long,
        env = "NATERO_CLICKHOUSE",
        hide = true,
        hide_env_values = true,
        value_delimiter = ','
    )]
    clickhouse: Vec<String>,
}

impl DatabaseFile {
    /// The file.
    ///
    /// # Errors
    /// When the flags name another store, or contradict each other.
    pub fn file(&self) -> Result<PathBuf, ChoiceError> {
        let database = Database {
            db: self.db.clone(),
            store: self.store.clone(),
            clickhouse: self.clickhouse.clone(),
        };
        database.file()
    }
}

impl std::fmt::Debug for DatabaseFile {
    /// Omits the addresses of servers: they may contain passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseFile")
            .field("db", &self.db)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Database {
    /// Omits the addresses of servers: they may contain passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("db", &self.db)
            .finish_non_exhaustive()
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Settings of `natero-collector serve`.
#[allow(
    rustdoc::bare_urls,
    reason = "the comments are the help of the command, where < and > would be shown"
)]
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "NATERO_LISTEN", default_value = "127.0.0.1:8088")]
    pub listen: SocketAddr,

    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "a doc comment would become the help of the command"
    )]
    pub database: Database,

    /// Origin whose pages may send events, such as `https://app.example.com`;
    /// repeat it for several. Without it, pages of any origin may
    #[arg(
        long = "allow-origin",
        env = "NATERO_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub allow_origins: Vec<Origin>,

    /// Origin whose pages may use an account key; repeat it for several.
    /// Without it, only pages of the collector itself may
    #[arg(long = "api-origin", env = "NATERO_API_ORIGIN", value_delimiter = ',')]
    pub api_origins: Vec<Origin>,

    /// Drop events this long after they were made, such as 400d; usage figures
    /// stay. Without it events are kept for ever
    #[arg(long, env = "NATERO_KEEP_RAW", value_parser = bounds::keep_raw)]
    pub keep_raw: Option<humantime::Duration>,

    /// Largest size of the database in bytes; on PostgreSQL, without its log and ClickHouse.
    /// Once it is full, events are answered with 503 until there is room again
    #[arg(long, env = "NATERO_MAX_DB_BYTES", value_parser = bounds::max_db_bytes)]
    pub max_db_bytes: Option<u64>,

    /// Requests a second for each key, with bursts of twice as many; 0 for no limit
    #[arg(long, env = "NATERO_RATE_LIMIT", default_value_t = 10_000)]
    pub rate_limit: u32,

    /// Take events even if the clock of this machine is behind the newest event, key or erasure,
    /// as after it was ahead for a while, or before 2025
    #[arg(long, env = "NATERO_TRUST_CLOCK")]
    pub trust_clock: bool,

    /// Time zone of days, weeks and months where a question names none: an IANA name
    /// such as Europe/Zurich
    #[arg(long, env = "NATERO_TIMEZONE", default_value = "UTC")]
    pub timezone: TimeZone,

    /// How the log is written on standard error; NATERO_LOG sets its level
    #[arg(long, env = "NATERO_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Events of every source may set the parent of an account that has none yet; see
    /// `keys create source --allow-hierarchy` for a single one
    #[arg(long, env = "NATERO_ALLOW_HIERARCHY")]
    pub allow_hierarchy: bool,
}
