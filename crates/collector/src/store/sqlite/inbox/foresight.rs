//! Predicts what storing a batch will answer.

use rusqlite::{Connection, params};

use super::{batch::Batch, pending::Pending};
use crate::{
    model::fast_map::{FastMap, FastSet},
    store::{
        event_key::{IdKey, keys_beginning_like},
        identification::Subject,
        new_event::NewEvent,
        sqlite::{
            erasure_list::ErasureList, event_ids::RecordedIds, short_transaction::ShortTransaction,
            users,
        },
    },
};

/// Whether all events of a batch will be stored and counted once the pending batches are spread,
/// if one statement can tell: they are of one page, nothing was ever erased, and either the stream
/// is new or there is one event only. Most batches of trackers are so. Several statements, and a
/// transaction around them, would take as long as writing a small batch without the flush of the
/// disk.
fn is_plainly_certain(
    conn: &Connection,
    pending: &Pending,
    batch: &Batch,
) -> rusqlite::Result<bool> {
    let Some(first) = batch.events.first() else {
        return Ok(true);
    };
    let Some(account_id) = first.event.account_id.as_deref() else {
        return Ok(false);
    };
    let (from, to) = match batch.events.len() {
        1 => (first.key, first.key),
        _ => keys_beginning_like(&first.key),
    };
    let user_id = first.event.user_id.as_str();
    let mut ids = FastSet::default();
    let is_of_page = batch.events.iter().all(|new| {
        !identifies(new)
            && new.event.account_id.as_deref() == Some(account_id)
            && new.event.user_id == user_id
            && (from..=to).contains(&new.key)
            && ids.insert(new.key)
            && !pending.has(&new.key)
    });
    if !is_of_page {
        return Ok(false);
    }
    let (is_known, known): (bool, Option<String>) = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM erasures)
                 OR EXISTS (SELECT 1 FROM event_ids WHERE key BETWEEN ?1 AND ?2),
                 (SELECT a.account_id FROM users u JOIN accounts a ON a.no = u.account_no
                  WHERE u.user_id = ?3)",
        )?
        .query_row(params![from, to, user_id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let belongs_to = pending.account_of(user_id).or(known.as_deref());
    Ok(!is_known && belongs_to.is_none_or(|known| known == account_id))
}

/// Whether an event says something about its account or user.
fn identifies(new: &NewEvent) -> bool {
    new.event.action.kind().and_then(Subject::of).is_some()
}

/// Predictions from one snapshot of the tables.
pub(super) struct Foresight<'c> {
    conn: &'c Connection,
    recorded: Option<RecordedIds<'c>>,
    /// The accounts of the users looked up so far; `None` for an unknown user.
    users: FastMap<String, Option<String>>,
    /// Is dropped after the statements that use it.
    snapshot: Option<ShortTransaction<'c>>,
}

impl<'c> Foresight<'c> {
    pub(super) fn new(conn: &'c Connection) -> Self {
        Foresight {
            conn,
            recorded: None,
            users: FastMap::default(),
            snapshot: None,
        }
    }

    /// Lets all statements from now on see the same snapshot.
    pub(super) fn share_snapshot(&mut self) -> rusqlite::Result<()> {
        if self.snapshot.is_none() {
            self.snapshot = Some(ShortTransaction::to_read(self.conn)?);
        }
        Ok(())
    }

    /// Whether all events of a batch will be stored and counted once the pending batches are
    /// spread.
    pub(super) fn is_certain(
        &mut self,
        pending: &Pending,
        batch: &Batch,
    ) -> rusqlite::Result<bool> {
        if is_plainly_certain(self.conn, pending, batch)? {
            return Ok(true);
        }
        self.share_snapshot()?;
        let mut erasures = ErasureList::read(self.conn)?;
        let mut ids = FastSet::default();
        ids.reserve(batch.events.len());
        let mut users: FastMap<&str, &str> = FastMap::default();
        for new in &batch.events {
            let event = &new.event;
            let Some(account_id) = event.account_id.as_deref().filter(|_| !identifies(new)) else {
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
            if !is_member || pending.has(&id) || !ids.insert(id) || self.is_recorded(&id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_recorded(&mut self, id: &IdKey) -> rusqlite::Result<bool> {
        let recorded = match &mut self.recorded {
            Some(recorded) => recorded,
            none => none.insert(RecordedIds::new(self.conn)?),
        };
        recorded.contains(id)
    }

    /// Whether a user belongs to an account, or will once the pending batches are spread.
    fn is_member(
        &mut self,
        pending: &Pending,
        user_id: &str,
        account_id: &str,
    ) -> rusqlite::Result<bool> {
        if let Some(claimed) = pending.account_of(user_id) {
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
