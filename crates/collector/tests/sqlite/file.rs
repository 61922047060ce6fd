//! A collector on a file, and access to the file.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use natero_collector::store::sqlite::{Options, SqliteStore};
use rusqlite::Connection;

use crate::support::{Collector, Place, place::Stored};

/// A collector on a fresh file.
pub fn collector() -> Collector {
    collector_with(&[])
}

/// The same, with these settings.
pub fn collector_with(flags: &[&str]) -> Collector {
    Collector::at(Place::file(), flags)
}

/// The same, together with its store.
pub fn collector_and_store(flags: &[&str]) -> (Collector, Arc<SqliteStore>) {
    let mut collector = collector_with(flags);
    let store = SqliteStore::open(&collector.db(), Options::default());
    let store = Arc::new(store.unwrap());
    collector.replace_store(Arc::clone(&store) as _);
    (collector, store)
}

/// Access to the file of a collector.
pub trait OnFile {
    /// The file.
    fn db(&self) -> PathBuf;

    /// A connection to the file, after everything acknowledged was moved into its tables.
    fn sql(&self) -> Connection {
        // Opening the file for a command moves the inbox into the tables.
        drop(SqliteStore::open_for_command(&self.db()));
        Connection::open(self.db()).unwrap()
    }
}

impl OnFile for Collector {
    fn db(&self) -> PathBuf {
        self.place.database().db
    }
}

/// A file, as it is passed to commands.
impl Stored for Path {
    fn choose(&self, command: &mut Command) {
        command.env("NATERO_DB", self);
    }

    fn log(&self) -> PathBuf {
        self.with_extension("log")
    }
}

impl Stored for PathBuf {
    fn choose(&self, command: &mut Command) {
        self.as_path().choose(command);
    }

    fn log(&self) -> PathBuf {
        self.as_path().log()
    }
}
