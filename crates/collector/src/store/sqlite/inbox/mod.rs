//! The inbox: batches that are on disk and not spread over the other tables yet.
//!
//! An event is in a dozen tables and indexes, and each page that a commit changes
//! costs it time. So while batches arrive in quick succession, a batch is stored as
//! the lines that it came as, which is one row at the end of one table, and its
//! client is answered. The writer spreads the batches of the inbox over the other
//! tables together, a moment later and before anything is asked or changed.
//!
//! **Invariant:** what a client was answered is what the spreading makes of its
//! batch. So only a batch of which this is known beforehand waits here: its events
//! are new and not erased, their users are unknown or belong to the account that the
//! event names, and none of them identifies anybody. All other batches, and
//! everything else that is written, find the inbox empty.
//!
//! **Invariant:** the rows are the truth, and what is kept in memory is only what
//! was read from them: a crash, or another process that spreads them, changes
//! nothing.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use natero_event::received::lines;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{
    erasure_list::ErasureList,
    event_ids::NotedIds,
    events::{self, BatchWriter},
    health::is_damage,
    identify::Subject,
    refusals, savepoint, users,
};
use crate::{
    model::keys::SourceId,
    store::{
        batch::BatchOutcome,
        event_key::{IdKey, IdScope},
        keys::Source,
        new_event::NewEvent,
        refused_lines::RefusedLines,
    },
};

/// With so many events it is spread at once. That takes some tens of ms, for which a
/// question may have to wait.
const ENOUGH_EVENTS: usize = 2_000;
/// With so many bytes of lines it is spread at once: they are in memory, too.
const ENOUGH_BYTES: usize = 2 * 1024 * 1024;
/// How much more may wait, because the batches of one transaction share it.
const MOST: usize = 2;
/// Bytes of a batch that may wait: the events of a larger one share what storing
/// them costs.
const MOST_BYTES_OF_BATCH: usize = 128 * 1024;
/// Room that a file of bounded size keeps free for spreading, for each byte of lines that
/// waits: tables and indexes take more than the lines, and what does not fit in the end
/// could not be asked for.
const ROOM_FOR_A_BYTE: usize = 16;
/// Room that it keeps free in any case.
const ROOM: usize = 1024 * 1024;
/// Pages that SQLite allows a file of which nobody bounds the size.
const UNBOUNDED: u32 = u32::MAX - 1;
/// How long a batch waits while nobody asks: long enough for many batches, and short
/// for programs that read the file.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// How long the inbox is left alone after it could not be spread, as on a full disk.
const PAUSE: Duration = Duration::from_secs(1);

/// A batch of valid events.
#[derive(Debug)]
pub struct Batch {
    /// Its events.
    pub events: Vec<NewEvent>,
    /// The lines that they were read from.
    pub lines: Vec<u8>,
    /// Who sent it.
    pub source: Source,
    /// When it arrived, in ms since the Unix epoch.
    pub received_at: i64,
}

/// A batch of the inbox.
#[derive(Debug)]
struct Waiting {
    row: i64,
    batch: Arc<Batch>,
}

/// The inbox as the writer knows it.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// The state of the file in which the rows were read; `None` when they have to
    /// be read again.
    read_at: Option<i64>,
    waiting: Vec<Waiting>,
    /// The ids of its events.
    ids: HashSet<IdKey>,
    /// The users of its events, and the account to which each belongs.
    users: HashMap<String, String>,
    bytes: usize,
    due_at: Option<Instant>,
    /// Whether the file may grow for as long as the disk has room.
    is_unbounded: bool,
}

impl Inbox {
    /// The inbox of a file. The most pages that the file may have do not change while it is
    /// open.
    pub(super) fn new(conn: &Connection) -> Self {
        let most = conn.pragma_query_value(None, "max_page_count", |row| row.get(0));
        Inbox {
            is_unbounded: most.is_ok_and(|most: u32| most >= UNBOUNDED),
            ..Inbox::default()
        }
    }

    /// Reads the rows unless they are known. Another process may have changed them.
    pub(super) fn refresh(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let version = tx
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.read_at == Some(version) {
            return Ok(());
        }
        self.forget();
        let mut statement = tx.prepare_cached(
            "SELECT i.no, i.source_id, i.received_at, i.lines, IFNULL(s.trusted, 0)
             FROM inbox i LEFT JOIN sources s ON s.id = i.source_id ORDER BY i.no",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let lines = row.get_ref(3)?.as_blob()?;
            let scope = IdScope::of(row.get(4)?);
            let batch = Batch::read(lines, row.get(1)?, scope, row.get(2)?);
            self.push(row.get(0)?, Arc::new(batch));
        }
        self.read_at = Some(version);
        Ok(())
    }

    /// Makes the next [`Inbox::refresh`] read the rows, after a pause at the latest:
    /// those in memory are of a transaction that was not committed.
    pub(super) fn invalidate(&mut self) {
        self.read_at = None;
        self.due_at = Some(Instant::now() + PAUSE);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When it has to be looked at and spread at the latest; `None` while it is empty.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.due_at
    }

    /// Stores a batch and says what becomes of it. `None` when it is not one that may
    /// wait: nothing was written, and the inbox has to be spread before it is stored.
    pub(super) fn take(
        &mut self,
        tx: &Transaction<'_>,
        batch: &Arc<Batch>,
    ) -> rusqlite::Result<Option<BatchOutcome>> {
        let is_full = self.ids.len() >= MOST * ENOUGH_EVENTS
            || self.bytes >= MOST * ENOUGH_BYTES
            || batch.lines.len() > MOST_BYTES_OF_BATCH;
        if is_full || !self.has_room(tx, batch)? || !self.foresees(tx, batch)? {
            return Ok(None);
        }
        tx.prepare_cached("INSERT INTO inbox (source_id, received_at, lines) VALUES (?1, ?2, ?3)")?
            .execute(params![batch.source.id, batch.received_at, batch.lines])?;
        self.push(tx.last_insert_rowid(), Arc::clone(batch));
        Ok(Some(BatchOutcome {
            accepted: batch.events.len() as u64,
            ..BatchOutcome::default()
        }))
    }

    /// Whether the file may grow by what spreading the batch, too, will take. That the disk
    /// has room for it nobody knows: where it has not, the events wait in the inbox.
    fn has_room(&self, tx: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<bool> {
        if self.is_unbounded {
            return Ok(true);
        }
        let pragma = |sql: &str| -> rusqlite::Result<usize> {
            let number = tx.prepare_cached(sql)?.query_row([], |row| row.get(0));
            number.map(|number: i64| usize::try_from(number).unwrap_or_default())
        };
        let most = pragma("PRAGMA max_page_count")?;
        let free = most.saturating_sub(pragma("PRAGMA page_count")?);
        let needed = ROOM + ROOM_FOR_A_BYTE * (self.bytes + batch.lines.len());
        Ok(free.saturating_mul(pragma("PRAGMA page_size")?) >= needed)
    }

    /// Whether all events of a batch will be stored and counted.
    fn foresees(&mut self, tx: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<bool> {
        let mut erasures = ErasureList::read(tx)?;
        let mut noted = NotedIds::new(tx)?;
        let mut ids = HashSet::with_capacity(batch.events.len());
        for new in &batch.events {
            let event = &new.event;
            let identifies = event.action.kind().and_then(Subject::of).is_some();
            let Some(account_id) = event.account_id.as_ref().filter(|_| !identifies) else {
                return Ok(false);
            };
            if erasures.erased_owner(tx, new)?.is_some()
                || !self.is_member(tx, &event.user_id, account_id)?
            {
                return Ok(false);
            }
            let id = new.key;
            if self.ids.contains(&id) || !ids.insert(id) || noted.contains(&id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a user belongs to an account, or will once the inbox is spread.
    fn is_member(
        &mut self,
        tx: &Transaction<'_>,
        user_id: &str,
        account_id: &str,
    ) -> rusqlite::Result<bool> {
        if let Some(belongs_to) = self.users.get(user_id) {
            return Ok(belongs_to == account_id);
        }
        let belongs_to = users::account_id(tx, user_id)?;
        let belongs_to = belongs_to.unwrap_or_else(|| account_id.to_owned());
        let is_member = belongs_to == account_id;
        self.users.insert(user_id.to_owned(), belongs_to);
        Ok(is_member)
    }

    fn push(&mut self, row: i64, batch: Arc<Batch>) {
        for NewEvent { key, event, .. } in &batch.events {
            self.ids.insert(*key);
            if let Some(account_id) = &event.account_id
                && !self.users.contains_key(&event.user_id)
            {
                let (user, account) = (event.user_id.clone(), account_id.clone());
                self.users.insert(user, account);
            }
        }
        self.bytes += batch.lines.len();
        self.waiting.push(Waiting { row, batch });
        let is_enough = self.ids.len() >= ENOUGH_EVENTS || self.bytes >= ENOUGH_BYTES;
        let wait = if is_enough {
            Duration::ZERO
        } else {
            LONGEST_WAIT
        };
        let due_at = Instant::now() + wait;
        self.due_at = Some(self.due_at.map_or(due_at, |earlier| earlier.min(due_at)));
    }

    /// Spreads the batches over the tables, and forgets what it knows of the rows
    /// of users: the transaction may go on to change them.
    ///
    /// # Errors
    /// When the file cannot be written. A batch that fails by itself stays in the
    /// table, and is tried again when the rows are read again.
    pub(super) fn spread(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let all: Vec<_> = self.waiting.iter().collect();
        if !all.is_empty() && !is_spread(tx, &all)? {
            for one in all {
                if !is_spread(tx, &[one])? {
                    tracing::error!(row = one.row, "a batch stays in the inbox");
                }
            }
        }
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.ids.clear();
        self.users.clear();
        self.bytes = 0;
        self.due_at = None;
    }
}

impl Batch {
    /// Stores it without the inbox, and counts the lines that the store refuses.
    pub(super) fn insert(&self, tx: &Transaction<'_>) -> rusqlite::Result<BatchOutcome> {
        let outcome = events::insert_batch(tx, &self.events, &[], &self.source, self.received_at)?;
        let mut refused = RefusedLines::default();
        outcome.count_refused(&mut refused);
        refusals::record(tx, self.source.id, refused, self.received_at)?;
        Ok(outcome)
    }

    /// Reads a row. Its lines were valid when it was written.
    fn read(text: &[u8], source: SourceId, scope: IdScope, received_at: i64) -> Self {
        let events = lines(text).filter_map(|line| {
            NewEvent::read(&line, scope, received_at)
                .inspect_err(|cause| tracing::error!(%cause, "a line of the inbox is invalid"))
                .ok()
        });
        Batch {
            events: events.collect(),
            lines: text.to_owned(),
            // Nothing in the inbox identifies anybody, so no right of the source counts.
            source: Source {
                id: source,
                trusted: scope == IdScope::Trusted,
                allow_hierarchy: false,
                origins: Vec::new(),
            },
            received_at,
        }
    }
}

/// Spreads batches, or changes nothing where one of them fails by itself.
fn is_spread(tx: &Transaction<'_>, batches: &[&Waiting]) -> rusqlite::Result<bool> {
    match savepoint::run(tx, || spread(tx, batches))? {
        Ok(()) => Ok(true),
        Err(cause) if is_damage(&cause) => Err(cause),
        Err(cause) => {
            tracing::warn!(%cause, batches = batches.len(), "the inbox cannot be spread as a whole");
            Ok(false)
        }
    }
}

/// Spreads batches and removes their rows.
fn spread(tx: &Transaction<'_>, batches: &[&Waiting]) -> rusqlite::Result<()> {
    let mut writer = BatchWriter::new(tx)?;
    for Waiting { batch, .. } in batches {
        writer.add(&batch.events, &batch.source, batch.received_at)?;
    }
    writer.finish()?;
    // Pages that this frees keep their lines until they are used again, or somebody is
    // erased: see `free_pages.rs`.
    let mut delete = tx.prepare_cached("DELETE FROM inbox WHERE no = ?1")?;
    for Waiting { row, .. } in batches {
        delete.execute([row])?;
    }
    Ok(())
}

/// Spreads the inbox of a file that the caller has just opened.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn settle(conn: &mut Connection) -> rusqlite::Result<()> {
    if !conn.prepare("SELECT 1 FROM inbox")?.exists([])? {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut inbox = Inbox::default();
    inbox.refresh(&tx)?;
    inbox.spread(&tx)?;
    tx.commit()
}
