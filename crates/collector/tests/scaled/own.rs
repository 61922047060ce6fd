//! Servers of a single test, which stops and starts them.

use std::fs;

use natero_servers::{Clickhouse, Encryption, Flushing, Postgres, Programs};

use crate::support::databases::Addresses;

/// The programs of the servers. If they are not installed, prints a line about that and
/// returns `None`.
pub fn programs() -> Option<Programs> {
    Programs::find()
        .inspect_err(|missing| println!("skipped: {missing}"))
        .ok()
}

/// A PostgreSQL that flushes to disk at each commit.
pub fn postgres() -> Option<Postgres> {
    Some(Postgres::start(&programs()?, Flushing::On).unwrap())
}

/// A node of ClickHouse.
pub fn clickhouse() -> Option<Clickhouse> {
    Some(Clickhouse::start(&programs()?).unwrap())
}

/// Both servers, which accept only encrypted connections.
pub fn encrypted(encryption: &Encryption) -> Option<(Postgres, Clickhouse)> {
    let programs = programs()?;
    let postgres = Postgres::start_encrypted(&programs, Flushing::Off, encryption);
    let clickhouse = Clickhouse::start_encrypted(&programs, encryption);
    Some((postgres.unwrap(), clickhouse.unwrap()))
}

/// The database of a test on its own node.
pub fn database(node: &Clickhouse) -> String {
    node.address("natero")
}

/// The addresses of a store on these servers. The nodes of ClickHouse are replicas of one
/// shard.
pub fn addresses(postgres: &str, replicas: &[Clickhouse]) -> Addresses {
    Addresses::of(postgres.to_owned(), shard(replicas))
}

/// The only shard, with these nodes as its replicas.
pub fn shard(replicas: &[Clickhouse]) -> Vec<String> {
    let replicas: Vec<String> = replicas.iter().map(database).collect();
    vec![replicas.join("|")]
}

/// Kills a node and deletes its data.
pub fn lose(node: &mut Clickhouse) {
    node.kill().unwrap();
    for entry in fs::read_dir(node.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
}

/// Kills a node and deletes the newest part of its events table, as if that had not been
/// flushed before a power failure.
pub fn lose_newest_part(node: &mut Clickhouse) {
    node.kill().unwrap();
    let tables = fs::read_dir(node.data().join("data/natero")).unwrap();
    let is_of_events = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("events_")
    };
    let mut tables = tables.map(|entry| entry.unwrap().path());
    let part = fs::read_dir(tables.find(is_of_events).unwrap())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("columns.txt").exists())
        .max_by_key(|entry| entry.metadata().unwrap().modified().unwrap())
        .expect("a part");
    fs::remove_dir_all(part.path()).unwrap();
}
