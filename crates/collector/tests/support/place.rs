//! Where the collector of a test keeps its data: in a file, or in fresh databases on servers.
//!
//! Only `NATERO_TEST_STORE` decides: `sqlite`, which is the default, or `scaled`. Tests that
//! need a specific store belong in `tests/sqlite` or `tests/scaled`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use natero_collector::{
    clock::now_ms,
    config::{Config, Database},
    http::state::App,
    model::keys::{NewSource, SourceKeys},
    store::sqlite::CommandFile,
};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::NOW;
use super::{
    databases::Addresses,
    shared_runtime::{self, wait},
};
use natero_collector::store::scaled::{ScaledKeys, ScaledStore};

/// Where commands and collectors find their data.
pub trait Stored {
    /// Passes the store to a command.
    fn choose(&self, command: &mut Command);

    /// The file for the log of a collector.
    fn log(&self) -> PathBuf;
}

/// The store of one test, which is deleted on drop.
#[derive(Debug)]
pub struct Place {
    data: Data,
    folder: TempDir,
}

#[derive(Debug)]
enum Data {
    File(PathBuf),
    Servers(Addresses),
}

/// The store on servers that is open in this process, if it is one.
pub type OnServers = Option<Arc<ScaledStore>>;
/// Calls a method of the keys of whichever store it is.
macro_rules! keys {
    ($place:expr, $keys:ident => $call:expr) => {
        match &$place.data {
            Data::File(file) => {
                #[allow(unused_mut, reason = "listing changes nothing")]
                let mut $keys = CommandFile::open_or_create(file).unwrap();
                $call.unwrap()
            }
            // A command creates its own runtime.
            Data::Servers(databases) => std::thread::scope(|scope| {
                let work = || {
                    let $keys = ScaledKeys::open(&databases.postgres).unwrap();
                    $call.unwrap()
                };
                scope.spawn(work).join().unwrap()
            }),
        }
    };
}

/// How many random cases a test runs, given the number for a file. On servers there are
/// fewer, because a query takes some ten times as long.
pub fn cases(on_file: u32) -> u32 {
    match std::env::var("NATERO_TEST_STORE").as_deref() {
        Ok("scaled") => on_file.div_ceil(4),
        _ => on_file,
    }
}

impl Place {
    /// A fresh store of the kind that the environment selects.
    pub fn new() -> Self {
        match std::env::var("NATERO_TEST_STORE").as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::file(),
            Ok("scaled") => Place {
                data: Data::Servers(Addresses::of_a_test()),
                folder: TempDir::new().unwrap(),
            },
            Ok(other) => panic!("NATERO_TEST_STORE is sqlite or scaled, not {other:?}"),
        }
    }

    /// A file, whatever the environment selects.
    pub fn file() -> Self {
        let folder = TempDir::new().unwrap();
        Place {
            data: Data::File(folder.path().join("natero.db")),
            folder,
        }
    }

    /// A path in a folder that is deleted with it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The settings that select it.
    pub fn database(&self) -> Database {
        match &self.data {
            Data::File(file) => Database::of_file(file),
            Data::Servers(databases) => Database {
                store: Some(databases.postgres.clone()),
                clickhouse: databases.clickhouse.clone(),
                ..Database::of_file(Path::new("none"))
            },
        }
    }

    /// Opens a collector on it.
    pub fn open(&self, config: Config) -> (App, OnServers) {
        match &self.data {
            Data::File(_) => {
                use futures_util::FutureExt;
                let opened = App::open(config).now_or_never();
                (opened.expect("a file is opened at once").unwrap(), None)
            }
            Data::Servers(databases) => {
                let (postgres, nodes) = (databases.postgres.clone(), databases.clickhouse.clone());
                let (app, store) = wait(async move {
                    let metrics = Arc::default();
                    let store = ScaledStore::open(&postgres, &nodes, Arc::clone(&metrics));
                    let store = Arc::new(store.await.unwrap());
                    store.leave_shipping().await;
                    if config.trust_clock {
                        store.correct_key_times(now_ms()).await.unwrap();
                    }
                    let known = store.known_times().await.unwrap();
                    let app = App::new(config, Arc::clone(&store) as _, known, metrics);
                    (app, store)
                });
                (app, Some(store))
            }
        }
    }

    /// Runs work of a collector on the runtime of its background work: a test's own runtime
    /// ends with the test, or its clock is paused.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match &self.data {
            Data::File(_) => work.await,
            Data::Servers(_) => shared_runtime::spawn(work).await.unwrap(),
        }
    }

    /// The same in the background.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        match &self.data {
            Data::File(_) => tokio::spawn(work),
            Data::Servers(_) => shared_runtime::spawn(work),
        }
    }

    pub fn insert_source(&self, pair: &SourceKeys, new: &NewSource) -> String {
        keys!(self, keys => keys.insert_source(pair, new, NOW))
    }

    pub fn insert_account_key(&self, key: &str) -> String {
        keys!(self, keys => keys.insert_account_key(key, "tests", NOW))
    }

    pub fn insert_viewer_key(&self, key: &str, within: Option<&str>) -> String {
        keys!(self, keys => keys.insert_viewer_key(key, "viewer", within, NOW))
    }

    /// Revokes a key by its id, such as `source-1`.
    pub fn revoke(&self, id: &str) {
        let is_revoked: bool = keys!(self, keys => keys.revoke_key(id, NOW));
        assert!(is_revoked, "{id}");
    }

    /// Inserts the keys of a source and an account key.
    pub fn insert_keys(&self, pair: &SourceKeys, account_key: &str) {
        let new = NewSource::default();
        keys!(self, keys => keys
            .insert_source(pair, &new, NOW)
            .and_then(|_| keys.insert_account_key(account_key, "tests", NOW)));
    }

    /// The integer that a statement returns. Both kinds of database must understand it.
    pub fn count(&self, sql: &str) -> i64 {
        let sql = format!("SELECT CAST(({sql}) AS bigint)");
        match &self.data {
            Data::File(file) => sqlite(file).query_row(&sql, [], |row| row.get(0)).unwrap(),
            Data::Servers(databases) => databases.count(&sql),
        }
    }

    /// Runs statements that both kinds of database understand.
    pub fn execute(&self, sql: &str) {
        match &self.data {
            Data::File(file) => sqlite(file).execute_batch(sql).unwrap(),
            Data::Servers(databases) => databases.execute(sql),
        }
    }

    /// Checks that the figures include exactly the stored events. On servers, all events must
    /// be shipped.
    pub fn check_figures(&self) {
        match &self.data {
            Data::File(file) => {
                let mut file = CommandFile::open(file).unwrap();
                let rebuilt = file.rebuild(false).unwrap();
                assert_eq!(rebuilt.differing, Vec::<String>::new());
            }
            Data::Servers(databases) => databases.check_shipped(),
        }
    }

    /// Recomputes the figures from the events, if the store has a command for that.
    pub fn rebuild(&self) {
        match &self.data {
            Data::File(file) => drop(CommandFile::open(file).unwrap().rebuild(true).unwrap()),
            Data::Servers(_) => {}
        }
    }

    /// Whether a text occurs in the tables of keys and sessions.
    pub fn keeps(&self, text: &str) -> bool {
        match &self.data {
            Data::File(file) => {
                let log = file.with_extension("db-wal");
                let files = [file, &log].map(|file| std::fs::read(file).unwrap_or_default());
                let has_it = |part: &[u8]| part == text.as_bytes();
                files
                    .iter()
                    .any(|file| file.windows(text.len()).any(has_it))
            }
            Data::Servers(databases) => databases.keeps(text),
        }
    }

    /// Advances the time until data that was sent to servers counts as on disk.
    pub fn let_flush(&self) {
        match &self.data {
            Data::File(_) => {}
            Data::Servers(databases) => {
                databases.execute("UPDATE nodes SET flushed = shipped, removed_at = 0");
            }
        }
    }
}

impl Stored for Place {
    fn choose(&self, command: &mut Command) {
        match &self.data {
            Data::File(file) => {
                command.env("NATERO_DB", file);
            }
            Data::Servers(databases) => databases.choose(command),
        }
    }

    fn log(&self) -> PathBuf {
        self.path("log")
    }
}

/// The file, after everything acknowledged was moved into its tables.
fn sqlite(file: &Path) -> Connection {
    // Opening the file for a command moves the inbox into the tables.
    drop(CommandFile::open(file));
    Connection::open(file).unwrap()
}
