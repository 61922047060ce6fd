//! Reads figures whose events were deleted, for a migration.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::handing::{Take, failed};
use crate::store::{
    migration::{Figures, MigrationError, Position, Row},
    sqlite::{
        facts::{Fact, FactKey},
        retention,
        rows::{AccountRow, NameRow, SessionRow, UserRow},
        segments::{self, Part, Table},
    },
};

/// A text that identifies the figures of a file.
pub(super) fn content(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row(
        "SELECT COUNT(*) || ' ' || TOTAL(facts) || ' ' || TOTAL(events) || ' ' || TOTAL(id)
             || ' ' || TOTAL(length(groups)) || ' ' || TOTAL(length(data))
         FROM usage_segments",
        [],
        |row| row.get(0),
    )
}

/// Number of events that the figures sum up.
pub(super) fn events(conn: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT IFNULL(SUM(events), 0) FROM usage_segments";
    conn.query_row(sql, [], |row| row.get(0))
}

/// Passes the figures whose events were deleted to `take`, without the first `skipped` rows.
pub(super) fn read(
    conn: &Connection,
    skipped: i64,
    most: usize,
    take: &mut Take<'_>,
) -> Result<(), MigrationError> {
    let events_from = retention::events_from(conn).map_err(failed)?;
    if events_from == 0 {
        return Ok(());
    }
    let mut parts = segments::parts(conn).map_err(failed)?;
    parts.sort();
    let mut texts = Texts::default();
    let mut waiting = Waiting {
        rows: Vec::new(),
        position: 0,
        skipped,
        most,
    };
    for part in parts {
        // They are sorted, so that the rows come in the same order each time they are read.
        let facts = segments::read(conn, Table::Stored, part).map_err(failed)?;
        let old = facts
            .iter()
            .take_while(|fact| fact.key.quarter < events_from);
        for fact in old {
            let rows = texts.rows(conn, part, fact).map_err(failed)?;
            waiting.add(rows, take)?;
        }
    }
    waiting.hand_out(take)
}

/// Rows that have not been passed on yet.
struct Waiting {
    rows: Vec<Row>,
    /// Number of all rows up to the last one of `rows`.
    position: i64,
    skipped: i64,
    most: usize,
}

impl Waiting {
    fn add(&mut self, rows: Vec<Row>, take: &mut Take<'_>) -> Result<(), MigrationError> {
        for row in rows {
            self.position += 1;
            if self.position <= self.skipped {
                continue;
            }
            self.rows.push(row);
            if self.rows.len() >= self.most {
                self.hand_out(take)?;
            }
        }
        Ok(())
    }

    fn hand_out(&mut self, take: &mut Take<'_>) -> Result<(), MigrationError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let position = Position {
            figures: self.position,
            ..Position::default()
        };
        take(std::mem::take(&mut self.rows), position)
    }
}

/// The texts of the rows to which facts refer.
#[derive(Debug, Default)]
struct Texts {
    account: Option<(AccountRow, String)>,
    user: Option<(UserRow, String)>,
    session: Option<(SessionRow, Option<String>)>,
    names: HashMap<NameRow, String>,
}

impl Texts {
    fn rows(&mut self, conn: &Connection, part: Part, fact: &Fact) -> rusqlite::Result<Vec<Row>> {
        let FactKey {
            quarter,
            user,
            session,
            product,
            module,
            feature,
        } = fact.key;
        self.find(conn, part.account, user, session)?;
        for name in [product, module, feature].into_iter().flatten() {
            self.find_name(conn, name)?;
        }
        let name = |name: Option<NameRow>| {
            name.and_then(|name| self.names.get(&name))
                .map(String::as_str)
        };
        let account = self.account.as_ref().map(|(_, id)| id.as_str());
        let user = self.user.as_ref().map(|(_, id)| id.as_str());
        let known = self
            .session
            .as_ref()
            .filter(|(row, _)| session == Some(*row));
        let figures = Figures {
            account_id: account.unwrap_or_default(),
            is_set_aside: part.is_set_aside,
            quarter,
            user_id: user.unwrap_or_default(),
            session_id: known.and_then(|(_, id)| id.as_deref()),
            product: name(product),
            module: name(module),
            feature: name(feature),
            sums: fact.sums,
        };
        Ok(figures.rows())
    }

    /// Looks up the texts that the preceding fact did not have.
    fn find(
        &mut self,
        conn: &Connection,
        account: AccountRow,
        user: UserRow,
        session: Option<SessionRow>,
    ) -> rusqlite::Result<()> {
        if self.account.as_ref().is_none_or(|(row, _)| *row != account) {
            let id = conn
                .prepare_cached("SELECT account_id FROM accounts WHERE no = ?1")?
                .query_row([account], |row| row.get(0))?;
            self.account = Some((account, id));
        }
        if self.user.as_ref().is_none_or(|(row, _)| *row != user) {
            let id = conn
                .prepare_cached("SELECT user_id FROM users WHERE no = ?1")?
                .query_row([user], |row| row.get(0))?;
            self.user = Some((user, id));
        }
        if let Some(session) = session
            && self.session.as_ref().is_none_or(|(row, _)| *row != session)
        {
            let id = conn
                .prepare_cached("SELECT session_id FROM sessions WHERE no = ?1")?
                .query_row([session], |row| row.get(0))
                .optional()?;
            self.session = Some((session, id));
        }
        Ok(())
    }

    fn find_name(&mut self, conn: &Connection, row: NameRow) -> rusqlite::Result<()> {
        if self.names.contains_key(&row) {
            return Ok(());
        }
        let name = conn
            .prepare_cached("SELECT name FROM names WHERE no = ?1")?
            .query_row([row], |row| row.get(0))?;
        self.names.insert(row, name);
        Ok(())
    }
}
