//! The stored data: one SQLite file in WAL mode.
//!
//! **Invariant:** one thread at a time writes. It takes all requests that wait, runs
//! them in one transaction, commits, and only then answers, so that an answer means
//! "on disk" and many requests share one flush of the disk. Readers use
//! connections of their own. They wait for the writer only while batches are in the
//! inbox (`inbox/`), which it spreads before they begin.

pub mod account_records;
pub mod account_report;
mod account_rows;
pub mod account_tree;
pub mod accounts;
pub mod adoption;
pub mod alerts;
pub mod ancestry;
mod connection;
pub mod dashboard_sessions;
mod database;
mod desk;
mod dimensions;
mod distinct;
pub mod erasure;
pub mod erasure_list;
mod error;
mod event_facts;
mod event_ids;
mod event_months;
mod event_writer;
pub mod events;
pub mod export;
pub mod fact_blob;
pub mod facts;
mod forest;
mod health;
pub mod hierarchy;
mod hourly_facts;
mod identify;
pub mod import;
mod inbox;
mod json;
pub mod keys;
mod layers;
mod leb128;
mod loss;
mod name_places;
pub mod name_roles;
mod new_event;
mod pace;
pub mod people;
mod places;
pub mod portfolio;
pub mod probe;
pub mod quality;
mod readers;
pub mod rebuild;
mod recount;
pub mod refusals;
pub mod retention;
pub mod rows;
pub mod saved_views;
mod savepoint;
mod schema;
mod segments;
mod single_table;
pub mod stream_owners;
pub mod streams;
pub mod usage;
pub mod user_records;
pub mod user_search;
pub mod user_sessions;
pub mod users;
mod visits;
mod write_request;
mod writer;

pub use connection::{backup, size};
pub use database::{Batch, Options, SqliteStore};
pub use error::StoreError;
