//! TLS to the servers.

mod http;
mod postgres;
mod trust;

pub(super) use http::Connector;
pub(super) use postgres::Encryption;
