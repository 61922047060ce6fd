//! Polls a future again at once when it was woken while it was being polled.
//!
//! A connection wakes itself with each request: the part that reads it passes the body to the
//! handler, which runs in the same task. Tokio puts a task that woke itself back into its queue
//! and wakes another thread, which may take it from there. That takes tens of µs, as much as the
//! rest of the request without the flush of the disk.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// Most polls in a row. A future that still wakes itself then lets other tasks run.
const MOST_POLLS: usize = 8;

/// Nobody polls the future.
const IDLE: u8 = 0;
/// The future is being polled.
const POLLING: u8 = 1;
/// The future is being polled, and was woken meanwhile.
const WOKEN: u8 = 2;

/// Completes with `future`.
pub(super) async fn polled_again<F: Future>(future: F) -> F::Output {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut future = pin!(future);
    poll_fn(|task| {
        wakes.task.register(task.waker());
        for _ in 0..MOST_POLLS {
            wakes.state.store(POLLING, Ordering::SeqCst);
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            let state = wakes.state.swap(IDLE, Ordering::SeqCst);
            if polled.is_ready() || state == POLLING {
                return polled;
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Passes on what wakes the future, except while it is being polled.
#[derive(Debug, Default)]
struct Wakes {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let noted = self
            .state
            .compare_exchange(POLLING, WOKEN, Ordering::SeqCst, Ordering::SeqCst);
        if noted == Err(IDLE) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;

    /// Counts how often a task is woken.
    #[derive(Debug, Default)]
    struct CountedWakes(AtomicUsize);

    impl CountedWakes {
        fn count(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    impl Wake for CountedWakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_future_that_wakes_itself_completes_without_waking_its_task() {
        let task = Arc::new(CountedWakes::default());
        let mut polls = 0;
        let waking = poll_fn(|cx| {
            polls += 1;
            if polls == MOST_POLLS {
                return Poll::Ready(polls);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        let waker = Waker::from(Arc::clone(&task));
        let polled = pin!(polled_again(waking)).poll(&mut Context::from_waker(&waker));
        assert_eq!(polled, Poll::Ready(MOST_POLLS));
        assert_eq!(task.count(), 0);
    }

    #[test]
    fn a_future_that_always_wakes_itself_lets_others_run() {
        let task = Arc::new(CountedWakes::default());
        let mut polls = 0;
        let waking = poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let waker = Waker::from(Arc::clone(&task));
        let polled = pin!(polled_again(waking)).poll(&mut Context::from_waker(&waker));
        assert_eq!((polled, task.count()), (Poll::Pending, 1));
        assert_eq!(polls, MOST_POLLS);
    }

    #[test]
    fn what_happens_between_two_polls_wakes_the_task() {
        let task = Arc::new(CountedWakes::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut cx = Context::from_waker(&waker);
        let (sender, receiver) = oneshot::channel();
        let mut waiting = pin!(polled_again(receiver));
        assert_eq!(waiting.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!(task.count(), 0);
        sender.send(5).unwrap();
        assert_eq!(task.count(), 1);
        assert_eq!(waiting.poll(&mut cx), Poll::Ready(Ok(5)));
    }

    #[test]
    fn wakes_from_other_threads_are_never_lost() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        for _ in 0..2_000 {
            let (sender, receiver) = oneshot::channel();
            let sending = std::thread::spawn(move || sender.send(()));
            runtime.block_on(polled_again(receiver)).unwrap();
            sending.join().unwrap().unwrap();
        }
    }
}
