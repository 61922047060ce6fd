//! The stored data.

pub mod sqlite;
