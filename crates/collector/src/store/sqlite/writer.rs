//! Takes requests for the writer, and waits for their answers.

use std::{
    fmt,
    sync::{Arc, Mutex, TryLockError, atomic::Ordering, mpsc},
    thread::JoinHandle,
};

use rusqlite::{Connection, Transaction};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
};

use super::{
    desk::{self, Desk, Settling, lock},
    health::Health,
    inbox::Batch,
    write_request::{BatchTask, Request, Task},
};
use crate::{
    metrics::Metrics,
    store::{batch::BatchOutcome, error::StoreError},
};

/// Requests that may wait for the writer. A group takes a few ms, so that all of
/// them are less than a second of work; further requests are refused.
const QUEUE: usize = 1024;
/// Most events of a batch that the thread of its connection stores where nobody else
/// writes. Few of them take longer than two changes of threads.
const MOST_IN_PLACE: usize = 100;

/// What writes: one thread, and in its place that of a connection whose batch finds
/// nobody else writing.
pub(super) struct Writer {
    desk: Arc<Mutex<Desk>>,
    queue: Mutex<Option<mpsc::SyncSender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
    settling: Arc<Settling>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn start(conn: Connection, metrics: Arc<Metrics>, health: Arc<Health>) -> Self {
        let (queue, waiting) = mpsc::sync_channel(QUEUE);
        let settling = Arc::<Settling>::default();
        let desk = Desk::new(conn, Arc::clone(&settling), Arc::clone(&metrics), health);
        let desk = Arc::new(Mutex::new(desk));
        let of_thread = Arc::clone(&desk);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || desk::run(&of_thread, &waiting))
            .expect("a thread can be started at start-up");
        Writer {
            desk,
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            metrics,
            settling,
        }
    }

    /// Whether the writer takes more.
    pub(super) fn is_open(&self) -> bool {
        let is_closed = lock(&self.queue).is_none();
        !is_closed && (lock(&self.thread).as_ref()).is_some_and(|thread| !thread.is_finished())
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
        let task = Task::new(work, weight, is_kept, reply);
        self.send(Request::Work(Box::new(task)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Empties the write-ahead log. Answers false while somebody reads from it.
    pub(super) async fn truncate_log(&self) -> Result<bool, StoreError> {
        let desk = Arc::clone(&self.desk);
        let truncating = tokio::task::spawn_blocking(move || lock(&desk).truncate_log());
        Ok(truncating.await.map_err(|_| StoreError::Closed)??)
    }

    pub(super) async fn write_batch(&self, batch: Batch) -> Result<BatchOutcome, StoreError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Batch(BatchTask {
            batch: Arc::new(batch),
            outcome: None,
            reply,
        });
        if let Some(request) = self.commit_in_place(request)? {
            self.send(request)?;
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Commits a small batch on the thread of the caller where nobody else writes, and
    /// gives it back otherwise. At most one thread of those that serve connections is
    /// held up by the disk, and none is for two changes of threads.
    fn commit_in_place(&self, request: Request) -> Result<Option<Request>, StoreError> {
        // The only thread of a runtime must not be held up.
        let has_others = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        if !has_others || request.weight() > MOST_IN_PLACE {
            return Ok(Some(request));
        }
        let mut desk = match self.desk.try_lock() {
            Ok(desk) => desk,
            Err(TryLockError::WouldBlock) => return Ok(Some(request)),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        if !self.is_open() {
            return Err(StoreError::Closed);
        }
        let was_due_at = desk.inbox.due_at();
        desk.commit(vec![request]);
        let due_at = desk.inbox.due_at();
        drop(desk);
        // The thread knows when the inbox was due, and learns when it is now.
        if due_at.is_some() && due_at != was_due_at {
            let _ = self.send(Request::Look);
        }
        Ok(None)
    }

    fn send(&self, request: Request) -> Result<(), StoreError> {
        let queue = lock(&self.queue);
        let queue = queue.as_ref().ok_or(StoreError::Closed)?;
        let waits = !matches!(request, Request::Look);
        queue.try_send(request).map_err(|refused| match refused {
            mpsc::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        self.metrics.waiting.inc_by(waits.into());
        Ok(())
    }

    /// Waits until every batch that was answered is in the tables that questions
    /// read. Where the inbox cannot be spread, as on a full disk, it waits for the
    /// attempt.
    pub(super) async fn settle(&self) {
        if !self.settling.has_waiting.load(Ordering::Acquire) {
            return;
        }
        let (done, settled) = oneshot::channel();
        lock(&self.settling.asking).push(done);
        // A writer whose queue is full looks at who asks after its next group.
        if let Err(StoreError::Closed) = self.send(Request::Look) {
            return;
        }
        let _ = settled.await;
    }

    pub(super) async fn close(&self) {
        drop(lock(&self.queue).take());
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
