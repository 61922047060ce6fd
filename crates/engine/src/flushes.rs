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

    /// Whether one is about an event that has to be sent.
    pub fn are_due(&self, queue: &Queue) -> bool {
        self.0.iter().any(|flush| queue.is_ready_before(flush.end))
    }

    /// Settles those whose events were sent and answered.
    pub fn settle_answered(&mut self, queue: &Queue, stats: &Stats, effects: &mut Effects) {
        self.settle(stats, effects, |flush| {
            !queue.is_ready_before(flush.end) && !queue.is_under_way_before(flush.end)
        });
    }

    /// Settles all: each asked for one try, and that was made.
    pub fn settle_all(&mut self, stats: &Stats, effects: &mut Effects) {
        self.settle(stats, effects, |_| true);
    }

    fn settle(&mut self, stats: &Stats, effects: &mut Effects, is_over: impl Fn(&Flush) -> bool) {
        self.0.retain(|flush| {
            let is_over = is_over(flush);
            if is_over {
                effects.push(Effect::ResolveFlush(FlushOutcome {
                    flush: flush.id,
                    delivered: stats.delivered - flush.delivered_before,
                    pending: stats.pending,
                    rejected: stats.dropped.refused() - flush.refused_before,
                }));
            }
            !is_over
        });
    }
}
