//! The thread that writes.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Instant,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{error::StoreError, health::Health};
use crate::metrics::Metrics;

/// Requests that may wait for the writer. A group takes a few ms, so that all of
/// them are less than a second of work; further requests are refused.
const QUEUE: usize = 1024;
/// Events in one transaction. It takes a few hundred ms at most, and the
/// write-ahead log has a few MB.
const GROUP_WEIGHT: usize = 10_000;
/// Requests in one transaction: enough that all connections share one flush of
/// the disk, and few enough that the first does not wait long for the last.
const GROUP: usize = 256;

/// The one thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Work>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
}

/// A request that waits for the writer.
trait Work: Send {
    /// Runs it inside a transaction. Returns false when its changes must be
    /// rolled back.
    fn run(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<bool>;
    /// How much it adds to a transaction, in events.
    fn weight(&self) -> usize;
    /// Sends the result of `run` when the transaction is committed, and the error
    /// otherwise.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Task<T, F> {
    work: Option<F>,
    weight: usize,
    result: Option<T>,
    /// Whether the changes are committed, given the result.
    is_kept: fn(&T) -> bool,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work for Task<T, F>
where
    T: Send,
    F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send,
{
    fn run(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<bool> {
        let Some(work) = self.work.take() else {
            return Ok(false);
        };
        let result = work(tx)?;
        let is_kept = (self.is_kept)(&result);
        self.result = Some(result);
        Ok(is_kept)
    }

    fn weight(&self) -> usize {
        self.weight
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Task { result, reply, .. } = *self;
        let answer = committed.and_then(|()| result.ok_or(StoreError::Closed));
        // The client may have disconnected; its changes are committed anyway.
        let _ = reply.send(answer);
    }
}

impl Writer {
    pub(super) fn start(mut conn: Connection, metrics: Arc<Metrics>, health: Arc<Health>) -> Self {
        let log = CommitLog {
            metrics: Arc::clone(&metrics),
            health,
        };
        let (queue, mut waiting) = mpsc::channel::<Box<dyn Work>>(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                while let Some(first) = waiting.blocking_recv() {
                    let mut weight = first.weight();
                    let mut group = vec![first];
                    while group.len() < GROUP && weight < GROUP_WEIGHT {
                        let Ok(next) = waiting.try_recv() else {
                            break;
                        };
                        weight += next.weight();
                        group.push(next);
                    }
                    commit(&mut conn, group, &log);
                }
                // The next start has no log to replay then, and a copy of the file
                // alone is complete.
                if let Err(cause) = conn.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
                    tracing::warn!(%cause, "the write-ahead log stays beside the database");
                }
            })
            .expect("a thread can be started at start-up");
        Writer {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            metrics,
        }
    }

    /// Whether the writer takes more.
    pub(super) fn is_open(&self) -> bool {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|queue| !queue.is_closed())
    }

    pub(super) async fn write<T, F>(
        &self,
        weight: usize,
        work: F,
        is_kept: fn(&T) -> bool,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Box::new(Task {
            work: Some(work),
            weight,
            result: None,
            is_kept,
            reply,
        });
        {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queue.as_ref().ok_or(StoreError::Closed)?;
            queue.try_send(task).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
            self.metrics.waiting.inc();
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
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

/// Runs the whole group in one transaction. Each request has a savepoint of its
/// own, so that a failure of one affects no other.
fn commit(conn: &mut Connection, mut group: Vec<Box<dyn Work>>, log: &CommitLog) {
    let start = Instant::now();
    log.metrics.waiting.dec_by(group.len() as i64);
    let done = run_group(conn, &mut group);
    log.record(group.len(), start, done.is_ok());
    match done {
        Ok(outcomes) => {
            for (work, outcome) in group.into_iter().zip(outcomes) {
                let outcome = outcome.inspect_err(|cause| log.health.note(cause));
                work.answer(outcome.map_err(StoreError::from));
            }
        }
        Err(cause) => {
            log.health.note(&cause);
            let cause = cause.to_string();
            for work in group {
                work.answer(Err(StoreError::Unavailable(cause.clone())));
            }
        }
    }
}

const RELEASE: &str = "RELEASE work";
const UNDO: &str = "ROLLBACK TO work; RELEASE work";

type Outcome = Result<(), rusqlite::Error>;

fn run_group(conn: &mut Connection, group: &mut [Box<dyn Work>]) -> rusqlite::Result<Vec<Outcome>> {
    // The write lock is taken at once: upgrading a read lock can fail after some
    // requests have run, and all of them would have to run again.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let [work] = group {
        return run_alone(tx, work.as_mut());
    }
    let mut outcomes = Vec::with_capacity(group.len());
    for work in group {
        tx.execute_batch("SAVEPOINT work")?;
        let outcome = catch_unwind(AssertUnwindSafe(|| work.run(&tx)))
            .unwrap_or(Err(rusqlite::Error::InvalidQuery));
        match outcome {
            Ok(is_kept) => {
                tx.execute_batch(if is_kept { RELEASE } else { UNDO })?;
                outcomes.push(Ok(()));
            }
            // A full disk and similar errors affect the whole group.
            Err(cause) if tx.is_autocommit() || is_environment(&cause) => return Err(cause),
            Err(cause) => {
                tx.execute_batch(UNDO)?;
                outcomes.push(Err(cause));
            }
        }
    }
    tx.commit()?;
    Ok(outcomes)
}

/// Runs a single request, which needs no savepoint: the whole transaction is rolled
/// back with it.
fn run_alone(tx: Transaction<'_>, work: &mut dyn Work) -> rusqlite::Result<Vec<Outcome>> {
    let outcome = catch_unwind(AssertUnwindSafe(|| work.run(&tx)))
        .unwrap_or(Err(rusqlite::Error::InvalidQuery));
    match outcome {
        Ok(true) => tx.commit()?,
        Ok(false) => tx.rollback()?,
        Err(cause) if tx.is_autocommit() || is_environment(&cause) => return Err(cause),
        Err(cause) => {
            tx.rollback()?;
            return Ok(vec![Err(cause)]);
        }
    }
    Ok(vec![Ok(())])
}

/// Whether an error is caused by the machine and may pass, rather than by the
/// request.
fn is_environment(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::*;
    matches!(
        cause.sqlite_error_code(),
        Some(
            DiskFull
                | DatabaseBusy
                | DatabaseLocked
                | SystemIoFailure
                | OutOfMemory
                | ReadOnly
                | CannotOpen
                | PermissionDenied
                | OperationInterrupted
        )
    )
}
