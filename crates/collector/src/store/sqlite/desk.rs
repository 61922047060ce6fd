//! The writer's desk: runs groups of requests in transactions, commits them, and spreads
//! the inbox. Whoever holds it writes.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{
    connection, free_pages, health::Health, inbox::Inbox, pace::Pace, savepoint,
    write_request::Request,
};
use crate::{metrics::Metrics, store::error::StoreError};

/// Events in one transaction. It takes a few hundred ms at most, and the
/// write-ahead log has a few MB.
const GROUP_WEIGHT: usize = 10_000;
/// Requests in one transaction: enough that all connections share one flush of
/// the disk, and few enough that the first does not wait long for the last.
const GROUP: usize = 256;
/// Events of a transaction that the inbox may take. More of them share what it costs to
/// store them, and would only be written twice.
const MOST_FOR_INBOX: usize = 128;

/// Who waits for the inbox to be spread.
#[derive(Debug, Default)]
pub(super) struct Settling {
    /// Whether batches that were answered are in the inbox.
    pub(super) has_waiting: AtomicBool,
    pub(super) asking: Mutex<Vec<oneshot::Sender<()>>>,
}

/// Ignores poisoning: what is behind the locks is replaced as a whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What whoever writes works with.
pub(super) struct Desk {
    conn: Connection,
    pub(super) inbox: Inbox,
    pace: Pace,
    settling: Arc<Settling>,
    log: CommitLog,
}

/// Works until the queue is closed and empty.
pub(super) fn run(desk: &Mutex<Desk>, waiting: &mpsc::Receiver<Request>) {
    loop {
        let due_at = lock(desk).inbox.due_at();
        let first = match due_at {
            None => waiting.recv().map_err(RecvTimeoutError::from),
            Some(due_at) => waiting.recv_timeout(due_at.saturating_duration_since(Instant::now())),
        };
        let mut desk = lock(desk);
        match first {
            Ok(first) => {
                let mut group = group_of(first, waiting);
                group.retain(|request| !matches!(request, Request::Look));
                desk.log.metrics.waiting.dec_by(group.len() as i64);
                if !group.is_empty() {
                    desk.commit(group);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                desk.look_at_inbox();
                desk.close();
                return;
            }
        }
        desk.look_at_inbox();
    }
}

impl Desk {
    pub(super) fn new(
        conn: Connection,
        settling: Arc<Settling>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
    ) -> Self {
        Desk {
            inbox: Inbox::new(&conn),
            conn,
            pace: Pace::default(),
            settling,
            log: CommitLog { metrics, health },
        }
    }

    /// Runs the whole group in one transaction, commits it and answers.
    pub(super) fn commit(&mut self, mut group: Vec<Request>) {
        let start = Instant::now();
        let done = self.run_group(&mut group);
        self.log.record(group.len(), start, done.is_ok());
        match done {
            Ok(outcomes) => {
                self.note_inbox();
                for (request, outcome) in group.into_iter().zip(outcomes) {
                    let outcome = outcome.inspect_err(|cause| self.log.health.note(cause));
                    request.answer(outcome.map_err(StoreError::from));
                }
            }
            Err(cause) => {
                self.inbox.invalidate();
                self.log.health.note(&cause);
                let cause = cause.to_string();
                for request in group {
                    request.answer(Err(StoreError::Unavailable(cause.clone())));
                }
            }
        }
    }

    /// Spreads the inbox if it is due or somebody waits for that.
    fn look_at_inbox(&mut self) {
        let asking = std::mem::take(&mut *lock(&self.settling.asking));
        let is_due = (self.inbox.due_at()).is_some_and(|due_at| due_at <= Instant::now());
        if is_due || !asking.is_empty() {
            self.spread_inbox();
        }
        for asking in asking {
            let _ = asking.send(());
        }
    }

    /// Leaves a file that is complete without its log: the next start has none to
    /// replay then, and a copy of the file alone is whole.
    fn close(&mut self) {
        if self.inbox.due_at().is_some() {
            self.spread_inbox();
        }
        if let Err(cause) = (self.conn).pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::warn!(%cause, "the write-ahead log stays beside the database");
        }
    }

    /// Empties the write-ahead log. Returns false while somebody reads from it.
    pub(super) fn truncate_log(&mut self) -> rusqlite::Result<bool> {
        // Nobody writes meanwhile: it is tried again rather than waited for.
        self.conn.busy_timeout(Duration::from_millis(50))?;
        let truncated = free_pages::truncate_log(&self.conn);
        self.conn.busy_timeout(connection::BUSY_TIMEOUT)?;
        truncated
    }

    fn run_group(&mut self, group: &mut [Request]) -> rusqlite::Result<Vec<Outcome>> {
        // The write lock is taken at once: upgrading a read lock can fail after some
        // requests have run, and all of them would have to run again.
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.inbox.refresh(&tx)?;
        let is_fast = group.iter().fold(false, |is_fast, request| match request {
            Request::Batch(_) => self.pace.is_high(Instant::now()),
            Request::Work(_) | Request::Look => is_fast,
        });
        let weight: usize = group.iter().map(Request::weight).sum();
        let is_fast = is_fast && weight <= MOST_FOR_INBOX;
        if let [request] = group
            && self.inbox.is_empty()
            && !(is_fast && matches!(request, Request::Batch(_)))
        {
            return run_alone(tx, request);
        }
        let mut outcomes = Vec::with_capacity(group.len());
        for request in group {
            if let Request::Batch(task) = request
                && is_fast
            {
                task.outcome = savepoint::caught(|| self.inbox.take(&tx, &task.batch))?;
                if task.outcome.is_some() {
                    outcomes.push(Ok(()));
                    continue;
                }
            }
            self.inbox.spread(&tx)?;
            // A failure of one request affects no other.
            let outcome =
                savepoint::run_unless_rejected(&tx, || request.run(&tx), |is_kept| *is_kept)?;
            outcomes.push(outcome.map(|_| ()));
        }
        tx.commit()?;
        Ok(outcomes)
    }

    /// Spreads the inbox in a transaction of its own.
    fn spread_inbox(&mut self) {
        match self.run_spreading() {
            Ok(()) => self.note_inbox(),
            Err(cause) => {
                tracing::warn!(%cause, "the inbox cannot be spread; it is tried again");
                self.log.health.note(&cause);
                self.log.health.set_committing(false);
                self.inbox.invalidate();
            }
        }
    }

    fn run_spreading(&mut self) -> rusqlite::Result<()> {
        let Desk { conn, inbox, .. } = self;
        // Its rows are on disk. A power cut that takes the transaction back leaves
        // them there, so that it needs no flush.
        connection::without_flush(conn, |conn| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            inbox.refresh(&tx)?;
            inbox.spread(&tx)?;
            tx.commit()
        })
    }

    /// Tells readers whether they have to wait.
    fn note_inbox(&self) {
        let has_waiting = !self.inbox.is_empty();
        (self.settling.has_waiting).store(has_waiting, Ordering::Release);
    }
}

/// A request and those that wait behind it.
fn group_of(first: Request, waiting: &mpsc::Receiver<Request>) -> Vec<Request> {
    let mut weight = first.weight();
    let mut group = vec![first];
    while group.len() < GROUP && weight < GROUP_WEIGHT {
        let Ok(next) = waiting.try_recv() else {
            break;
        };
        weight += next.weight();
        group.push(next);
    }
    group
}

/// Records the outcome of commits.
struct CommitLog {
    metrics: Arc<Metrics>,
    health: Arc<Health>,
}

impl CommitLog {
    fn record(&self, requests: usize, start: Instant, is_done: bool) {
        self.health.set_committing(is_done);
        self.metrics
            .count_commit(requests, start.elapsed(), is_done);
    }
}

type Outcome = Result<(), rusqlite::Error>;

/// Runs a single request, which needs no savepoint: the whole transaction is rolled
/// back with it.
fn run_alone(tx: Transaction<'_>, request: &mut Request) -> rusqlite::Result<Vec<Outcome>> {
    match savepoint::caught(|| request.run(&tx)) {
        Ok(true) => tx.commit()?,
        Ok(false) => tx.rollback()?,
        Err(cause) if tx.is_autocommit() || savepoint::is_environment(&cause) => return Err(cause),
        Err(cause) => {
            tx.rollback()?;
            return Ok(vec![Err(cause)]);
        }
    }
    Ok(vec![Ok(())])
}
