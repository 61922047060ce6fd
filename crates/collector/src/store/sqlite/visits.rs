//! Numbers the users and sessions of facts such that sets of these numbers are small.

use super::{
    distinct::Numbering,
    facts::{Fact, FactKey},
    rows::{SessionRow, UserRow},
};

/// The numbers of a user and a session, and whether the preceding fact had the same ones in the
/// same quarter of an hour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub(super) user: u32,
    pub(super) session: Option<u32>,
    pub(super) is_same: bool,
}

/// A quarter of an hour, a user and a session.
type VisitKey = (u32, UserRow, Option<SessionRow>);

/// Numbers the users and sessions of facts.
#[derive(Debug, Default)]
pub(super) struct Visits {
    users: Numbering,
    sessions: Numbering,
    previous: Option<(VisitKey, Visit)>,
}

impl Visits {
    /// The visit of a fact.
    #[inline]
    pub(super) fn of(&mut self, fact: &Fact) -> Visit {
        let FactKey {
            quarter,
            user,
            session,
            ..
        } = fact.key;
        let key = (quarter, user, session);
        if let Some((previous, visit)) = self.previous
            && previous == key
        {
            return Visit {
                is_same: true,
                ..visit
            };
        }
        let visit = Visit {
            user: self.users.of(user.number()),
            session: session.map(|session| self.sessions.of(session.number())),
            is_same: false,
        };
        self.previous = Some((key, visit));
        visit
    }
}
