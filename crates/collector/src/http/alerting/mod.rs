//! Alerts: rules are checked beside everything else, and what they hit is posted to a
//! receiver.
//!
//! A check reads as a report does, on a thread of a lower priority, and writes a
//! hundred alerts at a time, so that batches of events come in between.

mod check;
mod delivery;
mod post;

pub use check::{Checked, check_all, check_due, check_rule};
pub use delivery::deliver_due;
