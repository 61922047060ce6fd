//! Accounts and users as plain values, and what a record or an identification
//! changes about them. Nothing here knows of storage or HTTP.

mod account;
mod change;
mod hierarchy;
mod record;
mod user;

pub use account::{Account, AccountPatch};
pub use change::{Change, Precedence, RecordError, merge_details};
pub use hierarchy::{Cycle, parents_first};
pub use record::{Amount, Financial, Note};
pub use user::{User, UserPatch};

/// Largest `details` of one account or user, in bytes of JSON. Events may add
/// to them for ever; this keeps a record a record.
pub const MAX_DETAILS_BYTES: usize = 64 * 1024;
