//! The wire format of a usage event: one definition for the tracker that
//! writes it and the collector that reads it.
//!
//! A batch is newline-separated JSON, one object a line, never an array. Names
//! and meaning of the fields follow the Natero Event API; `event_id`,
//! `visitor_id`, `stream_id` and `seq` are ours.
//!
//! Writing is plain string building: the tracker pays for every byte of code,
//! and a JSON library costs several KB of it.

mod event;
pub mod json;
pub mod limits;
#[cfg(feature = "read")]
pub mod received;

pub use event::{Action, Event, Value, close_line, put_identity};
