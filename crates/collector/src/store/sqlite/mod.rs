//! A store in one SQLite file in WAL mode.
//!
//! **Invariant:** one thread at a time writes. It takes all requests that wait, runs
//! them in one transaction, commits, and only then answers, so that an answer means
//! "on disk" and many requests share one flush of the disk. Readers use
//! connections of their own. They wait for the writer only while batches are in the
//! inbox (`inbox/`), which it spreads before they begin.

mod account_page;
pub mod account_records;
pub mod account_report;
mod account_rows;
pub mod account_tree;
pub mod accounts;
pub mod adoption;
pub mod alerts;
pub mod ancestry;
mod command;
mod connection;
pub mod dashboard_sessions;
mod database;
mod desk;
mod dimensions;
mod distinct;
pub mod erasure;
pub mod erasure_list;
mod event_facts;
mod event_ids;
mod event_months;
mod event_writer;
pub mod events;
pub mod export;
pub mod fact_blob;
pub mod facts;
mod failure;
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
mod name_roles;
mod named_events;
mod operations;
mod pace;
mod pages;
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
mod search;
mod segments;
mod single_table;
pub mod stream_owners;
pub mod streams;
mod tree;
pub mod usage;
mod user_page;
pub mod user_records;
pub mod user_search;
pub mod user_sessions;
pub mod users;
mod visible;
mod visits;
mod write_request;
mod writer;

pub use command::{CommandFile, ErasureList};
pub use connection::{backup, size};
pub use database::{Options, SqliteStore};
