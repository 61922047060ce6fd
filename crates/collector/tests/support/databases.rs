//! Fresh databases on servers that many tests share.
//!
//! `cargo xtask test` starts the servers and passes their addresses in `NATERO_TEST_POSTGRES`
//! and `NATERO_TEST_CLICKHOUSE`. Without these variables, each process starts its own
//! servers.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use natero_collector::store::scaled::ScaledKeys;
use natero_servers::{Clickhouse, Flushing, Missing, Postgres, Programs};
use tokio_postgres::{Client, NoTls, types::FromSql};

use super::shared_runtime::{spawn, wait};

/// How long shipping may take: another test's transaction may delay it.
const SHIP_LIMIT: Duration = Duration::from_secs(300);

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(20);

/// Counts the events that are in no block that was shipped to all nodes.
pub const UNSHIPPED: &str = "SELECT COUNT(*) FROM events WHERE tx >= coalesce(
    (SELECT to_tx FROM blocks WHERE no = (SELECT MIN(shipped) FROM nodes)), 0)";

/// The tables of events in ClickHouse, as `HOST:PORT/DATABASE.TABLE`.
pub const TABLES: &str =
    "SELECT string_agg(name || '.events_' || life, ' ' ORDER BY name) FROM nodes";

/// The shared servers.
#[derive(Debug)]
struct Servers {
    /// Addresses without a database name.
    postgres: String,
    clickhouse: String,
    /// These servers end with this process.
    _own: Option<(Postgres, Clickhouse)>,
}

/// The addresses of a store on servers.
#[derive(Debug)]
pub struct Addresses {
    pub postgres: String,
    pub clickhouse: Vec<String>,
    /// The name of the databases, if they are dropped with this value.
    fresh: Option<String>,
}

fn servers() -> Result<&'static Servers, &'static Missing> {
    static SERVERS: OnceLock<Result<Servers, Missing>> = OnceLock::new();
    SERVERS.get_or_init(Servers::find).as_ref()
}

impl Servers {
    fn find() -> Result<Self, Missing> {
        let given = |name: &str| std::env::var(name).ok();
        if let (Some(postgres), Some(clickhouse)) = (
            given("NATERO_TEST_POSTGRES"),
            given("NATERO_TEST_CLICKHOUSE"),
        ) {
            return Ok(Servers {
                postgres,
                clickhouse,
                _own: None,
            });
        }
        let programs = Programs::find()?;
        // Test data does not have to survive a crash of the machine.
        let postgres = Postgres::start(&programs, Flushing::Off).unwrap();
        let clickhouse = Clickhouse::start(&programs).unwrap();
        Ok(Servers {
            postgres: postgres.server_address(),
            clickhouse: clickhouse.server_address(),
            _own: Some((postgres, clickhouse)),
        })
    }

    fn postgres(&self, database: &str) -> String {
        format!("{}/{database}", self.postgres)
    }

    /// A database with the tables of this version, which is copied to create others.
    fn template(&self) -> &'static str {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        TEMPLATE.get_or_init(|| {
            let name = format!("natero_template_{}", std::process::id());
            let create = format!("CREATE DATABASE {name} TEMPLATE template0");
            execute(self.postgres("postgres"), create);
            let address = self.postgres(&name);
            // A command creates its own runtime.
            std::thread::spawn(move || drop(ScaledKeys::open(&address).unwrap()))
                .join()
                .unwrap();
            name
        })
    }
}

impl Addresses {
    /// Fresh databases on one node of ClickHouse.
    pub fn of_a_test() -> Self {
        Self::over(&[1]).unwrap_or_else(|missing| panic!("{missing}"))
    }

    /// Fresh databases with this many replicas of each shard. Each node is a database of its
    /// own.
    ///
    /// # Errors
    /// Names what is not installed.
    pub fn over(replicas: &[usize]) -> Result<Self, &'static Missing> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let servers = servers()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("natero_{}_{number}", std::process::id());
        let create = format!("CREATE DATABASE {name} TEMPLATE {}", servers.template());
        execute(servers.postgres("postgres"), create);
        let shards = replicas.iter().enumerate().map(|(shard, replicas)| {
            let replicas: Vec<String> = (0..*replicas)
                .map(|replica| format!("{}/{name}_{shard}_{replica}", servers.clickhouse))
                .collect();
            replicas.join("|")
        });
        Ok(Addresses {
            postgres: servers.postgres(&name),
            clickhouse: shards.collect(),
            fresh: Some(name),
        })
    }

    /// The addresses of servers that the caller manages.
    pub fn of(postgres: String, clickhouse: Vec<String>) -> Self {
        Addresses {
            postgres,
            clickhouse,
            fresh: None,
        }
    }

    /// Passes the addresses to a command.
    pub fn choose(&self, command: &mut Command) {
        command
            .env("NATERO_STORE", &self.postgres)
            .env("NATERO_CLICKHOUSE", self.clickhouse.join(","));
    }

    /// The integer that a PostgreSQL statement returns.
    pub fn count(&self, sql: &str) -> i64 {
        self.ask(sql)
    }

    /// The single value that a PostgreSQL statement returns.
    pub fn ask<T>(&self, sql: &str) -> T
    where
        T: for<'a> FromSql<'a> + Send + 'static,
    {
        let (address, sql) = (self.postgres.clone(), sql.to_owned());
        wait(async move {
            let client = connect(&address).await;
            client.query_one(&sql, &[]).await.unwrap().get(0)
        })
    }

    /// Runs statements in PostgreSQL.
    pub fn execute(&self, sql: &str) {
        execute(self.postgres.clone(), sql.to_owned());
    }

    /// Whether a text occurs in a row of a table of keys or sessions.
    pub fn keeps(&self, text: &str) -> bool {
        // Bytes are shown as hexadecimal digits.
        let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let tables = ["sources", "account_keys", "dashboard_sessions"];
        tables.into_iter().any(|table| {
            let holding = format!(
                "SELECT COUNT(*) FROM {table} t
                 WHERE strpos(t::text, '{text}') > 0 OR strpos(t::text, '{digits}') > 0"
            );
            self.count(&holding) > 0
        })
    }

    /// Checks that after shipping, the nodes have the same events as PostgreSQL.
    pub fn check_shipped(&self) {
        let start = Instant::now();
        while self.count(UNSHIPPED) > 0 {
            assert!(start.elapsed() < SHIP_LIMIT, "it is not shipped");
            std::thread::sleep(PAUSE);
        }
        let stored = self.count("SELECT COUNT(*) FROM events");
        let tables: String = self.ask(TABLES);
        let on_nodes = tables.split(' ').map(|table| {
            let (host, table) = table.split_once('/').unwrap();
            let keys = format!("SELECT uniqExact(key) FROM {table}");
            ask_clickhouse(host, &keys).parse::<i64>().unwrap()
        });
        let dropped = self.count("SELECT dropped_before FROM inbox_state") > 0;
        for rows in on_nodes {
            // Of deleted events, only the nodes have figures.
            assert!(
                rows == stored || dropped && rows > stored,
                "{rows} of {stored}"
            );
        }
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        let (Ok(servers), Some(name)) = (servers(), self.fresh.take()) else {
            return;
        };
        let admin = servers.postgres("postgres");
        spawn(async move {
            let client = connect(&admin).await;
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            // The database is not needed any more.
            let _ = client.batch_execute(&drop).await;
        });
        let nodes = self.clickhouse.iter().flat_map(|shard| shard.split('|'));
        // A test's own node ends with the test.
        for node in nodes.filter_map(|node| node.strip_prefix(&servers.clickhouse)) {
            let host = servers.clickhouse.trim_start_matches("http://");
            let database = node.trim_matches('/');
            ask_clickhouse(host, &format!("DROP DATABASE IF EXISTS {database}"));
        }
    }
}

/// A connection to PostgreSQL.
async fn connect(address: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Runs statements in PostgreSQL.
fn execute(address: String, sql: String) {
    wait(async move {
        let client = connect(&address).await;
        client.batch_execute(&sql).await.unwrap();
    });
}

/// The answer of a ClickHouse node to a statement.
pub fn ask_clickhouse(host: &str, sql: &str) -> String {
    let mut connection = TcpStream::connect(host).unwrap();
    let length = sql.len();
    write!(
        connection,
        "POST / HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{sql}"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains(" 200 "), "{answer}");
    body.trim().to_owned()
}
