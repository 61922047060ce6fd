//! The users of an account with their figures of a period and the previous one, and when each was
//! active.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;

use super::{
    facts::{Fact, Sums},
    hierarchy::{self, Scope},
    quality,
    rows::{AccountRow, SessionRow, UserRow},
    usage::{CaptureStatus, Detail, RowFilter, scan_cut},
    visible::VisibleAccounts,
};
use crate::{
    model::{
        calendar::{CalendarUnit, TimeZone},
        period::Before,
        rollup::FigureKind,
        usage::{Filter, Span},
    },
    store::{
        people::{Person, PersonFigures, PersonUse, Presence},
        usage::CalendarIndex,
    },
};

/// Selects the users of an account.
#[derive(Debug, Clone)]
pub struct PeopleQuery {
    /// The account.
    pub account: AccountRow,
    /// The accounts that the caller may see.
    pub(super) within: VisibleAccounts,
    /// Whether the users of its subtree are included.
    pub rollup: bool,
    /// The period.
    pub span: Span,
    /// The previous period.
    pub before: Option<Before>,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// The time zone in which active days are counted.
    pub time_zone: TimeZone,
}

/// Reads the users who belong to an account, and those who were active in it, ordered by id. Each
/// comes with the account to which the user belongs.
///
/// # Errors
/// Fails when SQLite fails.
pub fn read(conn: &Connection, query: &PeopleQuery) -> rusqlite::Result<Vec<(Person, AccountRow)>> {
    let rolls_up = query.rollup && FigureKind::ProductUsage.rolls_up();
    let scope = Scope::of(conn, query.account, rolls_up)?;
    let mut seen: BTreeMap<UserRow, UserFacts> = BTreeMap::new();
    let mut of_account = conn.prepare_cached("SELECT no FROM users WHERE account_no = ?1")?;
    for node in scope.nodes() {
        let mut rows = of_account.query([node.account])?;
        while let Some(row) = rows.next()? {
            seen.insert(row.get(0)?, UserFacts::default());
        }
    }
    if let Some(filter) = RowFilter::find(conn, &query.filter)? {
        read_usage(conn, &scope, query, &filter, &mut seen)?;
    }
    let mut find = conn.prepare_cached(
        "SELECT u.user_id, u.first_name, u.last_name, a.account_id, a.name, u.is_deleted, a.no
         FROM users u JOIN accounts a ON a.no = u.account_no WHERE u.no = ?1",
    )?;
    let awaited = hierarchy::active_below(conn, query.account, rolls_up)?;
    let mut people = Vec::with_capacity(seen.len());
    // Only read if there is a user without counted events.
    let mut uncounted = None;
    for (user, seen) in seen {
        let (mut person, home) = find.query_row([user], |row| {
            let person = Person {
                user_id: row.get(0)?,
                first_name: row.get(1)?,
                last_name: row.get(2)?,
                account_id: row.get(3)?,
                account_name: row.get(4)?,
                is_deleted: row.get(5)?,
                ..Person::default()
            };
            Ok((person, row.get(6)?))
        })?;
        person.is_awaited = !person.is_deleted && awaited.contains(&home);
        let seen = seen.finish();
        seen.add_to(&mut person, query.span, query.before);
        if person.presence == Presence::NeverCame && query.filter == Filter::default() {
            if uncounted.is_none() {
                let events = quality::uncounted_of_users(conn, query.within, Span::ALL)?;
                uncounted = Some(events);
            }
            let events = uncounted.as_ref().and_then(|of| of.get(&user));
            person.set_uncounted(events.copied().unwrap_or(0));
        }
        people.push((person, home));
    }
    people.sort_by(|(left, _), (right, _)| left.user_id.cmp(&right.user_id));
    Ok(people)
}

fn read_usage(
    conn: &Connection,
    scope: &Scope,
    query: &PeopleQuery,
    filter: &RowFilter,
    seen: &mut BTreeMap<UserRow, UserFacts>,
) -> rusqlite::Result<()> {
    let mut calendar = CalendarIndex::new(&query.time_zone, CalendarUnit::Day);
    let mut days: HashSet<(UserRow, u32)> = HashSet::new();
    let mut sessions: HashSet<(SessionRow, bool)> = HashSet::new();
    let mut cuts = vec![query.span.from];
    if let Some(before) = query.before {
        cuts.extend([before.span.from, before.span.to]);
    }
    cuts.push(query.span.to);
    let detail = if filter.needs_names() {
        Detail::Facts
    } else {
        Detail::Groups
    };
    scan_cut(
        conn,
        scope,
        Span::ALL,
        &cuts,
        detail,
        |at, _, status, fact| {
            if status != CaptureStatus::Counted || !filter.contains(&fact.key) {
                return;
            }
            let of = seen.entry(fact.key.user).or_default();
            if at >= query.span.to {
                of.came_later = true;
                return;
            }
            of.record_time(fact);
            let is_now = at >= query.span.from;
            if !is_now && query.before.is_none_or(|before| !before.contains(at)) {
                return;
            }
            let is_new_session = fact
                .key
                .session
                .is_some_and(|session| sessions.insert((session, is_now)));
            let figures = if is_now { &mut of.now } else { &mut of.before };
            figures.sums.add(&fact.sums);
            figures.sessions += i64::from(is_new_session);
            if is_now {
                let day = calendar.key(fact.key.quarter);
                if of.previous_day != Some(day) {
                    of.previous_day = Some(day);
                    of.active_days += i64::from(days.insert((fact.key.user, day)));
                }
            }
        },
    )
}

/// What the facts contain about a user.
#[derive(Debug, Default)]
struct UserFacts {
    now: Figures,
    before: Figures,
    first: Option<u32>,
    last: Option<u32>,
    active_days: i64,
    previous_day: Option<u32>,
    /// Whether there are events after the period.
    came_later: bool,
}

#[derive(Debug, Default)]
struct Figures {
    sums: Sums,
    sessions: i64,
}

impl Figures {
    fn finish(&self) -> PersonFigures {
        let whole = |sum: u64| i64::try_from(sum).unwrap_or(i64::MAX);
        PersonFigures {
            events: whole(self.sums.events),
            features: self.sums.features,
            module_time: whole(self.sums.module_time),
            active_time: whole(self.sums.active_time),
            sessions: self.sessions,
        }
    }
}

impl UserFacts {
    #[inline]
    fn record_time(&mut self, fact: &Fact) {
        let quarter = fact.key.quarter;
        self.first = Some(self.first.map_or(quarter, |first| first.min(quarter)));
        self.last = self.last.max(Some(quarter));
    }

    fn finish(&self) -> PersonUse {
        PersonUse {
            now: self.now.finish(),
            before: self.before.finish(),
            first: self.first,
            last: self.last,
            active_days: self.active_days,
            came_later: self.came_later,
        }
    }
}
