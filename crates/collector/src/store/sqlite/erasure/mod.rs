//! Permanently erases streams, single events, everything that a source sent, users and accounts:
//! their events, their records and their part of all figures.
//!
//! Events have no index by stream or user, which would slow down every insert for the sake of a
//! rare erasure. So the events are found (`search.rs`) on a reader's connection, and the writer
//! only searches the events that arrived since.
//!
//! What forged events created is erased with them: users and accounts that nothing else has named
//! (`traces.rs`), and the details that they said (`identified_fields.rs`). The remaining
//! identifications replace those details (`remaining.rs`). Users whom the erased events had placed
//! move to the accounts that other events name (`membership.rs`).
//!
//! **Invariant:** the list of erasures is never shortened. Late events are refused because of it,
//! and it is applied to a backup that is restored.

mod condition;
mod erase;
mod identified_fields;
mod membership;
mod remaining;
mod restoring;
mod search;
mod streams_left;
mod traces;

pub use erase::erase;
pub use restoring::apply;
pub use search::{FoundEvents, find_events};
