//! Applies `identifyAccount` and `identifyUser` events to accounts and users.

use natero_event::ActionKind;

use super::{
    accounts,
    ancestry::Ancestry,
    failure::Result,
    json,
    postgres::{Tx, query},
    users,
};
use crate::{model::trust::Trust, store::identification::identified_at};

/// An identification that was just received, or had been set aside.
#[derive(Debug)]
pub(super) struct Identification<'a> {
    pub(super) action: ActionKind,
    pub(super) account_id: &'a str,
    pub(super) user_id: &'a str,
    /// The time at which it counts as made; see `identified_at`.
    pub(super) at: i64,
    pub(super) stream_id: Option<&'a str>,
    /// A JSON object, as text.
    pub(super) details: &'a str,
}

impl Identification<'_> {
    /// Merges the details into the account or the user, if the event is an identification.
    pub(super) async fn apply(
        self,
        tx: &Tx<'_>,
        ancestry: &mut Ancestry,
        trust: Trust,
    ) -> Result<()> {
        let (at, stream) = (self.at, self.stream_id);
        match self.action {
            ActionKind::IdentifyAccount => {
                let details = json::object(self.details);
                let account_id = self.account_id;
                accounts::identify(tx, ancestry, account_id, details, at, stream, trust).await
            }
            ActionKind::IdentifyUser => {
                let details = json::object(self.details);
                let is_trusted = trust == Trust::Full;
                users::identify(tx, self.user_id, details, at, stream, is_trusted).await
            }
            ActionKind::Feature
            | ActionKind::ModuleEnd
            | ActionKind::SessionSync
            | ActionKind::SessionIdle
            | ActionKind::PageView
            | ActionKind::PageViewEnd => Ok(()),
        }
    }
}

/// Applies the identifications among events that are no longer set aside.
pub(super) async fn apply_released(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    days: &[i32],
    keys: &[Vec<u8>],
) -> Result<()> {
    let sql = "SELECT e.action, e.account_id, e.user_id, e.created_at, e.details,
            s.trusted, s.allow_hierarchy, e.stream_id, e.received_at
        FROM unnest($1::integer[], $2::bytea[]) AS r (day, key)
            JOIN events e ON e.day = r.day AND e.key = r.key
            JOIN sources s ON s.id = e.source_id
        WHERE e.details IS NOT NULL AND e.action IN ('identifyAccount', 'identifyUser')
        ORDER BY e.no";
    for row in query(tx, sql, &[&days, &keys]).await? {
        let Some(action) = ActionKind::from_name(row.get(0)) else {
            continue;
        };
        Identification {
            action,
            account_id: row.get(1),
            user_id: row.get(2),
            at: identified_at(row.get(3), row.get(8)),
            details: row.get(4),
            stream_id: row.get(7),
        }
        .apply(tx, ancestry, Trust::of(row.get(5), row.get(6)))
        .await?;
    }
    Ok(())
}
