//! The operations of a store, on SQLite: each is a query on a snapshot, or a unit of work for the
//! writer.

mod accounts;
mod alerts;
mod events;
mod figures;
mod keys;
mod pages;
mod records;
mod upkeep;
