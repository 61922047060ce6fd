//! An event as it is given to the store.

use natero_event::received::{Line, LineError, ReceivedEvent, canonical};
use sha2::{Digest, Sha256};

use super::event_key::{self, IdKey, IdScope};

/// A valid event with its key for deduplication.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Number of its line in the batch, from 1.
    pub line: usize,
    /// The client's unique id, or one that is derived from the content.
    pub event_id: String,
    /// What the store keeps of that id.
    pub(super) key: IdKey,
    /// The event.
    pub event: ReceivedEvent,
}

impl NewEvent {
    /// The event of a line with its id, from a source of which `scope` is.
    pub fn new(line: usize, event_id: String, scope: IdScope, event: ReceivedEvent) -> Self {
        NewEvent {
            line,
            key: event_key::key(&event_id, scope),
            event_id,
            event,
        }
    }

    /// Reads a line of a batch, from a source of which `scope` is. `now` is the clock at
    /// its arrival, in ms since the Unix epoch.
    ///
    /// # Errors
    /// The error names the invalid field and says what to send instead.
    pub fn read(line: &Line<'_>, scope: IdScope, now: i64) -> Result<Self, LineError> {
        let mut event = ReceivedEvent::read(line.bytes, now)?;
        let event_id = event.event_id.take();
        let event_id = event_id.unwrap_or_else(|| derived_id(line.bytes));
        Ok(NewEvent::new(line.number, event_id, scope, event))
    }
}

/// Derives an `event_id` from the content, for clients of the original, which
/// send none. An event that such a client repeats after a lost response has the
/// same content; key order and white space do not matter, but for events with more digits
/// than can be read. Two events that agree in every field, the ms included, look like a
/// repetition and count once.
fn derived_id(line: &[u8]) -> String {
    let canonical = canonical(line).unwrap_or_default();
    let digest = Sha256::digest(canonical.as_bytes());
    let mut id = String::from("sha256:");
    for byte in &digest[..16] {
        id.push_str(&format!("{byte:02x}"));
    }
    id
}
