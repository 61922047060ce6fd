//! The nodes of ClickHouse. They form shards, each with one or more replicas.
//!
//! An event is stored on the shard of its user, so the numbers of distinct users and sessions of
//! the shards can be added. All replicas of a shard receive the same events, but some may lag
//! behind.

pub(super) mod choice;
pub(super) mod copy;
pub(super) mod state;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use super::{
    clickhouse::{Clickhouse, External},
    failure::{Failure, Result},
};
use crate::{clock::now_ms, model::erasure::id_hash};

/// How long a failed node is avoided if its shard has another replica, in ms.
const AVOIDED_MS: i64 = 5000;

/// Separates the replicas of a shard in an address.
const REPLICA_SEPARATOR: char = '|';

/// The nodes that the settings name.
#[derive(Debug, Clone)]
pub(super) struct Nodes {
    nodes: Arc<[Arc<Node>]>,
    shards: usize,
}

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    /// The number of its shard.
    pub(super) shard: usize,
    /// How to reach it.
    pub(super) server: Clickhouse,
    /// The time until which it is avoided, in ms since the Unix epoch.
    avoided_until: AtomicI64,
}

impl Nodes {
    /// Makes the nodes from addresses: one address per shard, or several separated by `|`, which
    /// are the replicas of the shard.
    pub(super) fn new(addresses: &[String]) -> Result<Self> {
        let mut nodes = Vec::new();
        let mut names = HashSet::new();
        for (shard, replicas) in addresses.iter().enumerate() {
            for address in replicas.split(REPLICA_SEPARATOR) {
                let server = Clickhouse::new(address.trim())?;
                if !names.insert(server.name()) {
                    let twice = format!("--clickhouse names {} twice", server.name());
                    return Err(Failure::Clickhouse(twice));
                }
                nodes.push(Arc::new(Node {
                    shard,
                    server,
                    avoided_until: AtomicI64::new(0),
                }));
            }
        }
        Ok(Nodes {
            nodes: nodes.into(),
            shards: addresses.len(),
        })
    }

    /// Number of shards.
    pub(super) fn shards(&self) -> usize {
        self.shards
    }

    /// Every node.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.nodes.iter()
    }

    /// Their names.
    pub(super) fn names(&self) -> Vec<String> {
        self.iter().map(|node| node.server.name()).collect()
    }

    /// How often a query may be run until each replica of a shard has failed. Each run ends with
    /// the failure of at least one replica.
    pub(super) fn attempts(&self) -> usize {
        self.nodes.len() - self.shards + 1
    }

    /// The shard of a user.
    pub(super) fn shard_of(&self, user_id: &str) -> usize {
        shard_of(user_id, self.shards)
    }
}

/// The shard of a user among a number of shards, computed from eight bytes of the SHA-256 of the
/// id, so that a ClickHouse query can compute it, too. It must never change: stored events stay on
/// the shard to which they were shipped.
fn shard_of(user_id: &str, shards: usize) -> usize {
    let [a, b, c, d, e, f, g, h, ..] = id_hash(user_id);
    let number = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let shards = u64::try_from(shards).unwrap_or(1).max(1);
    usize::try_from(number % shards).unwrap_or(0)
}

impl Node {
    /// Runs a query on the node, with external tables. A node that fails is avoided for a while.
    pub(super) async fn ask(&self, sql: &str, tables: &[External]) -> Result<Vec<u8>> {
        let answer = self.server.ask(sql, tables).await;
        if let Err(failure) = &answer
            && failure.is_of_node()
        {
            self.avoided_until
                .store(now_ms() + AVOIDED_MS, Ordering::Relaxed);
        }
        answer
    }

    /// The time until which it is avoided, because it failed a moment ago; 0 otherwise.
    fn avoided_until(&self) -> i64 {
        let until = self.avoided_until.load(Ordering::Relaxed);
        if now_ms() < until { until } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(addresses: &[&str]) -> Result<Nodes> {
        let addresses: Vec<String> = addresses.iter().map(|one| (*one).to_owned()).collect();
        Nodes::new(&addresses)
    }

    #[test]
    fn addresses_are_shards_and_what_is_between_bars_their_replicas() {
        let nodes = nodes(&["http://a1/n|http://u:p@a2:8123/n", "http://b/n"]).unwrap();
        let found: Vec<(usize, String)> = nodes
            .iter()
            .map(|node| (node.shard, node.server.name()))
            .collect();
        let expected = [(0, "a1/n"), (0, "a2:8123/n"), (1, "b/n")];
        assert_eq!(found, expected.map(|(shard, name)| (shard, name.into())));
        assert_eq!((nodes.shards(), nodes.attempts()), (2, 2));
    }

    #[test]
    fn a_node_that_is_named_twice_is_refused() {
        assert!(nodes(&["http://a/n", "http://u:p@a/n"]).is_err());
        assert!(nodes(&["http://a/n|", "http://b/n"]).is_err());
    }

    #[test]
    fn the_shard_of_a_user_stays_what_it_was() {
        let shards: Vec<usize> = (0..8).map(|n| shard_of(&format!("user {n}"), 3)).collect();
        // Events that earlier versions stored are on these shards.
        assert_eq!(shards, [2, 2, 0, 0, 1, 2, 2, 2]);
        assert_eq!(shard_of("anybody", 1), 0);
    }
}
