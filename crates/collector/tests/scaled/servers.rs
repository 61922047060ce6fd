//! Fresh databases, and queries of their contents.

use crate::support::databases::{self, Addresses};

/// Fresh databases on the servers that all tests share. If the servers are not installed,
/// prints a line about that and returns `None`.
pub fn databases() -> Option<Addresses> {
    databases_over(&[1])
}

/// The same, with this many replicas of each shard. Each node is a database of its own.
pub fn databases_over(replicas: &[usize]) -> Option<Addresses> {
    Addresses::over(replicas)
        .inspect_err(|missing| println!("skipped: {missing}"))
        .ok()
}

/// Number of rows of a ClickHouse table, which is given as `HOST:PORT/DATABASE.TABLE`.
pub fn rows(table: &str, condition: &str) -> u64 {
    let (host, table) = table.split_once('/').unwrap();
    let sql = format!("SELECT count() FROM {table} {condition}");
    databases::ask_clickhouse(host, &sql).parse().unwrap()
}
