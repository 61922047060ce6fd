//! What `identifyAccount` and `identifyUser` events change.

use rusqlite::{Transaction, params};

use super::{
    accounts::{self, MayPlace, object},
    users,
};
use crate::{entity::UserPatch, keys::Source};

/// An identification, whether it just came or was set aside before.
#[derive(Debug)]
pub(super) struct Identification<'a> {
    pub(super) action: &'a str,
    pub(super) account_id: &'a str,
    pub(super) user_id: &'a str,
    pub(super) created_at: i64,
    /// A JSON object, as text.
    pub(super) details: &'a str,
}

impl Identification<'_> {
    /// Merges its details into the account or user that it names.
    pub(super) fn apply(self, tx: &Transaction<'_>, source: &Source) -> rusqlite::Result<()> {
        match self.action {
            "identifyAccount" => {
                let may_place = match source {
                    Source { trusted: true, .. } => MayPlace::Anyone,
                    Source {
                        allow_hierarchy: true,
                        ..
                    } => MayPlace::Orphans,
                    _ => MayPlace::Nobody,
                };
                accounts::identify(
                    tx,
                    self.account_id,
                    object(self.details),
                    self.created_at,
                    may_place,
                )
            }
            "identifyUser" => {
                let Some((no, _)) = users::place(tx, self.user_id)? else {
                    return Ok(());
                };
                let patch = UserPatch::from_identify(self.user_id, object(self.details));
                users::identify(tx, no, patch, self.created_at)
            }
            _ => Ok(()),
        }
    }
}

/// Takes up the identifications among events that were set aside until now.
pub(super) fn released(tx: &Transaction<'_>, events: &[i64]) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT e.action, e.account_id, e.user_id, e.created_at, e.details,
                s.id, s.trusted, s.allow_hierarchy
         FROM events e JOIN sources s ON s.id = e.source_id
         WHERE e.id = ?1 AND e.action IN ('identifyAccount', 'identifyUser')
             AND e.details IS NOT NULL",
    )?;
    for event in events {
        let mut rows = statement.query(params![event])?;
        if let Some(row) = rows.next()? {
            let (action, account_id, user_id, details): (String, String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?);
            let source = Source {
                id: row.get(5)?,
                trusted: row.get(6)?,
                allow_hierarchy: row.get(7)?,
                origins: Vec::new(),
            };
            Identification {
                action: &action,
                account_id: &account_id,
                user_id: &user_id,
                created_at: row.get(3)?,
                details: &details,
            }
            .apply(tx, &source)?;
        }
    }
    Ok(())
}
