//! The SQL condition for the events of an erasure.

use crate::{
    model::erasure::{Erasure, ErasureKind},
    store::sqlite::rows::EventRow,
};

/// What happens to the users of an erased account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// They are erased with it. The exception are users who are in it only because of events from
    /// public sources, and whom other events name in another account: these move there.
    Erased,
    /// They stay. Those who were erased with it have their own entries, applied before.
    Retained,
}

/// An SQL condition: neither the Account API nor an identification of a trusted source has
/// described the user, so the user belongs to the account of the first event.
pub(super) const IS_PLACED_BY_EVENTS: &str = "(u.details_at = 0 AND u.is_deleted = 0)";

/// The SQL condition for the events of an erasure, with its parameters.
#[derive(Debug)]
pub(super) struct Condition {
    /// The condition, for columns of a table of events with the alias `e`.
    pub(super) sql: String,
    /// Its first parameter: the id of what is erased.
    pub(super) id: String,
    /// Its second parameter: a JSON array of the users whom trusted sources have placed.
    pub(super) placed: String,
}

impl Condition {
    /// The condition for an erasure. `event` is set when a single event is erased.
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
            (ErasureKind::Account, Members::Retained) => "(e.account_id = ?1)".into(),
            (ErasureKind::Account, Members::Erased) => format!(
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

    /// The condition for the events that name the account of an erasure.
    pub(super) fn of_account(erasure: &Erasure) -> Self {
        Condition::new(erasure, Members::Retained, None, "[]")
    }
}
