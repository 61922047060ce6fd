//! A batch of valid events, waiting in the inbox.

use natero_event::received::lines;
use rusqlite::Transaction;

use crate::{
    model::keys::SourceId,
    store::{
        batch::BatchOutcome,
        event_key::IdScope,
        keys::Source,
        new_event::NewEvent,
        refused_lines::RefusedLines,
        sqlite::{events, refusals},
    },
};

/// A batch of valid events.
#[derive(Debug)]
pub struct Batch {
    /// Its events.
    pub events: Vec<NewEvent>,
    /// The lines from which they were read.
    pub lines: Vec<u8>,
    /// Who sent it.
    pub source: Source,
    /// When it arrived, in ms since the Unix epoch.
    pub received_at: i64,
}

impl Batch {
    /// Stores the batch directly, without the inbox, and counts the lines that the store rejects.
    pub(in crate::store::sqlite) fn insert(
        &self,
        tx: &Transaction<'_>,
    ) -> rusqlite::Result<BatchOutcome> {
        let outcome = events::insert_batch(tx, &self.events, &[], &self.source, self.received_at)?;
        let mut refused = RefusedLines::default();
        outcome.count_refused(&mut refused);
        refusals::record(tx, self.source.id, refused, self.received_at)?;
        Ok(outcome)
    }

    /// Reads the lines of a row. They were valid when it was written.
    pub(in crate::store::sqlite) fn read(
        text: &[u8],
        source: SourceId,
        scope: IdScope,
        received_at: i64,
    ) -> Self {
        let events = lines(text).filter_map(|line| {
            NewEvent::read(&line, scope, received_at)
                .inspect_err(|cause| tracing::error!(%cause, "a line of the inbox is invalid"))
                .ok()
        });
        Batch {
            events: events.collect(),
            lines: text.to_owned(),
            // A batch in the inbox contains no identifications, so the rights of the source do not
            // matter. Its time was checked on arrival.
            source: Source {
                id: source,
                trusted: scope == IdScope::Trusted,
                allow_hierarchy: false,
                origins: Vec::new(),
                created_at: 0,
            },
            received_at,
        }
    }
}

/// A batch of the inbox with its number. Later ones have greater numbers.
#[derive(Debug)]
pub(super) struct NumberedBatch {
    pub(super) number: i64,
    pub(super) batch: std::sync::Arc<Batch>,
}
