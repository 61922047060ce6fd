//! The operations of a store, on SQLite: each is one query on a snapshot, or one piece
//! of work for the writer.

mod accounts;
mod alerts;
mod events;
mod figures;
mod keys;
mod pages;
mod records;
mod upkeep;
