//! A collector on a file, and the file itself.

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

/// The same with settings.
pub fn collector_with(flags: &[&str]) -> Collector {
    Collector::at(Place::file(), flags)
}

/// The same, and its store.
pub fn collector_and_store(flags: &[&str]) -> (Collector, Arc<SqliteStore>) {
    let mut collector = collector_with(flags);
    let store = SqliteStore::open(&collector.db(), Options::default());
    let store = Arc::new(store.unwrap());
    collector.replace_store(Arc::clone(&store) as _);
    (collector, store)
}

/// What a collector on a file has.
pub trait OnFile {
    /// The file.
    fn db(&self) -> PathBuf;

    /// A connection to it, with everything that was answered in its tables.
    fn sql(&self) -> Connection {
        // A command spreads the inbox when it opens the file.
        drop(SqliteStore::open_for_command(&self.db()));
        Connection::open(self.db()).unwrap()
    }
}

impl OnFile for Collector {
    fn db(&self) -> PathBuf {
        self.place.database().db
    }
}

/// A file as commands name it.
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
