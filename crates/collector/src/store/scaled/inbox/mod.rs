//! The inbox: waiting batches share a transaction, and are answered after its commit.

mod fate;
mod members;
mod rows;
mod write;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadpool_postgres::Pool;
use tokio::{
    sync::{Mutex as AsyncMutex, mpsc, oneshot},
    task::JoinHandle,
};

pub(super) use fate::day_of;

use super::{
    failure::{Failure, Result},
    retry::retried,
    timeouts::in_time,
};
use crate::{
    metrics::Metrics,
    store::{
        batch::{Batch, BatchOutcome},
        error::StoreError,
    },
};

/// Number of transactions in which one collector stores batches concurrently: while one is flushed
/// to disk, the next is filled.
const WRITERS: usize = 2;

/// Maximum number of waiting batches. More would wait longer than a page does.
const MOST_WAITING: usize = 512;

/// Maximum number of events of a transaction, unless a single batch has more.
const MOST_EVENTS: usize = 4000;

/// Time limit for a transaction. The largest batch takes a fraction of it.
const LIMIT: Duration = Duration::from_secs(60);

/// A batch that waits to be stored.
struct Waiting {
    batch: Batch,
    answer: oneshot::Sender<std::result::Result<BatchOutcome, StoreError>>,
}

/// Takes batches and stores them in groups.
#[derive(Debug)]
pub(super) struct Inbox {
    /// `None` once the inbox is closed.
    waiting: Mutex<Option<mpsc::Sender<Waiting>>>,
    writers: Mutex<Vec<JoinHandle<()>>>,
    is_committing: Arc<AtomicBool>,
}

impl Inbox {
    /// Starts the tasks that store batches.
    pub(super) fn start(pool: &Pool, metrics: Arc<Metrics>) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let receiver = Arc::new(AsyncMutex::new(receiver));
        let is_committing = Arc::new(AtomicBool::new(true));
        let writers = (0..WRITERS).map(|_| {
            let (pool, receiver) = (pool.clone(), Arc::clone(&receiver));
            let (is_committing, metrics) = (Arc::clone(&is_committing), Arc::clone(&metrics));
            tokio::spawn(async move {
                while let Some(group) = next_group(&receiver).await {
                    let (requests, start) = (group.len(), Instant::now());
                    let is_done = store_group(&pool, group, &is_committing).await;
                    metrics.count_commit(requests, start.elapsed(), is_done);
                }
            })
        });
        Inbox {
            waiting: Mutex::new(Some(sender)),
            writers: Mutex::new(writers.collect()),
            is_committing,
        }
    }

    /// Stores a batch, and returns the outcome once it is committed.
    pub(super) async fn store(
        &self,
        batch: Batch,
    ) -> std::result::Result<BatchOutcome, StoreError> {
        let (answer, answered) = oneshot::channel();
        {
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = waiting.as_ref().ok_or(StoreError::Closed)?;
            sender
                .try_send(Waiting { batch, answer })
                .map_err(|refused| match refused {
                    mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                    mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
                })?;
        }
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Whether the last transaction was committed.
    pub(super) fn is_committing(&self) -> bool {
        self.is_committing.load(Ordering::Relaxed)
    }

    /// Stops accepting batches, and returns once the waiting ones are stored.
    pub(super) async fn close(&self) {
        let sender = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(sender);
        let writers =
            std::mem::take(&mut *self.writers.lock().unwrap_or_else(PoisonError::into_inner));
        for writer in writers {
            let _ = writer.await;
        }
    }
}

/// The waiting batches, as many as one transaction takes; `None` once the inbox is closed and
/// empty.
async fn next_group(receiver: &AsyncMutex<mpsc::Receiver<Waiting>>) -> Option<Vec<Waiting>> {
    let mut receiver = receiver.lock().await;
    let first = receiver.recv().await?;
    let mut events = first.batch.events.len();
    let mut group = vec![first];
    while events < MOST_EVENTS
        && let Ok(next) = receiver.try_recv()
    {
        events += next.batch.events.len();
        group.push(next);
    }
    Some(group)
}

/// Stores batches and answers them. Returns whether all were committed together.
async fn store_group(pool: &Pool, group: Vec<Waiting>, is_committing: &AtomicBool) -> bool {
    let (batches, answers): (Vec<Batch>, Vec<_>) = group
        .into_iter()
        .map(|waiting| (waiting.batch, waiting.answer))
        .unzip();
    let stored = in_time(LIMIT, run(pool, &batches)).await;
    let is_done = stored.is_ok();
    is_committing.store(is_done, Ordering::Relaxed);
    match stored {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                let _ = answer.send(Ok(outcome));
            }
        }
        // A batch that cannot be stored must not make the others fail.
        Err(failure) if batches.len() > 1 && !is_outage(&failure) => {
            for (batch, answer) in batches.into_iter().zip(answers) {
                let stored = in_time(LIMIT, run(pool, std::slice::from_ref(&batch))).await;
                let outcome = stored.map(|mut outcomes| outcomes.pop().unwrap_or_default());
                is_committing.store(outcome.is_ok(), Ordering::Relaxed);
                let _ = answer.send(outcome.map_err(StoreError::from));
            }
        }
        Err(failure) => {
            let cause = failure.to_string();
            let is_outage = is_outage(&failure);
            for answer in answers {
                let _ = answer.send(Err(if is_outage {
                    StoreError::Unavailable(cause.clone())
                } else {
                    StoreError::Failed(cause.clone())
                }));
            }
        }
    }
    is_done
}

fn is_outage(failure: &Failure) -> bool {
    failure.is_outage() || failure.is_retryable()
}

/// Runs the transaction, and repeats it after conflicts with others.
async fn run(pool: &Pool, batches: &[Batch]) -> Result<Vec<BatchOutcome>> {
    retried(|| async {
        let mut client = pool.get().await?;
        let tx = client.transaction().await?;
        let outcomes = write::write(&tx, batches).await?;
        tx.commit().await?;
        Ok(outcomes)
    })
    .await
}
