//! Fresh databases, and what is in them.

use crate::support::databases::{self, Addresses};

/// Fresh databases on the servers that all tests share; `None`, with a line that says so,
/// where the servers are not installed.
pub fn databases() -> Option<Addresses> {
    databases_over(&[1])
}

/// The same with so many replicas of each shard. A node is a database of its own.
pub fn databases_over(replicas: &[usize]) -> Option<Addresses> {
    Addresses::over(replicas)
        .inspect_err(|missing| println!("skipped: {missing}"))
        .ok()
}

/// Number of rows of a table of ClickHouse, which is named as `HOST:PORT/DATABASE.TABLE`.
pub fn rows(table: &str, condition: &str) -> u64 {
    let (host, table) = table.split_once('/').unwrap();
    let sql = format!("SELECT count() FROM {table} {condition}");
    databases::ask_clickhouse(host, &sql).parse().unwrap()
}
