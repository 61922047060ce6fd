//! Sums up facts.

use rusqlite::Connection;
use serde_json::Value;

use super::{numbered_row::NumberedRow, user_sums::UserSums};
use crate::{
    model::{calendar::TimeZone, usage::Dimension},
    store::{
        sqlite::{
            distinct::Distinct,
            facts::{Fact, Sums},
            rows::{AccountRow, NameRow, SessionRow, UserRow},
        },
        usage::{CalendarIndex, RowPage, Totals},
    },
};

impl Totals {
    /// The totals of sums, without sessions and users.
    pub(super) fn of(sums: &Sums) -> Self {
        let whole = |sum: u64| i64::try_from(sum).unwrap_or(i64::MAX);
        Totals {
            events: whole(sums.events),
            features: sums.features,
            module_time: whole(sums.module_time),
            active_time: whole(sums.active_time),
            sessions: 0,
            users: 0,
        }
    }
}

/// Sums up facts, in total and by one dimension.
#[derive(Debug)]
pub(super) struct Tally {
    by: Option<Dimension>,
    total: Sum,
    /// User and session of the previous fact.
    previous: Option<(UserRow, Option<SessionRow>)>,
    /// The sums of each user, if the dimension is the user.
    by_user: UserSums,
    /// The sum of each value of any other dimension.
    sums: Vec<Sum>,
    /// For each value of the dimension, the index of its sum plus one; 0 for none yet. Values are
    /// small row numbers or days, so this is faster than a hash table.
    index: Vec<u32>,
    /// Finds the day, week or month of a fact, for calendar dimensions.
    calendar: Option<CalendarIndex>,
    /// The value of each sum.
    keys: Vec<u32>,
}

/// The figures of a set of facts.
#[derive(Debug, Default)]
pub(in crate::store::sqlite) struct Sum {
    figures: Sums,
    users: Distinct,
    sessions: Distinct,
}

impl Sum {
    #[inline]
    pub(in crate::store::sqlite) fn add(&mut self, fact: &Fact) {
        self.add_figures(&fact.sums);
        self.add_visit(
            fact.key.user.number(),
            fact.key.session.map(SessionRow::number),
        );
    }

    /// Adds the figures of a fact, without its user and session.
    #[inline]
    pub(in crate::store::sqlite) fn add_figures(&mut self, figures: &Sums) {
        self.figures.add(figures);
    }

    /// Adds a user, and a session of the user, by number.
    #[inline]
    pub(in crate::store::sqlite) fn add_visit(&mut self, user: u32, session: Option<u32>) {
        self.users.insert(user);
        if let Some(session) = session {
            self.sessions.insert(session);
        }
    }

    /// Adds the facts of another sum.
    pub(in crate::store::sqlite) fn add_sum(&mut self, other: &Sum) {
        self.figures.add(&other.figures);
        self.users.extend(&other.users);
        self.sessions.extend(&other.sessions);
    }

    pub(in crate::store::sqlite) fn finish(self) -> Totals {
        Totals {
            sessions: self.sessions.count(),
            users: self.users.count(),
            ..Totals::of(&self.figures)
        }
    }
}

impl Tally {
    /// An empty tally.
    pub(super) fn new(by: Option<Dimension>, time_zone: &TimeZone) -> Self {
        Tally {
            by,
            total: Sum::default(),
            previous: None,
            by_user: UserSums::default(),
            sums: Vec::new(),
            index: Vec::new(),
            calendar: by
                .and_then(Dimension::calendar_unit)
                .map(|unit| CalendarIndex::new(time_zone, unit)),
            keys: Vec::new(),
        }
    }

    /// Adds a fact of an account.
    #[inline]
    pub(super) fn add(&mut self, account: AccountRow, fact: &Fact) {
        // Facts are sorted by user and session, so most of them repeat both.
        let user_and_session = Some((fact.key.user, fact.key.session));
        if user_and_session == self.previous {
            self.total.add_figures(&fact.sums);
        } else {
            self.total.add(fact);
            self.previous = user_and_session;
        }
        let key = match self.by {
            None => return,
            Some(Dimension::Product) => number(fact.key.product),
            Some(Dimension::Module) => number(fact.key.module),
            Some(Dimension::Feature) => number(fact.key.feature),
            Some(Dimension::User) => return self.by_user.add(fact),
            Some(Dimension::Account) => account_number(account),
            Some(Dimension::Day | Dimension::Week | Dimension::Month) => self
                .calendar
                .as_mut()
                .map_or(0, |calendar| calendar.key(fact.key.quarter)),
        };
        let at = match self.index.get(key as usize).copied().unwrap_or(0) {
            0 => self.new_sum(key),
            index => index as usize - 1,
        };
        self.sums[at].add(fact);
    }

    #[cold]
    fn new_sum(&mut self, key: u32) -> usize {
        let key_at = key as usize;
        if key_at >= self.index.len() {
            self.index.resize(key_at + 1, 0);
        }
        self.sums.push(Sum::default());
        self.keys.push(key);
        self.index[key_at] = self.sums.len() as u32;
        self.sums.len() - 1
    }

    /// Returns the total, a page of the figures of each value, and the key after which the next
    /// page begins.
    pub(super) fn finish(
        self,
        conn: &Connection,
        page: &RowPage,
    ) -> rusqlite::Result<(Totals, Vec<NumberedRow>, Option<String>)> {
        let mut rows = match self.by {
            None => Vec::new(),
            Some(Dimension::User) => self.by_user.finish(conn, page)?,
            Some(by) => {
                let mut rows = Vec::with_capacity(self.sums.len());
                for (key, sum) in self.keys.into_iter().zip(self.sums) {
                    rows.push(NumberedRow::new(
                        value_text(conn, by, key)?,
                        key,
                        sum.finish(),
                    ));
                }
                rows.sort_by(NumberedRow::compare_keys);
                rows.sort_by(|left, right| page.compare(&left.row.totals, &right.row.totals));
                rows
            }
        };
        let next = page.cut(&mut rows);
        Ok((self.total.finish(), rows, next))
    }
}

/// The number by which a tally identifies an account.
#[inline]
pub(super) fn account_number(account: AccountRow) -> u32 {
    u32::try_from(account.number()).unwrap_or(0)
}

/// The number by which a tally identifies a name; 0 for none.
#[inline]
pub(super) fn number(name: Option<NameRow>) -> u32 {
    name.map_or(0, NameRow::number)
}

/// The text of a value of a dimension.
fn value_text(conn: &Connection, by: Dimension, key: u32) -> rusqlite::Result<Value> {
    if let Some(unit) = by.calendar_unit() {
        return Ok(CalendarIndex::name(unit, key).into());
    }
    if by.is_name() && key == 0 {
        return Ok(Value::Null);
    }
    let sql = if by.is_name() {
        "SELECT name FROM names WHERE no = ?1"
    } else if by == Dimension::Account {
        "SELECT account_id FROM accounts WHERE no = ?1"
    } else {
        "SELECT user_id FROM users WHERE no = ?1"
    };
    conn.prepare_cached(sql)?
        .query_row([key], |row| row.get::<_, String>(0))
        .map(Value::from)
}
