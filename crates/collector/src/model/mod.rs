//! Accounts, users and their records as plain values, and the rules for
//! changing them. Nothing here reads a database, a socket or a clock.

pub mod account;
pub mod alert_rule;
pub mod bars;
pub mod calendar;
pub mod change;
pub mod csv_cell;
pub mod csv_records;
pub mod details;
pub mod erasure;
pub mod financial;
pub mod folding;
pub mod hierarchy;
pub mod keys;
pub mod layers;
pub mod note;
pub mod origin;
pub mod page;
pub mod period;
pub mod public_fields;
pub mod quarter;
pub mod rate;
pub mod read_value;
pub mod record;
pub mod record_body;
pub mod record_key;
pub mod record_kind;
pub mod rollup;
pub mod rounding;
pub mod row_order;
pub mod stream_record;
pub mod trust;
pub mod usage;
pub mod user;
pub mod visibility;
pub mod webhook;
