//! Alerts: rules are checked in the background, and matches are posted to a webhook receiver.
//!
//! A check reads like a report, on a thread with a lower priority. It writes a hundred alerts
//! at a time, so that batches of events can be stored in between.

mod check;
mod delivery;
mod post;

pub use check::{Checked, check_all, check_due, check_rule};
pub use delivery::deliver_due;
