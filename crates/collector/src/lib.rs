//! Receives usage events over HTTP, keeps them in SQLite and answers what each
//! account does with a product.
//!
//! [`app::router`] is the whole HTTP surface and needs no socket to be tested;
//! [`app::serve`] puts it on one. Everything that is kept lies in [`store`].

pub mod accounts;
pub mod app;
pub mod bulk;
pub mod cli;
pub mod config;
pub mod dashboard;
pub mod entity;
pub mod error;
pub mod events;
pub mod extract;
pub mod ingest;
pub mod keys;
pub mod limits;
pub mod loss;
pub mod metrics;
pub mod openapi;
pub mod records;
pub mod rollup;
pub mod server;
pub mod store;
pub mod usage;
pub mod users;
