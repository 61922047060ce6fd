//! Finds out which names are products, modules and features. This reads all facts, so the result is
//! cached. It is only offered as choices of filters, and no figure depends on it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use rusqlite::Connection;

use super::{
    counters::{self, ERASURES},
    facts::Fact,
    hierarchy::Scope,
    rows::NameRow,
    usage::{Detail, scan},
};
use crate::{
    model::usage::Span,
    store::portfolio::{CachedNames, Names, Version},
};

/// Collects the roles of names.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// For each row number of a name: the numbers of events that have it as their product, module
    /// and feature.
    of_name: Vec<[u64; 3]>,
}

impl Roles {
    /// Records that a name is the product (0), module (1) or feature (2) of a fact.
    #[inline]
    pub(super) fn record(&mut self, name: Option<NameRow>, role: usize, fact: &Fact) {
        let Some(name) = name else { return };
        let at = name.number() as usize;
        if at >= self.of_name.len() {
            self.of_name.resize(at + 1, [0; 3]);
        }
        self.of_name[at][role] += fact.sums.events;
    }

    pub(super) fn names(&self, conn: &Connection) -> rusqlite::Result<Names> {
        let mut names = Names::default();
        let mut name = conn.prepare_cached("SELECT name FROM names WHERE no = ?1")?;
        for (number, roles) in self.of_name.iter().enumerate() {
            if *roles == [0; 3] {
                continue;
            }
            let text: String = name.query_row([number as i64], |row| row.get(0))?;
            let sets = [&mut names.products, &mut names.modules, &mut names.features];
            for (set, events) in sets
                .into_iter()
                .zip(roles)
                .filter(|(_, events)| **events > 0)
            {
                set.insert(text.clone(), *events);
            }
        }
        Ok(names)
    }
}

/// A cache of the names in all events.
#[derive(Debug, Default)]
pub struct NameCache(Mutex<Option<CachedNames>>);

impl NameCache {
    /// Returns the names at `now`, reading them if necessary.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn get(&self, conn: &Connection, now: Instant) -> rusqlite::Result<Arc<Names>> {
        let version = Version {
            newest: conn
                .prepare_cached("SELECT IFNULL(MAX(no), 0) FROM names")?
                .query_row([], |row| row.get(0))?,
            erasures: counters::read(conn, ERASURES)?,
        };
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = cache.as_ref().and_then(|cache| cache.names(version, now)) {
            return Ok(names);
        }
        let mut roles = Roles::default();
        let everywhere = Scope::of_all(conn)?;
        scan(conn, &everywhere, Span::ALL, Detail::Facts, |_, _, fact| {
            roles.record(fact.key.product, 0, fact);
            roles.record(fact.key.module, 1, fact);
            roles.record(fact.key.feature, 2, fact);
        })?;
        let found = CachedNames::new(roles.names(conn)?, version, now);
        let names = found.all();
        *cache = Some(found);
        Ok(names)
    }
}
