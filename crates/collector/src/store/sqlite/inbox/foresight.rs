//! Predicts what storing a batch will answer.

use rusqlite::Connection;

use super::{batch::Batch, pending::Pending};
use crate::{
    model::fast_map::{FastMap, FastSet},
    store::{
        identification::Subject,
        sqlite::{erasure_list::ErasureList, event_ids::RecordedIds, users},
    },
};

/// Predictions from one snapshot of the tables.
pub(super) struct Foresight<'c> {
    conn: &'c Connection,
    recorded: RecordedIds<'c>,
    /// The accounts of the users looked up so far; `None` for an unknown user.
    users: FastMap<String, Option<String>>,
}

impl<'c> Foresight<'c> {
    pub(super) fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Foresight {
            conn,
            recorded: RecordedIds::new(conn)?,
            users: FastMap::default(),
        })
    }

    /// Whether all events of a batch will be stored and counted once the pending batches are
    /// spread.
    pub(super) fn is_certain(
        &mut self,
        pending: &Pending,
        batch: &Batch,
    ) -> rusqlite::Result<bool> {
        let mut erasures = ErasureList::read(self.conn)?;
        let mut ids = FastSet::default();
        ids.reserve(batch.events.len());
        let mut users: FastMap<&str, &str> = FastMap::default();
        for new in &batch.events {
            let event = &new.event;
            let identifies = event.action.kind().and_then(Subject::of).is_some();
            let Some(account_id) = event.account_id.as_deref().filter(|_| !identifies) else {
                return Ok(false);
            };
            if erasures.erased_owner(self.conn, new)?.is_some() {
                return Ok(false);
            }
            let is_member = match users.get(event.user_id.as_str()) {
                Some(belongs_to) => *belongs_to == account_id,
                None => {
                    users.insert(&event.user_id, account_id);
                    self.is_member(pending, &event.user_id, account_id)?
                }
            };
            let id = new.key;
            if !is_member
                || pending.generations().any(|generation| generation.has(&id))
                || !ids.insert(id)
                || self.recorded.contains(&id)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a user belongs to an account, or will once the pending batches are spread.
    fn is_member(
        &mut self,
        pending: &Pending,
        user_id: &str,
        account_id: &str,
    ) -> rusqlite::Result<bool> {
        if let Some(claimed) = pending
            .generations()
            .find_map(|generation| generation.account_of(user_id))
        {
            return Ok(claimed == account_id);
        }
        let known = match self.users.get(user_id) {
            Some(known) => known,
            None => {
                let known = users::account_id(self.conn, user_id)?;
                self.users.entry(user_id.to_owned()).or_insert(known)
            }
        };
        Ok(known.as_deref().is_none_or(|known| known == account_id))
    }
}
