use rusqlite::Connection;
use serde_json::Value;

use super::{Totals, UsageRow};
use crate::{
    store::{
        distinct::Distinct,
        facts::{Fact, Sums},
        names,
    },
    usage::By,
};

/// Adds up facts, in all and by one dimension.
#[derive(Debug)]
pub(super) struct Tally {
    by: Option<By>,
    limits: Limits,
    all: Part,
    parts: Vec<Part>,
    /// For each value of the dimension the place of its part, plus one; 0 for
    /// none yet. Values are small row numbers or days, so this beats hashing.
    place: Vec<u32>,
    /// What each part is of.
    keys: Vec<u32>,
}

/// The highest numbers there are.
#[derive(Debug, Clone, Copy)]
struct Limits {
    user: u32,
    session: u32,
}

#[derive(Debug)]
struct Part {
    sums: Sums,
    users: Distinct,
    sessions: Distinct,
}

impl Part {
    fn new(limits: Limits) -> Self {
        Part {
            sums: Sums::default(),
            users: Distinct::up_to(limits.user),
            sessions: Distinct::up_to(limits.session),
        }
    }

    #[inline]
    fn add(&mut self, fact: &Fact) {
        self.sums.add(&fact.sums);
        self.users.insert(fact.key.user);
        self.sessions.insert(fact.key.session);
    }

    fn finish(self) -> Totals {
        let ms = |sum: u64| i64::try_from(sum).unwrap_or(i64::MAX);
        Totals {
            events: self.sums.events as i64,
            features: self.sums.features,
            module_time: ms(self.sums.module_time),
            active_time: ms(self.sums.active_time),
            sessions: self.sessions.count(),
            users: self.users.count(),
        }
    }
}

const HOURS_A_DAY: u32 = 24;

impl Tally {
    pub(super) fn new(conn: &Connection, by: Option<By>) -> rusqlite::Result<Self> {
        let highest = |table: &str| {
            conn.prepare_cached(&format!("SELECT IFNULL(MAX(no), 0) FROM {table}"))?
                .query_row([], |row| row.get(0))
        };
        let limits = Limits {
            user: highest("users")?,
            session: highest("sessions")?,
        };
        Ok(Tally {
            by,
            limits,
            all: Part::new(limits),
            parts: Vec::new(),
            place: Vec::new(),
            keys: Vec::new(),
        })
    }

    #[inline]
    pub(super) fn add(&mut self, fact: &Fact) {
        self.all.add(fact);
        let key = match self.by {
            None => return,
            Some(By::Product) => fact.key.product,
            Some(By::Module) => fact.key.module,
            Some(By::Feature) => fact.key.feature,
            Some(By::User) => fact.key.user,
            Some(By::Day) => fact.key.hour / HOURS_A_DAY,
        };
        let at = match self.place.get(key as usize) {
            Some(place) if *place > 0 => *place as usize - 1,
            _ => self.new_part(key),
        };
        self.parts[at].add(fact);
    }

    #[cold]
    fn new_part(&mut self, key: u32) -> usize {
        let key_at = key as usize;
        if key_at >= self.place.len() {
            self.place.resize(key_at + 1, 0);
        }
        self.parts.push(Part::new(self.limits));
        self.keys.push(key);
        self.place[key_at] = self.parts.len() as u32;
        self.parts.len() - 1
    }

    /// The figures of all, and of each part in the order of its key.
    pub(super) fn finish(self, conn: &Connection) -> rusqlite::Result<(Totals, Vec<UsageRow>)> {
        let mut rows = Vec::with_capacity(self.parts.len());
        if let Some(by) = self.by {
            for (key, part) in self.keys.into_iter().zip(self.parts) {
                rows.push(UsageRow {
                    key: spelled(conn, by, key)?,
                    totals: part.finish(),
                });
            }
        }
        rows.sort_by(|left, right| {
            let order = |row: &UsageRow| (row.key.is_null(), row.key.as_str().map(str::to_owned));
            order(left).cmp(&order(right))
        });
        Ok((self.all.finish(), rows))
    }
}

/// A value of a dimension as callers know it.
fn spelled(conn: &Connection, by: By, key: u32) -> rusqlite::Result<Value> {
    let text = |sql: &str| -> rusqlite::Result<Value> {
        conn.prepare_cached(sql)?
            .query_row([key], |row| row.get::<_, String>(0))
            .map(Value::from)
    };
    match by {
        By::User => text("SELECT user_id FROM users WHERE no = ?1"),
        By::Day => text("SELECT date(?1 * 86400, 'unixepoch')"),
        By::Product | By::Module | By::Feature if key == names::NONE => Ok(Value::Null),
        By::Product | By::Module | By::Feature => text("SELECT name FROM names WHERE no = ?1"),
    }
}
