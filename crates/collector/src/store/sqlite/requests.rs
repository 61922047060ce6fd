//! The queue of the writer.

use std::sync::{Arc, Mutex, mpsc};

use super::{mutex::lock, write_request::Request};
use crate::{metrics::Metrics, store::error::StoreError};

/// Requests that may wait for the writer. A group takes a few ms, so that all of
/// them are less than a second of work; further requests are refused.
pub(super) const QUEUE: usize = 1024;

/// Hands requests to the writer.
#[derive(Clone)]
pub(super) struct Requests {
    queue: Arc<Mutex<Option<mpsc::SyncSender<Request>>>>,
    metrics: Arc<Metrics>,
}

impl Requests {
    /// A queue, and its end at which the writer takes requests.
    pub(super) fn new(metrics: Arc<Metrics>) -> (Self, mpsc::Receiver<Request>) {
        let (queue, waiting) = mpsc::sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(Some(queue)));
        (Requests { queue, metrics }, waiting)
    }

    /// Hands a request over.
    ///
    /// # Errors
    /// When the queue is full or closed.
    pub(super) fn send(&self, request: Request) -> Result<(), StoreError> {
        self.try_send(request).map_err(|(_, cause)| cause)
    }

    /// Hands a request over, and answers it where that fails.
    pub(super) fn send_or_answer(&self, request: Request) {
        if let Err((request, cause)) = self.try_send(request) {
            request.answer(Err(cause));
        }
    }

    /// Makes the writer look at the inbox and at who waits for it to be spread. One whose
    /// queue is full does so after its next group.
    pub(super) fn look(&self) {
        let _ = self.send(Request::Look);
    }

    fn try_send(&self, request: Request) -> Result<(), (Request, StoreError)> {
        let queue = lock(&self.queue);
        let Some(queue) = queue.as_ref() else {
            return Err((request, StoreError::Closed));
        };
        let waits = !matches!(request, Request::Look);
        queue.try_send(request).map_err(|refused| match refused {
            mpsc::TrySendError::Full(request) => (request, StoreError::Overloaded),
            mpsc::TrySendError::Disconnected(request) => (request, StoreError::Closed),
        })?;
        if waits {
            self.note_waiting();
        }
        Ok(())
    }

    /// Counts a request or batch that waits.
    pub(super) fn note_waiting(&self) {
        self.metrics.waiting.inc();
    }

    /// Counts those that wait no more.
    pub(super) fn note_begun(&self, count: usize) {
        self.metrics.waiting.dec_by(count as i64);
    }

    pub(super) fn is_open(&self) -> bool {
        lock(&self.queue).is_some()
    }

    /// Takes no more. The writer ends once it has done what waits.
    pub(super) fn close(&self) {
        drop(lock(&self.queue).take());
    }
}
