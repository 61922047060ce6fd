//! Alerts: their rules, the accounts and users that they hit, and the messages about
//! them.

pub mod evaluation;
pub mod found;
pub mod messages;
pub mod rules;
pub mod webhook;
