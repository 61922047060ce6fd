//! Requests to the writer.

use std::sync::Arc;

use rusqlite::Transaction;
use tokio::sync::oneshot;

use super::inbox::Batch;
use crate::store::{batch::BatchOutcome, error::StoreError};

/// A request to the writer.
pub(super) enum Request {
    Work(Box<dyn Work>),
    Batch(BatchTask),
    /// Check the inbox, and whether somebody waits for it to be spread.
    CheckInbox,
}

/// A requested change.
pub(super) trait Work: Send {
    /// Runs the change inside a transaction. Returns false when it must be rolled back.
    fn run(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<bool>;
    /// How much it adds to a transaction, in events.
    fn weight(&self) -> usize;
    /// Sends the result of `run` if the transaction was committed, and the error otherwise.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A batch that is to be stored.
#[derive(Debug)]
pub(super) struct BatchTask {
    pub(super) batch: Arc<Batch>,
    pub(super) outcome: Option<BatchOutcome>,
    pub(super) reply: oneshot::Sender<Result<BatchOutcome, StoreError>>,
}

impl BatchTask {
    /// Sends the answer, after the batch was committed or failed.
    pub(super) fn answer(self, committed: Result<(), StoreError>) {
        let answer = committed.and_then(|()| self.outcome.ok_or(StoreError::Closed));
        // The client may have disconnected; its events are committed anyway.
        let _ = self.reply.send(answer);
    }
}

impl Request {
    /// How much it adds to a transaction, in events.
    pub(super) fn weight(&self) -> usize {
        match self {
            Request::Work(work) => work.weight(),
            Request::Batch(task) => task.batch.events.len(),
            Request::CheckInbox => 0,
        }
    }

    /// Runs the request inside a transaction. Returns false when its changes must be rolled back.
    pub(super) fn run(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<bool> {
        match self {
            Request::Work(work) => work.run(tx),
            Request::Batch(BatchTask { batch, outcome, .. }) => {
                *outcome = Some(batch.insert(tx)?);
                Ok(true)
            }
            Request::CheckInbox => Ok(true),
        }
    }

    /// Sends the answer, after the transaction was committed or failed.
    pub(super) fn answer(self, committed: Result<(), StoreError>) {
        match self {
            Request::Work(work) => work.answer(committed),
            Request::Batch(task) => task.answer(committed),
            Request::CheckInbox => {}
        }
    }
}

/// Work whose result is sent to the requester.
pub(super) struct Task<T, F> {
    work: Option<F>,
    weight: usize,
    result: Option<T>,
    /// Whether the changes are committed, given the result.
    should_commit: fn(&T) -> bool,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Task<T, F> {
    /// `should_commit` decides by the result whether the changes are committed.
    pub(super) fn new(
        work: F,
        weight: usize,
        should_commit: fn(&T) -> bool,
        reply: oneshot::Sender<Result<T, StoreError>>,
    ) -> Self {
        Task {
            work: Some(work),
            weight,
            result: None,
            should_commit,
            reply,
        }
    }
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
        let should_commit = (self.should_commit)(&result);
        self.result = Some(result);
        Ok(should_commit)
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
