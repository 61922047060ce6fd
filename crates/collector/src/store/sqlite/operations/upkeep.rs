//! Health, size and shutdown of the store.

use std::future::ready;

use crate::store::{
    answer::{Answer, BoxFuture},
    freshness::Freshness,
    operations::{Health, UpkeepOperations},
    sqlite::{SqliteStore, connection, probe},
};

impl UpkeepOperations for SqliteStore {
    fn health(&self) -> Health {
        Health {
            is_committing: self.is_committing(),
            is_damaged: self.is_damaged(),
        }
    }

    fn probe(&self, now: i64, commits: bool) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| {
            probe::probe_insert(tx, now)?;
            if commits {
                probe::probe_commit(tx)?;
            }
            Ok(())
        }))
    }

    fn behind(&self) -> Option<Freshness> {
        None
    }

    fn size(&self) -> Answer<'_, i64> {
        Box::pin(ready(self.read_now(connection::size)))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.close())
    }
}
