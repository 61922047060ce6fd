//! A cache of the product, module and feature names of all events. They are offered as choices of
//! filters, and finding them reads all events. No figure depends on them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::{
    failure::Result,
    figures::{names, reading::Reading},
    hierarchy, latest,
    nodes::Nodes,
    postgres::Tx,
    removals,
};
use crate::store::portfolio::{CachedNames, Names, Version};

/// The names that were read most recently.
#[derive(Debug, Default)]
pub(super) struct NameCache(Mutex<Option<CachedNames>>);

impl NameCache {
    /// Returns the names. Concurrent calls may each read them again, because no lock is held
    /// meanwhile.
    pub(super) async fn get(&self, tx: &Tx<'_>, nodes: &Nodes) -> Result<Arc<Names>> {
        let (newest, _) = latest::newest(tx, 0).await?;
        let version = Version {
            newest: newest.unwrap_or(0),
            erasures: removals::count(tx).await?,
        };
        let now = Instant::now();
        if let Some(cached) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && let Some(names) = cached.names(version, now)
        {
            return Ok(names);
        }
        let everywhere = hierarchy::everywhere(tx).await?;
        let names = names::all(&Reading::of(tx, nodes, everywhere).await?).await?;
        let cached = CachedNames::new(names, version, now);
        let names = cached.all();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(cached);
        Ok(names)
    }
}
