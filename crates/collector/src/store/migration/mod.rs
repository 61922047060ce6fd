//! Migration from one store into another: the rows of the tables that both have, copied unchanged.
//!
//! Nothing is recomputed. Whether an event is set aside, what each layer of an account contains and
//! which stream lost what is copied from the source store, so that the target gives the same
//! answers.

mod cell;
mod failure;
mod figures;
mod position;
mod stream;
mod tables;

pub use cell::{Cell, Row};
pub use failure::MigrationError;
pub use figures::Figures;
pub use position::{MigrationState, Position};
pub use stream::{Part, Parts};
pub use tables::{ENTITIES, EVENTS, KEYS, Kind, Table};
