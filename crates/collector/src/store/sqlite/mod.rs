//! A store in one SQLite file in WAL mode.
//!
//! **Invariant:** only one thread writes at a time. It takes all waiting requests, runs them in one
//! transaction, commits, and only then answers. So an answer means "on disk", and many requests
//! share one flush of the disk.
//!
//! Batches that arrive in quick succession first go into the inbox (`inbox/`), a separate file,
//! concurrently with the writer. The writer later spreads them, which means that it moves them to
//! the tables. Readers use connections of their own. They wait for the writer only while batches
//! are in the inbox, which is spread before they begin.

mod account_page;
mod account_records;
mod account_report;
mod account_rows;
mod account_tree;
pub mod accounts;
mod adoption;
mod alerts;
mod ancestry;
mod arrival_days;
mod command;
mod connection;
mod counters;
mod current_keys;
mod dashboard_sessions;
mod database;
mod database_path;
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
mod file_check;
mod file_place;
mod financial_sums;
mod former_accounts;
mod free_pages;
mod health;
mod hierarchy;
mod hourly_facts;
mod identify;
mod import;
mod inbox;
mod inbox_gate;
mod json;
pub mod keys;
mod known_sources;
mod layers;
mod leb128;
mod loss;
pub mod migration;
mod mutex;
mod name_places;
mod name_roles;
mod named_events;
mod operations;
mod own_usage;
mod pace;
mod pages;
mod people;
mod places;
mod portfolio;
mod probe;
mod quality;
mod readers;
pub mod rebuild;
mod recount;
mod refusals;
mod renewal_dates;
pub mod replacement;
mod requests;
pub mod retention;
pub mod rows;
mod saved_views;
mod savepoint;
mod schema;
mod search;
mod segments;
mod short_transaction;
mod single_blob;
mod single_table;
mod stream_owners;
mod streams;
mod table_writer;
mod tree;
mod undescribed;
pub mod usage;
mod usage_changes;
mod usage_memo;
mod user_page;
pub mod user_records;
mod user_search;
mod user_sessions;
mod users;
mod visible;
mod visits;
mod write_request;
mod writer;

pub use command::{Applied, CommandFile, ExclusiveFile, Lasting};
pub use connection::backup;
pub use current_keys::ChangedKeys;
pub use database::{Options, SqliteStore};
pub use database_path::DatabasePath;
