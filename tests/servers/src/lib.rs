//! PostgreSQL and ClickHouse on free ports of loopback, with data of their own, which end
//! with the process that started them, however that ends.
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
