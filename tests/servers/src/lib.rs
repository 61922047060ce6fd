//! PostgreSQL and ClickHouse on free loopback ports, with their own data. They stop when the
//! process that started them ends, in whatever way.
#![warn(missing_docs)]

mod clickhouse;
mod current_clickhouse;
mod encryption;
mod guarded;
mod postgres;
mod programs;

pub use clickhouse::Clickhouse;
pub use current_clickhouse::CurrentClickhouse;
pub use encryption::Encryption;
pub use postgres::{Flushing, Postgres};
pub use programs::{Missing, Programs};
