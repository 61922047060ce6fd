//! The open connections. Their number is limited. When there is no room for a new one, the
//! connection on which the collector has waited longest for the client is closed. So idle and
//! stalled connections, however many, lock nobody out.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::activity::Activity;

/// Time between two attempts to make room while the collector is working for every
/// connection.
const PAUSE: Duration = Duration::from_millis(20);

/// Longest time that the collector waits for a client. Browsers keep idle connections open
/// for about a minute.
pub(super) const WAITING_LIMIT: Duration = Duration::from_secs(75);

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    free: Arc<Semaphore>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Arc<Activity>>,
}

/// The slot of one connection. Dropping it frees the slot.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    /// The state of the connection.
    pub(super) activity: Arc<Activity>,
    open: Arc<Mutex<Open>>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn up_to(most: usize) -> Self {
        Connections {
            free: Arc::new(Semaphore::new(most)),
            open: Arc::default(),
        }
    }

    /// Waits for a free slot, and closes a connection if there is none.
    pub(super) async fn place(&self) -> Place {
        loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                return self.add(permit);
            }
            self.make_room();
            let permit = Arc::clone(&self.free).acquire_owned();
            if let Ok(Ok(permit)) = tokio::time::timeout(PAUSE, permit).await {
                return self.add(permit);
            }
        }
    }

    fn add(&self, permit: OwnedSemaphorePermit) -> Place {
        let activity = Arc::new(Activity::new());
        let mut open = lock(&self.open);
        let number = open.next;
        open.next += 1;
        open.connections.insert(number, Arc::clone(&activity));
        Place {
            number,
            activity,
            open: Arc::clone(&self.open),
            _permit: permit,
        }
    }

    /// Asks the connection on which the collector has waited longest to close.
    pub(super) fn make_room(&self) {
        let open = lock(&self.open);
        let longest = open
            .connections
            .values()
            .filter(|activity| !activity.is_close_requested())
            .filter_map(|activity| Some((activity.waits_since()?, activity)))
            .min_by_key(|(since, _)| *since);
        if let Some((_, activity)) = longest {
            activity.request_close();
        }
    }

    /// Asks every connection to close on which the collector has waited for longer than the
    /// limit. This ends clients that do not read their answers; other limits apply to clients
    /// that send nothing.
    pub(super) fn close_stalled(&self, now: Instant) {
        let open = lock(&self.open);
        for activity in open.connections.values() {
            let waits_since = activity.waits_since();
            if waits_since.is_some_and(|since| now.duration_since(since) > WAITING_LIMIT) {
                activity.request_close();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.open).connections.remove(&self.number);
    }
}

fn lock(open: &Mutex<Open>) -> std::sync::MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_waits_longest_for_its_client_gives_way() {
        let connections = Connections::up_to(2);
        let working = connections.place().await;
        working.activity.set_working(true);
        let idle = connections.place().await;
        let activity = Arc::clone(&idle.activity);
        let closing = tokio::spawn(async move {
            activity.must_close().await;
            drop(idle);
        });
        let third = connections.place().await;
        closing.await.unwrap();
        assert!(!working.activity.is_close_requested());
        drop(third);
    }

    #[tokio::test(start_paused = true)]
    async fn while_all_are_at_work_the_next_waits_for_the_first_to_end() {
        let connections = Connections::up_to(1);
        let working = connections.place().await;
        working.activity.set_working(true);
        let next = tokio::time::timeout(Duration::from_secs(5), connections.place()).await;
        assert!(next.is_err());
        drop(working);
        connections.place().await;
    }

    #[tokio::test]
    async fn a_connection_that_is_at_work_again_does_not_close() {
        let activity = Activity::new();
        activity.request_close();
        activity.set_working(true);
        let closes = tokio::time::timeout(Duration::ZERO, activity.must_close()).await;
        assert!(closes.is_err());
        assert!(!activity.is_close_requested(), "it can be asked again");
    }
}
