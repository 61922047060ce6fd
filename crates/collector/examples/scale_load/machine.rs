//! The servers and collectors that are measured.

use std::{path::PathBuf, process::Command};

use natero_servers::{Clickhouse, Flushing, Postgres, Programs};
use serde_json::Value;

use crate::{
    http::ask,
    parts::{Cpu, of_tree},
    process::{Server, collector},
};

const DATABASE: &str = "natero";

/// Two collectors with their database servers.
pub struct Machine {
    collectors: Vec<Server>,
    postgres: Postgres,
    clickhouse: Clickhouse,
    path: String,
    account_key: String,
    /// Position in PostgreSQL's write-ahead log before anything was stored.
    log_start: f64,
}

impl Machine {
    pub fn start() -> Self {
        let programs = Programs::find().expect("the servers");
        let postgres = Postgres::start(&programs, Flushing::On).expect("PostgreSQL");
        let clickhouse = Clickhouse::start(&programs).expect("ClickHouse");
        let store = [
            "--store".to_owned(),
            postgres.create(DATABASE).expect("a database"),
            "--clickhouse".to_owned(),
            clickhouse.address(DATABASE),
        ];
        let binary = collector();
        let source = keys(&binary, "source", &store);
        let account = keys(&binary, "account", &store);
        let text = |value: &Value, name: &str| value[name].as_str().expect("a key").to_owned();
        let (auth_key, api_key) = (text(&source, "auth_key"), text(&source, "api_key"));
        let collectors = (0..2)
            .map(|_| {
                let mut command = Command::new(&binary);
                command
                    .args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "0"])
                    .env("NATERO_LOG", "warn")
                    .args(&store);
                Server::start(&mut command)
            })
            .collect();
        let mut machine = Machine {
            collectors,
            postgres,
            clickhouse,
            path: format!("/v1/{auth_key}/{api_key}"),
            account_key: text(&account, "account_key"),
            log_start: 0.0,
        };
        machine.log_start = machine.log();
        machine
    }

    /// The addresses of the collectors.
    pub fn addresses(&self) -> Vec<String> {
        let collectors = self.collectors.iter();
        collectors.map(|server| server.address.clone()).collect()
    }

    /// The path of the Event API.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The answer of the Account API to a request.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let sign = if path.contains('?') { '&' } else { '?' };
        let path = format!("/api/v2/{path}{sign}api_key={}", self.account_key);
        ask(&self.collectors[0].address, method, &path, body)
    }

    /// The answer of ClickHouse to a query.
    pub fn clickhouse(&self, sql: &str) -> String {
        let address = self.clickhouse.address("");
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        ask(address, "POST", "/", sql)
    }

    pub fn cpu(&self) -> Cpu {
        Cpu {
            collectors: self.collectors.iter().map(Server::cpu).sum(),
            postgres: of_tree(self.postgres.pid()),
            clickhouse: of_tree(self.clickhouse.pid()),
        }
    }

    /// Bytes that PostgreSQL has written to its write-ahead log.
    fn log(&self) -> f64 {
        self.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
    }

    fn number(&self, sql: &str) -> f64 {
        let answer = self.postgres.ask(DATABASE, sql).expect("an answer");
        answer.trim().parse().expect("a number")
    }

    /// Prints the bytes that each of `events` events takes.
    pub fn print_sizes(&self, events: f64) {
        let of_events = |size: &str| {
            self.number(&format!(
                "SELECT SUM({size}(relid)) FROM pg_partition_tree('events') WHERE isleaf"
            ))
        };
        let (table, all) = (
            of_events("pg_table_size"),
            of_events("pg_total_relation_size"),
        );
        let parts = format!(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = '{DATABASE}'"
        );
        let compressed = || -> f64 { self.clickhouse(&parts).trim().parse().expect("a number") };
        println!("\nbytes an event");
        println!("{:>12.0} in PostgreSQL's inbox", table / events);
        println!("{:>12.0} in its indexes", (all - table) / events);
        println!(
            "{:>12.0} through its log",
            (self.log() - self.log_start) / events
        );
        println!("{:>12.1} in ClickHouse, compressed", compressed() / events);
    }
}

fn keys(binary: &PathBuf, kind: &str, store: &[String]) -> Value {
    let output = Command::new(binary)
        .args(["keys", "create", kind, "--json"])
        .args(store)
        .output()
        .expect("it runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
