//! Which events an erasure concerns.

use crate::{
    model::erasure::{Erasure, ErasureKind},
    store::sqlite::rows::EventRow,
};

/// What becomes of the users who belong to an account that is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// They are erased with it, but for those who are in it by events of public sources
    /// alone and whom other events name elsewhere.
    Taken,
    /// They stay: those who were erased with it were so before, each by itself.
    Kept,
}

/// A user of whom neither the Account API nor an identification of a trusted source said
/// anything: the account is that of the first event.
pub(super) const IS_PLACED_BY_EVENTS: &str = "(u.details_at = 0 AND u.is_deleted = 0)";

/// The clause for the events of an erasure, and what it compares with.
#[derive(Debug)]
pub(super) struct Condition {
    /// The clause, about columns of a table of events that is called `e`.
    pub(super) sql: String,
    /// Its first parameter: the id of what is erased.
    pub(super) id: String,
    /// Its second parameter: the users whom trusted sources have placed, a list as JSON.
    pub(super) placed: String,
}

impl Condition {
    /// The clause for an erasure. `event` is the event with the id, where one is erased.
    pub(super) fn new(
        erasure: &Erasure,
        members: Members,
        event: Option<EventRow>,
        placed: &str,
    ) -> Self {
        let sql = match (erasure.kind, members) {
            (ErasureKind::Stream, _) => "IFNULL(e.stream_id = ?1, FALSE)".into(),
            (ErasureKind::User, _) => "(e.user_id = ?1)".into(),
            (ErasureKind::Event, _) => format!("(e.id = {})", event.map_or(0, EventRow::number)),
            (ErasureKind::Account, Members::Kept) => "(e.account_id = ?1)".into(),
            (ErasureKind::Account, Members::Taken) => format!(
                "(e.account_id = ?1 OR e.user_id IN (
                     SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                     WHERE a.account_id = ?1 AND (NOT {IS_PLACED_BY_EVENTS}
                         OR u.user_id IN (SELECT value FROM json_each(?2)))))"
            ),
            (ErasureKind::Source, _) => format!(
                "(?1 = 'source-' || e.source_id AND e.received_at >= {} AND e.received_at < {})",
                erasure.arrived.from, erasure.arrived.to
            ),
        };
        Condition {
            sql,
            id: erasure.id.clone(),
            placed: placed.to_owned(),
        }
    }

    /// The clause for the events that name an account.
    pub(super) fn of_account(erasure: &Erasure) -> Self {
        Condition::new(erasure, Members::Kept, None, "[]")
    }
}
