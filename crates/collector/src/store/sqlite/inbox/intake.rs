//! Writes batches into the inbox, and decides which of them may wait there.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, Transaction};

use super::{
    ReadBarrier,
    file::{self, InboxFile, InboxId},
    foresight::Foresight,
    pending::{Generation, Pending},
    spreading::{spread, spread_to},
};
use crate::{
    metrics::Metrics,
    store::{
        batch::BatchOutcome,
        sqlite::{pace::Pace, readers, savepoint, write_request::BatchTask},
    },
};

/// The most bytes of a batch that may wait. A larger batch has enough events to share the cost of a
/// commit.
const MOST_BYTES_OF_BATCH: usize = 128 * 1024;
/// The room that a file of bounded size keeps free for each waiting byte. Tables and indexes take
/// more room than the lines, and an event for which there is no room could not be queried.
const ROOM_FOR_A_BYTE: usize = 16;
/// The room that such a file keeps free in any case, in bytes.
pub(super) const ROOM: usize = 1024 * 1024;
/// How long to wait before spreading is tried again after it failed, for example because the disk
/// is full.
const PAUSE: Duration = Duration::from_secs(1);

/// The inbox. Only whoever holds its lock adds batches, or records that batches were spread.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Inbox {
    file: InboxFile,
    /// Reads the tables while the writer changes them.
    reader: Connection,
    pending: Pending,
    /// The version of the file that `pending` holds, and the number of the last batch; `None` when
    /// they have to be read again.
    read_at: Option<(i64, i64)>,
    /// The number of the last batch whose row is no longer needed.
    spread_to: Option<i64>,
    pace: Pace,
    /// The most pages of a database of bounded size.
    most_pages: Option<i64>,
    read_barrier: Arc<ReadBarrier>,
    metrics: Arc<Metrics>,
}

/// The decision about a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchDecision {
    /// It waits in the inbox.
    Buffered,
    /// It is stored directly, without the inbox.
    Direct,
    /// The inbox is full. It takes the batch once others are spread.
    Deferred,
}

/// Batches that the inbox did not take.
#[derive(Debug, Default)]
pub(in crate::store::sqlite) struct RemainingBatches {
    /// Those to store directly.
    pub(in crate::store::sqlite) direct: Vec<BatchTask>,
    /// Those to offer again once others are spread.
    pub(in crate::store::sqlite) deferred: Vec<BatchTask>,
}

impl Inbox {
    /// Opens the inbox beside a database.
    ///
    /// # Errors
    /// Fails when one of the files cannot be opened.
    pub(in crate::store::sqlite) fn new(
        db: &Path,
        file: InboxFile,
        most_pages: Option<i64>,
        read_barrier: Arc<ReadBarrier>,
        metrics: Arc<Metrics>,
    ) -> rusqlite::Result<Self> {
        file.wait_for_nobody()?;
        Ok(Inbox {
            file,
            reader: readers::open(db)?,
            pending: Pending::default(),
            read_at: None,
            spread_to: None,
            pace: Pace::default(),
            most_pages,
            read_barrier,
            metrics,
        })
    }

    /// Writes the batches that may wait, and answers them. Returns the others.
    pub(in crate::store::sqlite) fn take(&mut self, group: Vec<BatchTask>) -> RemainingBatches {
        let start = Instant::now();
        let mut is_fast = false;
        for _ in &group {
            is_fast = self.pace.is_high(start);
        }
        let mut remaining = RemainingBatches::default();
        if !is_fast {
            remaining.direct = group;
            return remaining;
        }
        let decisions = savepoint::caught(|| self.store(&group)).unwrap_or_else(|cause| {
            // For example, the disk is full. Storing the batches directly will report the cause.
            tracing::debug!(%cause, "the inbox takes nothing");
            self.invalidate(None);
            vec![BatchDecision::Direct; group.len()]
        });
        let count = decisions
            .iter()
            .filter(|decision| **decision == BatchDecision::Buffered)
            .count();
        if count > 0 {
            self.metrics.count_commit(count, start.elapsed(), true);
            self.update_read_barrier();
        }
        for (mut task, decision) in group.into_iter().zip(decisions) {
            match decision {
                BatchDecision::Buffered => {
                    task.outcome = Some(BatchOutcome {
                        accepted: task.batch.events.len() as u64,
                        ..BatchOutcome::default()
                    });
                    task.answer(Ok(()));
                }
                BatchDecision::Direct => remaining.direct.push(task),
                BatchDecision::Deferred => remaining.deferred.push(task),
            }
        }
        remaining
    }

    /// Writes the batches that may wait, and returns the decision about each batch.
    pub(super) fn store(&mut self, group: &[BatchTask]) -> rusqlite::Result<Vec<BatchDecision>> {
        let tx = match self.file.lock() {
            // A command is changing the database. Meanwhile, batches are stored directly.
            Err(cause) if is_busy(&cause) => return Ok(vec![BatchDecision::Direct; group.len()]),
            locked => locked?,
        };
        let mut last = refresh(
            &self.file,
            &self.reader,
            &mut self.pending,
            &mut self.read_at,
        )?;
        if let Some(number) = self.spread_to {
            file::delete(&tx, number)?;
        }
        let mut foresight = Foresight::new(&self.reader);
        if group.len() > 1 {
            foresight.share_snapshot()?;
        }
        let mut decisions = Vec::with_capacity(group.len());
        for BatchTask { batch, .. } in group {
            if self.pending.is_full() {
                decisions.push(BatchDecision::Deferred);
                continue;
            }
            let may_wait = batch.lines.len() <= MOST_BYTES_OF_BATCH
                && has_room(
                    &self.reader,
                    self.most_pages,
                    self.pending.bytes() + batch.lines.len(),
                )?
                && foresight.is_certain(&self.pending, batch)?;
            if may_wait {
                last += 1;
                file::insert(&tx, last, batch)?;
                self.pending.push(last, Arc::clone(batch));
            }
            decisions.push(if may_wait {
                BatchDecision::Buffered
            } else {
                BatchDecision::Direct
            });
        }
        if !decisions.contains(&BatchDecision::Buffered) {
            return Ok(decisions);
        }
        tx.commit()?;
        self.spread_to = None;
        self.read_at = self.read_at.map(|(version, _)| (version, last));
        Ok(decisions)
    }

    /// Whether all batches are in the tables.
    pub(in crate::store::sqlite) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether batches have to be spread before it takes another.
    pub(in crate::store::sqlite) fn is_full(&self) -> bool {
        self.pending.is_full()
    }

    /// The latest time for spreading it; `None` while nothing waits.
    pub(in crate::store::sqlite) fn due_at(&self) -> Option<Instant> {
        self.pending.due_at()
    }

    /// Spreads all batches in a transaction that also makes another change. The caller keeps the
    /// lock of the inbox until the commit, and then calls [`Inbox::forget_spread`].
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(in crate::store::sqlite) fn spread_all(
        &mut self,
        tx: &Transaction<'_>,
    ) -> rusqlite::Result<()> {
        self.refresh()?;
        let generations: Vec<_> = self.pending.generations().collect();
        // Those that are being spread are older.
        let batches = generations
            .iter()
            .rev()
            .flat_map(|generation| generation.batches());
        spread(tx, self.file.id(), batches)
    }

    /// Forgets the waiting batches, after the transaction of [`Inbox::spread_all`] was committed.
    pub(in crate::store::sqlite) fn forget_spread(&mut self) {
        if let Some((_, last)) = self.read_at {
            self.spread_to = Some(last);
        }
        self.pending.forget_until(None);
        self.update_read_barrier();
    }

    /// Starts spreading the waiting batches, and returns them. Others may be taken meanwhile.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(in crate::store::sqlite) fn begin_spreading(
        &mut self,
    ) -> rusqlite::Result<Option<Arc<Generation>>> {
        // A batch that another process added comes before those that are taken from now on.
        self.refresh()?;
        let taken = self.pending.begin_spreading();
        self.update_read_barrier();
        Ok(taken)
    }

    /// Records that the batches from [`Inbox::begin_spreading`] are in the tables.
    pub(in crate::store::sqlite) fn end_spreading(&mut self, spread: &Generation) {
        self.spread_to = spread.batches().last().map(|last| last.number);
        self.pending.end_spreading();
        self.update_read_barrier();
    }

    /// Reads the batches again after a pause, because they could not be spread.
    pub(in crate::store::sqlite) fn pause(&mut self) {
        self.invalidate(Some(Instant::now() + PAUSE));
    }

    fn invalidate(&mut self, due_at: Option<Instant>) {
        self.read_at = None;
        self.pending
            .forget_until(Some(due_at.unwrap_or_else(Instant::now)));
        self.update_read_barrier();
    }

    /// Identifies the inbox file.
    pub(in crate::store::sqlite) fn file_id(&self) -> &InboxId {
        self.file.id()
    }

    /// Overwrites what spread batches left in the file. Returns false while somebody reads from it.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(in crate::store::sqlite) fn shred(&mut self) -> rusqlite::Result<bool> {
        let number = spread_to(&self.reader, self.file.id())?;
        match self.file.shred(number) {
            Err(cause) if is_busy(&cause) => Ok(false),
            shredded => shredded,
        }
    }

    fn refresh(&mut self) -> rusqlite::Result<()> {
        refresh(
            &self.file,
            &self.reader,
            &mut self.pending,
            &mut self.read_at,
        )?;
        Ok(())
    }

    /// Records whether queries have to wait for spreading.
    fn update_read_barrier(&self) {
        let has_waiting = !self.is_empty();
        (self.read_barrier.has_waiting).store(has_waiting, Ordering::Release);
    }
}

/// Reads the batches again if another process has changed the file. Returns the number of the last
/// batch.
fn refresh(
    file: &InboxFile,
    reader: &Connection,
    pending: &mut Pending,
    read_at: &mut Option<(i64, i64)>,
) -> rusqlite::Result<i64> {
    let version = file.version()?;
    if let Some((known, last)) = *read_at
        && known == version
    {
        return Ok(last);
    }
    let mut last = spread_to(reader, file.id())?;
    pending.forget_until(None);
    for waiting in file.read_after(last)? {
        last = waiting.number;
        pending.push(last, waiting.batch);
    }
    *read_at = Some((version, last));
    Ok(last)
}

/// Whether a file of bounded size has room to spread lines of `bytes`. Whether the disk has that
/// room is unknown; if it has not, the events wait.
fn has_room(conn: &Connection, most_pages: Option<i64>, bytes: usize) -> rusqlite::Result<bool> {
    let Some(most) = most_pages else {
        return Ok(true);
    };
    let pragma = |sql: &str| -> rusqlite::Result<i64> {
        conn.prepare_cached(sql)?.query_row([], |row| row.get(0))
    };
    let free = (most - pragma("PRAGMA page_count")?) * pragma("PRAGMA page_size")?;
    let needed = ROOM + ROOM_FOR_A_BYTE * bytes;
    Ok(usize::try_from(free).is_ok_and(|free| free >= needed))
}

/// Whether another process holds a lock.
fn is_busy(cause: &rusqlite::Error) -> bool {
    let code = cause.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
