//! The wire format of a usage event: one definition for the tracker that writes it and
//! the collector that reads it.
//!
//! A batch is newline-separated JSON, one object per line, never an array. Names and
//! meaning of the fields follow the Natero Event API; `event_id`, `visitor_id`,
//! `stream_id` and `seq` are our additions.
//!
//! Events are written by plain string building: every byte of code is part of the
//! tracker's download, and a JSON library costs several KB.

mod action;
mod event;
pub mod json;
pub mod limits;
mod priority;
#[cfg(feature = "read")]
pub mod received;
mod text;

pub use action::{Action, ActionKind};
pub use event::{Event, append_seq, event_id, insert_identity, names_other_account};
pub use priority::Priority;
pub use text::{Id, Json, Number, split_once, trim};
