//! Waits for the outcome of a `flush()`.

use std::{
    cell::{Cell, RefCell},
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use natero_engine::{FlushId, FlushOutcome};

use crate::error::TrackerError;

/// The outcome of a `flush()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "browser", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Flushed {
    /// Events that the collector confirmed since the call.
    pub delivered: u32,
    /// Events still kept for sending.
    pub pending: u32,
    /// Events that the collector refused since the call.
    pub rejected: u32,
}

/// A flush under way, a future. It goes on whether or not its outcome is awaited. It is not
/// `Send`: await it on the thread of the page, as by `spawn_local`.
#[must_use = "the outcome of a flush is known when this is awaited"]
pub struct Flush(Rc<FlushState>);

#[derive(Default)]
struct FlushState {
    outcome: Cell<Option<Result<Flushed, TrackerError>>>,
    /// Runs when the flush has ended.
    ended: Cell<Option<Box<dyn FnOnce()>>>,
}

impl FlushState {
    fn settle(&self, outcome: Result<Flushed, TrackerError>) {
        self.outcome.set(Some(outcome));
        if let Some(ended) = self.ended.take() {
            ended();
        }
    }
}

impl Flush {
    /// A flush that has ended already.
    pub(crate) fn ended(outcome: Result<Flushed, TrackerError>) -> Flush {
        let state = FlushState::default();
        state.outcome.set(Some(outcome));
        Flush(Rc::new(state))
    }

    /// Passes the outcome on, once it is known.
    #[cfg(feature = "class")]
    pub(crate) fn then(self, take: impl FnOnce(Result<Flushed, TrackerError>) + 'static) {
        let state = Rc::clone(&self.0);
        let ended = move || {
            if let Some(outcome) = self.0.outcome.take() {
                take(outcome);
            }
        };
        match state.outcome.take() {
            None => state.ended.set(Some(Box::new(ended))),
            outcome => {
                state.outcome.set(outcome);
                ended();
            }
        }
    }
}

impl Future for Flush {
    type Output = Result<Flushed, TrackerError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                let waker = context.waker().clone();
                self.0.ended.set(Some(Box::new(move || waker.wake())));
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for Flush {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Flush")
    }
}

/// The flushes of a tracker, by number.
#[derive(Default)]
pub(crate) struct Flushes(RefCell<Vec<Option<Rc<FlushState>>>>);

impl Flushes {
    /// Adds a flush.
    pub fn begin(&self) -> (FlushId, Flush) {
        let state = Rc::new(FlushState::default());
        let mut flushes = self.0.borrow_mut();
        let id = FlushId(flushes.len() as u32);
        flushes.push(Some(Rc::clone(&state)));
        (id, Flush(state))
    }

    /// Ends a flush.
    pub fn resolve(&self, outcome: FlushOutcome) {
        let FlushOutcome {
            flush,
            delivered,
            pending,
            rejected,
        } = outcome;
        let ended = self
            .0
            .borrow_mut()
            .get_mut(flush.0 as usize)
            .and_then(Option::take);
        let mut flushes = self.0.borrow_mut();
        while let Some(None) = flushes.last() {
            flushes.pop();
        }
        drop(flushes);
        if let Some(state) = ended {
            state.settle(Ok(Flushed {
                delivered,
                pending,
                rejected,
            }));
        }
    }

    /// Ends all flushes, because the tracker failed.
    pub fn fail(&self) {
        for state in self.0.take().into_iter().flatten() {
            state.settle(Err(TrackerError::Failed));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn outcome(flush: FlushId, delivered: u32) -> FlushOutcome {
        FlushOutcome {
            flush,
            delivered,
            pending: 0,
            rejected: 0,
        }
    }

    fn poll(flush: &mut Flush) -> Poll<Result<Flushed, TrackerError>> {
        Pin::new(flush).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn each_flush_gets_its_own_outcome_in_any_order() {
        let flushes = Flushes::default();
        let (first, mut one) = flushes.begin();
        let (second, mut two) = flushes.begin();
        flushes.resolve(outcome(second, 2));
        assert!(poll(&mut one).is_pending());
        flushes.resolve(outcome(first, 1));
        let delivered = |flush: &mut Flush| match poll(flush) {
            Poll::Ready(Ok(flushed)) => flushed.delivered,
            other => panic!("{other:?}"),
        };
        assert_eq!((delivered(&mut one), delivered(&mut two)), (1, 2));
        assert!(flushes.0.borrow().is_empty());
    }

    #[test]
    fn whoever_waits_hears_that_the_tracker_failed() {
        let flushes = Flushes::default();
        let (_, mut flush) = flushes.begin();
        flushes.fail();
        assert_eq!(poll(&mut flush), Poll::Ready(Err(TrackerError::Failed)));
    }
}
