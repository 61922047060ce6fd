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
    connection,
    entrance::Entrance,
    free_pages,
    health::Health,
    inbox::{self, Settling},
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
pub(super) struct Desk {
    conn: Connection,
    entrance: Arc<Entrance>,
    settling: Arc<Settling>,
    log: CommitLog,
}

/// Processes requests until the queue is closed and empty.
pub(super) fn run(
    desk: &Mutex<Desk>,
    entrance: &Entrance,
    requests: &Requests,
    waiting: &mpsc::Receiver<Request>,
) {
    loop {
        let due_at = entrance.front().due_at();
        let first = match due_at {
            None => waiting.recv().map_err(RecvTimeoutError::from),
            Some(due_at) => waiting.recv_timeout(due_at.saturating_duration_since(Instant::now())),
        };
        let mut desk = lock(desk);
        match first {
            Ok(first) => {
                let mut group = group_of(first, waiting);
                group.retain(|request| !matches!(request, Request::Look));
                requests.note_begun(group.len());
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
        entrance: Arc<Entrance>,
        settling: Arc<Settling>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
    ) -> Self {
        Desk {
            conn,
            entrance,
            settling,
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
                    let outcome = outcome.inspect_err(|cause| self.log.health.note(cause));
                    request.answer(outcome.map_err(StoreError::from));
                }
            }
            Err(cause) => {
                self.log.health.note(&cause);
                let cause = cause.to_string();
                for request in group {
                    request.answer(Err(StoreError::Unavailable(cause.clone())));
                }
            }
        }
    }

    /// Spreads the inbox if that is due or somebody waits for it.
    fn look_at_inbox(&mut self) {
        let asking = std::mem::take(&mut *lock(&self.settling.asking));
        let due_at = self.entrance.front().due_at();
        let is_due = due_at.is_some_and(|due_at| due_at <= Instant::now());
        if is_due || !asking.is_empty() {
            self.spread_inbox();
        }
        for asking in asking {
            let _ = asking.send(());
        }
    }

    /// Makes the file complete without its log and the inbox. The next start then has nothing to
    /// replay, and a copy of the file alone is complete.
    fn close(&mut self) {
        self.spread_inbox();
        if let Err(cause) = self.entrance.front().shred() {
            tracing::warn!(%cause, "spread batches stay in the inbox");
        }
        if let Err(cause) = (self.conn).pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::warn!(%cause, "the write-ahead log stays beside the database");
        }
    }

    /// Empties the write-ahead log, and removes what spread batches have left in the inbox. Returns
    /// false while somebody reads from one of them.
    pub(super) fn truncate_logs(&mut self) -> rusqlite::Result<bool> {
        if !self.entrance.front().shred()? {
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
        let mut front = self.entrance.front();
        // Take the write lock at once. Upgrading a read lock can fail after some requests have run,
        // and all of them would have to run again.
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        front.spread_all(&tx)?;
        if let [request] = group
            && front.is_empty()
        {
            return run_alone(tx, request);
        }
        let mut outcomes = Vec::with_capacity(group.len());
        for request in group {
            // The failure of one request does not affect the others.
            let outcome =
                savepoint::run_unless_rejected(&tx, || request.run(&tx), |is_kept| *is_kept)?;
            outcomes.push(outcome.map(|_| ()));
        }
        tx.commit()?;
        front.note_spread();
        self.entrance.notify_spread();
        Ok(outcomes)
    }

    /// Spreads the inbox in a transaction of its own. Other batches may arrive meanwhile.
    fn spread_inbox(&mut self) {
        match self.run_spreading() {
            Ok(false) => {}
            Ok(true) => self.log.health.set_committing(true),
            Err(cause) => {
                tracing::warn!(%cause, "the inbox cannot be spread; it is tried again");
                self.log.health.note(&cause);
                self.log.health.set_committing(false);
                self.entrance.front().pause();
            }
        }
        self.entrance.notify_spread();
    }

    /// Returns false when the inbox was empty.
    fn run_spreading(&mut self) -> rusqlite::Result<bool> {
        let mut front = self.entrance.front();
        let Some(generation) = front.begin_spreading()? else {
            return Ok(false);
        };
        let id = *front.file_id();
        drop(front);
        self.entrance.notify_spread();
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        inbox::spread(&tx, &id, &generation)?;
        tx.commit()?;
        self.entrance.front().end_spreading(&generation);
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
