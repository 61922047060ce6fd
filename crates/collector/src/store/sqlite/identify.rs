//! Applies `identifyAccount` and `identifyUser` events to accounts and users.

use natero_event::ActionKind;
use rusqlite::{Transaction, params};

use super::{accounts, ancestry::Ancestry, event_months, json, rows::EventRow, users};
use crate::{
    model::{calendar::Month, trust::Trust},
    store::{
        identification::{Subject, identified_at},
        keys::Source,
    },
};

/// An identification that was just received, or had been set aside.
#[derive(Debug)]
pub(super) struct Identification<'a> {
    pub(super) subject: Subject,
    pub(super) account_id: &'a str,
    pub(super) user_id: &'a str,
    /// The time at which it counts as made; see `identified_at`.
    pub(super) at: i64,
    pub(super) stream_id: Option<&'a str>,
    /// A JSON object, as text.
    pub(super) details: &'a str,
}

impl Identification<'_> {
    /// Merges the details into the account or the user.
    pub(super) fn apply(
        self,
        tx: &Transaction<'_>,
        ancestry: &mut Ancestry,
        source: &Source,
    ) -> rusqlite::Result<()> {
        let details = json::object(self.details);
        match self.subject {
            Subject::Account => accounts::identify(
                tx,
                ancestry,
                self.account_id,
                details,
                self.at,
                self.stream_id,
                Trust::of(source.trusted, source.allow_hierarchy),
            ),
            Subject::User => {
                let Some((user, _)) = users::find_with_account(tx, self.user_id)? else {
                    return Ok(());
                };
                users::identify(
                    tx,
                    user,
                    self.user_id,
                    details,
                    self.at,
                    self.stream_id,
                    source.trusted,
                )
            }
        }
    }
}

/// Applies the identifications among events of a month that are no longer set aside.
pub(super) fn apply_released(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    month: Month,
    events: &[EventRow],
) -> rusqlite::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(&format!(
        "SELECT e.action, e.account_id, e.user_id, e.created_at, e.details,
                s.id, s.trusted, s.allow_hierarchy, e.stream_id, e.received_at
         FROM {} e JOIN sources s ON s.id = e.source_id
         WHERE e.id = ?1 AND e.details IS NOT NULL",
        event_months::table(month)
    ))?;
    for event in events {
        let mut rows = statement.query(params![event])?;
        let Some(row) = rows.next()? else {
            continue;
        };
        let action = ActionKind::from_name(row.get_ref(0)?.as_str()?);
        let Some(subject) = action.and_then(Subject::of) else {
            continue;
        };
        let (account_id, user_id, details): (String, String, String) =
            (row.get(1)?, row.get(2)?, row.get(4)?);
        let stream_id: Option<String> = row.get(8)?;
        let source = Source {
            id: row.get(5)?,
            trusted: row.get(6)?,
            allow_hierarchy: row.get(7)?,
            origins: Vec::new(),
            created_at: 0,
        };
        Identification {
            subject,
            account_id: &account_id,
            user_id: &user_id,
            at: identified_at(row.get(3)?, row.get(9)?),
            stream_id: stream_id.as_deref(),
            details: &details,
        }
        .apply(tx, ancestry, &source)?;
    }
    Ok(())
}
