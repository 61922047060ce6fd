//! The HTTP API: what handlers share, the Account API and the Event API.
//!
//! Handlers turn requests into calls of [`crate::store`], and its answers into responses.
//! [`crate::router`] lists the paths at which they answer.

pub mod address;
pub mod alerting;
pub mod api;
pub mod auth;
pub mod caching;
pub mod clock_check;
pub mod cors;
pub mod error;
pub mod extract;
pub mod ingest;
pub mod limits;
pub mod observe;
pub mod request_rate;
pub mod state;
