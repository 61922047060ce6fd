//! Servers of one test, which it ends and starts again.

use std::fs;

use natero_servers::{Clickhouse, Encryption, Flushing, Postgres, Programs};

use crate::support::databases::Addresses;

/// The programs of the servers; `None`, with a line that says so, where they are not
/// installed.
pub fn programs() -> Option<Programs> {
    Programs::find()
        .inspect_err(|missing| println!("skipped: {missing}"))
        .ok()
}

/// A PostgreSQL that has on disk what it has committed.
pub fn postgres() -> Option<Postgres> {
    Some(Postgres::start(&programs()?, Flushing::On).unwrap())
}

/// A node of ClickHouse.
pub fn clickhouse() -> Option<Clickhouse> {
    Some(Clickhouse::start(&programs()?).unwrap())
}

/// Both, which take encrypted connections alone.
pub fn encrypted(encryption: &Encryption) -> Option<(Postgres, Clickhouse)> {
    let programs = programs()?;
    let postgres = Postgres::start_encrypted(&programs, Flushing::Off, encryption);
    let clickhouse = Clickhouse::start_encrypted(&programs, encryption);
    Some((postgres.unwrap(), clickhouse.unwrap()))
}

/// The database of a test on a node of its own.
pub fn database(node: &Clickhouse) -> String {
    node.address("natero")
}

/// Addresses of a store on some servers. The nodes of ClickHouse are replicas of one shard.
pub fn addresses(postgres: &str, replicas: &[Clickhouse]) -> Addresses {
    Addresses::of(postgres.to_owned(), shard(replicas))
}

/// The only shard, of which nodes are replicas.
pub fn shard(replicas: &[Clickhouse]) -> Vec<String> {
    let replicas: Vec<String> = replicas.iter().map(database).collect();
    vec![replicas.join("|")]
}

/// Ends a node, and takes its disk away.
pub fn lose(node: &mut Clickhouse) {
    node.kill().unwrap();
    for entry in fs::read_dir(node.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
}

/// Ends a node, and takes away the newest part of its table of events, as if that had not
/// been flushed when the power went.
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
