//! The `flush()` calls that are not settled yet.

use crate::{
    FlushId, Stats,
    effect::{Effect, Effects, FlushOutcome},
    queue::Queue,
};

/// A `flush()` that is not settled yet.
#[derive(Debug)]
struct Flush {
    id: FlushId,
    /// The flush covers the events with lower numbers: those queued before it. Otherwise
    /// it would never end on a page that keeps recording events.
    end: u32,
    delivered_before: u32,
    refused_before: u32,
}

/// All unsettled flushes, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Flushes(Vec<Flush>);

impl Flushes {
    /// Adds a flush, for everything that the queue holds now.
    pub fn add(&mut self, id: FlushId, queue: &Queue, stats: &Stats) {
        self.0.push(Flush {
            id,
            end: queue.next_number(),
            delivered_before: stats.delivered,
            refused_before: stats.dropped.refused(),
        });
    }

    /// Whether an event covered by a flush is ready to be sent. The last flush covers all
    /// events that earlier ones do.
    pub fn are_due(&self, queue: &Queue) -> bool {
        let last = self.0.last();
        last.is_some_and(|flush| queue.is_ready_before(flush.end))
    }

    /// Settles each flush whose events were sent and answered, that is, of whose events
    /// `queue` holds none that could still be sent. Without a queue it settles all: each
    /// asked for one attempt, and that is over.
    pub fn settle(&mut self, queue: Option<&Queue>, stats: &Stats, effects: &mut Effects) {
        for flush in std::mem::take(&mut self.0) {
            if queue.is_some_and(|queue| queue.is_sending_before(flush.end)) {
                self.0.push(flush);
                continue;
            }
            effects.push(Effect::ResolveFlush(FlushOutcome {
                flush: flush.id,
                delivered: stats.delivered - flush.delivered_before,
                pending: stats.pending,
                rejected: stats.dropped.refused() - flush.refused_before,
            }));
        }
    }
}
