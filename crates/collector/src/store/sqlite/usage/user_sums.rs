//! Sums by user. There are far more users than values of any other dimension, so a user takes only
//! some 50 bytes here and has no sets.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, HashSet},
};

use rusqlite::Connection;

use super::numbered_row::NumberedRow;
use crate::{
    model::row_order::RowOrder,
    store::{
        sqlite::{
            facts::{Fact, Sums},
            rows::{SessionRow, UserRow},
        },
        usage::{RowPage, Totals},
    },
};

/// The sums of each user.
#[derive(Debug, Default)]
pub(super) struct UserSums {
    sums: Vec<UserSum>,
    /// For each row number of a user, the index of the user's sum plus one; 0 for none yet.
    index: Vec<u32>,
    /// For each row number of a session, the number of the user with whom it was counted first,
    /// plus one; 0 for a session that was not counted yet.
    first_user: Vec<u32>,
    /// Sessions with their further users. Few files have any: a session belongs to one user, except
    /// in data of old versions.
    further: HashSet<(SessionRow, UserRow)>,
}

#[derive(Debug)]
struct UserSum {
    user: UserRow,
    sums: Sums,
    sessions: u32,
}

impl UserSums {
    #[inline]
    pub(super) fn add(&mut self, fact: &Fact) {
        let user = fact.key.user;
        let at = self.index_of(user);
        let is_new = fact
            .key
            .session
            .is_some_and(|session| self.is_new(session, user));
        let sum = &mut self.sums[at];
        sum.sums.add(&fact.sums);
        sum.sessions += u32::from(is_new);
    }

    #[inline]
    fn index_of(&mut self, user: UserRow) -> usize {
        let place = user.number() as usize;
        match self.index.get(place) {
            Some(&index) if index > 0 => index as usize - 1,
            _ => self.insert(user),
        }
    }

    #[cold]
    fn insert(&mut self, user: UserRow) -> usize {
        let place = user.number() as usize;
        if place >= self.index.len() {
            self.index.resize(place + 1, 0);
        }
        self.sums.push(UserSum {
            user,
            sums: Sums::default(),
            sessions: 0,
        });
        self.index[place] = self.sums.len() as u32;
        self.sums.len() - 1
    }

    /// Records a session of a user. Returns whether it was not counted before.
    #[inline]
    fn is_new(&mut self, session: SessionRow, user: UserRow) -> bool {
        let place = session.number() as usize;
        if place >= self.first_user.len() {
            self.first_user.resize(place + 1, 0);
        }
        let first = &mut self.first_user[place];
        let user_place = user.number().saturating_add(1);
        if *first == 0 {
            *first = user_place;
            return true;
        }
        *first != user_place && self.further.insert((session, user))
    }

    /// The rows of a page.
    pub(super) fn finish(
        self,
        conn: &Connection,
        page: &RowPage,
    ) -> rusqlite::Result<Vec<NumberedRow>> {
        let users: i64 = conn
            .prepare_cached("SELECT IFNULL(MAX(no), 0) FROM users")?
            .query_row([], |row| row.get(0))?;
        let wanted = if page.order == RowOrder::Key {
            let all: Vec<usize> = (0..self.sums.len()).collect();
            let after = page.after.as_ref().map(|after| after.key.as_deref());
            self.first_by_id(conn, users, &all, after, page.most())?
        } else {
            self.first_by_figure(conn, users, page)?
        };
        Ok(wanted
            .into_iter()
            .map(|(user_id, at)| {
                let sum = &self.sums[at];
                NumberedRow::new(user_id.into(), sum.user.number(), sum.totals())
            })
            .collect())
    }

    /// The first users after the cursor in the order of a figure, as ids and indexes of sums.
    fn first_by_figure(
        &self,
        conn: &Connection,
        users: i64,
        page: &RowPage,
    ) -> rusqlite::Result<Vec<(String, usize)>> {
        let figures: Vec<_> = (self.sums.iter())
            .map(|sum| page.figure(&sum.totals()))
            .collect();
        let compare =
            |left: usize, right: usize| page.compare_figures(figures[left], figures[right]);
        let mut ordered: Vec<usize> = (0..self.sums.len()).collect();
        ordered.sort_by(|left, right| compare(*left, *right));
        let to_cursor = |at: usize| match &page.after {
            Some(after) => page.compare_figures(figures[at], after.figure),
            None => Ordering::Greater,
        };
        let first = ordered.partition_point(|at| to_cursor(*at) == Ordering::Less);
        let mut rest = &ordered[first..];
        let mut wanted = Vec::new();
        while let Some(at) = rest.first()
            && wanted.len() < page.most()
        {
            // Users with the same figure are ordered by id. Ids are read only for users who may be
            // on the page.
            let equal = rest.partition_point(|other| compare(*other, *at) == Ordering::Equal);
            let (equal, behind) = rest.split_at(equal);
            let cursor = (page.after.as_ref()).filter(|_| to_cursor(*at) == Ordering::Equal);
            let after = cursor.map(|after| after.key.as_deref());
            let most = page.most() - wanted.len();
            wanted.extend(self.first_by_id(conn, users, equal, after, most)?);
            rest = behind;
        }
        Ok(wanted)
    }

    /// The first `most` users of `of` by id, after the cursor. `users` is the number of all users.
    /// No user comes after the row without a value.
    fn first_by_id(
        &self,
        conn: &Connection,
        users: i64,
        of: &[usize],
        after: Option<Option<&str>>,
        most: usize,
    ) -> rusqlite::Result<Vec<(String, usize)>> {
        let after = match after {
            Some(None) => return Ok(Vec::new()),
            Some(Some(user_id)) => Some(user_id),
            None => None,
        };
        // When `of` has many of all users, one pass over the index of ids is faster than as many
        // look-ups.
        if of.len() as i64 * 8 > users {
            self.in_order_of_index(conn, of, after, most)
        } else {
            self.looked_up(conn, of, after, most)
        }
    }

    fn in_order_of_index(
        &self,
        conn: &Connection,
        of: &[usize],
        after: Option<&str>,
        most: usize,
    ) -> rusqlite::Result<Vec<(String, usize)>> {
        let mut is_one_of = vec![false; self.sums.len()];
        for at in of {
            is_one_of[*at] = true;
        }
        let mut ordered = conn.prepare_cached(
            "SELECT user_id, no FROM users WHERE ?1 IS NULL OR user_id > ?1 ORDER BY user_id",
        )?;
        let mut rows = ordered.query([after])?;
        let mut wanted = Vec::new();
        while wanted.len() < most
            && let Some(row) = rows.next()?
        {
            let place: u32 = row.get(1)?;
            match self.index.get(place as usize) {
                Some(&index) if index > 0 && is_one_of[index as usize - 1] => {
                    wanted.push((row.get(0)?, index as usize - 1));
                }
                _ => {}
            }
        }
        Ok(wanted)
    }

    fn looked_up(
        &self,
        conn: &Connection,
        of: &[usize],
        after: Option<&str>,
        most: usize,
    ) -> rusqlite::Result<Vec<(String, usize)>> {
        let mut of_user = conn.prepare_cached("SELECT user_id FROM users WHERE no = ?1")?;
        // Holds the smallest ids so far, with the largest of them on top.
        let mut smallest = BinaryHeap::new();
        for at in of {
            let user = self.sums[*at].user;
            let user_id: String = of_user.query_row([user], |row| row.get(0))?;
            if after.is_some_and(|after| user_id.as_str() <= after) {
                continue;
            }
            smallest.push((user_id, *at));
            if smallest.len() > most {
                smallest.pop();
            }
        }
        Ok(smallest.into_sorted_vec())
    }
}

impl UserSum {
    fn totals(&self) -> Totals {
        Totals {
            sessions: self.sessions.into(),
            users: 1,
            ..Totals::of(&self.sums)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::facts::FactKey;

    fn fact(user: u32, session: u32) -> Fact {
        Fact {
            key: FactKey {
                quarter: 1,
                user: UserRow::from_number(user).unwrap(),
                session: SessionRow::from_number(session),
                product: None,
                module: None,
                feature: None,
            },
            sums: Sums {
                events: 1,
                ..Sums::default()
            },
        }
    }

    #[test]
    fn a_session_counts_once_for_each_of_its_users() {
        let mut sums = UserSums::default();
        for (user, session) in [
            (1, 5),
            (2, 5),
            (1, 5),
            (3, 0),
            (2, 5),
            (2, 6),
            (1, 6),
            (1, 6),
        ] {
            sums.add(&fact(user, session));
        }
        let counted: Vec<_> = sums
            .sums
            .iter()
            .map(|sum| {
                (
                    sum.user.number(),
                    sum.totals().events,
                    sum.totals().sessions,
                )
            })
            .collect();
        assert_eq!(counted, [(1, 4, 2), (2, 3, 2), (3, 1, 0)]);
    }

    #[test]
    fn a_user_takes_as_little_memory_however_many_sessions() {
        assert!(size_of::<UserSum>() <= 48);
        let mut sums = UserSums::default();
        for session in 1..10_000 {
            sums.add(&fact(session % 10, session));
        }
        assert_eq!(sums.sums.len(), 10);
        assert!(sums.further.is_empty(), "each session has one user");
    }
}
