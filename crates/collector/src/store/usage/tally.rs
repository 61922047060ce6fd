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
    /// User and session of the fact before.
    last: (u32, u32),
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
        if fact.key.session != names::NONE {
            self.sessions.insert(fact.key.session);
        }
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
            last: (0, 0),
            parts: Vec::new(),
            place: Vec::new(),
            keys: Vec::new(),
        })
    }

    #[inline]
    pub(super) fn add(&mut self, fact: &Fact) {
        // Facts come by user and session, so mostly nothing is new here.
        let who = (fact.key.user, fact.key.session);
        if who == self.last {
            self.all.sums.add(&fact.sums);
        } else {
            self.all.add(fact);
            self.last = who;
        }
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
            let spelling = Spelling::of(conn, by, self.parts.len(), self.limits)?;
            for (key, part) in self.keys.into_iter().zip(self.parts) {
                rows.push(UsageRow {
                    key: spelling.of_key(conn, key)?,
                    totals: part.finish(),
                });
            }
        }
        // Those without a value last.
        rows.sort_by(|left: &UsageRow, right: &UsageRow| {
            let (left, right) = (left.key.as_str(), right.key.as_str());
            (left.is_none(), left).cmp(&(right.is_none(), right))
        });
        Ok((self.all.finish(), rows))
    }
}

/// How the values of a dimension are written.
#[derive(Debug)]
struct Spelling {
    by: By,
    /// All users by number, where most of them are needed: one pass over the
    /// table is much faster than as many look-ups.
    users: Vec<String>,
}

impl Spelling {
    fn of(conn: &Connection, by: By, keys: usize, limits: Limits) -> rusqlite::Result<Self> {
        let mut users = Vec::new();
        if by == By::User && keys * 8 > limits.user as usize {
            users.resize(limits.user as usize + 1, String::new());
            let mut all = conn.prepare_cached("SELECT no, user_id FROM users")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                if let Some(place) = users.get_mut(row.get::<_, u32>(0)? as usize) {
                    *place = row.get(1)?;
                }
            }
        }
        Ok(Spelling { by, users })
    }

    fn of_key(&self, conn: &Connection, key: u32) -> rusqlite::Result<Value> {
        if let Some(user_id) = self.users.get(key as usize) {
            return Ok(user_id.as_str().into());
        }
        let text = |sql: &str| -> rusqlite::Result<Value> {
            conn.prepare_cached(sql)?
                .query_row([key], |row| row.get::<_, String>(0))
                .map(Value::from)
        };
        match self.by {
            By::User => text("SELECT user_id FROM users WHERE no = ?1"),
            By::Day => text("SELECT date(?1 * 86400, 'unixepoch')"),
            By::Product | By::Module | By::Feature if key == names::NONE => Ok(Value::Null),
            By::Product | By::Module | By::Feature => text("SELECT name FROM names WHERE no = ?1"),
        }
    }
}
