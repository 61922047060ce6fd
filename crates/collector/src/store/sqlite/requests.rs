//! The queue of the writer.

use std::sync::{Arc, Mutex, mpsc};

use super::{mutex::lock, write_request::Request};
use crate::{metrics::Metrics, store::error::StoreError};

/// Maximum number of requests that wait for the writer. A group takes a few ms, so all of them are
/// less than a second of work. Further requests are refused.
pub(super) const QUEUE: usize = 1024;

/// Sends requests to the writer.
#[derive(Clone)]
pub(super) struct Requests {
    queue: Arc<Mutex<Option<mpsc::SyncSender<Request>>>>,
    metrics: Arc<Metrics>,
}

impl Requests {
    /// Makes a queue. Returns its sender, and the receiver for the writer.
    pub(super) fn new(metrics: Arc<Metrics>) -> (Self, mpsc::Receiver<Request>) {
        let (queue, waiting) = mpsc::sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(Some(queue)));
        (Requests { queue, metrics }, waiting)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Fails when the queue is full or closed.
    pub(super) fn send(&self, request: Request) -> Result<(), StoreError> {
        self.try_send(request).map_err(|(_, cause)| cause)
    }

    /// Sends a request, or answers it with the error.
    pub(super) fn send_or_answer(&self, request: Request) {
        if let Err((request, cause)) = self.try_send(request) {
            request.answer(Err(cause));
        }
    }

    /// Makes the writer check the inbox, and whether somebody waits for it to be spread. If the
    /// queue is full, the writer does so after its next group anyway.
    pub(super) fn check_inbox(&self) {
        let _ = self.send(Request::CheckInbox);
    }

    fn try_send(&self, request: Request) -> Result<(), (Request, StoreError)> {
        let queue = lock(&self.queue);
        let Some(queue) = queue.as_ref() else {
            return Err((request, StoreError::Closed));
        };
        let waits = !matches!(request, Request::CheckInbox);
        queue.try_send(request).map_err(|refused| match refused {
            mpsc::TrySendError::Full(request) => (request, StoreError::Overloaded),
            mpsc::TrySendError::Disconnected(request) => (request, StoreError::Closed),
        })?;
        if waits {
            self.count_waiting();
        }
        Ok(())
    }

    /// Counts a request or batch that begins to wait.
    pub(super) fn count_waiting(&self) {
        self.metrics.waiting.inc();
    }

    /// Counts requests or batches that no longer wait.
    pub(super) fn count_begun(&self, count: usize) {
        self.metrics.waiting.dec_by(count as i64);
    }

    pub(super) fn is_open(&self) -> bool {
        lock(&self.queue).is_some()
    }

    /// Closes the queue. The writer ends once it has processed what waits.
    pub(super) fn close(&self) {
        drop(lock(&self.queue).take());
    }
}
