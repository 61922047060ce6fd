//! The state that a thread needs to write the database. It runs groups of requests in transactions,
//! commits them, and moves batches from the inbox to the tables ("spreads" them). Whoever holds its
//! lock may write.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    connection, free_pages,
    health::Health,
    inbox::{self, ReadBarrier},
    inbox_gate::InboxGate,
    mutex::lock,
    requests::Requests,
    savepoint,
    write_request::Request,
};
use crate::{metrics::Metrics, store::error::StoreError};

/// Maximum weight of a transaction, in events. It takes a few hundred ms at most, and the
/// write-ahead log has a few MB.
const GROUP_WEIGHT: usize = 10_000;
/// Maximum number of requests in a transaction: enough for all connections to share one flush of
/// the disk, and few enough that the first request does not wait long for the last.
const GROUP: usize = 256;

/// What the holder needs to write.
pub(super) struct TableWriter {
    conn: Connection,
    inbox_gate: Arc<InboxGate>,
    read_barrier: Arc<ReadBarrier>,
    log: CommitLog,
}

/// Processes requests until the queue is closed and empty.
pub(super) fn run(
    table_writer: &Mutex<TableWriter>,
    inbox_gate: &InboxGate,
    requests: &Requests,
    waiting: &mpsc::Receiver<Request>,
) {
    loop {
        let due_at = inbox_gate.inbox().due_at();
        let first = match due_at {
            None => waiting.recv().map_err(RecvTimeoutError::from),
            Some(due_at) => waiting.recv_timeout(due_at.saturating_duration_since(Instant::now())),
        };
        let mut table_writer = lock(table_writer);
        match first {
            Ok(first) => {
                let mut group = group_of(first, waiting);
                group.retain(|request| !matches!(request, Request::CheckInbox));
                requests.count_begun(group.len());
                if !group.is_empty() {
                    table_writer.commit(group);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                table_writer.spread_inbox_if_due();
                table_writer.close();
                return;
            }
        }
        table_writer.spread_inbox_if_due();
    }
}

impl TableWriter {
    pub(super) fn new(
        conn: Connection,
        inbox_gate: Arc<InboxGate>,
        read_barrier: Arc<ReadBarrier>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
    ) -> Self {
        TableWriter {
            conn,
            inbox_gate,
            read_barrier,
            log: CommitLog { metrics, health },
        }
    }

    /// Runs the whole group in one transaction, commits it, and answers the requests.
    pub(super) fn commit(&mut self, mut group: Vec<Request>) {
        let start = Instant::now();
        let done = self.run_group(&mut group);
        self.log.record(group.len(), start, done.is_ok());
        match done {
            Ok(outcomes) => {
                for (request, outcome) in group.into_iter().zip(outcomes) {
                    let outcome =
                        outcome.inspect_err(|cause| self.log.health.record_failure(cause));
                    request.answer(outcome.map_err(StoreError::from));
                }
            }
            Err(cause) => {
                self.log.health.record_failure(&cause);
                let cause = cause.to_string();
                for request in group {
                    request.answer(Err(StoreError::Unavailable(cause.clone())));
                }
            }
        }
    }

    /// Spreads the inbox if that is due or somebody waits for it.
    fn spread_inbox_if_due(&mut self) {
        let waiters = std::mem::take(&mut *lock(&self.read_barrier.waiters));
        let due_at = self.inbox_gate.inbox().due_at();
        let is_due = due_at.is_some_and(|due_at| due_at <= Instant::now());
        if is_due || !waiters.is_empty() {
            self.spread_inbox();
        }
        for waiter in waiters {
            let _ = waiter.send(());
        }
    }

    /// Makes the file complete without its log and the inbox. The next start then has nothing to
    /// replay, and a copy of the file alone is complete.
    fn close(&mut self) {
        self.spread_inbox();
        if let Err(cause) = self.inbox_gate.inbox().shred() {
            tracing::warn!(%cause, "spread batches stay in the inbox");
        }
        if let Err(cause) = (self.conn).pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::warn!(%cause, "the write-ahead log stays beside the database");
        }
    }

    /// Empties the write-ahead log, and removes what spread batches have left in the inbox. Returns
    /// false while somebody reads from one of them.
    pub(super) fn truncate_logs(&mut self) -> rusqlite::Result<bool> {
        if !self.inbox_gate.inbox().shred()? {
            return Ok(false);
        }
        // Do not wait for readers, because that would block all writers: the caller tries again.
        self.conn.busy_timeout(Duration::from_millis(50))?;
        let truncated = free_pages::truncate_log(&self.conn);
        self.conn.busy_timeout(connection::BUSY_TIMEOUT)?;
        truncated
    }

    /// Runs the group. Nothing is added to the inbox until it is committed.
    fn run_group(&mut self, group: &mut [Request]) -> rusqlite::Result<Vec<Outcome>> {
        let mut inbox = self.inbox_gate.inbox();
        // Take the write lock at once. Upgrading a read lock can fail after some requests have run,
        // and all of them would have to run again.
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        inbox.spread_all(&tx)?;
        if let [request] = group
            && inbox.is_empty()
        {
            return run_alone(tx, request);
        }
        let mut outcomes = Vec::with_capacity(group.len());
        for request in group {
            // The failure of one request does not affect the others.
            let outcome = savepoint::run_unless_rejected(
                &tx,
                || request.run(&tx),
                |should_commit| *should_commit,
            )?;
            outcomes.push(outcome.map(|_| ()));
        }
        tx.commit()?;
        inbox.forget_spread();
        self.inbox_gate.notify_spread();
        Ok(outcomes)
    }

    /// Spreads the inbox in a transaction of its own. Other batches may arrive meanwhile.
    fn spread_inbox(&mut self) {
        match self.run_spreading() {
            Ok(false) => {}
            Ok(true) => self.log.health.set_committing(true),
            Err(cause) => {
                tracing::warn!(%cause, "the inbox cannot be spread; it is tried again");
                self.log.health.record_failure(&cause);
                self.log.health.set_committing(false);
                self.inbox_gate.inbox().pause();
            }
        }
        self.inbox_gate.notify_spread();
    }

    /// Returns false when the inbox was empty.
    fn run_spreading(&mut self) -> rusqlite::Result<bool> {
        let mut inbox = self.inbox_gate.inbox();
        let Some(generation) = inbox.begin_spreading()? else {
            return Ok(false);
        };
        let id = *inbox.file_id();
        drop(inbox);
        self.inbox_gate.notify_spread();
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        inbox::spread(&tx, &id, &generation)?;
        tx.commit()?;
        self.inbox_gate.inbox().end_spreading(&generation);
        Ok(true)
    }
}

/// A request, and the requests that wait behind it, up to the limits of a transaction.
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

/// Records the outcomes of commits.
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

/// Runs a single request. It needs no savepoint, because the whole transaction is rolled back if it
/// fails.
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
