//! Alerts: the page, its forms and what they do.

pub(crate) mod actions;
mod done;
pub(crate) mod page;
mod rule_fields;
mod rule_form;
mod rule_words;
pub(super) mod tables;
mod webhook_form;
