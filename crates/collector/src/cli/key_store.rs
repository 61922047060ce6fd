//! The store whose keys a command creates, lists and revokes.

use std::path::Path;

use super::error::CliError;
use crate::store::scaled::ScaledKeys;
use crate::{
    config::{Database, StoreChoice},
    model::keys::{NewSource, SourceKeys},
    store::{StoreError, keys::ListedKey, sqlite::CommandFile},
};

/// The keys of a store.
#[derive(Debug)]
pub(super) enum KeyStore {
    /// Those of a file.
    File(CommandFile),
    /// Those in PostgreSQL.
    Scaled(ScaledKeys),
}

/// Calls the same method on whichever store it is.
macro_rules! ask {
    ($store:expr, $keys:ident => $call:expr) => {
        match $store {
            KeyStore::File($keys) => $call,
            KeyStore::Scaled($keys) => $call,
        }
    };
}

impl KeyStore {
    /// Opens an existing store.
    pub(super) fn open(database: &Database) -> Result<Self, CliError> {
        Self::open_by(database, CommandFile::open)
    }

    /// Opens a store, and creates it if it does not exist yet.
    pub(super) fn open_or_create(database: &Database) -> Result<Self, CliError> {
        Self::open_by(database, CommandFile::open_or_create)
    }

    fn open_by(
        database: &Database,
        open: fn(&Path) -> Result<CommandFile, StoreError>,
    ) -> Result<Self, CliError> {
        match database.choice()? {
            StoreChoice::Sqlite(file) => Ok(KeyStore::File(open(&file)?)),
            StoreChoice::Scaled(address) => {
                Ok(KeyStore::Scaled(ScaledKeys::open(&address.postgres)?))
            }
        }
    }

    pub(super) fn insert_source(
        &mut self,
        pair: &SourceKeys,
        new: &NewSource,
        now: i64,
    ) -> Result<String, StoreError> {
        ask!(self, keys => keys.insert_source(pair, new, now))
    }

    pub(super) fn insert_account_key(
        &mut self,
        key: &str,
        name: &str,
        now: i64,
    ) -> Result<String, StoreError> {
        ask!(self, keys => keys.insert_account_key(key, name, now))
    }

    pub(super) fn insert_viewer_key(
        &mut self,
        key: &str,
        name: &str,
        within: Option<&str>,
        now: i64,
    ) -> Result<String, StoreError> {
        ask!(self, keys => keys.insert_viewer_key(key, name, within, now))
    }

    pub(super) fn keys(&self) -> Result<Vec<ListedKey>, StoreError> {
        ask!(self, keys => keys.keys())
    }

    pub(super) fn revoke_key(&mut self, id: &str, now: i64) -> Result<bool, StoreError> {
        ask!(self, keys => keys.revoke_key(id, now))
    }

    pub(super) fn has_account(&self, account_id: &str) -> Result<bool, StoreError> {
        ask!(self, keys => keys.has_account(account_id))
    }
}
