//! What an operator can set. Every flag is also an environment variable.

use std::{net::SocketAddr, path::PathBuf};

/// Where the collector keeps its data.
#[derive(Debug, Clone, clap::Args)]
pub struct Database {
    /// SQLite file; made if it is not there yet
    #[arg(long, env = "NATERO_DB", default_value = "natero.db")]
    pub db: PathBuf,
}

/// Settings of `natero-collector serve`.
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

    /// Origin whose pages may send events, such as https://app.example.com;
    /// repeat it for several. Without it, pages of any origin may
    #[arg(
        long = "allow-origin",
        env = "NATERO_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub allow_origins: Vec<String>,

    /// Events of every source may place an account that has no parent yet; see
    /// `keys create source --allow-hierarchy` for a single one
    #[arg(long, env = "NATERO_ALLOW_HIERARCHY")]
    pub allow_hierarchy: bool,
}
