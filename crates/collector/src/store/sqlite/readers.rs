//! The connections for reading.
//!
//! Queries run on threads of their own, with a lower priority than the rest of the process: when
//! the processors are busy, reports give way to ingestion. The number of threads limits how many
//! queries run at once; the others wait.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{connection, health::Health, mutex::lock};
use crate::store::error::StoreError;

/// Number of query threads. Queries are CPU-bound, and two cores are common; two more threads keep
/// short queries from waiting for long ones.
const THREADS: usize = 4;

/// Maximum number of queries that wait for a thread. A further query would be answered after its
/// client has given up.
const QUEUE: usize = 1024;

#[cfg(target_os = "linux")]
/// The niceness of the query threads relative to the rest of the process. With 10, the Linux
/// scheduler gives a thread a ninth of the time of another one that wants the same processor.
const NICENESS: i32 = 10;

/// A query that waits for a thread.
type Query = Box<dyn FnOnce(&Connection) + Send>;

/// Read-only connections, in addition to the writer's.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    queue: mpsc::Sender<Query>,
    /// A connection for queries that take microseconds, so that they never wait for a report.
    quick: Arc<Mutex<Connection>>,
    health: Arc<Health>,
}

impl Readers {
    pub(super) fn open(path: &Path, health: Arc<Health>) -> Result<Self, StoreError> {
        let (queue, waiting) = mpsc::channel::<Query>(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..THREADS {
            let conn = open(path)?;
            let waiting = Arc::clone(&waiting);
            std::thread::Builder::new()
                .name("reader".into())
                .spawn(move || run_queries(&conn, &waiting))
                .expect("a thread can be started at start-up");
        }
        Ok(Readers {
            queue,
            quick: Arc::new(Mutex::new(open(path)?)),
            health,
        })
    }

    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task: Query = Box::new(move |conn| {
            // The client has disconnected, so nobody waits for the answer.
            if reply.is_closed() {
                return;
            }
            // All statements of a query see the same snapshot, so that rows and totals agree.
            let answer = conn
                .unchecked_transaction()
                .and_then(|_snapshot| query(conn));
            let _ = reply.send(answer);
        });
        self.queue.try_send(task).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        let answer = answer.await.map_err(|_| StoreError::Closed)?;
        Ok(answer.inspect_err(|cause| self.health.record_failure(cause))?)
    }

    pub(super) fn read_now<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let answer = query(&lock(&self.quick));
        Ok(answer.inspect_err(|cause| self.health.record_failure(cause))?)
    }
}

/// Runs queries until the store is dropped.
fn run_queries(conn: &Connection, waiting: &Mutex<mpsc::Receiver<Query>>) {
    lower_priority();
    loop {
        let next = lock(waiting).blocking_recv();
        let Some(query) = next else { return };
        // If a query panics, it is answered as closed, and the thread continues.
        let _ = catch_unwind(AssertUnwindSafe(|| query(conn)));
    }
}

/// Lowers the priority of the current thread. Only Linux has a priority for each thread; elsewhere
/// this would slow the whole process down, so it does nothing.
pub(super) fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(cause) = rustix::process::nice(NICENESS) {
        tracing::warn!(%cause, "reports run with the priority of ingestion");
    }
}

/// Opens a read-only connection.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let conn = connection::open(path)?;
    conn.pragma_update(None, "query_only", true)?;
    // 16 MiB for pages that are read often. The operating system caches the others, once for all
    // connections.
    conn.pragma_update(None, "cache_size", -16_384)?;
    Ok(conn)
}
