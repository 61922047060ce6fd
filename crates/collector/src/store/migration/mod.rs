//! What is moved from one store into another: the rows of the tables that both have, as
//! they are.
//!
//! Nothing is decided again on the way. Whether an event is set aside, what a layer of an
//! account says and which stream lost what are moved as the one store has them, so that
//! the other answers the same.

mod cell;
mod failure;
mod figures;
mod position;
mod stream;
mod tables;

pub use cell::{Cell, Row};
pub use failure::MigrationError;
pub use figures::Figures;
pub use position::{Begun, Position};
pub use stream::{Part, Parts};
pub use tables::{ENTITIES, EVENTS, KEYS, Kind, Table};
