use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use crate::metrics::Metrics;

/// Requests that may wait for the writer. One group takes a few ms, so this is
/// well under a second of work; who comes later is told to come back.
const QUEUE: usize = 1024;
/// Events in one transaction. It takes a few hundred ms at most, and the log
/// stays some MB.
const GROUP_WEIGHT: usize = 10_000;
/// Requests in one transaction. Enough to share a disk flush among all
/// connections, few enough that the first does not wait long for the last.
const GROUP: usize = 256;

/// The one thread that writes.
#[derive(Debug)]
pub struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Work>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
    is_committing: Arc<AtomicBool>,
}

/// A piece of work that waits for the writer.
trait Work: Send {
    /// Does it inside a transaction. False where what it wrote is to be undone.
    fn run(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<bool>;
    /// How much it adds to a transaction, in events.
    fn weight(&self) -> usize;
    /// Answers: with what `run` gave if the transaction is committed, else
    /// with why it is not.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Task<T, F> {
    work: Option<F>,
    weight: usize,
    result: Option<T>,
    /// Whether what was written for a result is to be kept.
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
        // Whoever asked may have hung up; what was committed stays committed.
        let _ = reply.send(answer);
    }
}

impl Writer {
    pub(super) fn start(mut conn: Connection, metrics: Arc<Metrics>) -> Self {
        let is_committing = Arc::new(AtomicBool::new(true));
        let outcome = Outcomes {
            metrics: Arc::clone(&metrics),
            is_committing: Arc::clone(&is_committing),
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
                    commit(&mut conn, group, &outcome);
                }
                // The next start then has no log to replay, and a copy of the
                // file alone is whole.
                if let Err(cause) = conn.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
                    tracing::warn!(%cause, "the write-ahead log stays beside the database");
                }
            })
            .expect("a thread can be started at start-up");
        Writer {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            metrics,
            is_committing,
        }
    }

    /// Whether the last transaction was committed and there will be a next.
    pub(super) fn is_committing(&self) -> bool {
        let is_open = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|queue| !queue.is_closed());
        is_open && self.is_committing.load(Ordering::Relaxed)
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

/// Where it is noted how commits go.
struct Outcomes {
    metrics: Arc<Metrics>,
    is_committing: Arc<AtomicBool>,
}

impl Outcomes {
    fn note(&self, requests: usize, start: Instant, is_done: bool) {
        self.is_committing.store(is_done, Ordering::Relaxed);
        self.metrics
            .count_commit(requests, start.elapsed(), is_done);
    }
}

/// One transaction for the whole group. Each piece stands in a savepoint of
/// its own, so that one which fails takes nothing else with it.
fn commit(conn: &mut Connection, mut group: Vec<Box<dyn Work>>, outcome: &Outcomes) {
    let start = Instant::now();
    outcome.metrics.waiting.dec_by(group.len() as i64);
    let done = run_group(conn, &mut group);
    outcome.note(group.len(), start, done.is_ok());
    match done {
        Ok(outcomes) => {
            for (work, outcome) in group.into_iter().zip(outcomes) {
                work.answer(outcome.map_err(StoreError::Sqlite));
            }
        }
        Err(cause) => {
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
    // Taking the write lock at once: an upgrade from a read lock can fail in
    // the middle, and then everything would have to be done again.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
            // A full disk and the like concern the whole group.
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

/// Errors that lie with the machine and may pass, not with what was asked.
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
