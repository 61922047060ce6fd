//! Two collectors on PostgreSQL and ClickHouse, behind a round-robin proxy.

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result};
use natero_servers::{Clickhouse, Flushing, Postgres, Programs};
use serde_json::Value;
use tempfile::TempDir;

use crate::collector::{Access, Process, create_keys};
use crate::round_robin::RoundRobin;

const DATABASE: &str = "natero";

/// Most accounts on a page of a list.
const PAGE: usize = 1000;

/// Collectors and the servers behind them. On drop, they are stopped and their data is
/// deleted.
#[derive(Debug)]
pub struct Fleet {
    access: Access,
    _front: RoundRobin,
    collectors: Vec<Process>,
    postgres: Postgres,
    nodes: Vec<Clickhouse>,
    _folder: TempDir,
}

impl Fleet {
    /// Starts this number of collectors of this binary, on this number of ClickHouse nodes.
    ///
    /// # Errors
    /// When something is not installed or does not start.
    pub async fn start(binary: &Path, collectors: usize, nodes: usize) -> Result<Self> {
        let folder = TempDir::with_prefix("natero-fleet-")?;
        let programs = Programs::find()?;
        let postgres = Postgres::start(&programs, Flushing::On).context("start PostgreSQL")?;
        let address = postgres.create(DATABASE)?;
        let nodes = (0..nodes)
            .map(|_| Clickhouse::start(&programs))
            .collect::<std::io::Result<Vec<_>>>()
            .context("start ClickHouse")?;
        let shards: Vec<_> = nodes.iter().map(|node| node.address(DATABASE)).collect();
        let store = ["--store", &address, "--clickhouse", &shards.join(",")].map(str::to_owned);
        let (source, account_key) = create_keys(binary, &store)?;
        let collectors = (0..collectors)
            .map(|at| {
                let log = folder.path().join(format!("collector-{at}.log"));
                Process::start(binary, &store, &log)
            })
            .collect::<Result<Vec<_>>>()?;
        let urls = collectors.iter().map(|process| process.url().to_owned());
        let front = RoundRobin::before(urls.collect()).await?;
        let access = Access {
            url: front.url().to_owned(),
            source,
            account_key,
        };
        Ok(Self {
            access,
            _front: front,
            collectors,
            postgres,
            nodes,
            _folder: folder,
        })
    }

    /// Its parts, each with its address.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let collectors = self.collectors.iter();
        let mut parts: Vec<_> = collectors
            .map(|process| ("collector", process.url().to_owned()))
            .collect();
        parts.push(("postgres", self.postgres.address(DATABASE)));
        let nodes = self.nodes.iter();
        parts.extend(nodes.map(|node| ("clickhouse", node.address(DATABASE))));
        parts
    }

    /// The rows that a PostgreSQL statement returns.
    ///
    /// # Errors
    /// When it is refused.
    pub fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let answer = self.postgres.ask(DATABASE, sql)?;
        let cells = |line: &str| line.split('\t').map(str::to_owned).collect();
        Ok(answer.lines().map(cells).collect())
    }

    /// The only row that a PostgreSQL statement returns.
    ///
    /// # Errors
    /// When the statement is refused, or does not return exactly one row.
    pub fn row<const N: usize>(&self, sql: &str) -> Result<[String; N]> {
        let rows = self.rows(sql)?;
        let row = rows.into_iter().next().unwrap_or_default();
        row.try_into()
            .map_err(|row| anyhow::anyhow!("{row:?} is no answer to {sql}"))
    }

    /// Number of events in the figures of all accounts: those that count, and those that are
    /// reported as uncaptured.
    ///
    /// # Errors
    /// When the collectors do not answer.
    pub async fn counted(&self) -> Result<i64> {
        let mut counted = 0;
        for page in 0.. {
            let list = self
                .get(&format!("accounts?limit={PAGE}&page={page}"))
                .await?;
            let accounts = list["results"].as_array().cloned().unwrap_or_default();
            let roots = accounts
                .iter()
                .filter(|account| account["parent_account_id"].is_null())
                .filter_map(|account| account["account_id"].as_str());
            for root in roots {
                let usage = self.get(&format!("accounts/{root}/usage")).await?;
                let number = |value: &Value| value.as_i64().unwrap_or_default();
                counted += number(&usage["totals"]["events"])
                    + number(&usage["uncaptured"]["non_leaf"])
                    + number(&usage["uncaptured"]["user_conflict"]);
            }
            if accounts.len() < PAGE {
                break;
            }
        }
        Ok(counted)
    }
}

impl Deref for Fleet {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}
