//! The operations of a store, by subject.

mod accounts;
mod alerts;
mod events;
mod figures;
mod keys;
mod pages;
mod records;
mod upkeep;

use std::fmt;

pub use accounts::AccountOperations;
pub use alerts::AlertOperations;
pub use events::EventOperations;
pub use figures::FigureOperations;
pub use keys::KeyOperations;
pub use pages::PageOperations;
pub use records::RecordOperations;
pub use upkeep::{Health, UpkeepOperations};

/// All questions to the stored data, and all changes to it.
///
/// All operations fail with [`StoreError`](super::StoreError): with `Overloaded` when too much work
/// is waiting, with `Unavailable` when a change cannot be committed.
pub trait Store:
    AccountOperations
    + AlertOperations
    + EventOperations
    + FigureOperations
    + KeyOperations
    + PageOperations
    + RecordOperations
    + UpkeepOperations
    + fmt::Debug
    + Send
    + Sync
{
}

impl<S> Store for S where
    S: AccountOperations
        + AlertOperations
        + EventOperations
        + FigureOperations
        + KeyOperations
        + PageOperations
        + RecordOperations
        + UpkeepOperations
        + fmt::Debug
        + Send
        + Sync
{
}
