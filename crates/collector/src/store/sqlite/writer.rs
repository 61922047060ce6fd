//! Sends requests to the writer and batches to the inbox, and waits for their answers.

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
    health::Health,
    inbox::{Batch, Inbox, ReadBarrier},
    inbox_gate::{self, InboxGate},
    mutex::lock,
    requests::{QUEUE, Requests},
    table_writer::{self, TableWriter},
    write_request::{BatchTask, Request, Task},
};
use crate::{
    metrics::Metrics,
    store::{batch::BatchOutcome, error::StoreError},
};

/// Maximum number of events of a batch that the connection's own thread stores when nobody else is
/// writing. Such a batch is often stored faster than work can be passed to another thread and back.
const MOST_IN_PLACE: usize = 100;

/// The writing side of the database: one thread takes batches into the inbox, and one writes the
/// tables. When nobody else is writing, the thread of a connection does both for its own batch.
pub(super) struct Writer {
    inbox_gate: Arc<InboxGate>,
    table_writer: Arc<Mutex<TableWriter>>,
    batches: Mutex<Option<mpsc::SyncSender<BatchTask>>>,
    requests: Requests,
    inbox_thread: Thread,
    writer_thread: Thread,
    read_barrier: Arc<ReadBarrier>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// `read_barrier` must be the one of `inbox`.
    pub(super) fn start(
        conn: Connection,
        inbox: Inbox,
        read_barrier: Arc<ReadBarrier>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
    ) -> Self {
        let inbox_gate = Arc::new(InboxGate::new(inbox));
        let (requests, waiting) = Requests::new(Arc::clone(&metrics));
        let table_writer = TableWriter::new(
            conn,
            Arc::clone(&inbox_gate),
            Arc::clone(&read_barrier),
            metrics,
            health,
        );
        let table_writer = Arc::new(Mutex::new(table_writer));
        let writer_thread = {
            let (table_writer, inbox_gate) = (Arc::clone(&table_writer), Arc::clone(&inbox_gate));
            let requests = requests.clone();
            Thread::start("writer", move || {
                table_writer::run(&table_writer, &inbox_gate, &requests, &waiting);
            })
        };
        let (batches, waiting) = mpsc::sync_channel(QUEUE);
        let inbox_thread = {
            let (inbox_gate, requests) = (Arc::clone(&inbox_gate), requests.clone());
            Thread::start("inbox", move || {
                inbox_gate::run(&inbox_gate, &waiting, &requests)
            })
        };
        Writer {
            inbox_gate,
            table_writer,
            batches: Mutex::new(Some(batches)),
            requests,
            inbox_thread,
            writer_thread,
            read_barrier,
        }
    }

    /// Whether it accepts requests.
    pub(super) fn is_open(&self) -> bool {
        self.requests.is_open() && self.inbox_thread.is_running() && self.writer_thread.is_running()
    }

    pub(super) async fn write<T, F>(
        &self,
        weight: usize,
        work: F,
        should_commit: fn(&T) -> bool,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task::new(work, weight, should_commit, reply);
        self.requests.send(Request::Work(Box::new(task)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Empties the write-ahead log and the inbox. Returns false while somebody reads from one of
    /// them.
    pub(super) async fn truncate_logs(&self) -> Result<bool, StoreError> {
        let table_writer = Arc::clone(&self.table_writer);
        let truncating = tokio::task::spawn_blocking(move || lock(&table_writer).truncate_logs());
        Ok(truncating.await.map_err(|_| StoreError::Closed)??)
    }

    pub(super) async fn write_batch(&self, batch: Batch) -> Result<BatchOutcome, StoreError> {
        let (reply, answer) = oneshot::channel();
        let task = BatchTask {
            batch: Arc::new(batch),
            outcome: None,
            reply,
        };
        if let Some(task) = self.store_in_place(task)? {
            self.send_batch(task)?;
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Stores a small batch on the caller's thread if nobody else is writing, and returns it
    /// otherwise. This saves passing the batch to another thread and back. At most two of the
    /// threads that serve connections wait for the disk at a time.
    fn store_in_place(&self, task: BatchTask) -> Result<Option<BatchTask>, StoreError> {
        // The only thread of a runtime must not block.
        let has_others = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        if !has_others || task.batch.events.len() > MOST_IN_PLACE {
            return Ok(Some(task));
        }
        if !self.is_open() {
            return Err(StoreError::Closed);
        }
        let task = match self.inbox_gate.try_take(task, &self.requests) {
            Ok(None) => return Ok(None),
            Ok(Some(task)) => task,
            Err(task) => return Ok(Some(task)),
        };
        let request = Request::Batch(task);
        match self.table_writer.try_lock() {
            Ok(mut table_writer) => table_writer.commit(vec![request]),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().commit(vec![request]),
            Err(TryLockError::WouldBlock) => self.requests.send(request)?,
        }
        Ok(None)
    }

    fn send_batch(&self, task: BatchTask) -> Result<(), StoreError> {
        let batches = lock(&self.batches);
        let batches = batches.as_ref().ok_or(StoreError::Closed)?;
        batches.try_send(task).map_err(|refused| match refused {
            mpsc::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        self.requests.count_waiting();
        Ok(())
    }

    /// Waits until every acknowledged batch is in the tables that queries read. If the inbox cannot
    /// be spread, as on a full disk, it waits for the attempt only.
    pub(super) async fn wait_until_spread(&self) {
        if !self.read_barrier.has_waiting.load(Ordering::Acquire) {
            return;
        }
        let (done, settled) = oneshot::channel();
        lock(&self.read_barrier.waiters).push(done);
        // If the queue is full, the writer checks for waiting callers after its next group.
        if let Err(StoreError::Closed) = self.requests.send(Request::CheckInbox) {
            return;
        }
        let _ = settled.await;
    }

    pub(super) async fn close(&self) {
        drop(lock(&self.batches).take());
        self.inbox_thread.join().await;
        self.requests.close();
        self.writer_thread.join().await;
    }
}

/// A thread that ends once its queue is closed and empty.
struct Thread(Mutex<Option<JoinHandle<()>>>);

impl Thread {
    fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Self {
        let thread = std::thread::Builder::new().name(name.into()).spawn(work);
        Thread(Mutex::new(Some(
            thread.expect("a thread can be started at start-up"),
        )))
    }

    fn is_running(&self) -> bool {
        let thread = lock(&self.0);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    async fn join(&self) {
        let thread = lock(&self.0).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
