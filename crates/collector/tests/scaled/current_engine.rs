//! Runs the statements of queries, erasures and the shipper on a current version of
//! ClickHouse, alone and next to the version in Debian, and compares the answers.

use std::{
    mem::take,
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use natero_servers::CurrentClickhouse;
use proptest::prelude::*;

use crate::{
    histories::compare,
    pages,
    pair::{NOW, Pair, runtime},
    rules, servers,
    steps::{self, DAY, step, tell},
    support::databases::Addresses,
};

/// The environment variable with a Python that has the package `chdb-core`. `cargo xtask
/// test` sets it.
const PYTHON: &str = "NATERO_CHDB_PYTHON";

/// The engine that all tests of this process share.
fn engine() -> &'static CurrentClickhouse {
    static ENGINE: OnceLock<CurrentClickhouse> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let python = std::env::var_os(PYTHON);
        let python = python.expect("NATERO_CHDB_PYTHON names a Python that has chdb-core");
        CurrentClickhouse::start(Path::new(&python)).expect("it starts")
    })
}

/// Which nodes run the current version.
#[derive(Debug, Clone, Copy)]
enum Mix {
    /// All of them.
    Alone,
    /// One of two shards, so that each version contributes to every answer.
    Shard,
    /// One of two replicas, which are queried in turn.
    Replica,
}

/// Fresh databases.
fn databases(mix: Mix) -> Option<Addresses> {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let current = engine().address(&format!("current_{number}"));
    let mut addresses = servers::databases()?;
    let [debian] = <[String; 1]>::try_from(take(&mut addresses.clickhouse)).ok()?;
    addresses.clickhouse = match mix {
        Mix::Alone => vec![current],
        Mix::Shard => vec![debian, current],
        Mix::Replica => vec![format!("{current}|{debian}")],
    };
    Some(addresses)
}

proptest! {
    #![proptest_config(steps::config(4))]

    #[test]
    #[ignore = "it needs the package chdb-core for Python: `cargo xtask test --only scaled` runs it"]
    fn a_current_engine_answers_the_same(
        steps in proptest::collection::vec(step(), 1..40),
        turn in 0..60usize,
        mix in proptest::sample::select(&[Mix::Alone, Mix::Shard, Mix::Replica][..]),
    ) {
        runtime().block_on(async {
            let Some(addresses) = databases(mix) else { return };
            let Some(pair) = Pair::on(addresses).await else { return };
            tell(&pair, steps).await;
            compare(&pair).await;
            pair.ship().await;
            compare(&pair).await;
            rules::check(&pair, NOW + DAY).await;
            pages::compare(&pair, turn).await;
        });
    }
}
