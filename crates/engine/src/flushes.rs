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
    /// It is about the events whose numbers are below this: those that were queued
    /// before it. A page that goes on making events would otherwise never see it end.
    end: u32,
    delivered_before: u32,
    refused_before: u32,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Flushes(Vec<Flush>);

impl Flushes {
    /// Notes one: all that the queue holds is due.
    pub fn add(&mut self, id: FlushId, queue: &Queue, stats: &Stats) {
        self.0.push(Flush {
            id,
            end: queue.next_number(),
            delivered_before: stats.delivered,
            refused_before: stats.dropped.refused(),
        });
    }

    /// Whether one is about an event that has to be sent. What an earlier one is about,
    /// the last one is about, too.
    pub fn are_due(&self, queue: &Queue) -> bool {
        let last = self.0.last();
        last.is_some_and(|flush| queue.is_ready_before(flush.end))
    }

    /// Settles those whose events were sent and answered: those of which `queue` holds
    /// none any more that could be. Without a queue all: each asked for one try, and that
    /// was made.
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
