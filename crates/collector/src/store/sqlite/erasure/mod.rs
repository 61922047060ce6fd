//! Erases streams, single events, what a source sent, users and accounts for good: their
//! events, their records and their part of all figures.
//!
//! Events have no index by stream or user: it would slow every insertion down for
//! the sake of a rare erasure. So the events are found (`search.rs`) on a
//! reader's connection, and the writer only looks at those that arrived since.
//!
//! What forged events invented goes with them: users and accounts that nobody else has
//! named (`traces.rs`). What they said does, too (`said.rs`), and what the identifications
//! say that remain takes its place (`remaining.rs`). Users whom they have placed move to
//! where others name them (`homes.rs`).
//!
//! **Invariant:** the list of erasures is never shortened. It refuses events that
//! arrive late, and is applied to a backup that is restored.

mod condition;
mod erase;
mod homes;
mod remaining;
mod restoring;
mod said;
mod search;
mod streams_left;
mod traces;

pub use erase::erase;
pub use restoring::apply;
pub use search::{FoundEvents, find_events};
