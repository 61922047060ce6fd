//! The stored data, behind an interface of named operations.
//!
//! [`Store`] lists the questions and changes. Their arguments and answers are plain values: they
//! identify accounts, users and keys by their ids, and mention no table, row or connection. An
//! operation decides what the answer contains; the caller decides how to show it.
//!
//! **Invariant:** an operation that reads works on one snapshot, in which it also checks what the
//! caller may see. One that writes is on disk as a whole once it has returned.

pub mod account_page;
pub mod account_report;
pub mod accounts;
pub mod accounts_page;
pub mod adoption;
pub mod alerts;
mod ancestry;
mod answer;
pub mod batch;
pub mod comparison;
mod erasure_marks;
mod error;
pub mod event_key;
pub mod export;
mod financial_sums;
pub mod freshness;
mod identification;
pub mod import;
pub mod keys;
pub mod known_times;
pub mod latest_events;
pub mod list_filter;
pub mod loss;
pub mod migration;
pub mod new_event;
pub mod operations;
pub mod people;
pub mod portfolio;
pub mod quality;
pub mod rates;
pub mod records;
pub mod refused_lines;
mod remaining_identifications;
pub mod removal;
mod rule_check;
pub mod saved_views;
pub mod scaled;
pub mod search;
pub mod sessions;
pub mod sqlite;
pub mod summary;
mod sums;
mod taken_back;
mod traces;
pub mod tree;
pub mod usage;
pub mod user_page;

pub use answer::Answer;
pub use error::StoreError;
pub use operations::Store;
