//! Alerts: their rules, the accounts and users that match, and the messages to the webhook.

pub mod evaluation;
pub mod found;
pub mod messages;
pub mod rules;
pub mod webhook;
